//! The principal of a request: whoever has signed in, in the role in which they act.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{
    Account, AccountId, PartnerId, Permission, Role,
    account::{Holder, Scope, Seat},
};

use super::AuthFailure;

/// Who vouches for accounts, in the keys of their commands.
pub const ISSUER: &str = "accord";

/// Somebody whose sign-in has been checked, as their account says who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    /// Who vouches for the subject.
    pub issuer: String,
    /// The account's id.
    pub subject: String,
    pub role: Role,
    /// A member's. None as well of whoever has registered and has no role yet, who acts as an owner of nothing.
    pub partner: Option<PartnerId>,
    pub permissions: BTreeSet<Permission>,
    /// Whether the e-mail address is confirmed; until then nothing is open (R97).
    pub confirmed: bool,
    /// All that this account may act as.
    pub seats: Vec<Seat>,
    pub expires_at: DateTime<Utc>,
}

impl Principal {
    /// Somebody in a role with what usually comes with it: for whoever operates the machine, in stories and tests.
    pub fn usual(subject: String, role: Role, partner: Option<PartnerId>) -> Self {
        Self {
            issuer: ISSUER.into(),
            subject,
            role,
            partner,
            permissions: Permission::usual(role),
            confirmed: true,
            seats: vec![Seat { role, scope: Scope::of(partner) }],
            expires_at: DateTime::<Utc>::MAX_UTC,
        }
    }

    /// As whom an account acts: as it has chosen, else in the first of its roles. Who has none yet may apply, where their
    /// door lets them, and become the owner of their partner by that.
    pub(super) fn of(
        id: AccountId,
        account: &Account,
        chosen: Option<Seat>,
        expires_at: DateTime<Utc>,
    ) -> Result<Self, AuthFailure> {
        let holder = account.holder().ok_or(AuthFailure::NoAccount)?;
        let (seat, permissions) = acting(holder, chosen)?;
        Ok(Self {
            issuer: ISSUER.into(),
            subject: id.to_string(),
            role: seat.map_or(Role::Owner, |seat| seat.role),
            partner: seat.and_then(|seat| seat.scope.partner()),
            permissions,
            confirmed: holder.email_confirmed,
            seats: holder.grants.iter().map(|grant| grant.seat).collect(),
            expires_at,
        })
    }

    /// The seat in which this acts; of whoever is of no partner yet that of an owner of nothing.
    pub(super) fn seat(&self) -> Seat {
        Seat { role: self.role, scope: Scope::of(self.partner) }
    }

    /// Whether this acts as the other does, with the same rights.
    pub(super) fn acts_as(&self, other: &Self) -> bool {
        let rights = |one: &Self| (one.role, one.partner, one.confirmed);
        rights(self) == rights(other) && self.permissions == other.permissions
    }
}

/// The seat of whoever has registered and is of no partner yet, and of whoever applies once more.
const CANDIDATE: Seat = Seat { role: Role::Owner, scope: Scope::Vendor };

type Acting = (Option<Seat>, BTreeSet<Permission>);

fn acting(holder: &Holder, chosen: Option<Seat>) -> Result<Acting, AuthFailure> {
    let first = || holder.grants.iter().map(|grant| grant.seat).min();
    match chosen.or_else(first).unwrap_or(CANDIDATE) {
        CANDIDATE => {
            let of_the_vendor = holder.grants.iter().any(|grant| !grant.seat.role.is_member());
            if holder.is_system || of_the_vendor {
                return Err(AuthFailure::RoleGone);
            }
            let applies = holder.may_participate.then_some(Permission::Participate);
            Ok((None, applies.into_iter().collect()))
        }
        seat => {
            let grant = holder.grant(seat).ok_or(AuthFailure::RoleGone)?;
            Ok((Some(seat), grant.permissions.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::account::Grant;
    use uuid::Uuid;

    use super::*;

    const ID: AccountId = AccountId(Uuid::from_u128(7));
    const ALFA: PartnerId = PartnerId(Uuid::from_u128(0xA));
    const BETA: PartnerId = PartnerId(Uuid::from_u128(0xB));

    fn holder(may_participate: bool, seats: &[(Role, Scope)]) -> Box<Holder> {
        let grant = |(role, scope): &(Role, Scope)| Grant {
            id: Uuid::new_v5(&ID.0, format!("{role}{scope:?}").as_bytes()),
            seat: Seat { role: *role, scope: *scope },
            permissions: Permission::usual(*role),
        };
        Box::new(Holder {
            is_system: false,
            email_confirmed: true,
            may_participate,
            grants: seats.iter().map(grant).collect(),
            links: BTreeMap::new(),
            keys: BTreeSet::new(),
        })
    }

    fn principal(account: &Account, chosen: Option<&str>) -> Result<Principal, AuthFailure> {
        let chosen = chosen.map(|seat| seat.parse().expect("is a seat"));
        Principal::of(ID, account, chosen, DateTime::<Utc>::MAX_UTC)
    }

    fn acts(
        account: &Account,
        chosen: Option<&str>,
    ) -> Result<(Role, Option<PartnerId>), AuthFailure> {
        principal(account, chosen).map(|principal| (principal.role, principal.partner))
    }

    #[test]
    fn an_account_acts_as_it_has_chosen_and_in_no_role_that_it_has_not() {
        let seats = [(Role::Seller, Scope::Partner(ALFA)), (Role::Owner, Scope::Partner(BETA))];
        let account = Account::Open(holder(true, &seats));
        assert_eq!(acts(&account, None), Ok((Role::Owner, Some(BETA))));
        let seller = format!("seller/{ALFA}");
        assert_eq!(acts(&account, Some(&seller)), Ok((Role::Seller, Some(ALFA))));
        for foreign in [format!("owner/{ALFA}"), "finance".into(), "integration".into()] {
            assert_eq!(acts(&account, Some(&foreign)), Err(AuthFailure::RoleGone), "{foreign}");
        }
    }

    #[test]
    fn who_has_no_role_yet_may_apply_and_is_of_no_partner() {
        let candidate = Account::Open(holder(true, &[]));
        assert_eq!(acts(&candidate, None), Ok((Role::Owner, None)));
        let may = |account: &Account| {
            let principal = principal(account, Some("owner")).expect("acts");
            principal.permissions.contains(&Permission::Participate)
        };
        assert!(may(&candidate));
        assert!(may(&Account::Open(holder(true, &[(Role::Owner, Scope::Partner(ALFA))]))));
        assert!(!may(&Account::Open(holder(false, &[]))), "one of the vendor's waits for a role");
        let vendor = Account::Open(holder(true, &[(Role::Finance, Scope::Vendor)]));
        assert_eq!(acts(&vendor, Some("owner")), Err(AuthFailure::RoleGone));
    }

    #[test]
    fn nobody_acts_by_an_account_that_is_not_there_or_cannot_be_used() {
        let suspended = Account::Suspended { holder: holder(true, &[]), absence: ID.0 };
        for account in [Account::Unknown, suspended, Account::Closed] {
            assert_eq!(acts(&account, None), Err(AuthFailure::NoAccount));
        }
    }
}
