//! A small programme's year: partners in three levels, deals in three currencies, payouts, and commands that are refused.
//!
//! Everything goes through the real command path with the clock moved by hand; the same year comes out every time.

mod deals;
mod examples;
mod partners;
mod payouts;
mod rulebook;

use chrono::{DateTime, Days, Duration, Utc};
use domain::{Actor, Command, CommandId, PartnerId, ProgramId, derived};
use uuid::Uuid;

pub use self::{
    examples::examples,
    partners::{Company, PARTNERS},
};

use crate::{
    commands::{Outcome, Request},
    fault::Fault,
    service::Service,
};

/// How many days the year has.
pub const DAYS: u64 = 364;

/// The year under construction.
pub struct Year {
    /// First morning of the year.
    pub begins: DateTime<Utc>,
    steps: Vec<(DateTime<Utc>, Planned)>,
}

/// What comes of building the year.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Built {
    pub done: usize,
    pub refused: usize,
}

/// Why the year could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("{command} on {at} was refused with {code}: {message}")]
    Refused { command: &'static str, at: DateTime<Utc>, code: &'static str, message: String },
    #[error("{command} on {at} should have been refused with {expected}")]
    NotRefused { command: &'static str, at: DateTime<Utc>, expected: &'static str },
    #[error("{command} on {at} could not be decided: {fault:?}")]
    Fault { command: &'static str, at: DateTime<Utc>, fault: Fault },
}

enum Planned {
    Ask(Box<Ask>),
    /// What is paid out depends on what has been earned by then.
    Payouts(payouts::Run),
}

/// A command of the year.
pub(crate) struct Ask {
    pub by: Actor,
    pub command: Command,
    pub refused: Option<&'static str>,
}

impl Year {
    /// The year that ends on the day before `now`.
    pub fn before(now: DateTime<Utc>) -> Self {
        let morning = now.date_naive().and_hms_opt(7, 0, 0).unwrap_or_default().and_utc();
        let mut year = Self { begins: morning - Days::new(DAYS + 1), steps: vec![] };
        rulebook::plan(&mut year);
        partners::plan(&mut year);
        deals::plan(&mut year);
        payouts::plan(&mut year);
        year.steps.sort_by_key(|(at, _)| *at); // Stable: what is planned first at one instant happens first.
        year
    }

    /// How many steps it has.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Lives through the year; `progress` hears how many steps are done.
    pub async fn build(
        self,
        service: &Service,
        mut progress: impl FnMut(usize),
    ) -> Result<Built, BuildError> {
        let mut built = Built::default();
        let ends = self.begins + Days::new(DAYS);
        for (index, (at, planned)) in self.steps.into_iter().enumerate() {
            service.advance(at).await;
            match planned {
                Planned::Ask(ask) => ask.carry_out(service, at, index, &mut built).await?,
                Planned::Payouts(run) => {
                    for (offset, ask) in run.asks(service).await.into_iter().enumerate() {
                        ask.carry_out(service, at, 100_000 + index * 1_000 + offset, &mut built)
                            .await?;
                    }
                }
            }
            progress(index + 1);
        }
        service.advance(ends).await;
        service.settle().await;
        Ok(built)
    }

    pub(crate) fn ask(&mut self, day: u64, minute: i64, by: Actor, command: Command) {
        self.plan(day, minute, Planned::Ask(Box::new(Ask { by, command, refused: None })));
    }

    pub(crate) fn refused(
        &mut self,
        day: u64,
        minute: i64,
        by: Actor,
        command: Command,
        code: &'static str,
    ) {
        self.plan(day, minute, Planned::Ask(Box::new(Ask { by, command, refused: Some(code) })));
    }

    fn plan(&mut self, day: u64, minute: i64, planned: Planned) {
        self.steps.push((self.at(day, minute), planned));
    }

    /// An instant of the year.
    pub(crate) fn at(&self, day: u64, minute: i64) -> DateTime<Utc> {
        self.begins + Days::new(day) + Duration::minutes(minute)
    }
}

impl Ask {
    async fn carry_out(
        self,
        service: &Service,
        at: DateTime<Utc>,
        number: usize,
        built: &mut Built,
    ) -> Result<(), BuildError> {
        let command = self.command.name();
        let request = Request {
            command_id: CommandId(id(&format!("command {number}"))),
            by: self.by,
            at: Some(at),
            expected_version: None,
            cause: None,
            command: self.command,
        };
        match (service.ask(request).await, self.refused) {
            (Ok(Outcome::Done(_)), None) => built.done += 1,
            (Ok(Outcome::Refused(refusal)), Some(code)) if refusal.code == code => {
                built.refused += 1
            }
            (Ok(Outcome::Refused(refusal)), _) => {
                let (code, message) = (refusal.code, refusal.message);
                return Err(BuildError::Refused { command, at, code, message });
            }
            (Ok(Outcome::Done(_)), Some(expected)) => {
                return Err(BuildError::NotRefused { command, at, expected });
            }
            (Err(fault), _) => return Err(BuildError::Fault { command, at, fault }),
        }
        Ok(())
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
