//! Stories: whole lifecycles written down as commands, told through the same path as every other command.
//!
//! A story file is JSON. `"@name"` anywhere in it stands for an id of its own that the story's title and the name
//! give, and `"@partner/EUR"` for that partner's wallet. Telling a story twice changes nothing the second time.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use domain::{Actor, Command, CommandId, Currency, PartnerId, WalletId, derived};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{
    commands::{Outcome, Request},
    fault::Fault,
    service::Service,
};

/// A story, read and understood.
#[derive(Clone, Debug)]
pub struct Story {
    pub title: String,
    pub steps: Vec<Step>,
}

/// One command of a story.
#[derive(Clone, Debug)]
pub struct Step {
    /// Line of the file that the step begins on, from 1.
    pub line: usize,
    /// When it happens; with the step before where absent.
    pub at: Option<DateTime<Utc>>,
    pub by: Actor,
    pub command_id: CommandId,
    pub command: Command,
    /// The code that it is to be refused with.
    pub refused: Option<String>,
}

/// What is wrong with a story file, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {field}: {problem}", file.display())]
pub struct StoryError {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// Path of the field, outermost first.
    pub field: String,
    pub problem: String,
}

/// Why a story was not told to its end.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    #[error("{}:{line}: {command} was refused with {code}: {message}", file.display())]
    Refused {
        file: PathBuf,
        line: usize,
        command: &'static str,
        code: &'static str,
        message: String,
    },
    #[error("{}:{line}: {command} was to be refused with {expected}, but was {found}", file.display())]
    NotRefused {
        file: PathBuf,
        line: usize,
        command: &'static str,
        expected: String,
        found: String,
    },
    #[error("{}:{line}: {command} could not be decided ({fault:?}); tell the story again", file.display())]
    Fault { file: PathBuf, line: usize, command: &'static str, fault: Fault },
}

/// How a story went.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Told {
    pub done: usize,
    pub refused: usize,
    /// Position of the last event that a step of the story appended.
    pub position: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    title: String,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    #[serde(default)]
    at: Option<DateTime<Utc>>,
    by: By,
    #[serde(rename = "do")]
    command: String,
    on: String,
    #[serde(default)]
    with: Option<Value>,
    #[serde(default)]
    refused: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum By {
    Vendor(String),
    Integration(String),
    Member { name: String, partner: String },
}

impl Story {
    /// Reads a story file.
    pub fn read(file: &Path) -> Result<Self, StoryError> {
        let text = std::fs::read_to_string(file).map_err(|error| StoryError {
            file: file.to_owned(),
            line: 1,
            field: "file".into(),
            problem: error.to_string(),
        })?;
        Self::parse(file, &text)
    }

    /// Reads a story; every error names file, line and field.
    pub fn parse(file: &Path, text: &str) -> Result<Self, StoryError> {
        let mut json = serde_json::Deserializer::from_str(text);
        let written: Written =
            serde_path_to_error::deserialize(&mut json).map_err(|error| StoryError {
                file: file.to_owned(),
                line: error.inner().line().max(1),
                field: error.path().to_string(),
                problem: error.inner().to_string(),
            })?;
        let names = Names { root: derived(Uuid::nil(), &written.title) };
        let steps = written.steps.iter().enumerate().map(|(index, raw)| {
            let offset = raw.get().as_ptr() as usize - text.as_ptr() as usize;
            let line = line_at(text, offset);
            step(&names, index, line, raw.get()).map_err(|fault| StoryError {
                file: file.to_owned(),
                line: line + line_of_field(raw.get(), &fault.field),
                field: format!("steps.{index}.{}", fault.field),
                problem: fault.problem,
            })
        });
        Ok(Self { steps: steps.collect::<Result<_, _>>()?, title: written.title })
    }

    /// The id that a name has in this story.
    pub fn id(&self, name: &str) -> Uuid {
        Names { root: derived(Uuid::nil(), &self.title) }.id(name)
    }

    /// Carries out every step at its time; stops at the first that does not go as written.
    ///
    /// Where the log has the story already, what was to be refused is left out: its moment is over.
    pub async fn tell(
        &self,
        file: &Path,
        service: &Service,
        mut progress: impl FnMut(usize),
    ) -> Result<Told, TellError> {
        let (mut told, mut again) = (Told::default(), false);
        for (index, step) in self.steps.iter().enumerate() {
            if again && step.refused.is_some() {
                continue;
            }
            if let Some(at) = step.at {
                service.advance(at).await;
            }
            match (service.ask(step.request()).await, &step.refused) {
                (Ok(Outcome::Done(done)), None) => {
                    told.done += 1;
                    again |= done.duplicate;
                    told.position = told.position.max(done.position);
                }
                (Ok(Outcome::Refused(refusal)), Some(code)) if refusal.code == code => {
                    told.refused += 1
                }
                (outcome, _) => return Err(step.went_wrong(file, outcome)),
            }
            progress(index + 1);
        }
        service.settle().await;
        Ok(told)
    }
}

impl Step {
    fn request(&self) -> Request {
        Request {
            command_id: self.command_id,
            by: self.by.clone(),
            at: self.at,
            expected_version: None,
            cause: None,
            command: self.command.clone(),
        }
    }

