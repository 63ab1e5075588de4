//! What a view of the read model is: which rows an event touches, and how each of them changes. No SQL, no clock, no other view.

use chrono::{DateTime, Utc};
use domain::deal::DealEvent;
use domain::ledger::Entry;
use domain::partner::PartnerEvent;
use domain::program::ProgramEvent;
use domain::wallet::WalletEvent;
use domain::{Event, Money, PartnerId, ProgramId, Recorded};
use serde::Serialize;
use uuid::Uuid;

use super::table::Table;

/// An event with whom it belongs to.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    pub recorded: Recorded,
    pub program: Option<ProgramId>,
    pub partner: Option<PartnerId>,
    /// What it means for the ledger.
    pub entry: Option<Entry>,
}

/// Why an event does not fit the rows that are there: the log is damaged, or the view is wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Misfit {
    #[error("{table} has no row for what happened to {id}")]
    NoRow { table: &'static str, id: Uuid },
    #[error("{table} has a row for {id} already")]
    Twice { table: &'static str, id: Uuid },
    #[error("nobody knows to whom {id} belongs")]
    Homeless { id: Uuid },
    #[error("a sum of {table} is larger than an amount can be")]
    Overflow { table: &'static str },
    #[error("{what} has no JSON: {problem}")]
    NotJson { what: &'static str, problem: String },
}

/// A view whose rows change: a table with an `id` that is a UUID.
pub trait View: Table {
    /// The rows that an event touches.
    fn keys(placed: &Placed) -> Vec<Uuid>;

    /// How one of them changes.
    fn fold(id: Uuid, row: &mut Option<Self::Model>, placed: &Placed) -> Result<(), Misfit>;
}

/// A view whose rows are written once and stay as they are.
pub trait Feed: Table {
    /// The rows that an event adds.
    fn rows(placed: &Placed) -> Result<Vec<Self::Model>, Misfit>;
}

/// A view whose rows are left behind by another view's, with what that one holds after the event.
pub trait Trail<V: View>: Table {
    /// The rows that an event adds, given the row that it has changed.
    fn rows(after: &V::Model, placed: &Placed) -> Result<Vec<Self::Model>, Misfit>;
}

impl Placed {
    pub fn position(&self) -> i64 {
        self.recorded.envelope.position.cast_signed()
    }

    /// The sequence within the aggregate.
    pub fn version(&self) -> i64 {
        self.recorded.envelope.sequence.cast_signed()
    }

    /// When it was true in the world.
    pub fn at(&self) -> DateTime<Utc> {
        self.recorded.envelope.occurred_at
    }

    pub fn event_id(&self) -> Uuid {
        self.recorded.envelope.event_id.0
    }

    /// The aggregate that it happened to.
    pub fn aggregate(&self) -> Uuid {
        self.recorded.envelope.aggregate_id
    }

    pub(crate) fn program_event(&self) -> Option<&ProgramEvent> {
        if let Event::Program(event) = &self.recorded.event { Some(event) } else { None }
    }

    pub(crate) fn partner_event(&self) -> Option<&PartnerEvent> {
        if let Event::Partner(event) = &self.recorded.event { Some(event) } else { None }
    }

    pub(crate) fn deal_event(&self) -> Option<&DealEvent> {
        if let Event::Deal(event) = &self.recorded.event { Some(event) } else { None }
    }

    pub(crate) fn wallet_event(&self) -> Option<&WalletEvent> {
        if let Event::Wallet(event) = &self.recorded.event { Some(event) } else { None }
    }

    pub(crate) fn program(&self) -> Result<Uuid, Misfit> {
        self.program.map(|program| program.0).ok_or(Misfit::Homeless { id: self.aggregate() })
    }

    pub(crate) fn partner(&self) -> Result<Uuid, Misfit> {
        self.partner.map(|partner| partner.0).ok_or(Misfit::Homeless { id: self.aggregate() })
    }
}

/// The row that must be there by now.
pub(crate) fn known<'r, R>(
    table: &'static str,
    id: Uuid,
    row: &'r mut Option<R>,
) -> Result<&'r mut R, Misfit> {
    row.as_mut().ok_or(Misfit::NoRow { table, id })
}

/// A row that must not be there yet.
pub(crate) fn begin<R>(
    table: &'static str,
    id: Uuid,
    row: &mut Option<R>,
    first: R,
) -> Result<(), Misfit> {
    match row {
        Some(_) => Err(Misfit::Twice { table, id }),
        None => {
            *row = Some(first);
            Ok(())
        }
    }
}

/// Adds to a sum that must stay within 64 bits.
pub(crate) fn add(table: &'static str, sum: &mut i64, more: i64) -> Result<(), Misfit> {
    *sum = sum.checked_add(more).ok_or(Misfit::Overflow { table })?;
    Ok(())
}

/// The code of an amount's currency, as a row keeps it.
pub(crate) fn code(amount: Money) -> String {
    amount.currency.code().to_owned()
}

pub(crate) fn json(
    what: &'static str,
    value: &impl Serialize,
) -> Result<serde_json::Value, Misfit> {
    serde_json::to_value(value)
        .map_err(|error| Misfit::NotJson { what, problem: error.to_string() })
}

/// The word that a value has in JSON, as in `sector-mismatch`.
pub(crate) fn word(what: &'static str, value: &impl Serialize) -> Result<String, Misfit> {
    match json(what, value)?.as_str() {
        Some(word) => Ok(word.to_owned()),
        None => Err(Misfit::NotJson { what, problem: "it is not one word".into() }),
    }
}
