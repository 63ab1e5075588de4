//! Authentication: a bearer token becomes a principal, or is refused.

mod claims;
mod installation;
mod issuer;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::PartnerId;

pub use domain::Role;
pub use installation::{InstallationKey, KeyFailure, MintFailure};
pub use issuer::{Issuer, IssuerFailure, IssuerSettings};

/// The time as the service sees it. Tokens end by this clock and by no other.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A person whose token has been checked. A member role always has a partner, the others never do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    /// Who vouches for the subject.
    pub issuer: String,
    pub subject: String,
    pub role: Role,
    pub partner: Option<PartnerId>,
    pub expires_at: DateTime<Utc>,
}

/// Why a token is refused. The variants are for logs and tests; a client hears only `public`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthFailure {
    /// No Authorization header, or one of another scheme.
    Missing,
    Malformed,
    ForbiddenAlgorithm,
    UnknownKey,
    BadSignature,
    WrongIssuer,
    WrongAudience,
    Expired,
    NotYetValid,
    /// Signed by the right key, but no principal of ours: no role, or a member without a partner.
    BadClaims,
    /// The issuer's keys cannot be read now. Not the client's fault.
    Unavailable,
}

impl AuthFailure {
    /// What a client may hear: enough to act upon, nothing that helps to forge a token.
    pub fn public(self) -> &'static str {
        match self {
            Self::Missing => "a bearer token is required",
            Self::Expired => "the token has expired",
            Self::Unavailable => "tokens cannot be checked at the moment",
            Self::Malformed
            | Self::ForbiddenAlgorithm
            | Self::UnknownKey
            | Self::BadSignature
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::NotYetValid
            | Self::BadClaims => "the token is not valid",
        }
    }
}

/// Checks tokens against the configured issuer, or against the installation's own key when there is none.
pub struct Authenticator {
    verifier: Verifier,
    clock: Clock,
}

enum Verifier {
    Installation(Box<InstallationKey>),
    Issuer(Box<Issuer>),
}

impl Authenticator {
    /// Trusts only tokens that this installation has minted.
    pub fn for_installation(key: InstallationKey, clock: Clock) -> Self {
        Self { verifier: Verifier::Installation(Box::new(key)), clock }
    }

    /// Trusts only tokens of `issuer`.
    pub fn for_issuer(issuer: Issuer, clock: Clock) -> Self {
        Self { verifier: Verifier::Issuer(Box::new(issuer)), clock }
    }

    /// The principal behind the value of an Authorization header.
    pub async fn authenticate(
        &self,
        authorization: Option<&str>,
    ) -> Result<Principal, AuthFailure> {
        let token = bearer(authorization.ok_or(AuthFailure::Missing)?)?;
        let claims = match &self.verifier {
            Verifier::Installation(key) => key.verify(token)?,
            Verifier::Issuer(issuer) => issuer.verify(token).await?,
        };
        claims.principal((self.clock)(), self.leeway())
    }

    /// How long `principal` may still be served. Zero when the token has ended.
    pub fn time_left(&self, principal: &Principal) -> std::time::Duration {
        let end = principal.expires_at + self.leeway();
        (end - (self.clock)()).to_std().unwrap_or_default()
    }

    fn leeway(&self) -> TimeDelta {
        match &self.verifier {
            Verifier::Installation(_) => TimeDelta::zero(), // Minted and checked by the same clock.
            Verifier::Issuer(issuer) => issuer.leeway(),
        }
    }
}

fn bearer(authorization: &str) -> Result<&str, AuthFailure> {
    let (scheme, token) = authorization.trim().split_once(' ').ok_or(AuthFailure::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthFailure::Missing);
    }
    Ok(token.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bearer_scheme_is_a_token() {
        assert_eq!(bearer("Bearer abc"), Ok("abc"));
        assert_eq!(bearer("bEARER  abc"), Ok("abc"));
        assert_eq!(bearer("Basic abc"), Err(AuthFailure::Missing));
        assert_eq!(bearer("abc"), Err(AuthFailure::Missing));
    }
}
