//! Values at the edges of their bounds, and beyond them (boundary-value analysis).

use chrono::{DateTime, Utc};
use domain::bounds::MOST_MINOR;
use domain::{Currency, Money};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use uuid::Uuid;

/// Two decimals, none, and three.
pub const CURRENCIES: [&str; 3] = ["EUR", "JPY", "KWD"];

/// What is within the bounds of its kind, and only just.
pub const DAYS: [&str; 4] = ["1900-01-01", "2024-02-29", "2023-12-31", "9999-12-31"];
pub const INSTANTS: [&str; 4] = [
    "1900-01-01T00:00:00Z",
    "2024-02-29T23:59:59.999999999Z",
    "9999-12-31T23:59:59.999999999Z",
    "2016-12-31T23:59:59.999Z",
];

/// What is beyond them.
const DAYS_BEYOND: [&str; 3] = ["1899-12-31", "+10000-01-01", "-5000-01-01"];
const INSTANTS_BEYOND: [&str; 4] = [
    "1899-12-31T23:59:59Z",
    "+10000-01-01T00:00:00Z",
    "-5000-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
];

/// Texts of one line as long as they may be, and as odd.
pub fn lines() -> Vec<String> {
    let mark = '\u{200f}';
    vec![
        "🦀".repeat(200),
        format!("{mark}{}", "ש".repeat(199)),
        format!("\u{202e}{}\u{301}", "e\u{301}".repeat(99)),
        r#"'; DROP TABLE events; -- %_\u0000 \"{}"#.into(),
        "ﷺ".into(),
    ]
}

fn texts_beyond() -> Vec<String> {
    vec!["🦀".repeat(10_000), "a\0b".into(), "\u{7f}".into(), " \u{2003} ".into()]
}

/// What a place in a command's JSON holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Amount,
    Day,
    Instant,
    Id,
    Text,
    List,
}

/// Every place whose value has edges, by its JSON pointer.
fn edged(value: &Value, at: &str, found: &mut Vec<(String, Kind)>) {
    match value {
        Value::Object(fields) if fields.contains_key("currency") && fields.len() == 2 => {
            found.push((at.to_owned(), Kind::Amount));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| edged(value, &format!("{at}/{name}"), found));
        }
        Value::Array(entries) => {
            found.push((at.to_owned(), Kind::List));
            let entries = entries.iter().enumerate();
            entries.for_each(|(nth, value)| edged(value, &format!("{at}/{nth}"), found));
        }
        Value::String(text) => found.push((at.to_owned(), kind_of(text))),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn kind_of(text: &str) -> Kind {
    if text.parse::<chrono::NaiveDate>().is_ok() {
        Kind::Day
    } else if text.parse::<DateTime<Utc>>().is_ok() {
        Kind::Instant
    } else if text.parse::<Uuid>().is_ok() {
        Kind::Id
    } else {
        Kind::Text
    }
}

pub fn money(minor: i64, code: &str) -> Value {
    json!(Money::new(minor, Currency::from_code(code).expect(code)))
}

/// The same with one value out of bounds.
pub fn beyond(fields: &Value, rng: &mut StdRng) -> Option<Value> {
    let mut places = vec![];
    edged(fields, "", &mut places);
    places.retain(|(_, kind)| *kind != Kind::Id);
    let (at, kind) = places.choose(rng)?.clone();
    let mut beyond = fields.clone();
    let place = beyond.pointer_mut(&at)?;
    *place = match kind {
        Kind::Amount => {
            let code = place["currency"].as_str()?.to_owned();
            let minors = [MOST_MINOR + 1, -MOST_MINOR - 1, i64::MAX, i64::MIN + 1];
            money(*minors.choose(rng)?, &code)
        }
        Kind::Day => json!(DAYS_BEYOND.choose(rng)?),
        Kind::Instant => json!(INSTANTS_BEYOND.choose(rng)?),
        Kind::Text => json!(texts_beyond().choose(rng)?),
        Kind::List => json!(vec![place.get(0)?.clone(); 101]),
        Kind::Id => return None,
    };
    Some(beyond)
}

/// The same with some values at the edges of their bounds, and ids of anything.
pub fn within(fields: &Value, ids: &[Uuid], rng: &mut StdRng) -> Value {
    let mut places = vec![];
    edged(fields, "", &mut places);
    let mut within = fields.clone();
    for (at, kind) in places {
        if rng.random_bool(0.7) {
            continue;
        }
        let Some(place) = within.pointer_mut(&at) else { continue };
        *place = match kind {
            Kind::Amount => {
                let code = place["currency"].as_str().unwrap_or("EUR").to_owned();
                let minors = [MOST_MINOR, -MOST_MINOR, 0, 1];
                money(minors[rng.random_range(0..minors.len())], &code)
            }
            Kind::Day => json!(DAYS[rng.random_range(0..DAYS.len())]),
            Kind::Instant => json!(INSTANTS[rng.random_range(0..INSTANTS.len())]),
            Kind::Id => json!(ids.choose(rng)),
            Kind::Text => json!(lines().choose(rng)),
            Kind::List => continue,
        };
    }
    within
}
