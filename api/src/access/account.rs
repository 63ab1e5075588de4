//! Access control of accounts and of the roles that they have.

use super::rows::{ADMIN, AUDIT, CHANNEL, OWNER, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(ADMIN.and(AUDIT), "account accounts"), (AUDIT, "whoCouldSee")]),
    ty("Account", Reach::Nobody, &[
        (OWNER.and(ADMIN).and(AUDIT), "accountId"),
        (ADMIN.and(AUDIT), "state door name firstName lastName email phone registeredAt registeredBy emailConfirmedAt"),
        (ADMIN.and(AUDIT), "passwordChangedAt closedAt version changedAtPosition grants"),
    ]),
    ty("RoleGrant", Reach::Own, &[
        (OWNER.and(CHANNEL).and(ADMIN).and(AUDIT), "role accountId partnerId permissions validFrom validUntil grantedBy revokedBy"),
        (OWNER.and(CHANNEL).and(ADMIN).and(AUDIT), "partner"),
        (ADMIN.and(AUDIT), "account"),
    ]),
];
