//! Sample data of a small programme's year: partners in three levels, deals in three currencies, payouts, and refusals.
//!
//! It is planned in a world in memory, since payouts depend on what was earned, and then told as a story (fixture)
//! through the real command path with the clock moved by hand; the same year comes out every time.

mod deals;
mod examples;
mod partners;
mod payouts;
mod rulebook;

use std::path::Path;

use chrono::{DateTime, Days, Duration, Utc};
use domain::{Actor, Command, CommandId, PartnerId, ProgramId, derived, world::World};
use uuid::Uuid;

pub use self::{
    examples::examples,
    partners::{Company, PARTNERS},
};

use crate::{
    service::Service,
    story::{Step, Story, TellError, Told},
};

/// How many days the year has.
pub const DAYS: u64 = 364;

/// The year as a story, to be told to a service.
pub struct Year {
    pub story: Story,
    ends: DateTime<Utc>,
}

/// The year as it is planned: what is asked on which day.
struct Calendar {
    /// First morning of the year.
    begins: DateTime<Utc>,
    planned: Vec<(DateTime<Utc>, Planned)>,
}

enum Planned {
    Ask(Box<Ask>),
    /// What is paid out depends on what has been earned by then.
    Payouts(payouts::Run),
}

/// A command of the year.
struct Ask {
    by: Actor,
    command: Command,
    refused: Option<&'static str>,
}

impl Year {
    /// The year that ends on the day before `now`.
    pub fn before(now: DateTime<Utc>) -> Self {
        let morning = now.date_naive().and_hms_opt(7, 0, 0).unwrap_or_default().and_utc();
        let begins = morning - Days::new(DAYS + 1);
        let mut plan = Calendar { begins, planned: vec![] };
        rulebook::plan(&mut plan);
        partners::plan(&mut plan);
        deals::plan(&mut plan);
        payouts::plan(&mut plan);
        plan.planned.sort_by_key(|(at, _)| *at); // Stable: what is planned first at one instant happens first.
        let story = Story { title: "The demo's year".into(), steps: plan.lived() };
        Self { story, ends: begins + Days::new(DAYS) }
    }

    /// Lives through the year; `progress` hears how many steps are done.
    pub async fn build(
        &self,
        service: &Service,
        progress: impl FnMut(usize),
    ) -> Result<Told, TellError> {
        let told = self.story.tell(Path::new("the demo's year"), service, progress).await?;
        service.advance(self.ends).await;
        service.settle().await;
        Ok(told)
    }
}

impl Calendar {
    /// The steps of the year, with those that depend on what came before.
    fn lived(self) -> Vec<Step> {
        let (mut world, mut steps) = (World::default(), vec![]);
        for (at, planned) in self.planned {
            world.advance(at);
            let asks = match planned {
                Planned::Ask(ask) => vec![*ask],
                Planned::Payouts(run) => run.asks(&world),
            };
            for Ask { by, command, refused } in asks {
                world.carry_out(by.clone(), at, command.clone()).ok(); // Whoever tells it sees what is refused.
                let number = steps.len() + 1;
                steps.push(Step {
                    line: number,
                    why: None,
                    at,
                    by,
                    command_id: CommandId(id(&format!("command {number}"))),
                    command,
                    refused: refused.map(str::to_owned),
                    then: vec![],
                });
            }
        }
        steps
    }

    fn ask(&mut self, day: u64, minute: i64, by: Actor, command: Command) {
        self.plan(day, minute, Planned::Ask(Box::new(Ask { by, command, refused: None })));
    }

    fn refused(&mut self, day: u64, minute: i64, by: Actor, command: Command, code: &'static str) {
        self.plan(day, minute, Planned::Ask(Box::new(Ask { by, command, refused: Some(code) })));
    }

    fn plan(&mut self, day: u64, minute: i64, planned: Planned) {
        self.planned.push((self.at(day, minute), planned));
    }

    /// An instant of the year.
    fn at(&self, day: u64, minute: i64) -> DateTime<Utc> {
        self.begins + Days::new(day) + Duration::minutes(minute)
    }
}

/// The demo's programme.
pub fn program() -> ProgramId {
    ProgramId(id("program"))
}

/// The partner of a company's short name.
pub fn partner(short: &str) -> PartnerId {
    PartnerId(id(short))
}

pub(crate) fn id(name: &str) -> Uuid {
    derived(Uuid::nil(), &format!("demo/{name}"))
}
