//! The scalars of the schema: amounts and positions travel as strings, so that no reader rounds them.

use async_graphql::{
    InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value,
};
use domain::{Currency, Ppm, refusal::Invalid};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decimal(pub String);

/// A decimal number as a string, such as "1234.50". Money and percentages are never floating-point numbers here.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let decimal = is_decimal(text).then(|| Self(text.clone()));
        decimal.ok_or_else(|| {
            InputValueError::custom("a decimal number is a string, as in \"1234.50\"")
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date(pub chrono::NaiveDate);

/// A calendar day without a time, such as "2026-03-31". Of the years 1900 to 9999.
#[Scalar(specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let day: Option<chrono::NaiveDate> = text.parse().ok();
        let day = day.filter(|day| day.to_string() == *text); // As it would be written, and in no other way.
        day.map(Self)
            .ok_or_else(|| InputValueError::custom("a date is a string such as \"2026-03-31\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position(pub u64);

/// A place in the service's log, as a string of digits: 1 is the first event that was ever recorded. A mutation tells
/// the position that it reached; give it back as `minPosition` to read at least that. An answer that was read from the
/// views says in `extensions.read` the `first` and the `last` position at which it was read.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema-2/#unsignedLong")]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let position = text.parse().ok().filter(|position| i64::try_from(*position).is_ok());
        position
            .map(Self)
            .ok_or_else(|| InputValueError::custom("a position is a string of digits"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CurrencyCode(pub Currency);

/// A currency by its three-letter code, such as "EUR".
#[Scalar(specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(code) = &value else { return Err(InputValueError::expected_type(value)) };
        let currency = Currency::from_code(code).map(Self);
        currency.ok_or_else(|| {
            InputValueError::custom("a currency is a code of ISO 4217, as in \"EUR\"")
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.code().to_owned())
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Json(pub serde_json::Value);

/// Any JSON value. Amounts within it are strings.
#[Scalar(name = "JSON", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Self).map_err(|_| InputValueError::custom("is no JSON"))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// An amount of money in one currency.
#[derive(SimpleObject, Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// The amount with exactly the decimals of its currency, such as "12.30" euros or "1230" yen.
    pub amount: Decimal,
    /// The currency.
    pub currency: CurrencyCode,
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self { amount: Decimal(money.amount()), currency: CurrencyCode(money.currency) }
    }
}

/// An amount of money in one currency, as you give it.
#[derive(InputObject, Clone, PartialEq, Eq, Debug)]
pub struct MoneyInput {
    /// The amount, with at most as many decimals as the currency has. At most 10000000000000 minor units.
    pub amount: Decimal,
    /// The currency.
    pub currency: CurrencyCode,
}

impl MoneyInput {
    /// Refused under the name of the input's `field` where the currency has fewer decimals.
    pub fn money(&self, field: &str) -> Result<domain::Money, Invalid> {
        domain::Money::parse(&self.amount.0, self.currency.0)
            .map_err(|error| Invalid::new(format!("{field}.amount"), error.to_string()))
    }
}

/// A rate as a percentage, such as "12.5".
pub fn percent(rate: Ppm) -> Decimal {
    Decimal(rust_decimal::Decimal::new(i64::from(rate.0), 4).normalize().to_string())
}

/// The rate of a percentage with at most four decimals and not above 100.
pub fn rate(percent: &Decimal, field: &str) -> Result<Ppm, Invalid> {
    let parsed = rust_decimal::Decimal::from_str_exact(&percent.0).ok();
    let ppm = parsed.and_then(|percent| percent.checked_mul(rust_decimal::Decimal::from(10_000)));
    let whole = ppm.filter(|ppm| ppm.is_integer()).and_then(|ppm| u32::try_from(ppm).ok());
    whole.filter(|ppm| *ppm <= Ppm::ONE.0).map(Ppm).ok_or_else(|| {
        Invalid::new(field, "must be a percentage from 0 to 100 with at most four decimals")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: ScalarType>(value: impl Into<Value>) -> Option<T> {
        T::parse(value.into()).ok()
    }

    #[test]
    fn a_decimal_is_a_plain_string_and_never_a_number() {
        for text in ["0", "12.30", "-7", "0.0001"] {
            assert_eq!(read::<Decimal>(text), Some(Decimal(text.into())), "{text}");
        }
        for text in ["", ".", "1.", ".5", "1e3", "+1", "--1", "1 000", "NaN", "0x10", "1.2.3"] {
            assert_eq!(read::<Decimal>(text), None, "{text}");
        }
        assert_eq!(read::<Decimal>(12), None);
        assert_eq!(read::<Decimal>(12.5), None);
    }

    #[test]
    fn a_date_has_no_time_and_exists() {
        assert!(read::<Date>("2026-02-28").is_some());
        for text in ["2026-02-29", "2026-2-28", "2026-02-28T00:00:00Z", "+2026-02-2"] {
            assert_eq!(read::<Date>(text), None, "{text}");
        }
    }

    #[test]
    fn a_position_is_a_string_within_what_the_log_counts() {
        assert_eq!(
            read::<Position>("9223372036854775807"),
            Some(Position(9_223_372_036_854_775_807))
        );
        assert_eq!(read::<Position>("9223372036854775808"), None);
        assert_eq!(read::<Position>("-1"), None);
        assert_eq!(read::<Position>(1), None);
    }

    #[test]
    fn a_percentage_is_exact_or_refused() {
        let ppm = |text: &str| rate(&Decimal(text.into()), "share").ok().map(|rate| rate.0);
        assert_eq!(ppm("12.5"), Some(125_000));
        assert_eq!(ppm("0.0001"), Some(1));
        assert_eq!(ppm("100"), Some(1_000_000));
        assert_eq!(ppm("100.0001"), None);
        assert_eq!(ppm("0.00001"), None);
        assert_eq!(ppm("-1"), None);
        assert_eq!(percent(Ppm(125_000)), Decimal("12.5".into()));
    }

    #[test]
    fn an_amount_with_more_decimals_than_its_currency_is_refused_by_its_field() {
        let yen = Currency::from_code("JPY").map(CurrencyCode).expect("is a currency");
        let input = MoneyInput { amount: Decimal("12.5".into()), currency: yen };
        assert_eq!(
            input.money("estimate").map_err(|invalid| invalid.field),
            Err("estimate.amount".into())
        );
    }
}
