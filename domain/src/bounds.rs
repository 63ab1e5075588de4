//! Bounds on what a command may carry (input validation): whatever is within them can be kept by both engines and folded.
//!
//! What a value may hold is said by its type, or beside the field: `reason: String as PROSE`. A text of which neither says
//! it does not compile.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::{
    Currency, Money, Ppm,
    refusal::{Invalid, under},
};

/// Most entries of a list.
pub const MANY: usize = 100;

/// The largest amount either way, in minor units; a million of them still fit 64 bits.
pub const MOST_MINOR: i64 = 10_000_000_000_000;

/// A value that is bounded, by its type alone or by a limit that is declared beside it.
pub trait Bounded<Limit: Copy = ByType> {
    /// Refuses what is out of bounds. The path of the field at fault begins here.
    fn check(&self, limit: Limit) -> Result<(), Invalid>;

    /// What bounds it, and everything in it.
    fn bounds(limit: Limit) -> Vec<Bound>;
}

/// The type says what the value may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByType;

/// How much a text may hold: something to read, and at most so many characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text {
    most: usize,
    /// Whether line feeds and tabs may be among them; other control characters may not.
    lines: bool,
}

/// A name, a code or another text of one line.
pub const LINE: Text = Text { most: 200, lines: false };

/// A country by its two letters.
pub const COUNTRY: Text = Text { most: 2, lines: false };

/// The number of a bank account, as long as any country has one.
pub const IBAN: Text = Text { most: 34, lines: false };

/// A SHA-256 in hex.
pub const DIGEST: Text = Text { most: 64, lines: false };

/// A description or another long text.
pub const PROSE: Text = Text { most: 8_000, lines: true };

/// Which whole numbers are possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Whole {
    least: u32,
    most: u32,
}

/// The deepest network that a programme may allow.
pub const DEEPEST_NETWORK: u32 = 32;

/// Levels below the top of a network.
pub const DEPTH: Whole = Whole { least: 0, most: DEEPEST_NETWORK };

/// Any whole number that the face can answer: its Int is signed and has 32 bits.
pub const WHOLE: Whole = Whole { least: 0, most: i32::MAX.unsigned_abs() };

/// Days of a protection.
pub const DAYS: Whole = Whole { least: 1, most: 3650 };

/// Days of a hold, which may be none.
pub const DAYS_IF_ANY: Whole = Whole { least: 0, most: 3650 };

/// Months of validity.
pub const MONTHS: Whole = Whole { least: 1, most: 1200 };

/// A result in per cent.
pub const SCORE: Whole = Whole { least: 0, most: 100 };

/// A place in an order of steps.
pub const STEP: Whole = Whole { least: 1, most: 1_000 };

/// What bounds one field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Bound {
    /// Its dotted path, without places in lists; empty for the value itself.
    pub field: String,
    /// As the documentation of the field says it.
    pub sentence: String,
}

impl Bound {
    fn of(sentence: impl Into<String>) -> Vec<Self> {
        vec![Self { field: String::new(), sentence: sentence.into() }]
    }

    fn under(self, above: &str) -> Self {
        Self { field: under(above, &self.field), ..self }
    }
}

/// Checks what stands under a name.
pub fn check<L: Copy, T: Bounded<L>>(field: &str, value: &T, limit: L) -> Result<(), Invalid> {
    value.check(limit).map_err(|invalid| invalid.under(field))
}

/// The bounds of what stands under a name.
pub fn bounds<L: Copy, T: Bounded<L>>(field: &str, limit: L) -> Vec<Bound> {
    T::bounds(limit).into_iter().map(|bound| bound.under(field)).collect()
}

/// The limit that is declared beside a field, or that of its type.
macro_rules! limit {
    () => {
        $crate::bounds::ByType
    };
    ($limit:ident) => {
        $crate::bounds::$limit
    };
}
pub(crate) use limit;

/// Declares a part of a command, each of its fields bounded.
macro_rules! bounded {
    ($(#[$about:meta])* pub struct $name:ident {
        $($(#[$field_about:meta])* pub $field:ident: $type:ty $(as $limit:ident)?),* $(,)?
    }) => {
        $(#[$about])*
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
        }

        impl $crate::bounds::Bounded for $name {
            fn check(&self, _: $crate::bounds::ByType) -> Result<(), $crate::refusal::Invalid> {
                let Self { $($field),* } = self;
                $($crate::bounds::check(stringify!($field), $field, $crate::bounds::limit!($($limit)?))?;)*
                Ok(())
            }

            fn bounds(_: $crate::bounds::ByType) -> Vec<$crate::bounds::Bound> {
                [$($crate::bounds::bounds::<_, $type>(
                    stringify!($field), $crate::bounds::limit!($($limit)?),
                )),*].concat()
            }
        }
    };
}
pub(crate) use bounded;

/// Types all of whose values can be kept and folded.
macro_rules! boundless {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::bounds::Bounded for $type {
            fn check(&self, _: $crate::bounds::ByType) -> Result<(), $crate::refusal::Invalid> {
                Ok(())
            }

            fn bounds(_: $crate::bounds::ByType) -> Vec<$crate::bounds::Bound> {
                vec![]
            }
        }
    )*};
}
pub(crate) use boundless;

