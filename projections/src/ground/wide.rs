//! Sums that may pass 64 bits (wide integers): each in two columns, which both engines sum and compare exactly.
//!
//! A sum over many aggregates has no bound of its own. It is kept as whole billions of minor units and the rest, so that a
//! query adds each column alone: what `NUMERIC` is to one engine, the other does not have.

use super::table::Table;
use super::view::Misfit;

/// So many minor units to one of the first column.
pub const BILLION: i64 = 1_000_000_000;

/// The sum that two columns stand for.
pub fn wide(billions: i64, rest: i64) -> i128 {
    i128::from(billions) * i128::from(BILLION) + i128::from(rest)
}

/// Adds to a sum of `T` in two columns.
pub(crate) fn add_wide<T: Table>(
    (billions, rest): (&mut i64, &mut i64),
    more: i64,
) -> Result<(), Misfit> {
    let sum = wide(*billions, *rest) + i128::from(more);
    let parts = i64::try_from(sum.div_euclid(BILLION.into()))
        .ok()
        .zip(i64::try_from(sum.rem_euclid(BILLION.into())).ok());
    let overflow = || Misfit::Overflow { table: T::default().table_name().to_owned() };
    (*billions, *rest) = parts.ok_or_else(overflow)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts;

    #[test]
    fn a_sum_goes_on_beyond_64_bits_and_back() {
        let (mut billions, mut rest) = (0, 0);
        let mut sum = 0_i128;
        for more in [i64::MAX, i64::MAX, 1, 999_999_999, i64::MAX, i64::MIN, i64::MIN, -1] {
            add_wide::<accounts::Entity>((&mut billions, &mut rest), more).expect("there is room");
            sum += i128::from(more);
            assert_eq!(wide(billions, rest), sum);
            assert!((0..BILLION).contains(&rest));
        }
    }
}