    fn went_wrong(&self, file: &Path, outcome: Result<Outcome, Fault>) -> TellError {
        let (file, line, command) = (file.to_owned(), self.line, self.command.name());
        match (outcome, &self.refused) {
            (Err(fault), _) => TellError::Fault { file, line, command, fault },
            (Ok(Outcome::Refused(refusal)), None) => TellError::Refused {
                file,
                line,
                command,
                code: refusal.code,
                message: refusal.message,
            },
            (Ok(Outcome::Refused(refusal)), Some(expected)) => TellError::NotRefused {
                file,
                line,
                command,
                expected: expected.clone(),
                found: format!("refused with {}", refusal.code),
            },
            (Ok(Outcome::Done(_)), expected) => TellError::NotRefused {
                file,
                line,
                command,
                expected: expected.clone().unwrap_or_default(),
                found: "carried out".into(),
            },
        }
    }
}

/// The ids behind the names of one story.
struct Names {
    root: Uuid,
}

struct FieldFault {
    field: String,
    problem: String,
}

impl Names {
    fn id(&self, name: &str) -> Uuid {
        derived(self.root, name)
    }

    /// `@name`, `@partner/EUR`, or an id as it is.
    fn resolve(&self, text: &str) -> Result<Uuid, String> {
        let Some(name) = text.strip_prefix('@') else {
            return text
                .parse()
                .map_err(|_| format!("{text} is neither an id nor a name that begins with @"));
        };
        match name.split_once('/') {
            None => Ok(self.id(name)),
            Some((partner, currency)) => Currency::from_code(currency)
                .map(|currency| WalletId::of(PartnerId(self.id(partner)), currency).0)
                .ok_or_else(|| format!("{currency} is no currency")),
        }
    }

    fn resolve_all(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) if text.starts_with('@') => *text = self.resolve(text)?.to_string(),
            Value::Array(values) => {
                values.iter_mut().try_for_each(|value| self.resolve_all(value))?
            }
            Value::Object(fields) => {
                fields.values_mut().try_for_each(|value| self.resolve_all(value))?
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }
}

fn step(names: &Names, index: usize, line: usize, text: &str) -> Result<Step, FieldFault> {
    let fault = |field: &str, problem: String| FieldFault { field: field.into(), problem };
    let mut json = serde_json::Deserializer::from_str(text);
    let written: WrittenStep = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| fault(&error.path().to_string(), error.inner().to_string()))?;
    let by = match written.by {
        By::Vendor(name) => Actor::vendor(name),
        By::Integration(name) => Actor::integration(name),
        By::Member { name, partner } => {
            let partner =
                names.resolve(&partner).map_err(|problem| fault("by.member.partner", problem))?;
            Actor::member(name, PartnerId(partner))
        }
    };
    let mut with = written.with.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    names.resolve_all(&mut with).map_err(|problem| fault("with", problem))?;
    let id = names.resolve(&written.on).map_err(|problem| fault("on", problem))?;
    let command = Command::parse(&written.command, id, with).map_err(|error| {
        let within = if error.path.is_empty() { String::new() } else { format!(".{}", error.path) };
        fault(&format!("with{within}"), error.problem)
    })?;
    Ok(Step {
        line,
        at: written.at,
        by,
        command_id: CommandId(names.id(&format!("step {index}"))),
        command,
        refused: written.refused,
    })
}

/// The line of a byte of the text, from 1.
fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// How many lines below the beginning of the step its field stands; 0 where it is not there.
fn line_of_field(step: &str, path: &str) -> usize {
    let name = path.rsplit('.').find(|part| part.parse::<usize>().is_err());
    let found = name.and_then(|name| step.find(&format!("\"{name}\"")));
    found.map_or(0, |offset| line_at(step, offset) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Story::parse(Path::new("tale.json"), text).expect_err("the story is wrong").to_string()
    }

    #[test]
    fn an_error_names_file_line_and_field() {
        let text = r#"{
  "title": "t",
  "steps": [
    { "by": { "vendor": "vera" }, "do": "publishTerms", "on": "@p",
      "with": {
        "document_hash": 7,
        "effective_from": "2025-01-01T00:00:00Z" } }
  ]
}"#;
        let error = error(text);
        assert!(
            error.starts_with("tale.json:6: steps.0.with.document_hash: invalid type"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_command_and_an_unknown_currency_are_named() {
        let step = |on: &str, name: &str| {
            format!(
                r#"{{"title":"t","steps":[{{"by":{{"vendor":"v"}},"do":"{name}","on":"{on}"}}]}}"#
            )
        };
        assert!(error(&step("@p", "dance")).contains("no command is called dance"));
        assert!(error(&step("@p/XYZ", "dance")).contains("XYZ is no currency"));
        assert!(error("{").starts_with("tale.json:1:"));
    }

    #[test]
    fn a_name_means_the_same_id_everywhere_in_one_story_and_another_in_the_next() {
        let story = |title: &str| {
            Story::parse(Path::new("t"), &format!(r#"{{"title":"{title}","steps":[]}}"#))
                .expect("parses")
        };
        assert_eq!(story("a").id("north"), story("a").id("north"));
        assert_ne!(story("a").id("north"), story("b").id("north"));
    }
}
