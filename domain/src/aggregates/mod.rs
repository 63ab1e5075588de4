//! The table of all aggregates, and what is the same for each: commands, events, and the adapter to the framework (CQRS).

use cqrs_es::{Aggregate, event_sink::EventSink};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    AccountId, DealId, EVENT_VERSION, Envelope, Issued, PartnerId, ProgramId, ReservationId,
    WalletId,
    account::{Account, AccountCommand, AccountEvent, AccountFacts, AccountRefusal},
    bounds::{Bound, Bounded, ByType},
    commands::Unasked,
    deal::{Deal, DealCommand, DealEvent, DealFacts, DealRefusal},
    facts::{Decides, Given},
    guarded::Guarded,
    owned::{Home, Owned, admit},
    partner::{Partner, PartnerCommand, PartnerEvent, PartnerFacts, PartnerRefusal},
    program::{Program, ProgramCommand, ProgramEvent, ProgramRefusal},
    refusal::{Code, Forbidden, IdTaken, Invalid},
    reservation::{Reservation, ReservationEvent, ReservationRefusal},
    roles::{Role, Roles},
    wallet::{Wallet, WalletCommand, WalletEvent, WalletFacts, WalletRefusal},
    words::Told,
};

/// An event with its envelope, as every fold and reaction sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    pub envelope: Envelope,
    pub event: Event,
}

/// Why a written command could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}{}{problem}", if path.is_empty() { "" } else { ": " })]
pub struct CommandError {
    /// Dotted path of the field; empty for the command as a whole.
    pub path: String,
    pub problem: String,
}

/// Why a stored event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("no aggregate is called {0}; this log was written by another build")]
    UnknownAggregate(String),
    #[error(
        "{event_type} version {version} is newer than this build; upgrade before reading this log"
    )]
    Newer { event_type: String, version: u32 },
    #[error("{event_type} does not read as this build knows it: {source}")]
    Malformed { event_type: String, source: serde_json::Error },
}

/// Declares all aggregates, a line each: its id, its name on disk, what it is asked, tells and refuses, and what its
/// decisions may know of other aggregates.
macro_rules! aggregates {
    ($d:tt $($aggregate:ident($id:ident) = $name:literal: $command:ident, $event:ident, $refusal:ident by $facts:ty;)*) => {
        /// A command with the aggregate that it is for.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Command {
            $($aggregate($id, $command),)*
        }

        /// An event of any aggregate.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Event {
            $($aggregate(Box<$event>),)*
        }

        impl Command {
            /// The public name, as in `registerDeal`.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$aggregate(_, command) => command.name(),)* }
            }

            /// The public names of all commands.
            pub fn names() -> Vec<&'static str> {
                Self::permits().iter().map(|(name, _)| *name).collect()
            }

            /// The public names of all commands, with who may give each.
            pub fn permits() -> Vec<(&'static str, Roles)> {
                [$($command::NAMES),*].concat()
            }

            /// Who may give the command of this name.
            pub fn roles(name: &str) -> Option<Roles> {
                let permits = [$($command::NAMES),*];
                let mut known = permits.into_iter().flatten();
                known.find(|(known, _)| *known == name).map(|(_, roles)| *roles)
            }

            /// The names of those that no person gives: events and instants cause them.
            pub fn internal() -> Vec<&'static str> {
                const POLICY: Roles = Roles::of(&[Role::Policy]);
                let alone = |(name, roles)| (roles == POLICY).then_some(name);
                Self::permits().into_iter().filter_map(alone).collect()
            }

            /// The bounds of the fields of all commands, as in `registerDeal.customer.name`.
            pub fn bounds() -> Vec<Bound> {
                [$(<$command as Bounded>::bounds(ByType)),*].concat()
            }

            /// The id of the aggregate.
            pub fn target(&self) -> Uuid {
                match self { $(Self::$aggregate(id, _) => id.0,)* }
            }

            /// Reads a command by its public name; the error says which field is wrong.
            pub fn parse(name: &str, id: Uuid, fields: Value) -> Result<Self, CommandError> {
                let tagged = Value::Object([(name.to_owned(), fields)].into_iter().collect());
                $(if $command::NAMES.iter().any(|(known, _)| *known == name) {
                    return read(tagged).map(|command| Self::$aggregate($id(id), command));
                })*
                Err(CommandError { path: String::new(), problem: format!("no command is called {name}") })
            }

            /// What identifies the request: the same key with another body is another request (R135).
            pub fn body(&self) -> Result<Value, serde_json::Error> {
                let command = match self {
                    $(Self::$aggregate(_, command) => serde_json::to_value(command)?,)*
                };
                Ok(serde_json::json!({ "id": self.target(), "command": command }))
            }
        }

        impl Event {
            /// The name on disk.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$aggregate(event) => event.name(),)* }
            }

            /// The names of all events on disk.
            pub fn types() -> Vec<&'static str> {
                [$($event::TYPES),*].concat()
            }

            /// The name of the aggregate on disk.
            pub fn aggregate_type(&self) -> &'static str {
                match self { $(Self::$aggregate(_) => $name,)* }
            }

            /// The payload as it is written.
            pub fn payload(&self) -> Result<Value, serde_json::Error> {
                match self { $(Self::$aggregate(event) => serde_json::to_value(event),)* }
            }

            fn read(aggregate_type: &str, payload: &str) -> Option<Result<Self, serde_json::Error>> {
                match aggregate_type {
                    $($name => Some(serde_json::from_str(payload).map(Self::$aggregate)),)*
                    _ => None,
                }
            }

            fn as_any(&self) -> [&dyn std::any::Any; 2] {
                match self { $(Self::$aggregate(event) => [event.as_ref(), event.part()],)* }
            }
        }

        impl Recorded {
            /// To whom its aggregate belongs, where it is this event that says so.
            pub fn founded(&self) -> Option<Home> {
                let id = self.envelope.aggregate_id;
                match &self.event { $(Event::$aggregate(event) => $aggregate::founded(id, event),)* }
            }
        }

        /// The kinds of aggregates whose ids come from outside, none for each of the rest.
        const NAMED_FROM_OUTSIDE: &[Option<&str>] =
            &[$(if <$aggregate as Owned>::ID_IS_DERIVED { None } else { Some($name) }),*];

        /// Every code that anything is refused with, each once.
        pub fn codes() -> Vec<&'static Code> {
            let mut codes: Vec<&'static Code> = vec![&Invalid::CODE, &Forbidden::CODE, &IdTaken::CODE];
            $(codes.extend($refusal::CODES);)*
            codes.sort_by_key(|code| (code.code, code.sentence));
            codes.dedup();
            codes
        }

        $(
            impl From<$event> for Event {
                fn from(event: $event) -> Self {
                    Self::$aggregate(Box::new(event))
                }
            }

            impl Decides for $aggregate {
                type Facts = $facts;
                type AnyEvent = Event;
                const NAMED_FROM_OUTSIDE: &'static [Option<&'static str>] = NAMED_FROM_OUTSIDE;

                fn decided(
                    &self,
                    issued: &Issued<$command>,
                    given: &Given<$facts>,
                ) -> Result<Vec<$event>, $refusal> {
                    issued.check()?;
                    admit(self, issued)?;
                    self.guard(issued, &given.facts)?;
                    let events = self.decide(issued, &given.facts)?;
                    given.id.check::<$refusal>($name)?;
                    Ok(events)
                }
            }

            impl Aggregate for $aggregate {
                const TYPE: &'static str = $name;
                type Command = Issued<$command>;
                type Event = $event;
                type Error = $refusal;
                type Services = Given<$facts>;

                async fn handle(
                    &mut self,
                    issued: Self::Command,
                    given: &Self::Services,
                    sink: &EventSink<Self>,
                ) -> Result<(), Self::Error> {
                    for event in self.decided(&issued, given)? {
                        sink.write(event, self).await;
                    }
                    Ok(())
                }

                fn apply(&mut self, event: Self::Event) {
                    self.evolve(event);
                }
            }
        )*

        /// Does the same with a command of whichever aggregate: `dispatch!(command, |Aggregate, id, command| ...)`.
        #[macro_export]
        macro_rules! dispatch {
            ($d whole:expr, |$d aggregate:ident, $d id:ident, $d command:ident| $d body:expr) => {
                match $d whole {
                    $($crate::Command::$aggregate($d id, $d command) => {
                        type $d aggregate = $crate::$aggregate;
                        $d body
                    })*
                }
            };
        }
    };
}

