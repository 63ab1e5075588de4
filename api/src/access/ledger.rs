//! Access control of the journal.

use super::rows::{AUDIT, BOOKS, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(BOOKS, "journal trialBalance")]),
    ty("JournalLine", Reach::Nobody, &[
        (BOOKS, "account accountName debit credit walletId occurredAt position entry partner"),
    ]),
    ty("JournalEntry", Reach::Nobody, &[(BOOKS, "entryId occurredAt position lines"), (AUDIT, "event")]),
    ty("AccountBalance", Reach::Nobody, &[(BOOKS, "account accountName currency debit credit")]),
];
