//! Events past the gate (fault injection): what no aggregate has decided, as a damaged log would hold it.

use chrono::DateTime;
use domain::{Actor, CommandId, Role};
use eventlog::{Append, NewEvent, Part, Provenance};
use uuid::Uuid;

/// The first event of an aggregate, which nobody has decided.
pub fn bypassing(
    aggregate_type: &'static str,
    aggregate_id: Uuid,
    event_type: &str,
    payload: &str,
) -> Append {
    let command_id = CommandId(Uuid::now_v7());
    let provenance = Provenance {
        command_id,
        fingerprint: [1; 32],
        occurred_at: DateTime::UNIX_EPOCH,
        actor: Actor::of(Role::ChannelManager, "mallory"),
        causation_id: None,
        correlation_id: command_id.0,
    };
    let event =
        NewEvent { event_type: event_type.into(), event_version: 1, payload: payload.into() };
    let events = vec![event];
    Append::alone(provenance, Part { aggregate_type, aggregate_id, expected: 0, events })
}
