//! Role-based access control: sets of roles, and rows that give them fields.

use crate::auth::Role;

/// A set of roles, and whether it is open to a member before its partner's application is approved (R4). Of a mutation
/// it says what the aggregate allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roles {
    bits: u8,
    before_approval: bool,
}

impl Roles {
    pub(super) const NOBODY: Self = Self::of(&[]);

    const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < roles.len() {
            bits |= 1 << roles[index] as u8;
            index += 1;
        }
        Self { bits, before_approval: false }
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits, before_approval: false }
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
        self.bits & (1 << role as u8) != 0
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
    pub fields: &'static [(Roles, &'static str)],
}

pub(super) const fn ty(
    name: &'static str,
    reach: Reach,
    fields: &'static [(Roles, &'static str)],
) -> Type {
    Type { name, reach, fields }
}

/// Fields of one of the roots.
pub(super) const fn root(name: &'static str, fields: &'static [(Roles, &'static str)]) -> Type {
    Type { name, reach: Reach::Common, fields }
}

pub(super) const OWNER: Roles = Roles::of(&[Role::Owner]);
pub(super) const SPECIALIST: Roles = Roles::of(&[Role::Specialist]);
pub(super) const SALES: Roles = Roles::of(&[Role::Owner, Role::Seller]);
pub(super) const MEMBERS: Roles = SALES.and(SPECIALIST);
pub(super) const CHANNEL: Roles = Roles::of(&[Role::ChannelManager]);
pub(super) const FINANCE: Roles = Roles::of(&[Role::Finance]);
pub(super) const AUDIT: Roles = Roles::of(&[Role::Auditor]);
pub(super) const ADMIN: Roles = Roles::of(&[Role::Administrator]);

/// Reads what the vendor's people read but money.
pub(super) const DESK: Roles = CHANNEL.and(FINANCE).and(AUDIT).and(ADMIN);
pub(super) const EVERYBODY: Roles = MEMBERS.and(DESK);
/// Reads deals and what they earn.
pub(super) const DEALS: Roles = SALES.and(CHANNEL).and(FINANCE).and(AUDIT);
/// Reads wallets and payouts.
pub(super) const MONEY: Roles = OWNER.and(FINANCE).and(AUDIT);
/// Reads training.
pub(super) const TRAINING: Roles = MEMBERS.and(CHANNEL).and(AUDIT).and(ADMIN);
/// Reads the journal.
pub(super) const BOOKS: Roles = FINANCE.and(AUDIT);
/// Reads what is said of a programme within the house.
pub(super) const HOUSE: Roles = CHANNEL.and(BOOKS);
