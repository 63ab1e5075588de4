//! Stories: whole lifecycles written down as commands, told through the same path as every other command
//! (executable specification).
//!
//! A story file is JSON: a title and its steps.
//!
//! | field of a step | what it says |
//! |---|---|
//! | `at` | when: an instant, a day of the story (`day 12`), or how long after the step before (`+3d`, `+2h`, `+30m`); with the step before where absent |
//! | `by` | `ROLE NAME`, for a member `ROLE NAME of @partner`; another system is `integration NAME` |
//! | `on_behalf_of` | for whom, where somebody acts for another |
//! | `do`, `on`, `with` | the command by its public name, the aggregate's id, the command's fields |
//! | `refused` | the code that it is refused with; `ROLE_FORBIDDEN` where the command is not for the role |
//! | `why` | a sentence for the reader |
//! | `name` | what the step's id hangs on, instead of command, aggregate and occurrence |
//! | `then` | questions: `as` whom, the GraphQL `query`, and its whole `answer` or the code of its `error` |
//!
//! In the place of a step may stand a table: `for` its rows (objects of texts), and the `steps` that are told for each of them. In these
//! `<word>` stands for what the row gives, and a step with `if` belongs only to the rows in which each word named there is one
//! of those listed. The steps of a row follow what stands before the table. The story goes by its times, whatever the order
//! of the file.
//!
//! A text that begins with `@` is never a text: `@name` stands for an id of its own that the story's title and the
//! name give, `@partner/EUR` for that partner's wallet, `@now-2h` and `@today+30d` for an instant and for a day (in
//! UTC) around the step. Telling a story twice changes nothing the second time, also where steps have come in between.

mod names;
mod parse;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_graphql::Request as Query;
use chrono::{DateTime, Utc};
use domain::{Actor, Command, CommandId};
use eventlog::{Log, ReadError};
use futures::StreamExt;
use serde_json::Value;
use uuid::Uuid;

pub use self::parse::StoryError;
use crate::{
    auth::Principal,
    commands::{Outcome, Request},
    graphql::{Settings, graph},
    http::{Graph, TraceId},
    service::Service,
};

/// A story, read and understood.
#[derive(Clone, Debug)]
pub struct Story {
    pub title: String,
    pub steps: Vec<Step>,
}

/// One command of a story, and what people then find.
#[derive(Clone, Debug)]
pub struct Step {
    /// Line of the file that the step begins on, from 1.
    pub line: usize,
    pub why: Option<String>,
    pub at: DateTime<Utc>,
    pub by: Actor,
    pub command_id: CommandId,
    pub command: Command,
    /// The code that it is to be refused with.
    pub refused: Option<String>,
    pub then: Vec<Then>,
}

/// A question, and the answer that it must get.
#[derive(Clone, Debug)]
pub struct Then {
    pub line: usize,
    pub principal: Principal,
    pub query: String,
    pub answer: Answer,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// The whole of the data, without an error.
    Data(Value),
    /// The code of the first error.
    Error(String),
}

/// Why a story was not told to its end.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {what} {problem}{}", file.display(), why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
pub struct TellError {
    pub file: PathBuf,
    pub line: usize,
    /// The command, or the query.
    pub what: String,
    pub problem: String,
    /// What the story says to it.
    pub why: Option<String>,
}

/// How a story went.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Told {
    pub done: usize,
    pub refused: usize,
    /// How many questions got their answer.
    pub answered: usize,
    /// How many refusals and questions were left out, because the log knows what came after them.
    pub left_out: usize,
    /// Position of the last event that a step of the story appended.
    pub position: u64,
}

impl Story {
    /// When it begins: at the beginning of time where nothing happens.
    pub fn begins(&self) -> DateTime<Utc> {
        self.steps.first().map_or(DateTime::UNIX_EPOCH, |step| step.at)
    }

    /// The id that a name has in this story.
    pub fn id(&self, name: &str) -> Uuid {
        names::Names::of(&self.title).id(name)
    }

