//! Refusals: a sentence for a person, a code for a program, and the policy that refused where one did.

use crate::{Money, PolicyRef};

/// A refused command as every caller sees it. Nothing was appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Stable, never renamed.
    pub code: &'static str,
    /// Says what to do next.
    pub message: String,
    /// Path of the input field at fault, outermost first; empty where no single field is.
    pub field: Vec<String>,
    /// The policy version that refused (R13).
    pub policy: Option<PolicyRef>,
}

/// A code as it is explained to whoever met it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code {
    pub code: &'static str,
    /// What stands in braces is filled in when it refuses.
    pub sentence: &'static str,
    /// What it means, why, and what to do: Markdown.
    pub page: &'static str,
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self {
            code: Invalid::CODE.code,
            message: invalid.to_string(),
            field: invalid.path(),
            policy: None,
        }
    }
}

/// An id for something new that names another thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", Self::CODE.sentence)]
pub struct IdTaken;

impl IdTaken {
    pub const CODE: Code = Code {
        code: "ID_TAKEN",
        sentence: "this id names something else already; give what is new an id of its own",
        page: include_str!("../refusals/ID_TAKEN.md"),
    };
}

impl From<IdTaken> for Refusal {
    fn from(taken: IdTaken) -> Self {
        let message = taken.to_string();
        Self { code: IdTaken::CODE.code, message, field: vec![], policy: None }
    }
}

/// A field that no state of the aggregate would accept.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    /// Dotted path of the field.
    pub field: String,
    pub problem: String,
}

impl Invalid {
    pub const CODE: Code = Code {
        code: "INPUT_INVALID",
        sentence: "a field holds something that is never accepted; the message and `field` say which and why",
        page: include_str!("../refusals/INPUT_INVALID.md"),
    };

    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    /// The same, seen from one above: `field` holds what is at fault.
    pub fn under(self, field: &str) -> Self {
        Self { field: under(field, &self.field), ..self }
    }

    pub fn path(&self) -> Vec<String> {
        self.field.split('.').map(str::to_owned).collect()
    }
}

/// A command that is not for the role in which it was given, whatever it is about.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{role} may not {command}; {allowed} may")]
pub struct Forbidden {
    pub role: &'static str,
    pub command: &'static str,
    /// Who may, as a sentence names them.
    pub allowed: String,
}

impl Forbidden {
    pub const CODE: Code = Code {
        code: "ROLE_FORBIDDEN",
        sentence: "{role} may not {command}; {allowed} may",
        page: include_str!("../refusals/ROLE_FORBIDDEN.md"),
    };
}

impl From<Forbidden> for Refusal {
    fn from(forbidden: Forbidden) -> Self {
        let (code, message) = (Forbidden::CODE.code, forbidden.to_string());
        Self { code, message, field: vec![], policy: None }
    }
}

/// The path of a field within another.
pub fn under(field: &str, within: &str) -> String {
    if within.is_empty() { field.to_owned() } else { format!("{field}.{within}") }
}

/// Refuses an empty list.
pub fn some<T>(field: &str, list: &[T]) -> Result<(), Invalid> {
    if list.is_empty() {
        return Err(Invalid::new(field, "needs at least one entry"));
    }
    Ok(())
}

/// Refuses an amount that is zero or less.
pub fn positive(field: &str, amount: Money) -> Result<(), Invalid> {
    if amount.is_positive() {
        Ok(())
    } else {
        Err(Invalid::new(field, format!("must be more than zero, not {amount}")))
    }
}

/// Refuses anything but two upper-case letters.
pub fn country(field: &str, code: &str) -> Result<(), Invalid> {
    if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(Invalid::new(field, "must be a two-letter country code, as in PL"))
    }
}

/// Refuses anything but a SHA-256 in lower-case hex.
pub fn sha256_hex(field: &str, value: &str) -> Result<(), Invalid> {
    let hex = value.len() == 64 && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if hex {
        Ok(())
    } else {
        Err(Invalid::new(field, "must be a SHA-256 as 64 lower-case hex digits"))
    }
}
