//! Clawback: what a refund takes back of an accrual, by the cumulative formula.

use crate::Exact;

/// What is to be reversed now, in minor units: the part of `accrued` that `cumulative_refund` is of `base`, rounded
/// once half to even, less what is reversed already.
///
/// Each leg reverses its own accrual on its own base, uplines included, and always against the sum of all refunds
/// so far: rounding never piles up, and a full refund takes back the accrual exactly. `None` where the amounts
/// cannot be: no base, a refund beyond it, or more reversed already than the refunds warrant.
pub fn reversal(
    accrued: i64,
    base: i64,
    cumulative_refund: i64,
    already_reversed: i64,
) -> Option<i64> {
    let refundable = 0..=base;
    if accrued < 0 || !refundable.contains(&cumulative_refund) {
        return None;
    }
    let product = i128::from(accrued) * i128::from(cumulative_refund);
    let target = Exact::ratio(product, i128::from(base))?.round_half_even()?;
    (0..=target).contains(&already_reversed).then_some(target - already_reversed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What each of the refunds reverses, one after the other.
    fn reversals(accrued: i64, base: i64, refunds: &[i64]) -> Vec<i64> {
        let (mut cumulative, mut reversed) = (0, 0);
        let mut amounts = vec![];
        for refund in refunds {
            cumulative += refund;
            let amount = reversal(accrued, base, cumulative, reversed).expect("is a valid refund");
            reversed += amount;
            amounts.push(amount);
        }
        amounts
    }

    #[test]
    fn g2_three_thirds_take_back_the_whole_of_each_leg() {
        let thirds = [333_333; 3];
        assert_eq!(reversals(220_000, 999_999, &thirds), [73_333, 73_334, 73_333]);
        assert_eq!(reversals(50_000, 999_999, &thirds), [16_667, 16_666, 16_667]);
        assert_eq!(reversals(20_000, 999_999, &thirds), [6_667, 6_666, 6_667]);
    }

    #[test]
    fn g10_a_full_refund_takes_back_what_was_rounded_down() {
        assert_eq!(reversals(10, 105, &[105]), [10]);
    }

    #[test]
    fn m8_refunds_one_by_one_take_back_what_one_refund_does() {
        assert_eq!(reversals(100, 300, &[1; 300]).iter().sum::<i64>(), 100);
        assert_eq!(reversals(100, 300, &[300]), [100]);
    }

    #[test]
    fn m9_the_legs_of_a_split_shrink_each_by_its_own_amount() {
        let both =
            |refunds: &[i64]| (reversals(2000, 16_665, refunds), reversals(1333, 16_665, refunds));
        let (sixty, forty) = both(&[1, 8332, 8332]);
        assert_eq!((sixty.iter().sum::<i64>(), forty.iter().sum::<i64>()), (2000, 1333));
        assert!(sixty.iter().chain(&forty).all(|amount| *amount >= 0));
    }

    #[test]
    fn a_refund_stays_within_its_base() {
        assert_eq!(reversal(10, 105, 105, 0), Some(10));
        assert_eq!(reversal(10, 105, 106, 0), None);
        assert_eq!(reversal(10, 105, 0, 0), Some(0));
        assert_eq!(reversal(10, 105, -1, 0), None);
        assert_eq!(reversal(10, 0, 0, 0), None);
        assert_eq!(reversal(-1, 105, 1, 0), None);
    }

    #[test]
    fn what_is_reversed_already_stays_within_the_refunds() {
        assert_eq!(reversal(100, 100, 50, 50), Some(0));
        assert_eq!(reversal(100, 100, 50, 51), None);
        assert_eq!(reversal(100, 100, 50, -1), None);
    }

    proptest! {
        #[test]
        fn any_refunds_take_back_their_part_and_all_of_them_the_whole(
            accrued in 0..=i64::MAX,
            refunds in prop::collection::vec(0..=i64::MAX / 8, 1..8),
            rest in 1..=i64::MAX / 8,
        ) {
            let base = refunds.iter().sum::<i64>() + rest;
            let amounts = reversals(accrued, base, &refunds);
            prop_assert!(amounts.iter().all(|amount| *amount >= 0));
            let at_once = reversal(accrued, base, base - rest, 0);
            prop_assert_eq!(Some(amounts.iter().sum::<i64>()), at_once);
            let all = [refunds, vec![rest]].concat();
            prop_assert_eq!(reversals(accrued, base, &all).iter().sum::<i64>(), accrued);
        }
    }
}
