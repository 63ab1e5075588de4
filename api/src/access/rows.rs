//! Role-based access control: who may use what, and rows that say it of fields.

use domain::{Role, Roles};

/// Who may use a field, and whether it is open to a member before its partner's application is approved (R4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    roles: Roles,
    before_approval: bool,
}

impl Entry {
    pub(super) const NOBODY: Self = Self::of(&[]);

    const fn of(roles: &[Role]) -> Self {
        Self::closed_to(Roles::of(roles))
    }

    /// For these roles, once the application is approved.
    pub(super) const fn closed_to(roles: Roles) -> Self {
        Self { roles, before_approval: false }
    }

    /// For the roles of both; open before the approval where both are.
    pub(super) const fn and(self, other: Self) -> Self {
        let before_approval = self.before_approval && other.before_approval;
        Self { roles: self.roles.and(other.roles), before_approval }
    }

    /// R4: the own application, and what its candidate may do for it. Nothing else is open before the approval.
    pub(super) const fn open(self) -> Self {
        Self { before_approval: true, ..self }
    }

    /// The same once the application is approved.
    pub(super) const fn closed(self) -> Self {
        Self { before_approval: false, ..self }
    }

    pub fn contains(self, role: Role) -> bool {
        self.roles.contains(role)
    }

    pub fn before_approval(self) -> bool {
        self.before_approval
    }
}

/// Whose objects of a type a member reaches. The vendor's people reach everybody's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// Those of the own partner.
    Own,
    /// Those of the own partner's network as well: name, tier, stage and depth, and nothing else (M18).
    Below,
    /// They are nobody's: the programme's, or part of something that was reached already.
    Common,
    /// No member comes here.
    Nobody,
}

/// A type with the roles of its fields. A type may have rows in several places, as the roots have.
pub(super) struct Type {
    pub name: &'static str,
    pub reach: Reach,
    pub fields: &'static [(Entry, &'static str)],
}

pub(super) const fn ty(
    name: &'static str,
    reach: Reach,
    fields: &'static [(Entry, &'static str)],
) -> Type {
    Type { name, reach, fields }
}

/// Fields of one of the roots.
pub(super) const fn root(name: &'static str, fields: &'static [(Entry, &'static str)]) -> Type {
    Type { name, reach: Reach::Common, fields }
}

pub(super) const OWNER: Entry = Entry::of(&[Role::Owner]);
pub(super) const SPECIALIST: Entry = Entry::of(&[Role::Specialist]);
pub(super) const SALES: Entry = Entry::of(&[Role::Owner, Role::Seller]);
pub(super) const MEMBERS: Entry = SALES.and(SPECIALIST);
pub(super) const CHANNEL: Entry = Entry::of(&[Role::ChannelManager]);
pub(super) const FINANCE: Entry = Entry::of(&[Role::Finance]);
pub(super) const AUDIT: Entry = Entry::of(&[Role::Auditor]);
pub(super) const ADMIN: Entry = Entry::of(&[Role::Administrator]);

/// Reads what the vendor's people read but money.
pub(super) const DESK: Entry = CHANNEL.and(FINANCE).and(AUDIT).and(ADMIN);
pub(super) const EVERYBODY: Entry = MEMBERS.and(DESK);
/// Other systems, which hear what came of their commands and read nothing else.
pub(super) const SYSTEMS: Entry = Entry::of(&[Role::Integration]);
/// Reads deals and what they earn.
pub(super) const DEALS: Entry = SALES.and(CHANNEL).and(FINANCE).and(AUDIT);
/// Reads wallets and payouts.
pub(super) const MONEY: Entry = OWNER.and(FINANCE).and(AUDIT);
/// Reads training.
pub(super) const TRAINING: Entry = MEMBERS.and(CHANNEL).and(AUDIT).and(ADMIN);
/// Reads the journal.
pub(super) const BOOKS: Entry = FINANCE.and(AUDIT);
/// Reads what is said of a programme within the house.
pub(super) const HOUSE: Entry = CHANNEL.and(BOOKS);
