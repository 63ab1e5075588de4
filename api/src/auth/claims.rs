//! JWT claims: what a token says, once its signature is known to be good.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    PartnerId,
    bounds::{Bounded, LINE},
};
use serde::{Deserialize, Serialize};

use super::{AuthFailure, Principal, Role};

#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) exp: Seconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<Seconds>,
    pub(super) role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) partner: Option<PartnerId>,
}

/// Seconds since 1970. RFC 7519 allows a fraction, which is dropped.
#[derive(Clone, Copy, Serialize)]
#[serde(transparent)]
pub(super) struct Seconds(pub(super) i64);

impl Claims {
    /// The principal, if the token is in its time at `now` and says something coherent.
    pub(super) fn principal(
        self,
        now: DateTime<Utc>,
        leeway: TimeDelta,
    ) -> Result<Principal, AuthFailure> {
        let expires_at = self.exp.instant()?;
        if expires_at + leeway <= now {
            return Err(AuthFailure::Expired);
        }
        if let Some(not_before) = self.nbf
            && not_before.instant()? > now + leeway
        {
            return Err(AuthFailure::NotYetValid);
        }
        let member = self.role.is_member() == self.partner.is_some();
        // The subject stands in every event that it causes.
        if self.sub.check(LINE).is_err() || !self.role.is_of_people() || !member {
            return Err(AuthFailure::BadClaims);
        }
        let (issuer, subject) = (self.iss, self.sub);
        Ok(Principal { issuer, subject, role: self.role, partner: self.partner, expires_at })
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
        let mut all =
            serde_json::json!({ "iss": "accord", "sub": "ada", "exp": 1_000, "role": "finance" });
        if let (Some(all), Some(json)) = (all.as_object_mut(), json.as_object()) {
            all.extend(json.clone());
        }
        serde_json::from_value(all).expect("claims")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn outcome(json: serde_json::Value, now: i64, leeway: i64) -> Result<Role, AuthFailure> {
        claims(json).principal(at(now), TimeDelta::seconds(leeway)).map(|principal| principal.role)
    }

    #[test]
    fn a_token_ends_in_the_second_it_names_plus_leeway() {
        assert_eq!(outcome(serde_json::json!({}), 999, 0), Ok(Role::Finance));
        assert_eq!(outcome(serde_json::json!({}), 1_000, 0), Err(AuthFailure::Expired));
        assert_eq!(outcome(serde_json::json!({}), 1_029, 30), Ok(Role::Finance));
        assert_eq!(outcome(serde_json::json!({}), 1_030, 30), Err(AuthFailure::Expired));
    }

    #[test]
    fn a_token_is_not_valid_before_its_time() {
        assert_eq!(
            outcome(serde_json::json!({ "nbf": 500 }), 499, 0),
            Err(AuthFailure::NotYetValid)
        );
        assert_eq!(outcome(serde_json::json!({ "nbf": 500 }), 500, 0), Ok(Role::Finance));
        assert_eq!(outcome(serde_json::json!({ "nbf": 500 }), 470, 30), Ok(Role::Finance));
    }

    #[test]
    fn a_member_has_a_partner_and_nobody_else_does() {
        let partner = "0197f0a0-0000-7000-8000-000000000001";
        assert_eq!(
            outcome(serde_json::json!({ "role": "owner", "partner": partner }), 0, 0),
            Ok(Role::Owner)
        );
        assert_eq!(
            outcome(serde_json::json!({ "role": "owner" }), 0, 0),
            Err(AuthFailure::BadClaims)
        );
        assert_eq!(
            outcome(serde_json::json!({ "partner": partner }), 0, 0),
            Err(AuthFailure::BadClaims)
        );
    }

    #[test]
    fn nobody_signs_in_as_another_system_or_as_a_rule() {
        for role in ["integration", "policy"] {
            let outcome = outcome(serde_json::json!({ "role": role }), 0, 0);
            assert_eq!(outcome, Err(AuthFailure::BadClaims), "{role}");
        }
    }

    #[test]
    fn a_subject_is_one_that_events_can_carry() {
        let of = |sub: &str| outcome(serde_json::json!({ "sub": sub }), 0, 0);
        assert_eq!(of(&"a".repeat(200)), Ok(Role::Finance));
        for sub in ["a".repeat(201), String::new(), "a\0".into(), "a\nb".into()] {
            assert_eq!(of(&sub), Err(AuthFailure::BadClaims), "{sub:?}");
        }
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
