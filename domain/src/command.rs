//! Everything that can be asked for, under the one name that story files, mutations and the access table share.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    DealId, PartnerId, ProgramId, WalletId, deal::DealCommand, partner::PartnerCommand,
    program::ProgramCommand, wallet::WalletCommand,
};

/// Declares an aggregate's commands: the public name, then the variant.
macro_rules! commands {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$vdoc:meta])* $command:literal => $variant:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? },)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(clippy::large_enum_variant, reason = "a command lives alone and briefly")]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $command)] $variant { $($(#[$fmeta])* $field: $ty),* },)*
        }

        impl $name {
            /// Every command of this aggregate by its public name.
            pub const NAMES: &'static [&'static str] = &[$($command),*];

            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $command,)* }
            }
        }
    };
}
pub(crate) use commands;

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
#[error("{path}: {problem}")]
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