boundless!(bool, Uuid, Currency, Ppm, Tz);

impl Bounded<Text> for String {
    fn check(&self, Text { most, lines }: Text) -> Result<(), Invalid> {
        let control = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\t'));
        let problem = if self.trim().is_empty() {
            "is missing".to_owned()
        } else if self.chars().count() > most {
            format!("is longer than {most} characters")
        } else if self.chars().any(control) {
            let but = if lines { " other than line feeds and tabs" } else { "; write one line" };
            format!("holds control characters{but}")
        } else {
            return Ok(());
        };
        Err(Invalid::new("", problem))
    }

    fn bounds(Text { most, lines }: Text) -> Vec<Bound> {
        let lines = if lines { "" } else { " on one line" };
        Bound::of(format!("At most {most} characters{lines}."))
    }
}

impl Bounded<Whole> for u32 {
    fn check(&self, Whole { least, most }: Whole) -> Result<(), Invalid> {
        if (least..=most).contains(self) {
            return Ok(());
        }
        Err(Invalid::new("", format!("must be between {least} and {most}")))
    }

    fn bounds(Whole { least, most }: Whole) -> Vec<Bound> {
        Bound::of(format!("From {least} to {most}."))
    }
}

impl Bounded for u32 {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        self.check(WHOLE)
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        Self::bounds(WHOLE)
    }
}

impl Bounded for Money {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        if self.minor.unsigned_abs() <= MOST_MINOR.unsigned_abs() {
            return Ok(());
        }
        Err(Invalid::new("amount", format!("is more than {}", Self { minor: MOST_MINOR, ..*self })))
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        Bound::of(format!("At most {MOST_MINOR} minor units."))
            .into_iter()
            .map(|b| b.under("amount"))
            .collect()
    }
}

impl Bounded for NaiveDate {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        of_our_years(self.year())
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        Bound::of("Of the years 1900 to 9999.")
    }
}

impl Bounded for DateTime<Utc> {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        // The engines do not agree on what a leap second is.
        if self.nanosecond() >= 1_000_000_000 {
            return Err(Invalid::new("", "is a leap second; give the one before or after it"));
        }
        of_our_years(self.year())
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        NaiveDate::bounds(ByType)
    }
}

impl<L: Copy, T: Bounded<L>> Bounded<L> for Option<T> {
    fn check(&self, limit: L) -> Result<(), Invalid> {
        self.as_ref().map_or(Ok(()), |value| value.check(limit))
    }

    fn bounds(limit: L) -> Vec<Bound> {
        T::bounds(limit)
    }
}

impl<L: Copy, T: Bounded<L>> Bounded<L> for Vec<T> {
    fn check(&self, limit: L) -> Result<(), Invalid> {
        few(self.len())?;
        let mut entries = self.iter().enumerate();
        entries.try_for_each(|(nth, entry)| check(&nth.to_string(), entry, limit))
    }

    fn bounds(limit: L) -> Vec<Bound> {
        list(T::bounds(limit))
    }
}

impl<L: Copy, T: Bounded<L>> Bounded<L> for BTreeSet<T> {
    fn check(&self, limit: L) -> Result<(), Invalid> {
        few(self.len())?;
        self.iter().try_for_each(|entry| entry.check(limit))
    }

    fn bounds(limit: L) -> Vec<Bound> {
        list(T::bounds(limit))
    }
}

impl<K: Bounded, V: Bounded> Bounded for BTreeMap<K, V> {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        few(self.len())?;
        self.iter().try_for_each(|(key, value)| {
            key.check(ByType)?;
            value.check(ByType)
        })
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        list(V::bounds(ByType))
    }
}

fn list(entries: Vec<Bound>) -> Vec<Bound> {
    let mut bounds = Bound::of(format!("At most {MANY} entries."));
    bounds.extend(entries);
    bounds
}

fn few(entries: usize) -> Result<(), Invalid> {
    if entries <= MANY {
        return Ok(());
    }
    Err(Invalid::new("", format!("has more than {MANY} entries")))
}

