//! The read model of the scheduler: which command is due when.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::CommandError;
use domain::reactions::{Timer, TimerChange, timers};
use domain::{Command, CommandId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, ConnectionTrait, QueryOrder, QuerySelect};

use crate::ground::{Misfit, Placed, QueryError, View, table};

/// Timers that are looked at at a time.
const PAGE: u64 = 1000;

table! {
    "schedule" of None, stamped [last_position], found by ["due_at, id"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub due_at: DateTimeUtc,
        pub command_id: Uuid,
        /// Its public name, as in `matureLot`.
        pub command: String,
        pub aggregate: Uuid,
        pub fields: Json,
        /// The event that set the timer.
        pub cause: Uuid,
        pub correlation_id: Uuid,
    }
}

impl Model {
    /// The command, ready to be issued at `due_at`.
    pub fn command(&self) -> Result<Command, CommandError> {
        Command::parse(&self.command, self.aggregate, self.fields.clone())
    }

    pub fn command_id(&self) -> CommandId {
        CommandId(self.command_id)
    }
}

/// A timer's place in the order in which they run.
pub type Turn = (DateTime<Utc>, Uuid);

/// At most `limit` timers that are due at `until`, the earliest first, from the one after `after` on.
pub async fn due(
    db: &impl ConnectionTrait,
    until: DateTime<Utc>,
    after: Option<Turn>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut due = Entity::find().filter(Column::DueAt.lte(until));
    if let Some((at, id)) = after {
        let later = Condition::all().add(Column::DueAt.eq(at)).add(Column::Id.gt(id));
        due = due.filter(Column::DueAt.gte(at));
        due = due.filter(Condition::any().add(Column::DueAt.gt(at)).add(later));
    }
    due.order_by_asc(Column::DueAt).order_by_asc(Column::Id).limit(limit).all(db).await
}

/// How many timers were due at `until` that nothing explains, and since when the first of them is.
pub async fn overdue(
    db: &impl ConnectionTrait,
    until: DateTime<Utc>,
    explained: &BTreeSet<CommandId>,
) -> Result<(u64, Option<DateTime<Utc>>), DbErr> {
    let (mut count, mut first, mut after) = (0, None, None);
    loop {
        let page = due(db, until, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok((count, first)) };
        after = Some((last.due_at, last.id));
        for timer in page.iter().filter(|timer| !explained.contains(&timer.command_id())) {
            count += 1;
            first.get_or_insert(timer.due_at);
        }
    }
}

/// When the next timer is due.
pub async fn next_due(db: &DatabaseConnection) -> Result<Option<DateTime<Utc>>, QueryError> {
    let first = Entity::find().order_by_asc(Column::DueAt).order_by_asc(Column::Id).one(db).await?;
    Ok(first.map(|timer| timer.due_at))
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        timers(&placed.recorded).iter().map(target).collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        for change in timers(&placed.recorded).into_iter().filter(|change| target(change) == id) {
            *row = match change {
                TimerChange::Set(timer) => Some(set(timer, placed)?),
                TimerChange::Clear(_) => None,
            };
        }
        Ok(())
    }
}

fn target(change: &TimerChange) -> Uuid {
    match change {
        TimerChange::Set(timer) => timer.id,
        TimerChange::Clear(id) => *id,
    }
}

fn set(timer: Timer, placed: &Placed) -> Result<Model, Misfit> {
    let name = timer.command.name();
    let not_json = |problem: String| Misfit::NotJson { what: "a timer's command", problem };
    let body = timer.command.body().map_err(|error| not_json(error.to_string()))?;
    let aggregate = body["id"].as_str().and_then(|id| id.parse().ok());
    Ok(Model {
        id: timer.id,
        due_at: timer.due_at,
        command_id: timer.command_id.0,
        command: name.to_owned(),
        aggregate: aggregate.ok_or_else(|| not_json("its body names no aggregate".into()))?,
        fields: body["command"][name].clone(),
        cause: placed.event_id(),
        correlation_id: placed.recorded.envelope.correlation_id,
        ..Model::default()
    })
}
