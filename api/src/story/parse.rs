//! Reads a story file (JSON) and checks it against commands and access table; every error names file, line and field.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use domain::{Actor, Command, CommandId, PartnerId};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Answer, FORBIDDEN, Step, Story, Then, names::Names, names::moved};
use crate::{
    access,
    auth::{Principal, Role},
};

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    title: String,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep<'a> {
    #[serde(default)]
    why: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    at: Option<String>,
    by: String,
    #[serde(default)]
    on_behalf_of: Option<String>,
    #[serde(rename = "do")]
    command: String,
    on: String,
    #[serde(default)]
    with: Option<Value>,
    #[serde(default)]
    refused: Option<String>,
    #[serde(default, borrow)]
    then: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenThen {
    #[serde(rename = "as")]
    who: String,
    query: String,
    #[serde(default)]
    answer: Option<Value>,
    #[serde(default)]
    error: Option<String>,
}

/// A field that is wrong: its path, and what is wrong with it.
struct Fault {
    line: usize,
    field: String,
    problem: String,
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
        let at = |fault: Fault| StoryError {
            file: file.to_owned(),
            line: fault.line,
            field: fault.field,
            problem: fault.problem,
        };
        let mut json = serde_json::Deserializer::from_str(text);
        let written: Written = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            at(Fault {
                line: error.inner().line().max(1),
                field: error.path().to_string(),
                problem: error.inner().to_string(),
            })
        })?;
        let names = Names::of(&written.title);
        let mut reader = Reader { text, names: &names, now: None, ids: HashMap::new() };
        let mut steps = vec![];
        for (index, raw) in written.steps.iter().enumerate() {
            steps.push(reader.step(raw).map_err(|mut fault| {
                fault.field = format!("steps.{index}.{}", fault.field);
                at(fault)
            })?);
        }
        Ok(Self { title: written.title, steps })
    }
}

/// Reads steps in their order, since times and ids hang on the steps before.
struct Reader<'a> {
    text: &'a str,
    names: &'a Names,
    now: Option<DateTime<Utc>>,
    /// How often a step was called this already.
    ids: HashMap<String, usize>,
}

impl Reader<'_> {
    fn step(&mut self, raw: &RawValue) -> Result<Step, Fault> {
        let part = Part { text: self.text, json: raw.get() };
        let written: WrittenStep = part.read()?;
        let now = self.instant(written.at.as_deref()).map_err(part.wrong("at"))?;
        self.now = Some(now);
        let who = self.who(&written.by).map_err(part.wrong("by"))?;
        let mut with = written.with.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        self.names.fill(&mut with, now).map_err(part.wrong("with"))?;
        let id = self.names.resolve(&written.on).map_err(part.wrong("on"))?;
        let command = Command::parse(&written.command, id, with).map_err(|error| {
            let within = if error.path.is_empty() { "" } else { "." };
            part.wrong(&format!("with{within}{}", error.path))(error.problem)
        })?;
        let forbidden = written.refused.as_deref() == Some(FORBIDDEN);
        match (who.may(&written.command), forbidden) {
            (true, false) | (false, true) => {}
            (false, false) => {
                let problem = format!("{} may not {}", who.title(), written.command);
                return Err(part.wrong("by")(problem));
            }
            (true, true) => {
                let problem = format!("{} may {}", who.title(), written.command);
                return Err(part.wrong("refused")(problem));
            }
        }
        // What is refused leaves no receipt, so it must not count among those that do.
        let refused = written.refused.as_deref().unwrap_or_default();
        let usual = format!("{} {} {refused}", written.command, written.on);
        let called = written.name.as_ref().unwrap_or(&usual);
        let before = self.ids.entry(called.clone()).or_default();
        if written.name.is_some() && *before > 0 {
            return Err(part.wrong("name")(format!("{called} is a step before this one")));
        }
        let command_id = CommandId(self.names.id(&format!("step {called} {before}")));
        *before += 1;
        let then = written.then.iter().enumerate().map(|(index, raw)| {
            self.then(raw, now).map_err(|mut fault| {
                fault.field = format!("then.{index}.{}", fault.field);
                fault
            })
        });
        Ok(Step {
            then: then.collect::<Result<_, _>>()?,
            line: part.line(),
            why: written.why,
            at: now,
            by: Actor { on_behalf_of: written.on_behalf_of, ..who.actor() },
            command_id,
            command,
            refused: written.refused,
        })
    }

    fn then(&self, raw: &RawValue, now: DateTime<Utc>) -> Result<Then, Fault> {
        let part = Part { text: self.text, json: raw.get() };
        let written: WrittenThen = part.read()?;
        let who = self.who(&written.who).map_err(part.wrong("as"))?;
        let query = self.names.fill_query(&written.query, now).map_err(part.wrong("query"))?;
        let principal = who.principal().ok_or("only people ask").map_err(part.wrong("as"))?;
        let answer = match (written.answer, written.error) {
            (Some(mut data), None) => {
                self.names.fill(&mut data, now).map_err(part.wrong("answer"))?;
                Answer::Data(data)
            }
            (None, Some(code)) => Answer::Error(code),
            (Some(_), Some(_)) | (None, None) => {
                return Err(part.wrong("answer")("give either an answer or the code of an error"));
            }
        };
        Ok(Then { line: part.line(), principal, query, answer })
    }

    /// An instant, or how long after the step before; with the step before where absent.
    fn instant(&self, written: Option<&str>) -> Result<DateTime<Utc>, String> {
        let before = self.now.ok_or("the first step needs an instant of its own");
        match written {
            None => Ok(before?),
            Some(span) if span.starts_with('+') => moved(before?, span),
            Some(instant) => instant.parse().map_err(|error| format!("{instant}: {error}")),
        }
    }

    /// `ROLE NAME`, and `of @partner` for members.
    fn who(&self, written: &str) -> Result<Who, String> {
        let words: Vec<&str> = written.split_whitespace().collect();
        let (role, name, partner) = match words[..] {
            [role, name] => (role, name, None),
            [role, name, "of", partner] => (role, name, Some(self.names.resolve(partner)?)),
            _ => return Err("is not ROLE NAME or ROLE NAME of @partner".into()),
        };
        let name = name.to_owned();
        if role == "integration" && partner.is_none() {
            return Ok(Who::System { name });
        }
        let role: Role = role.parse().map_err(|error| format!("{role}: {error}"))?;
        if role.is_member() != partner.is_some() {
            return Err("members are of a partner, and nobody else is".into());
        }
        Ok(Who::Person { role, name, partner: partner.map(PartnerId) })
    }
}

