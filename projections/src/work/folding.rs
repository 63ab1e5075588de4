//! The projector: events go in, are placed with whom they belong to, and fold every table that they concern.

use domain::{EventId, PartnerId, ProgramId, Recorded};
use sea_orm::{DatabaseTransaction, DbErr};

use crate::ground::rows::{AtWork, Changes, Rows};
use crate::ground::view::{Misfit, Placed};
use crate::house::{self, homes};

/// The tables of a namespace with those of their rows that are at hand.
pub(crate) struct Folding {
    homes: Rows<homes::Entity>,
    tables: Vec<Box<dyn AtWork>>,
}

/// An event that does not fit.
#[derive(Clone, Debug, thiserror::Error)]
#[error("event {event} at position {position}: {misfit}")]
pub struct Poison {
    pub position: u64,
    pub event: EventId,
    #[source]
    pub misfit: Misfit,
}

impl Folding {
    /// With `whole`, the namespace is empty and everything stays in memory until it is taken.
    pub fn new(whole: bool) -> Self {
        Self { homes: Rows::new(whole), tables: house::views(whole) }
    }

    /// Folds a batch over the rows that it touches. What is folded is taken with [`Folding::take`].
    pub async fn fold(
        &mut self,
        db: &DatabaseTransaction,
        batch: &[Recorded],
    ) -> Result<Result<(), Poison>, DbErr> {
        batch.iter().for_each(|recorded| self.homes.want(homes::key(recorded)));
        self.homes.load(db).await?;
        let mut placed = Vec::with_capacity(batch.len());
        for recorded in batch {
            match self.place(recorded.clone()) {
                Ok(event) => placed.push(event),
                Err(poison) => return Ok(Err(poison)),
            }
        }
        for table in &mut self.tables {
            placed.iter().for_each(|placed| table.touch(placed));
            table.load(db).await?;
        }
        Ok(placed.iter().try_for_each(|placed| self.fold_one(placed)))
    }

    /// Folds an event of a namespace that is whole.
    pub fn fold_whole(&mut self, recorded: Recorded) -> Result<(), Poison> {
        let placed = self.place(recorded)?;
        self.fold_one(&placed)
    }

    /// What is to be written; with `all` also the rows that later events may change.
    pub fn take(&mut self, all: bool) -> Vec<Changes> {
        let mut changes = self.homes.take(all);
        changes.extend(self.tables.iter_mut().flat_map(|table| table.take(all)));
        changes.retain(|change| !change.rows.is_empty() || !change.gone.is_empty());
        changes
    }

    fn place(&mut self, recorded: Recorded) -> Result<Placed, Poison> {
        let entry = domain::ledger::entry(&recorded);
        let mut placed = Placed { recorded, program: None, partner: None, entry };
        self.homes.fold(&placed).map_err(|misfit| poison(&placed, misfit))?;
        if let Some(home) = self.homes.get(homes::key(&placed.recorded)) {
            placed.program = Some(ProgramId(home.program));
            placed.partner = home.partner.map(PartnerId);
        }
        Ok(placed)
    }

    fn fold_one(&mut self, placed: &Placed) -> Result<(), Poison> {
        let mut tables = self.tables.iter_mut();
        tables.try_for_each(|table| table.fold(placed)).map_err(|misfit| poison(placed, misfit))
    }
}

fn poison(placed: &Placed, misfit: Misfit) -> Poison {
    let envelope = &placed.recorded.envelope;
    Poison { position: envelope.position, event: envelope.event_id, misfit }
}
