//! Reads a story file (JSON) and checks it against commands and who may give them; every error names file, line and field.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use domain::{Actor, ClosedList, Command, Forbidden, PartnerId, Role, roles::UnknownRole};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

use super::{Answer, Step, Story, Then, names::Names, names::moved};
use crate::auth::Principal;

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

/// What tells a table of rows from a step, and for which rows a step is.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "for")]
    rows: Option<IgnoredAny>,
    #[serde(default, rename = "if")]
    condition: Condition,
}

/// Steps that are told once for each row of a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRows<'a> {
    #[serde(rename = "for")]
    rows: Vec<Row>,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
}

/// Of which rows a step is: the words that each column may have.
type Condition = BTreeMap<String, Vec<String>>;

/// What `<word>` stands for in the steps of a row.
type Row = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep<'a> {
    #[serde(default)]
    why: Option<String>,
    #[serde(default, rename = "if")]
    _condition: IgnoredAny,
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

impl Fault {
    fn within(self, list: &str, index: usize) -> Self {
        Self { field: format!("{list}.{index}.{}", self.field), ..self }
    }
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
        Self::parse_from(None, file, text)
    }

    /// Reads a story whose first day is told from outside; where it is not, the first step has an instant of its own.
    pub fn parse_from(
        begins: Option<DateTime<Utc>>,
        file: &Path,
        text: &str,
    ) -> Result<Self, StoryError> {
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
        let mut reader = Reader { names: &names, begins, now: begins, ids: HashMap::new() };
        let mut steps = vec![];
        let whole = Part { line: 1, json: text };
        for (index, raw) in written.steps.iter().enumerate() {
            steps.extend(
                reader.steps(whole.below(raw)).map_err(|fault| at(fault.within("steps", index)))?,
            );
        }
        steps.sort_by_key(|step| step.at); // Stable: what is written first at one instant happens first.
        Ok(Self { title: written.title, steps })
    }
}

/// Reads steps in their order, since times and ids hang on the steps before.
struct Reader<'a> {
    names: &'a Names,
    /// The story's first instant.
    begins: Option<DateTime<Utc>>,
    now: Option<DateTime<Utc>>,
    /// How often a step was called this already.
    ids: HashMap<String, usize>,
}

