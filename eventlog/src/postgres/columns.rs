//! Columnar bulk parameters: a batch as one array a column, as `unnest` takes it.

use chrono::{DateTime, Utc};
use domain::EventId;
use uuid::Uuid;

use crate::append::{Append, Row};
use crate::clock::at_rest;
use crate::verdict::{Verdict, writes};

/// The rows of `events` that a batch writes.
#[derive(Default)]
pub(super) struct Columns<'b> {
    pub aggregate_types: Vec<&'b str>,
    pub aggregate_ids: Vec<String>,
    pub sequences: Vec<i64>,
    pub event_types: Vec<&'b str>,
    pub event_versions: Vec<String>,
    pub payloads: Vec<&'b str>,
    pub event_ids: Vec<Uuid>,
    pub occurred_ats: Vec<DateTime<Utc>>,
    pub command_ids: Vec<Uuid>,
    pub causation_ids: Vec<Option<Uuid>>,
    pub correlation_ids: Vec<Uuid>,
    pub actors: Vec<String>,
    pub receipts: Receipts<'b>,
}

/// The rows of `receipts` that a batch writes.
#[derive(Default)]
pub(super) struct Receipts<'b> {
    pub command_ids: Vec<Uuid>,
    pub fingerprints: Vec<&'b [u8]>,
    pub aggregate_types: Vec<&'b str>,
    pub aggregate_ids: Vec<String>,
    pub first_offsets: Vec<i64>,
    pub last_offsets: Vec<i64>,
}

impl<'b> Columns<'b> {
    pub fn of(batch: &[&'b Append], verdicts: &[Verdict]) -> Self {
        let mut columns = Self::default();
        for (append, offset) in writes(batch, verdicts) {
            columns.add(append, offset);
        }
        columns
    }

    fn add(&mut self, append: &'b Append, offset: u64) {
        let provenance = &append.provenance;
        let actor = append.actor_at_rest();
        for (index, Row { part, sequence, event }) in append.rows().enumerate() {
            self.aggregate_types.push(part.aggregate_type);
            self.aggregate_ids.push(part.aggregate_id.to_string());
            self.sequences.push(sequence.cast_signed());
            self.event_types.push(&event.event_type);
            self.event_versions.push(event.event_version.to_string());
            self.payloads.push(&event.payload);
            self.event_ids.push(EventId::of(provenance.command_id, index).0);
            self.occurred_ats.push(at_rest(provenance.occurred_at));
            self.command_ids.push(provenance.command_id.0);
            self.causation_ids.push(provenance.causation_id.map(|id| id.0));
            self.correlation_ids.push(provenance.correlation_id);
            self.actors.push(actor.clone());
        }
        self.receipts.command_ids.push(provenance.command_id.0);
        self.receipts.fingerprints.push(&provenance.fingerprint);
        self.receipts.aggregate_types.push(append.own.aggregate_type);
        self.receipts.aggregate_ids.push(append.own.aggregate_id.to_string());
        self.receipts.first_offsets.push(offset.cast_signed());
        self.receipts.last_offsets.push((offset + append.length()).cast_signed() - 1);
    }
}
