//! What a view of the read model is: which rows an event touches, and how each of them changes. No SQL, no clock, no other view.

use chrono::{DateTime, Utc};
use domain::ledger::Entry;
use domain::{Money, PartnerId, ProgramId, Recorded, Told};
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
    NoRow { table: String, id: Uuid },
    #[error("{table} has a row for {id} already")]
    Twice { table: String, id: Uuid },
    #[error("nobody knows to whom {id} belongs")]
    Homeless { id: Uuid },
    #[error("a sum of {table} is larger than an amount can be")]
    Overflow { table: String },
    #[error("what {id} says of a person is not sealed")]
    NotSealed { id: Uuid },
    #[error("{what} has no JSON: {problem}")]
    NotJson { what: &'static str, problem: String },
}

/// A row that changes and says by which event it did last.
pub trait Stamped {
    fn stamp(&mut self, placed: &Placed);
}

/// A view whose rows change: a table with an `id` that is a UUID.
pub trait View: Table<Model: Stamped> {
    /// The rows that an event touches.
    fn keys(placed: &Placed) -> Vec<Uuid>;

    /// How one of them changes; who changed it is stamped on it besides.
    fn fold(id: Uuid, row: &mut Option<Self::Model>, placed: &Placed) -> Result<(), Misfit>;
}

/// A view with a row for each aggregate, or for each part of one, from the event that founds it on.
pub trait Portrait: Table<Model: Stamped> {
    type Event: Told;

    /// The row that an event is about.
    fn key(_event: &Self::Event, placed: &Placed) -> Option<Uuid> {
        Some(placed.aggregate())
    }

    /// The row that an event founds, where there is none yet.
    fn found(event: &Self::Event, placed: &Placed) -> Result<Option<Self::Model>, Misfit>;

    /// How an event changes the row that is there.
    fn change(row: &mut Self::Model, event: &Self::Event, placed: &Placed) -> Result<(), Misfit>;
}

impl<T: Portrait> View for T {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        placed.told().and_then(|event| T::key(event, placed)).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<T::Model>, placed: &Placed) -> Result<(), Misfit> {
        let Some(event) = placed.told() else { return Ok(()) };
        match row {
            Some(row) => T::change(row, event, placed),
            None => {
                let first = T::found(event, placed)?;
                *row = Some(first.ok_or(Misfit::NoRow { table: table_name::<T>(), id })?);
                Ok(())
            }
        }
    }
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

    /// The event, where it is one of `E`.
    pub fn told<E: Told>(&self) -> Option<&E> {
        self.recorded.told()
    }

    /// The error of an event that founds what is there already.
    pub(crate) fn twice<T: Table>(&self) -> Result<(), Misfit> {
        Err(Misfit::Twice { table: table_name::<T>(), id: self.aggregate() })
    }

    pub(crate) fn program(&self) -> Result<Uuid, Misfit> {
        self.program.map(|program| program.0).ok_or(Misfit::Homeless { id: self.aggregate() })
    }

    pub(crate) fn partner(&self) -> Result<Uuid, Misfit> {
        self.partner.map(|partner| partner.0).ok_or(Misfit::Homeless { id: self.aggregate() })
    }
}

fn table_name<T: Table>() -> String {
    T::default().table_name().to_owned()
}

/// Adds to a sum of `T` that must stay within 64 bits.
pub(crate) fn add<T: Table>(sum: &mut i64, more: i64) -> Result<(), Misfit> {
    *sum = sum.checked_add(more).ok_or(Misfit::Overflow { table: table_name::<T>() })?;
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