/// What both engines keep and put in order; a year of five digits or none would not be.
fn of_our_years(year: i32) -> Result<(), Invalid> {
    if (1900..=9999).contains(&year) {
        return Ok(());
    }
    Err(Invalid::new("", "must lie in the years 1900 to 9999"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, currency, day};

    fn problem<L: Copy, T: Bounded<L>>(value: &T, limit: L) -> Option<String> {
        value.check(limit).err().map(|invalid| invalid.problem)
    }

    #[test]
    fn a_text_holds_something_and_no_more_than_its_characters_whatever_their_bytes() {
        for letter in ["a", "ß", "🦀", "ש"] {
            assert_eq!(problem(&letter.repeat(200), LINE), None);
            let problem_of_more = problem(&letter.repeat(201), LINE);
            assert_eq!(problem_of_more.as_deref(), Some("is longer than 200 characters"));
            assert_eq!(problem(&letter.repeat(8_000), PROSE), None);
            assert!(problem(&letter.repeat(8_001), PROSE).is_some());
        }
        for blank in ["", " ", "\u{2003}", "\n\t"] {
            assert_eq!(problem(&blank.to_owned(), PROSE).as_deref(), Some("is missing"));
        }
    }

    #[test]
    fn a_line_has_no_control_characters_and_prose_only_line_feeds_and_tabs() {
        for (character, of_prose) in [
            ('\n', true),
            ('\t', true),
            ('\r', false),
            ('\0', false),
            ('\u{1b}', false),
            ('\u{85}', false),
        ] {
            let text = format!("a{character}b");
            assert!(problem(&text, LINE).is_some(), "{character:?}");
            assert_eq!(problem(&text, PROSE).is_none(), of_prose, "{character:?}");
        }
        assert_eq!(problem(&"\u{202e}right to left\u{200d}".to_owned(), LINE), None);
    }

    #[test]
    fn an_amount_is_at_most_ten_to_the_thirteenth_minor_units_either_way() {
        for code in ["EUR", "JPY", "KWD"] {
            for (minor, within) in [
                (MOST_MINOR, true),
                (MOST_MINOR + 1, false),
                (-MOST_MINOR, true),
                (-MOST_MINOR - 1, false),
                (i64::MAX, false),
                (i64::MIN, false),
            ] {
                let amount = Money::new(minor, currency(code));
                assert_eq!(amount.check(ByType).is_ok(), within, "{amount}");
            }
        }
        let more = Money::new(MOST_MINOR + 1, currency("KWD")).check(ByType);
        assert_eq!(more, Err(Invalid::new("amount", "is more than 10000000000.000 KWD")));
    }

    #[test]
    fn dates_and_instants_are_of_the_years_1900_to_9999() {
        for (text, within) in [
            ("1899-12-31", false),
            ("1900-01-01", true),
            ("2024-02-29", true),
            ("9999-12-31", true),
            ("+10000-01-01", false),
            ("-5000-01-01", false),
        ] {
            assert_eq!(day(text).check(ByType).is_ok(), within, "{text}");
            let instant = day(text).and_time(chrono::NaiveTime::MIN).and_utc();
            assert_eq!(instant.check(ByType).is_ok(), within, "{text}");
        }
        assert_eq!(at("9999-12-31T23:59:59.999999999Z").check(ByType), Ok(()));
        assert_eq!(at("2016-12-31T23:59:59Z").check(ByType), Ok(()));
        assert!(at("2016-12-31T23:59:60Z").check(ByType).is_err(), "PostgreSQL knows none");
    }

    #[test]
    fn a_list_has_at_most_a_hundred_entries_and_names_the_one_at_fault() {
        let texts = |many: usize| vec!["a".to_owned(); many];
        assert_eq!(texts(100).check(LINE), Ok(()));
        assert_eq!(texts(101).check(LINE), Err(Invalid::new("", "has more than 100 entries")));
        let mut one = texts(100);
        one[99] = "\0".to_owned();
        assert_eq!(
            check("fields", &one, LINE).map_err(|invalid| invalid.field),
            Err("fields.99".into())
        );
    }

    #[test]
    fn a_number_is_between_its_bounds_and_may_be_either() {
        for (number, within) in [(0, false), (1, true), (3650, true), (3651, false)] {
            assert_eq!(number.check(DAYS).is_ok(), within, "{number}");
        }
        for (number, within) in [(0, true), (2_147_483_647, true), (2_147_483_648, false)] {
            assert_eq!(number.check(ByType).is_ok(), within, "{number}: the face has Int for it");
        }
    }
}