aggregates! { $
    Program(ProgramId) = "program": ProgramCommand, ProgramEvent, ProgramRefusal by ();
    Partner(PartnerId) = "partner": PartnerCommand, PartnerEvent, PartnerRefusal by PartnerFacts;
    Account(AccountId) = "account": AccountCommand, AccountEvent, AccountRefusal by AccountFacts;
    Deal(DealId) = "deal": DealCommand, DealEvent, DealRefusal by DealFacts;
    Reservation(ReservationId) = "reservation": Unasked, ReservationEvent, ReservationRefusal by ();
    Wallet(WalletId) = "wallet": WalletCommand, WalletEvent, WalletRefusal by WalletFacts;
}

impl Recorded {
    /// The event, where it is one of these: of an aggregate, or of one of its subjects.
    pub fn told<E: Told>(&self) -> Option<&E> {
        self.event.as_any().into_iter().find_map(|event| event.downcast_ref())
    }
}

/// Reads a stored payload. The repository, the reader and every tool come through here.
pub fn decode(envelope: Envelope, payload: &str) -> Result<Recorded, DecodeError> {
    if envelope.event_version > EVENT_VERSION {
        return Err(DecodeError::Newer {
            event_type: envelope.event_type,
            version: envelope.event_version,
        });
    }
    match Event::read(&envelope.aggregate_type, payload) {
        None => Err(DecodeError::UnknownAggregate(envelope.aggregate_type)),
        Some(Ok(event)) if event.name() == envelope.event_type => Ok(Recorded { envelope, event }),
        Some(Ok(event)) => {
            let problem = format!("its payload is of {}", event.name());
            let source = serde::de::Error::custom(problem);
            Err(DecodeError::Malformed { event_type: envelope.event_type, source })
        }
        Some(Err(source)) => {
            Err(DecodeError::Malformed { event_type: envelope.event_type, source })
        }
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

// Below the table, whose `dispatch!` it uses.
#[cfg(test)]
mod tests;
