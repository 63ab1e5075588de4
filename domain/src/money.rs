//! Fixed-point money in whole minor units, rates in parts per million, and exact rational arithmetic between them.

use std::fmt;
use std::str::FromStr;

use iso_currency::Currency as Iso;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// More currencies than ISO 4217 has.
pub const MOST_CURRENCIES: u64 = 200;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(Iso);

impl Currency {
    /// The currency of a three-letter code; `None` where ISO 4217 has no such code.
    pub fn from_code(code: &str) -> Option<Self> {
        Iso::from_code(code).map(Self)
    }

    /// The three-letter code, as in `EUR`.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the decimal point: JPY 0, EUR 2, KWD 3. Funds codes without one count as 0.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount of one currency in its minor units.
///
/// In JSON an object of a decimal string and a code, `{"amount": "12.30", "currency": "EUR"}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// Why an amount could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MoneyError {
    #[error("the amount is larger than {} minor units", i64::MAX)]
    Overflow,
    #[error("{left} cannot be reckoned with {right}: convert first")]
    CurrencyMismatch { left: Currency, right: Currency },
    #[error("give the amount as a decimal string with at most {exponent} decimals, as in 12.30")]
    NotAnAmount { exponent: u32 },
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Parses a plain decimal such as `1234.50`. More decimals than the currency has are refused, never rounded.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = currency.exponent();
        let plain = amount.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        let decimal: Decimal = plain
            .then(|| Decimal::from_str_exact(amount).ok())
            .flatten()
            .ok_or(MoneyError::NotAnAmount { exponent })?;
        if decimal.normalize().scale() > exponent {
            return Err(MoneyError::NotAnAmount { exponent });
        }
        let mut scaled = decimal;
        scaled.rescale(exponent);
        if scaled.scale() != exponent {
            return Err(MoneyError::Overflow); // No room left for the currency's decimals.
        }
        i64::try_from(scaled.mantissa())
            .map(|minor| Self { minor, currency })
            .map_err(|_| MoneyError::Overflow)
    }

    /// The amount as a decimal string with exactly the currency's decimals.
    pub fn amount(&self) -> String {
        Decimal::from_i128_with_scale(i128::from(self.minor), self.currency.exponent()).to_string()
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor
            .checked_add(other.minor)
            .map(|minor| Self { minor, ..self })
            .ok_or(MoneyError::Overflow)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor
            .checked_sub(other.minor)
            .map(|minor| Self { minor, ..self })
            .ok_or(MoneyError::Overflow)
    }

    pub fn is_positive(&self) -> bool {
        self.minor > 0
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<T> {
    amount: T,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { amount: self.amount(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&written.amount, written.currency).map_err(de::Error::custom)
    }
}

/// Parts per million: 200 000 is 20 %.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ppm(pub u32);

impl Ppm {
    pub const ONE: Self = Self(1_000_000);
}

impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", Decimal::new(i64::from(self.0), 4).normalize())
    }
}

/// An exact fraction of minor units, kept unrounded until the one rounding at the end.
///
/// In JSON a string, `"7"` or `"7/2"`, so that no reader rounds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exact {
    numerator: i128,
    denominator: i128,
}

impl Exact {
    pub const fn whole(minor: i64) -> Self {
        Self { numerator: minor as i128, denominator: 1 }
    }

    /// `numerator / denominator` in lowest terms; `None` where the denominator is not positive.
    pub fn ratio(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator <= 0 {
            return None;
        }
        let common = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let common = i128::try_from(common).ok()?;
        Some(Self { numerator: numerator / common, denominator: denominator / common })
    }

    /// This many parts per million of it; `None` on overflow.
    pub fn times(self, rate: Ppm) -> Option<Self> {
        let rate = Self::ratio(i128::from(rate.0), 1_000_000)?;
        Self::ratio(
            self.numerator.checked_mul(rate.numerator)?,
            self.denominator.checked_mul(rate.denominator)?,
        )
    }

    /// The sum, in lowest terms; `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let common = greatest_common_divisor(
            self.denominator.unsigned_abs(),
            other.denominator.unsigned_abs(),
        );
        let widen = other.denominator / i128::try_from(common).ok()?;
        let widen_other = self.denominator / i128::try_from(common).ok()?;
        let numerator = self
            .numerator
            .checked_mul(widen)?
            .checked_add(other.numerator.checked_mul(widen_other)?)?;
        Self::ratio(numerator, self.denominator.checked_mul(widen)?)
    }

    /// Rounds half to even on the absolute value; `None` where the result passes 64 bits.
    pub fn round_half_even(self) -> Option<i64> {
        let magnitude = self.numerator.unsigned_abs();
        let denominator = self.denominator.unsigned_abs();
        let (quotient, rest) = (magnitude / denominator, magnitude % denominator);
        let up = match (rest * 2).cmp(&denominator) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => quotient % 2,
            std::cmp::Ordering::Greater => 1,
        };
        let rounded = i128::try_from(quotient + up).ok()?;
        i64::try_from(if self.numerator < 0 { -rounded } else { rounded }).ok()
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

impl FromStr for Exact {
    type Err = NotExact;

    fn from_str(text: &str) -> Result<Self, NotExact> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let numerator = numerator.parse().map_err(|_| NotExact)?;
        let denominator = denominator.parse().map_err(|_| NotExact)?;
        Self::ratio(numerator, denominator).ok_or(NotExact)
    }
}

/// A text that is no fraction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("give a whole number or a fraction, as in 7 or 7/2")]
pub struct NotExact;

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

