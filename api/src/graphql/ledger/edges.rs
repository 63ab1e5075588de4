//! Where lines and entries of the journal lead.

use async_graphql::{ComplexObject, Context};

use super::{JournalEntry, JournalLine};
use crate::graphql::{
    audit::AuditEvent,
    ground::{
        asked::Asked,
        edges::{edge, edges},
        failure::Failure,
    },
    partner::Partner,
};

edges! {
    JournalLine by position;
    one {
        /// The partner whose money it is.
        partner: Partner = partner;
    }
}

#[ComplexObject]
impl JournalEntry {
    /// Its lines.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Option<Vec<JournalLine>>, Failure> {
        edge!(JournalLine = journal_lines by EventId, ascending Position, ascending Nth);
        Asked::of(ctx)?.all::<Leads>(self.event).await.map(Some)
    }

    /// The event that made it. Null where you may not read the audit trail.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<AuditEvent>, Failure> {
        AuditEvent::find(Asked::of(ctx)?, self.event).await
    }
}
