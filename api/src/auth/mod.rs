//! Authentication: a bearer token names an account, and the account says as whom it acts.

mod accounts;
mod claims;
mod installation;
mod issuer;
mod principal;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountId, account::Seat};

pub use accounts::Accounts;
pub use domain::Role;
pub use installation::{InstallationKey, KeyFailure, MintFailure};
pub use issuer::{Issuer, IssuerFailure, IssuerSettings};
pub use principal::Principal;

/// The time as the service sees it. Tokens end by this clock and by no other.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a request shows of whoever sends it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Credentials {
    /// The value of an Authorization header.
    pub authorization: Option<String>,
    /// As which of its roles the account acts, as in `finance`; what the token says where it is left out.
    pub acting: Option<String>,
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
    /// Signed by the right key, and says nothing coherent.
    BadClaims,
    /// No account is known by it, or one that is suspended or closed.
    NoAccount,
    /// The account has no such role, or not any more.
    RoleGone,
    /// The issuer's keys, or the account, cannot be read now. Not the client's fault.
    Unavailable,
}

impl AuthFailure {
    /// What a client may hear: enough to act upon, nothing that helps to forge a token.
    pub fn public(self) -> &'static str {
        match self {
            Self::Missing => "a bearer token is required",
            Self::Expired => "the token has expired",
            Self::NoAccount => "no account that can be used belongs to this sign-in",
            Self::RoleGone => "your account does not have the role that you chose; choose another",
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

/// Checks tokens against the configured issuer, or against the installation's own key when there is none, and asks the
/// account who it is.
pub struct Authenticator {
    verifier: Verifier,
    accounts: Arc<dyn Accounts>,
    clock: Clock,
}

enum Verifier {
    Installation(Box<InstallationKey>),
    Issuer(Box<Issuer>),
}

impl Authenticator {
    /// Trusts only tokens that this installation has minted.
    pub fn for_installation(
        key: InstallationKey,
        accounts: Arc<dyn Accounts>,
        clock: Clock,
    ) -> Self {
        Self { verifier: Verifier::Installation(Box::new(key)), accounts, clock }
    }

    /// Trusts only tokens of `issuer`, for accounts that are linked to their subjects.
    pub fn for_issuer(issuer: Issuer, accounts: Arc<dyn Accounts>, clock: Clock) -> Self {
        Self { verifier: Verifier::Issuer(Box::new(issuer)), accounts, clock }
    }

    /// The principal behind what a request shows.
    pub async fn authenticate(&self, shown: &Credentials) -> Result<Principal, AuthFailure> {
        let token = bearer(shown.authorization.as_deref().ok_or(AuthFailure::Missing)?)?;
        let claims = match &self.verifier {
            Verifier::Installation(key) => key.verify(token)?,
            Verifier::Issuer(issuer) => issuer.verify(token).await?,
        };
        let expires_at = claims.expires_at((self.clock)(), self.leeway())?;
        let chosen: Option<Seat> = match shown.acting.as_ref().or(claims.acting.as_ref()) {
            Some(seat) => Some(seat.parse().map_err(|_| AuthFailure::RoleGone)?),
            None => None,
        };
        let account = match &self.verifier {
            Verifier::Installation(_) => claims.account()?,
            Verifier::Issuer(_) => {
                let linked = self.accounts.linked(&claims.iss, &claims.sub).await?;
                linked.ok_or(AuthFailure::NoAccount)?
            }
        };
        self.principal(account, chosen, expires_at).await
    }

    /// The same principal as its account has it now.
    pub async fn again(&self, principal: &Principal) -> Result<Principal, AuthFailure> {
        let account = principal.subject.parse().map_err(|_| AuthFailure::NoAccount)?;
        self.principal(AccountId(account), Some(principal.seat()), principal.expires_at).await
    }

    /// Refuses a principal that is no longer what it was.
    pub async fn holds(&self, principal: &Principal) -> Result<(), AuthFailure> {
        let now = self.again(principal).await?;
        if now.acts_as(principal) { Ok(()) } else { Err(AuthFailure::RoleGone) }
    }

    async fn principal(
        &self,
        id: AccountId,
        chosen: Option<Seat>,
        expires_at: DateTime<Utc>,
    ) -> Result<Principal, AuthFailure> {
        let account = self.accounts.account(id).await?;
        Principal::of(id, &account, chosen, expires_at)
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