/// Splits `total` by `weights` so that the parts add up to it: largest remainder, ties to the earlier weight.
///
/// The caller orders the weights by id, so that a tie is never a matter of chance. `None` where the
/// weights are empty or add up to nothing.
pub fn largest_remainder(total: i64, weights: &[u64]) -> Option<Vec<i64>> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return None;
    }
    let magnitude = i128::from(total).abs();
    let shares = weights.iter().map(|weight| magnitude * i128::from(*weight));
    let mut parts: Vec<(i128, i128)> = shares.map(|share| (share / sum, share % sum)).collect();
    let missing = magnitude - parts.iter().map(|(whole, _)| whole).sum::<i128>();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|index| (std::cmp::Reverse(parts[*index].1), *index));
    for index in by_remainder.into_iter().take(usize::try_from(missing).ok()?) {
        parts[index].0 += 1;
    }
    let sign = i128::from(total.signum());
    parts.into_iter().map(|(whole, _)| i64::try_from(whole * sign).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn eur(amount: &str) -> Money {
        Money::parse(amount, currency("EUR")).expect(amount)
    }

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).expect(code)
    }

    #[test]
    fn there_are_fewer_currencies_than_lists_by_currency_are_priced_for() {
        let letters = || 'A'..='Z';
        let codes =
            letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])));
        let known = codes.filter(|code| Currency::from_code(&String::from_iter(code)).is_some());
        assert!((100..=MOST_CURRENCIES).contains(&(known.count() as u64)));
    }

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        for (code, text, minor) in [("JPY", "12", 12), ("EUR", "12.30", 1230), ("KWD", "0.001", 1)]
        {
            let money = Money::parse(text, currency(code)).expect(text);
            assert_eq!((money.minor, money.amount().as_str()), (minor, text));
        }
        assert_eq!(eur("12.3").amount(), "12.30");
        assert_eq!(eur("-0.05").minor, -5);
    }

    #[test]
    fn an_amount_is_refused_before_it_is_rounded() {
        for text in ["0.001", "1e3", "", ".", "12,30", " 1", "+1", "NaN", "0x1"] {
            let outcome = Money::parse(text, currency("EUR"));
            assert_eq!(outcome, Err(MoneyError::NotAnAmount { exponent: 2 }), "{text}");
        }
        assert_eq!(
            Money::parse("0.5", currency("JPY")),
            Err(MoneyError::NotAnAmount { exponent: 0 })
        );
        assert_eq!(eur("92233720368547758.07").minor, i64::MAX);
        let above = Money::parse("92233720368547758.08", currency("EUR"));
        assert_eq!(above, Err(MoneyError::Overflow));
    }

    #[test]
    fn r136_money_is_exact_in_json() {
        let json = serde_json::to_string(&eur("90071992547409.93")).expect("serializes");
        assert_eq!(json, r#"{"amount":"90071992547409.93","currency":"EUR"}"#);
        assert_eq!(serde_json::from_str::<Money>(&json).expect("parses"), eur("90071992547409.93"));
        assert!(serde_json::from_str::<Money>(r#"{"amount":1.5,"currency":"EUR"}"#).is_err());
    }

    #[test]
    fn currencies_do_not_mix() {
        let usd = Money::new(1, currency("USD"));
        assert!(matches!(eur("1.00").checked_add(usd), Err(MoneyError::CurrencyMismatch { .. })));
    }

    #[test]
    fn a_half_rounds_to_the_even_neighbour_on_both_sides_of_zero() {
        let halves =
            [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (21, 2, 10), (1, 3, 0), (2, 3, 1)];
        for (numerator, denominator, expected) in halves {
            let exact = Exact::ratio(numerator, denominator).expect("positive denominator");
            assert_eq!(exact.round_half_even(), Some(expected), "{exact}");
        }
    }

    #[test]
    fn fractions_add_up_exactly() {
        let exact = |text: &str| text.parse::<Exact>().expect(text);
        assert_eq!(exact("1/6").checked_add(exact("1/3")), Some(exact("1/2")));
        assert_eq!(exact("-1/2").checked_add(exact("1/2")), Some(Exact::whole(0)));
        let greatest = Exact::ratio(i128::MAX, 1).expect("positive denominator");
        assert_eq!(greatest.checked_add(Exact::whole(1)), None);
    }

    #[test]
    fn a_fraction_is_a_string_in_json() {
        let third = Exact::ratio(2, 6).expect("positive denominator");
        assert_eq!(serde_json::to_string(&third).expect("serializes"), r#""1/3""#);
        assert_eq!(serde_json::from_str::<Exact>(r#""1/3""#).expect("parses"), third);
        for text in ["", "1/0", "1/-3", "1/2/3", "0.5", "a"] {
            assert_eq!(text.parse::<Exact>(), Err(NotExact), "{text}");
        }
    }

    #[test]
    fn g4_a_split_of_sixty_to_forty_adds_up() {
        assert_eq!(largest_remainder(3333, &[600_000, 400_000]), Some(vec![2000, 1333]));
    }

    #[test]
    fn m10_the_left_over_cent_goes_to_the_largest_remainder_and_a_tie_to_the_first_id() {
        assert_eq!(largest_remainder(100, &[1, 1, 1]), Some(vec![34, 33, 33]));
        assert_eq!(largest_remainder(10, &[1, 2]), Some(vec![3, 7]));
        assert_eq!(largest_remainder(1, &[]), None);
        assert_eq!(largest_remainder(1, &[0, 0]), None);
    }

    proptest! {
        #[test]
        fn every_amount_survives_being_written(minor: i64) {
            let money = Money::new(minor, currency("EUR"));
            prop_assert_eq!(Money::parse(&money.amount(), money.currency), Ok(money));
        }

        #[test]
        fn every_split_adds_up_to_the_whole(total: i64, weights in prop::collection::vec(1u64..=1_000_000_000_000, 1..9)) {
            let parts = largest_remainder(total, &weights).expect("weights are positive");
            prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(total));
        }
    }
}
