//! Access control of the audit trail.

use super::rows::{ADMIN, AUDIT, BOOKS, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(AUDIT, "events"), (BOOKS.and(ADMIN), "openItems")]),
    root("Subscription", &[(AUDIT, "events")]),
    ty("AuditEvent", Reach::Nobody, &[
        (AUDIT, "id eventId position eventType aggregateType aggregateId sequence occurredAt recordedAt actor"),
        (AUDIT, "commandId causationId correlationId payload partner causes effects"),
    ]),
    ty("OpenItem", Reach::Nobody, &[
        (BOOKS.and(ADMIN), "commandId command aggregateId kind code causeId causePosition since triedAt tries dismissedAt dismissedBy"),
        (BOOKS, "reason amount dismissedFor"),
    ]),
    ty("Actor", Reach::Nobody, &[(AUDIT, "role subject partnerId onBehalfOf")]),
];
