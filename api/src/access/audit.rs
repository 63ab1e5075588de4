//! Access control of the audit trail.

use super::rows::{AUDIT, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(AUDIT, "events")]),
    root("Subscription", &[(AUDIT, "events")]),
    ty("AuditEvent", Reach::Nobody, &[
        (AUDIT, "id eventId position eventType aggregateType aggregateId sequence occurredAt recordedAt actor"),
        (AUDIT, "commandId causationId correlationId payload partner causes effects"),
    ]),
    ty("Actor", Reach::Nobody, &[(AUDIT, "kind subject partnerId onBehalfOf")]),
];
