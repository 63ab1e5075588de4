//! Everything that can be asked for, under the one name that story files, mutations and the access table share.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    DealId, PartnerId, ProgramId, WalletId, deal::DealCommand, partner::PartnerCommand,
    program::ProgramCommand, wallet::WalletCommand,
};

/// A command with the aggregate that it is for.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    Program(ProgramId, ProgramCommand),
    Partner(PartnerId, PartnerCommand),
    Deal(DealId, DealCommand),
    Wallet(WalletId, WalletCommand),
}

/// Why a written command could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}{}{problem}", if path.is_empty() { "" } else { ": " })]
pub struct CommandError {
    /// Dotted path of the field; empty for the command as a whole.
    pub path: String,
    pub problem: String,
}

impl Command {
    /// The public name, as in `registerDeal`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Program(_, command) => command.name(),
            Self::Partner(_, command) => command.name(),
            Self::Deal(_, command) => command.name(),
            Self::Wallet(_, command) => command.name(),
        }
    }

    /// Reads a command by its public name; the error says which field is wrong.
    pub fn parse(name: &str, id: Uuid, fields: Value) -> Result<Self, CommandError> {
        let tagged = Value::Object([(name.to_owned(), fields)].into_iter().collect());
        if ProgramCommand::NAMES.contains(&name) {
            read(tagged).map(|command| Self::Program(ProgramId(id), command))
        } else if PartnerCommand::NAMES.contains(&name) {
            read(tagged).map(|command| Self::Partner(PartnerId(id), command))
        } else if DealCommand::NAMES.contains(&name) {
            read(tagged).map(|command| Self::Deal(DealId(id), command))
        } else if WalletCommand::NAMES.contains(&name) {
            read(tagged).map(|command| Self::Wallet(WalletId(id), command))
        } else {
            Err(CommandError {
                path: String::new(),
                problem: format!("no command is called {name}"),
            })
        }
    }

    /// What identifies the request: the same key with another body is another request (R135).
    pub fn body(&self) -> Result<Value, serde_json::Error> {
        let (id, command) = match self {
            Self::Program(id, command) => (id.0, serde_json::to_value(command)?),
            Self::Partner(id, command) => (id.0, serde_json::to_value(command)?),
            Self::Deal(id, command) => (id.0, serde_json::to_value(command)?),
            Self::Wallet(id, command) => (id.0, serde_json::to_value(command)?),
        };
        Ok(serde_json::json!({ "id": id, "command": command }))
    }
}

fn read<T: serde::de::DeserializeOwned>(tagged: Value) -> Result<T, CommandError> {
    use serde_path_to_error::Segment;
    serde_path_to_error::deserialize(tagged).map_err(|error| {
        let fields = error.path().iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None, // The command's own name.
        });
        CommandError {
            path: fields.collect::<Vec<_>>().join("."),
            problem: error.inner().to_string(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::testing::sample;

    const ALL: [&[&str]; 4] =
        [ProgramCommand::NAMES, PartnerCommand::NAMES, DealCommand::NAMES, WalletCommand::NAMES];

    fn parse(name: &str, fields: Value) -> Result<Command, CommandError> {
        Command::parse(name, Uuid::from_u128(1), fields)
    }

    #[test]
    fn every_command_is_understood_by_its_public_name() {
        for name in ALL.concat() {
            let command = parse(name, sample(name)).expect(name);
            assert_eq!(command.name(), name);
            let body = command.body().expect("is JSON");
            let again = parse(name, body["command"][name].clone()).expect(name);
            assert_eq!(again, command, "what identifies the request says all of it");
        }
    }

    #[test]
    fn a_public_name_means_one_command() {
        let names = ALL.concat();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn an_unknown_command_or_field_is_named_in_the_error() {
        let error = |name, fields| parse(name, fields).expect_err("is not understood").to_string();
        assert_eq!(error("flyToTheMoon", json!({})), "no command is called flyToTheMoon");
        for name in ALL.concat() {
            let mut fields = sample(name);
            fields["shoe_size"] = json!(42);
            assert!(error(name, fields).contains("unknown field `shoe_size`"), "{name}");
        }
    }

    #[test]
    fn a_missing_or_mistaken_field_is_named_or_described_in_the_error() {
        let error = |name, field: &str, value: Option<Value>| {
            let mut fields = sample(name);
            match value {
                Some(value) => fields[field] = value,
                None => drop(fields.as_object_mut().expect("is an object").remove(field)),
            }
            parse(name, fields).expect_err("is not understood").to_string()
        };
        assert_eq!(error("requestPayout", "amount", None), "missing field `amount`");
        let decimals = json!({ "amount": "1.005", "currency": "EUR" });
        let refused = error("requestPayout", "amount", Some(decimals));
        assert!(refused.contains("at most 2 decimals"), "{refused}");
        let number = json!({ "amount": 1.5, "currency": "EUR" });
        let refused = error("requestPayout", "amount", Some(number));
        assert!(refused.contains("floating point `1.5`"), "{refused}");
        let code = json!({ "amount": "1.00", "currency": "EURO" });
        error("requestPayout", "amount", Some(code));
        let refused = error("rejectDeal", "code", Some(json!("because")));
        assert!(refused.contains("unknown variant `because`"), "{refused}");
    }

    #[test]
    fn another_body_or_another_target_is_another_request() {
        let body = |id: u128, fields| {
            let id = Uuid::from_u128(id);
            Command::parse("changeContractStatus", id, fields)
                .expect("parses")
                .body()
                .expect("JSON")
        };
        assert_eq!(body(1, json!({ "to": "a" })), body(1, json!({ "to": "a" })));
        assert_ne!(body(1, json!({ "to": "a" })), body(1, json!({ "to": "b" })));
        assert_ne!(body(1, json!({ "to": "a" })), body(2, json!({ "to": "a" })));
    }
}
