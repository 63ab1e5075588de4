//! Sequential reads: the log in the one order that it has.

use domain::{CommandId, EventId};
use futures::Stream;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::event::{RawEvent, ReadError};
use crate::log::Log;

/// Events to a page of a stream.
const PAGE: u32 = 2000;

/// Pages that are read ahead of whoever works on them.
const AHEAD: usize = 2;

impl Log {
    /// At most `limit` events after `position`, in order and without a gap. Fewer than `limit` means that the log
    /// ended there when it was read.
    pub async fn read_after(&self, position: u64, limit: u32) -> Result<Vec<RawEvent>, ReadError> {
        let events =
            self.engine().events_after(position, limit).await.map_err(ReadError::Unavailable)?;
        for (event, expected) in events.iter().zip(position + 1..) {
            let found = event.envelope.position;
            if found != expected {
                return Err(ReadError::Gap { expected, found });
            }
        }
        Ok(events)
    }

    /// The events after `position` in pages, read ahead, up to and with `until` or else to the end of the log. An
    /// error ends the stream; its absence means that everything was read.
    pub fn stream(
        &self,
        position: u64,
        until: Option<u64>,
    ) -> impl Stream<Item = Result<Vec<RawEvent>, ReadError>> + Send + Unpin + use<> {
        let (pages, mut read) = mpsc::channel(AHEAD);
        tokio::spawn(read_ahead(self.clone(), position, until.unwrap_or(u64::MAX), pages));
        futures::stream::poll_fn(move |context| read.poll_recv(context))
    }

    /// The event at `position`, where the log reaches that far.
    pub async fn by_position(&self, position: u64) -> Result<Option<RawEvent>, ReadError> {
        Ok(self.by_positions(&[position]).await?.pop())
    }

    /// The events at `positions`, in the order of the log.
    pub async fn by_positions(&self, positions: &[u64]) -> Result<Vec<RawEvent>, ReadError> {
        self.engine().events_at(positions).await.map_err(ReadError::Unavailable)
    }

    /// The events of an aggregate in their order.
    pub async fn events_of(
        &self,
        aggregate_type: &str,
        aggregate_id: Uuid,
    ) -> Result<Vec<RawEvent>, ReadError> {
        let events = self.engine().events_of(aggregate_type, aggregate_id).await;
        events.map_err(ReadError::Unavailable)
    }

    /// One event of an aggregate.
    pub async fn event_in(
        &self,
        aggregate_type: &str,
        aggregate_id: Uuid,
        id: EventId,
    ) -> Result<Option<RawEvent>, ReadError> {
        let event = self.engine().event_in(aggregate_type, aggregate_id, id).await;
        event.map_err(ReadError::Unavailable)
    }

    /// Whether the log has what came of this command.
    pub async fn has_carried_out(&self, command: CommandId) -> Result<bool, ReadError> {
        Ok(self.carried_out_by(command).await?.is_some())
    }

    /// The aggregate that has carried out this command, where one has.
    pub async fn carried_out_by(&self, command: CommandId) -> Result<Option<Uuid>, ReadError> {
        let applied = self.engine().applied(command).await.map_err(ReadError::Unavailable)?;
        Ok(applied.map(|applied| applied.aggregate_id))
    }
}

async fn read_ahead(
    log: Log,
    mut position: u64,
    until: u64,
    pages: mpsc::Sender<Result<Vec<RawEvent>, ReadError>>,
) {
    while position < until {
        let limit = u32::try_from(until - position).unwrap_or(PAGE).min(PAGE);
        let page = log.read_after(position, limit).await;
        let length = page.as_ref().map_or(0, Vec::len);
        let nothing_left = page.as_ref().is_ok_and(Vec::is_empty);
        if nothing_left || pages.send(page).await.is_err() || length < limit as usize {
            return; // The end, nobody who listens, or an error, which has been passed on.
        }
        position += length as u64;
    }
}
