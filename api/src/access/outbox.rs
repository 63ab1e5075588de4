//! Access control of the outbox.

use super::rows::{ADMIN, AUDIT, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(ADMIN.and(AUDIT), "outbox")]),
    ty("Mail", Reach::Nobody, &[
        (ADMIN.and(AUDIT), "mailId kind state causeId causePosition recipientType recipientId since dueAt tries triedAt settledAt problem"),
        (ADMIN, "message"),
    ]),
    ty("MailMessage", Reach::Nobody, &[(ADMIN, "messageId from to language subject text")]),
];
