//! What `@` stands for in a story: identifiers that its title and a name give, and relative dates.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{CommandId, Currency, PartnerId, WalletId, derived};
use serde_json::Value;
use uuid::{Builder, Uuid};

/// The ids behind the names of one story.
pub(super) struct Names {
    root: Uuid,
}

impl Names {
    pub(super) fn of(title: &str) -> Self {
        Self { root: derived(Uuid::nil(), title) }
    }

    /// What a name of the story stands for: an id as somebody outside would give it, of version 4.
    pub(super) fn id(&self, name: &str) -> Uuid {
        Builder::from_random_bytes(derived(self.root, name).into_bytes()).into_uuid()
    }

    /// What only the story itself speaks of.
    pub(super) fn step(&self, name: &str) -> CommandId {
        CommandId(derived(self.root, name))
    }

    /// `@name`, `@partner/EUR`, or an id as it is.
    pub(super) fn resolve(&self, text: &str) -> Result<Uuid, String> {
        let Some(name) = text.strip_prefix('@') else {
            return text
                .parse()
                .map_err(|_| format!("{text} is neither an id nor a name that begins with @"));
        };
        match name.split_once('/') {
            None => Ok(self.id(name)),
            Some((partner, currency)) => Currency::from_code(currency)
                .map(|currency| WalletId::of(PartnerId(self.id(partner)), currency).0)
                .ok_or_else(|| format!("{currency} is no currency")),
        }
    }

    /// Puts in what every text that begins with `@` stands for, at this instant of the story.
    pub(super) fn fill(&self, value: &mut Value, now: DateTime<Utc>) -> Result<(), String> {
        match value {
            Value::String(text) if text.starts_with('@') => *text = self.stands_for(text, now)?,
            Value::Array(values) => {
                values.iter_mut().try_for_each(|value| self.fill(value, now))?
            }
            Value::Object(fields) => {
                fields.values_mut().try_for_each(|value| self.fill(value, now))?
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }

    /// The same in the string literals of a GraphQL document, where nothing else begins with `"@`.
    pub(super) fn fill_query(&self, query: &str, now: DateTime<Utc>) -> Result<String, String> {
        let parts = query.split('"').enumerate().map(|(index, part)| {
            if index % 2 == 1 && part.starts_with('@') {
                self.stands_for(part, now)
            } else {
                Ok(part.to_owned())
            }
        });
        Ok(parts.collect::<Result<Vec<_>, _>>()?.join("\""))
    }

    /// `@now`, `@now-2h`, `@today+30d` (a day in UTC), or what [`Names::resolve`] knows.
    fn stands_for(&self, text: &str, now: DateTime<Utc>) -> Result<String, String> {
        let after = |word| text.strip_prefix(word).filter(|rest| is_span_or_empty(rest));
        if let Some(span) = after("@now") {
            return Ok(moved(now, span)?.to_rfc3339());
        }
        match after("@today") {
            Some(span) => Ok(moved(now, span)?.date_naive().to_string()),
            None => self.resolve(text).map(|id| id.to_string()),
        }
    }
}

fn is_span_or_empty(text: &str) -> bool {
    text.is_empty() || text.starts_with(['+', '-'])
}

/// `now` moved by a span such as `+3d`, `-2h` or `+30m`; by nothing where it is empty.
pub(super) fn moved(now: DateTime<Utc>, span: &str) -> Result<DateTime<Utc>, String> {
    if span.is_empty() {
        return Ok(now);
    }
    let delta = span.char_indices().next_back().and_then(|(end, unit)| {
        let number = span[..end].parse().ok()?;
        match unit {
            'd' => TimeDelta::try_days(number),
            'h' => TimeDelta::try_hours(number),
            'm' => TimeDelta::try_minutes(number),
            _ => None,
        }
    });
    delta
        .and_then(|delta| now.checked_add_signed(delta))
        .ok_or_else(|| format!("{span} is no span such as +3d, +2h or +30m"))
}