    /// Carries out every step at its time; stops at the first that does not go as written.
    ///
    /// What was to be refused and what was to be found is left out where its moment is over: where the log has that step or
    /// a later one, or something later that steps of the story have set going.
    pub async fn tell(
        &self,
        file: &Path,
        service: &Service,
        mut progress: impl FnMut(usize),
    ) -> Result<Told, TellError> {
        let mut told = Told::default();
        let wrong = |step: &Step, line, what: &str, problem| TellError {
            file: file.to_owned(),
            line,
            what: what.to_owned(),
            problem,
            why: step.why.clone(),
        };
        let known = self.known(&service.log).await.map_err(|error| TellError {
            file: file.to_owned(),
            line: 1,
            what: self.title.clone(),
            problem: format!("cannot be looked up: {error}"),
            why: None,
        })?;
        let own: BTreeSet<Uuid> = self.steps.iter().map(|step| step.command_id.0).collect();
        let asks = self.steps.iter().any(|step| !step.then.is_empty());
        let graph = asks.then(|| graph(service, Settings { introspection: false }));
        for (index, step) in self.steps.iter().enumerate() {
            let over = index < known.steps || known.until.is_some_and(|until| step.at < until);
            if over && step.refused.is_some() {
                told.left_out += 1;
            } else {
                service.advance_story(step.at, &own).await;
                step.tell(service, &mut told)
                    .await
                    .map_err(|problem| wrong(step, step.line, step.command.name(), problem))?;
            }
            if over {
                told.left_out += step.then.len();
            } else if let Some(graph) = graph.as_ref().filter(|_| !step.then.is_empty()) {
                service.settle().await;
                for then in &step.then {
                    then.ask(graph)
                        .await
                        .map_err(|problem| wrong(step, then.line, &then.query, problem))?;
                    told.answered += 1;
                }
            }
            progress(index + 1);
        }
        service.settle().await;
        Ok(told)
    }

    /// How far the log has come in it.
    async fn known(&self, log: &Log) -> Result<Known, ReadError> {
        let mut known = Known::default();
        for (index, step) in self.steps.iter().enumerate().rev() {
            if log.has_carried_out(step.command_id).await? {
                known.steps = index + 1;
                break;
            }
        }
        if known.steps == 0 {
            return Ok(known);
        }
        let own: BTreeSet<Uuid> = self.steps.iter().map(|step| step.command_id.0).collect();
        let mut events = log.stream(0, Some(*log.head().borrow()));
        while let Some(page) = events.next().await {
            let page = page?.into_iter().map(|raw| raw.envelope);
            let own = page.filter(|envelope| own.contains(&envelope.correlation_id));
            known.until = own.map(|envelope| envelope.occurred_at).chain(known.until).max();
        }
        Ok(known)
    }
}

/// How far a log has come in a story.
#[derive(Default)]
struct Known {
    /// How many steps there are up to the last one that it has.
    steps: usize,
    /// When the latest thing happened that steps have set going, as where a timer has run since.
    until: Option<DateTime<Utc>>,
}

impl Step {
    async fn tell(&self, service: &Service, told: &mut Told) -> Result<(), String> {
        let found = match (service.ask(self.request()).await, &self.refused) {
            (Ok(Outcome::Done(receipt)), None) => {
                told.done += 1;
                told.position = told.position.max(receipt.last_position);
                return Ok(());
            }
            (Ok(Outcome::Refused(refusal)), Some(code)) if refusal.code == code => {
                told.refused += 1;
                return Ok(());
            }
            (Ok(Outcome::Done(_)), Some(_)) => "was carried out".to_owned(),
            (Ok(Outcome::Refused(refusal)), _) => {
                format!("was refused with {}: {}", refusal.code, refusal.message)
            }
            (Err(fault), _) => {
                return Err(format!("could not be decided ({fault:?}); tell the story again"));
            }
        };
        let expected =
            self.refused.as_ref().map(|code| format!("was to be refused with {code}, but "));
        Err(expected.unwrap_or_default() + &found)
    }

    fn request(&self) -> Request {
        Request {
            command_id: self.command_id,
            by: self.by.clone(),
            at: Some(self.at),
            expected_version: None,
            cause: None,
            command: self.command.clone(),
        }
    }
}

impl Then {
    async fn ask(&self, graph: &Arc<dyn Graph>) -> Result<(), String> {
        let query = Query::new(&self.query).data(self.principal.clone()).data(TraceId::new());
        let response = graph.execute(query).await;
        let as_whom = || format!("asked as {} {}", self.principal.role, self.principal.subject);
        let errors = serde_json::to_value(&response.errors).unwrap_or_default();
        let found = match response.errors.first() {
            Some(_) => {
                let code = errors[0]["extensions"]["code"].as_str().unwrap_or_default();
                Answer::Error(code.to_owned())
            }
            None => Answer::Data(response.data.into_json().unwrap_or_default()),
        };
        if found == self.answer {
            return Ok(());
        }
        let shown = |answer: &Answer| match answer {
            Answer::Data(data) => data.to_string(),
            Answer::Error(code) => format!("error {code}"),
        };
        let (found, expected) = (shown(&found), shown(&self.answer));
        let errors = response.errors.first().map(|_| format!(": {errors}")).unwrap_or_default();
        Err(format!("{} gave\n  {found}{errors}\nnot\n  {expected}", as_whom()))
    }
}
