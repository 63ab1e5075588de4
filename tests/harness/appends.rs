//! Histories as appends: what a command brings about goes into the log all at once.

use domain::{CommandId, Envelope, Recorded};
use eventlog::{Append, AppendError, Log, NewEvent, Part, Provenance};
use futures::StreamExt;

/// Appends a history in its order.
pub async fn append_all(log: &Log, history: Vec<Append>) -> Result<(), AppendError> {
    let mut plain: Vec<Append> = vec![];
    for append in history {
        // Sealing takes its time, in which later events would overtake these.
        if append.own.events.iter().any(|event| event.payload.contains(r#""known""#)) {
            together(log, std::mem::take(&mut plain)).await?;
            log.append(append).await?;
        } else {
            plain.push(append);
        }
    }
    together(log, plain).await
}

async fn together(log: &Log, appends: Vec<Append>) -> Result<(), AppendError> {
    // Unconstrained, since one that is asked to yield would be overtaken.
    let queued = |append| tokio::task::unconstrained(log.append(append));
    let mut answers = futures::stream::iter(appends).map(queued).buffered(200);
    while let Some(answer) = answers.next().await {
        answer?;
    }
    Ok(())
}

/// The append of one command's events: those of the aggregate that decided, and what happened beside it.
pub(crate) fn append(events: &[Recorded]) -> Append {
    let Envelope { command_id, occurred_at, actor, causation_id, correlation_id, .. } =
        events[0].envelope.clone();
    let of_one_stream =
        |a: &Recorded, b: &Recorded| a.envelope.aggregate_id == b.envelope.aggregate_id;
    let mut parts = events.chunk_by(of_one_stream).map(part);
    let own = parts.next().expect("a command has events");
    let provenance = Provenance {
        command_id,
        fingerprint: fingerprint(command_id),
        occurred_at,
        actor,
        causation_id,
        correlation_id,
    };
    Append { beside: parts.collect(), ..Append::alone(provenance, own) }
}

fn part(events: &[Recorded]) -> Part {
    let Recorded { envelope, event } = &events[0];
    let new = |recorded: &Recorded| NewEvent {
        event_type: recorded.envelope.event_type.clone(),
        event_version: recorded.envelope.event_version,
        payload: recorded.event.payload().expect("an event has JSON").to_string(),
    };
    Part {
        aggregate_type: event.aggregate_type(),
        aggregate_id: envelope.aggregate_id,
        expected: envelope.sequence - 1,
        events: events.iter().map(new).collect(),
    }
}

pub(crate) fn fingerprint(id: CommandId) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint[..16].copy_from_slice(id.0.as_bytes());
    fingerprint
}
