//! Roles that an account has been given (role assignments): each for the vendor or for one partner, with its permissions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AccountEvent, AccountRefusal, Holder};
use crate::{Issued, PartnerId, Permission, Role, account::AccountCommand, bounds, derived};

/// For whom a role is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// For the vendor, in all programmes.
    Vendor,
    Partner(PartnerId),
}

bounds::boundless!(Scope);

impl Scope {
    pub fn of(partner: Option<PartnerId>) -> Self {
        partner.map_or(Self::Vendor, Self::Partner)
    }

    pub fn partner(self) -> Option<PartnerId> {
        match self {
            Self::Vendor => None,
            Self::Partner(partner) => Some(partner),
        }
    }
}

/// The role in which somebody acts, and for whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Seat {
    pub role: Role,
    pub scope: Scope,
}

/// As somebody chooses one at sign-in: `finance`, or `owner/` and the partner's id.
impl std::fmt::Display for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.scope {
            Scope::Vendor => self.role.fmt(f),
            Scope::Partner(partner) => write!(f, "{}/{partner}", self.role),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "not a role with whom it is for, as in finance or owner/0197f0a0-0000-7000-8000-000000000001"
)]
pub struct NotASeat;

impl std::str::FromStr for Seat {
    type Err = NotASeat;

    fn from_str(text: &str) -> Result<Self, NotASeat> {
        use crate::ClosedList;
        let (role, partner) = match text.split_once('/') {
            Some((role, partner)) => (role, Some(partner.parse().map_err(|_| NotASeat)?)),
            None => (text, None),
        };
        let role = Role::of(role).filter(|role| *role != Role::Policy).ok_or(NotASeat)?;
        Ok(Self { role, scope: Scope::of(partner) })
    }
}

/// A role that was given and not yet taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    pub id: Uuid,
    pub seat: Seat,
    pub permissions: BTreeSet<Permission>,
}

/// What is asked for: a role, for whom, and with which permissions where they are not the usual ones.
pub(super) struct Wanted<'a> {
    pub seat: Seat,
    pub permissions: Option<&'a BTreeSet<Permission>>,
    pub partner_is_unknown: bool,
}

impl Holder {
    pub fn grant(&self, seat: Seat) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.seat == seat)
    }

    pub(super) fn give(
        &self,
        issued: &Issued<AccountCommand>,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<AccountEvent>, AccountRefusal> {
        let Seat { role, scope } = wanted.seat;
        self.suits(wanted.seat)?;
        let held = self.grant(wanted.seat);
        let permissions = match (wanted.permissions, held) {
            (Some(named), _) => named.clone(),
            (None, Some(_)) => return Ok(vec![]), // Already so: a retry is harmless.
            (None, None) => Permission::usual(role),
        };
        if held.is_some_and(|held| held.permissions == permissions) {
            return Ok(vec![]); // Already so: a retry is harmless.
        }
        if let Some(wrong) = permissions.iter().find(|permission| !permission.fits(role)) {
            return Err(AccountRefusal::PermissionMisfit { permission: *wrong, role });
        }
        if wanted.partner_is_unknown {
            return Err(AccountRefusal::UnknownPartner);
        }
        if held.is_none() && self.grants.len() >= bounds::MANY {
            return Err(AccountRefusal::TooMany { most: bounds::MANY });
        }
        let taken = held.map(|held| AccountEvent::RoleRevoked { grant: held.id, role, scope });
        let grant = derived(issued.command_id.0, "grant");
        let given = AccountEvent::RoleGranted { grant, role, scope, permissions };
        Ok(taken.into_iter().chain([given]).collect())
    }

    pub(super) fn take(&self, seat: Seat) -> Vec<AccountEvent> {
        let Seat { role, scope } = seat;
        let held = self.grant(seat);
        held.map(|held| AccountEvent::RoleRevoked { grant: held.id, role, scope })
            .into_iter()
            .collect()
    }

    /// Whether somebody may sit there at all. Whoever acts for a partner has no role of the vendor: nobody then checks by
    /// one role what is their own in the other.
    pub(super) fn suits(&self, seat: Seat) -> Result<(), AccountRefusal> {
        let Seat { role, scope } = seat;
        let for_systems = role == Role::Integration;
        if role == Role::Policy || for_systems != self.is_system {
            return Err(AccountRefusal::RoleMisfit { role });
        }
        if role.is_member() != scope.partner().is_some() {
            return Err(AccountRefusal::ScopeMisfit { role });
        }
        let mut others = self.grants.iter().map(|grant| grant.seat.role.is_member());
        if others.any(|member| member != role.is_member()) {
            return Err(AccountRefusal::BothSides);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ALFA;

    #[test]
    fn a_seat_is_read_back_as_it_is_written() {
        let seats = [
            Seat { role: Role::Finance, scope: Scope::Vendor },
            Seat { role: Role::Integration, scope: Scope::Vendor },
            Seat { role: Role::Owner, scope: Scope::Partner(ALFA) },
        ];
        for seat in seats {
            assert_eq!(seat.to_string().parse(), Ok(seat));
        }
        for text in ["", "policy", "king", "owner/", "owner/alfa", "/", "finance/"] {
            assert_eq!(text.parse::<Seat>(), Err(NotASeat), "{text}");
        }
    }
}