impl Reader<'_> {
    /// A step, or what a table of rows tells; the steps of each row follow what stands before the table.
    fn steps(&mut self, part: Part) -> Result<Vec<Step>, Fault> {
        let shape: Shape = part.read()?;
        if shape.rows.is_none() {
            return Ok(Vec::from_iter(self.row_step(part, &shape.condition, &Row::new())?));
        }
        let written: WrittenRows = part.read()?;
        let shaped = written.steps.iter().enumerate().map(|(index, raw)| {
            let part = part.below(raw);
            let shape = part.read::<Shape>().map_err(|fault| fault.within("steps", index));
            shape.map(|shape| (index, part, shape.condition))
        });
        let shaped = shaped.collect::<Result<Vec<_>, _>>()?;
        let (before, mut steps) = (self.now, vec![]);
        for row in &written.rows {
            self.now = before;
            for (index, part, condition) in &shaped {
                let step = self.row_step(*part, condition, row);
                steps.extend(step.map_err(|fault| fault.within("steps", *index))?);
            }
        }
        self.now = before;
        Ok(steps)
    }

    /// A step with the words of its row; nothing where it is not one of this row's.
    fn row_step(
        &mut self,
        part: Part,
        condition: &Condition,
        row: &Row,
    ) -> Result<Option<Step>, Fault> {
        for (column, words) in condition {
            let word = row.get(column).ok_or_else(|| format!("the row has no {column}"));
            if !words.contains(word.map_err(part.wrong("if"))?) {
                return Ok(None);
            }
        }
        if row.is_empty() {
            return self.step(part).map(Some);
        }
        let json = filled(part.json, row).map_err(part.wrong("for"))?;
        self.step(Part { json: &json, ..part }).map(Some)
    }

    fn step(&mut self, part: Part) -> Result<Step, Fault> {
        let written: WrittenStep = part.read()?;
        let now = self.instant(written.at.as_deref()).map_err(part.wrong("at"))?;
        self.now = Some(now);
        self.begins.get_or_insert(now);
        let by = self.who(&written.by).map_err(part.wrong("by"))?;
        let mut with = written.with.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        self.names.fill(&mut with, now).map_err(part.wrong("with"))?;
        let id = self.names.resolve(&written.on).map_err(part.wrong("on"))?;
        let command = Command::parse(&written.command, id, with).map_err(|error| {
            let within = if error.path.is_empty() { "" } else { "." };
            part.wrong(&format!("with{within}{}", error.path))(error.problem)
        })?;
        let may = Command::roles(&written.command).is_some_and(|roles| roles.contains(by.role));
        let forbidden = written.refused.as_deref() == Some(Forbidden::CODE.code);
        if may == forbidden {
            let (not, field) = if may { ("", "refused") } else { (" not", "by") };
            let problem = format!("{} may{not} {}", by.role, written.command);
            return Err(part.wrong(field)(problem));
        }
        // What is refused leaves no receipt, so it must not count among those that do.
        let refused = written.refused.as_deref().unwrap_or_default();
        let usual = format!("{} {} {refused}", written.command, written.on);
        let called = written.name.as_ref().unwrap_or(&usual);
        let before = self.ids.entry(called.clone()).or_default();
        if written.name.is_some() && *before > 0 {
            return Err(part.wrong("name")(format!("{called} is a step before this one")));
        }
        let command_id = self.names.step(&format!("step {called} {before}"));
        *before += 1;
        let then = written.then.iter().enumerate().map(|(index, raw)| {
            self.then(part.below(raw), now).map_err(|fault| fault.within("then", index))
        });
        Ok(Step {
            then: then.collect::<Result<_, _>>()?,
            line: part.line,
            why: written.why,
            at: now,
            by: Actor { on_behalf_of: written.on_behalf_of, ..by },
            command_id,
            command,
            refused: written.refused,
        })
    }

    fn then(&self, part: Part, now: DateTime<Utc>) -> Result<Then, Fault> {
        let written: WrittenThen = part.read()?;
        let who = self.who(&written.who).map_err(part.wrong("as"))?;
        let query = self.names.fill_query(&written.query, now).map_err(part.wrong("query"))?;
        let principal = principal(who).ok_or("only people ask").map_err(part.wrong("as"))?;
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
        Ok(Then { line: part.line, principal, query, answer })
    }

    /// An instant, a day of the story, or how long after the step before; with the step before where absent.
    fn instant(&self, written: Option<&str>) -> Result<DateTime<Utc>, String> {
        let before = self.now.ok_or("the first step needs an instant of its own");
        match written {
            None => Ok(before?),
            Some(span) if span.starts_with('+') => moved(before?, span),
            Some(day) if day.starts_with("day ") => {
                let begins = self.begins.ok_or("a day needs a first step with an instant")?;
                moved(begins, &format!("+{}d", &day["day ".len()..]))
            }
            Some(instant) => instant.parse().map_err(|error| format!("{instant}: {error}")),
        }
    }

    /// `ROLE NAME`, and `of @partner` for members.
    fn who(&self, written: &str) -> Result<Actor, String> {
        let words: Vec<&str> = written.split_whitespace().collect();
        let (role, name, partner) = match words[..] {
            [role, name] => (role, name, None),
            [role, name, "of", partner] => (role, name, Some(self.names.resolve(partner)?)),
            _ => return Err("is not ROLE NAME or ROLE NAME of @partner".into()),
        };
        let known = Role::of(role).filter(|role| *role != Role::Policy); // Nobody is a rule.
        let role = known.ok_or_else(|| format!("{role}: {UnknownRole}, integration"))?;
        if role.is_member() != partner.is_some() {
            return Err("members are of a partner, and nobody else is".into());
        }
        Ok(Actor { partner: partner.map(PartnerId), ..Actor::of(role, name) })
    }
}

/// Somebody who signs in as who they are.
fn principal(who: Actor) -> Option<Principal> {
    let Actor { role, id: subject, partner, .. } = who;
    role.is_of_people().then(|| Principal::usual(subject, role, partner))
}

/// A part of the file that is read by itself.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// The line that it begins on, from 1.
    line: usize,
    json: &'a str,
}

impl<'a> Part<'a> {
    fn read<T: Deserialize<'a>>(self) -> Result<T, Fault> {
        let mut json = serde_json::Deserializer::from_str(self.json);
        serde_path_to_error::deserialize(&mut json)
            .map_err(|error| self.wrong(&error.path().to_string())(error.inner().to_string()))
    }

    /// A slice of it.
    fn below(self, raw: &'a RawValue) -> Self {
        let offset = raw.get().as_ptr() as usize - self.json.as_ptr() as usize;
        Self { line: self.line + lines_before(self.json, offset), json: raw.get() }
    }

    fn wrong<P: Into<String>>(self, field: &str) -> impl FnOnce(P) -> Fault {
        let name = field.rsplit('.').find(|part| part.parse::<usize>().is_err());
        let found = name.and_then(|name| self.json.find(&format!("\"{name}\"")));
        let below = found.map_or(0, |offset| lines_before(self.json, offset));
        let (line, field) = (self.line + below, field.to_owned());
        move |problem| Fault { line, field, problem: problem.into() }
    }
}

fn lines_before(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count()
}

/// The text with what the row gives for each `<word>`.
fn filled(json: &str, row: &Row) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), json);
    while let Some((before, after)) = rest.split_once('<') {
        let (word, after) = after.split_once('>').ok_or("a < without its >")?;
        let value = row.get(word).ok_or_else(|| format!("the row has no {word}"))?;
        let quoted = Value::from(value.as_str()).to_string();
        filled = filled + before + &quoted[1..quoted.len() - 1];
        rest = after;
    }
    Ok(filled + rest)
}
