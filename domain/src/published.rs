//! What a programme publishes: versions that only grow, each in force from an instant on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One published version of a policy, with who stands for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Published<T> {
    /// 1, 2, 3, ...
    pub version: u32,
    /// First instant at which it is in force.
    pub effective_from: DateTime<Utc>,
    /// First instant at which it is in force no longer; open where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<DateTime<Utc>>,
    pub body: T,
    /// SHA-256 of the body's canonical JSON, in hex.
    pub body_hash: String,
    pub author: String,
    /// Who published it; for a commission plan never its author.
    pub approved_by: String,
}

/// Names the policy version that a refusal or a calculation rests on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyRef {
    /// As in `commission-plan` or `payout-policy`.
    pub id: String,
    pub version: u32,
}

impl<T> Published<T> {
    /// Whether `at` lies in `[effective_from, effective_until)`.
    pub fn in_force(&self, at: DateTime<Utc>) -> bool {
        self.effective_from <= at && self.effective_until.is_none_or(|until| at < until)
    }
}

/// Versions of what is never without one: the first is in force before it as well.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Versions<T> {
    first: Published<T>,
    later: Vec<Published<T>>,
}

impl<T> Versions<T> {
    pub fn of(first: Published<T>) -> Self {
        Self { first, later: vec![] }
    }

    pub fn push(&mut self, next: Published<T>) {
        self.later.push(next);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Published<T>> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// The version in force at `at`.
    pub fn at(&self, at: DateTime<Utc>) -> &Published<T> {
        in_force(self.iter(), at).unwrap_or(&self.first)
    }

    /// Every version that is in force at some time from `from` on.
    pub fn since(&self, from: DateTime<Utc>) -> impl Iterator<Item = &Published<T>> {
        let later = self.iter().filter(move |published| published.effective_from > from);
        std::iter::once(self.at(from)).chain(later)
    }
}

/// The version in force at `at`: of those that cover it the greatest start, then the greatest version.
pub fn in_force<'p, T: 'p>(
    versions: impl IntoIterator<Item = &'p Published<T>>,
    at: DateTime<Utc>,
) -> Option<&'p Published<T>> {
    versions
        .into_iter()
        .filter(|published| published.in_force(at))
        .max_by_key(|published| (published.effective_from, published.version))
}

/// SHA-256 over the canonical JSON (RFC 8785) of a value. Integers that can pass 2^53 must be strings in it.
pub fn digest_of<T: Serialize>(value: &T) -> Result<[u8; 32], serde_json::Error> {
    use sha2::{Digest, Sha256};
    serde_json_canonicalizer::to_vec(value).map(|canonical| Sha256::digest(&canonical).into())
}

/// [`digest_of`] in lower-case hex.
pub fn hash_of<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(digest_of(value)?.iter().map(|byte| format!("{byte:02x}")).collect())
}