/// Who acts or asks.
enum Who {
    Person { role: Role, name: String, partner: Option<PartnerId> },
    System { name: String },
}

impl Who {
    /// By the access table; another system has no row there, and may what somebody may.
    fn may(&self, command: &str) -> bool {
        match self {
            Self::Person { role, .. } => access::may_use(*role, "Mutation", command),
            Self::System { .. } => access::entry("Mutation", command).is_some(),
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Person { role, .. } => role.name(),
            Self::System { .. } => "integration",
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Person { name, partner: Some(partner), .. } => Actor::member(name, *partner),
            Self::Person { name, partner: None, .. } => Actor::vendor(name),
            Self::System { name } => Actor::integration(name),
        }
    }

    fn principal(self) -> Option<Principal> {
        match self {
            Self::Person { role, name, partner } => Some(Principal {
                subject: name,
                role,
                partner,
                expires_at: DateTime::<Utc>::MAX_UTC,
            }),
            Self::System { .. } => None,
        }
    }
}

/// A part of the file that is read by itself.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    /// A slice of the text.
    json: &'a str,
}

impl<'a> Part<'a> {
    fn read<T: Deserialize<'a>>(self) -> Result<T, Fault> {
        let mut json = serde_json::Deserializer::from_str(self.json);
        serde_path_to_error::deserialize(&mut json)
            .map_err(|error| self.wrong(&error.path().to_string())(error.inner().to_string()))
    }

    /// The line that it begins on.
    fn line(self) -> usize {
        line_at(self.text, self.json.as_ptr() as usize - self.text.as_ptr() as usize)
    }

    fn wrong<P: Into<String>>(self, field: &str) -> impl FnOnce(P) -> Fault {
        let name = field.rsplit('.').find(|part| part.parse::<usize>().is_err());
        let found = name.and_then(|name| self.json.find(&format!("\"{name}\"")));
        let below = found.map_or(0, |offset| line_at(self.json, offset) - 1);
        let (line, field) = (self.line() + below, field.to_owned());
        move |problem| Fault { line, field, problem: problem.into() }
    }
}

/// The line of a byte of the text, from 1.
fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}
