//! JWT claims: what a token says, once its signature is known to be good.

use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountId;
use serde::{Deserialize, Serialize};

use super::AuthFailure;

/// Who has signed in and until when. As whom they may act is for their account to say; here stands at most what they chose.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    /// The account's id, or what an issuer calls somebody.
    pub(super) sub: String,
    pub(super) exp: Seconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) acting: Option<String>,
}

/// Seconds since 1970. RFC 7519 allows a fraction, which is dropped.
#[derive(Clone, Copy, Serialize)]
#[serde(transparent)]
pub(super) struct Seconds(pub(super) i64);

impl Claims {
    /// When the token ends, if it is in its time at `now`.
    pub(super) fn expires_at(
        &self,
        now: DateTime<Utc>,
        leeway: TimeDelta,
    ) -> Result<DateTime<Utc>, AuthFailure> {
        let expires_at = self.exp.instant()?;
        if expires_at + leeway <= now {
            return Err(AuthFailure::Expired);
        }
        if let Some(not_before) = &self.nbf
            && not_before.instant()? > now + leeway
        {
            return Err(AuthFailure::NotYetValid);
        }
        Ok(expires_at)
    }

    /// The account that a token of this installation names.
    pub(super) fn account(&self) -> Result<AccountId, AuthFailure> {
        self.sub.parse().map(AccountId).map_err(|_| AuthFailure::BadClaims)
    }
}

impl Seconds {
    /// A time beyond the year 9999 is a mistake, and would overflow the arithmetic on it.
    fn instant(self) -> Result<DateTime<Utc>, AuthFailure> {
        const LAST: i64 = 253_402_300_799;
        let seconds = Some(self.0).filter(|seconds| (0..=LAST).contains(seconds));
        seconds
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .ok_or(AuthFailure::BadClaims)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let whole = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64));
        whole.map(Self).ok_or_else(|| serde::de::Error::custom("not a time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: serde_json::Value) -> Claims {
        let account = "0197f0a0-0000-7000-8000-000000000001";
        let mut all = serde_json::json!({ "iss": "accord", "sub": account, "exp": 1_000 });
        if let (Some(all), Some(json)) = (all.as_object_mut(), json.as_object()) {
            all.extend(json.clone());
        }
        serde_json::from_value(all).expect("claims")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn outcome(json: serde_json::Value, now: i64, leeway: i64) -> Result<(), AuthFailure> {
        claims(json).expires_at(at(now), TimeDelta::seconds(leeway)).map(|_| ())
    }

    #[test]
    fn a_token_ends_in_the_second_it_names_plus_leeway() {
        assert_eq!(outcome(serde_json::json!({}), 999, 0), Ok(()));
        assert_eq!(outcome(serde_json::json!({}), 1_000, 0), Err(AuthFailure::Expired));
        assert_eq!(outcome(serde_json::json!({}), 1_029, 30), Ok(()));
        assert_eq!(outcome(serde_json::json!({}), 1_030, 30), Err(AuthFailure::Expired));
    }

    #[test]
    fn a_token_is_not_valid_before_its_time() {
        assert_eq!(
            outcome(serde_json::json!({ "nbf": 500 }), 499, 0),
            Err(AuthFailure::NotYetValid)
        );
        assert_eq!(outcome(serde_json::json!({ "nbf": 500 }), 500, 0), Ok(()));
        assert_eq!(outcome(serde_json::json!({ "nbf": 500 }), 470, 30), Ok(()));
    }

    #[test]
    fn a_token_of_this_installation_names_an_account() {
        for sub in ["", "ada", "0197f0a0-0000-7000-8000-00000000000g"] {
            let account = claims(serde_json::json!({ "sub": sub })).account();
            assert_eq!(account, Err(AuthFailure::BadClaims), "{sub}");
        }
        assert!(claims(serde_json::json!({})).account().is_ok());
    }

    #[test]
    fn times_out_of_range_are_refused_and_fractions_are_dropped() {
        assert_eq!(
            outcome(serde_json::json!({ "exp": i64::MAX }), 0, 0),
            Err(AuthFailure::BadClaims)
        );
        assert_eq!(outcome(serde_json::json!({ "exp": -1 }), 0, 0), Err(AuthFailure::BadClaims));
        assert_eq!(
            outcome(serde_json::json!({ "exp": 1000.9 }), 1_000, 0),
            Err(AuthFailure::Expired)
        );
    }
}
