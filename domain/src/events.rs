//! Everything that can have happened: one enum an aggregate, and the one place that reads them back.

use crate::{deal::DealEvent, partner::PartnerEvent, program::ProgramEvent, wallet::WalletEvent};

/// Version that new events are written with. Older ones are lifted to it by [`decode`].
pub const EVENT_VERSION: u32 = 1;

/// Declares an aggregate's events: the name on disk, then the variant.
macro_rules! events {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$vdoc:meta])* $event:literal => $variant:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? },)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "events that are kept are boxed in Event")]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $event)] $variant { $($(#[$fmeta])* $field: $ty),* },)*
        }

        impl $name {
            /// Every event type of this aggregate as it stands on disk.
            pub const TYPES: &'static [&'static str] = &[$($event),*];

            /// The name on disk, never renamed.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $event,)* }
            }
        }

        impl cqrs_es::DomainEvent for $name {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }

            fn event_version(&self) -> String {
                $crate::events::EVENT_VERSION.to_string()
            }
        }
    };
}
pub(crate) use events;

/// An event of any aggregate.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    Program(Box<ProgramEvent>),
    Partner(Box<PartnerEvent>),
    Deal(Box<DealEvent>),
    Wallet(Box<WalletEvent>),
}

/// An event with its envelope, as every fold and reaction sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    pub envelope: crate::Envelope,
    pub event: Event,
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

/// Reads a stored payload. The repository, the reader and every tool come through here.
pub fn decode(envelope: crate::Envelope, payload: &str) -> Result<Recorded, DecodeError> {
    if envelope.event_version > EVENT_VERSION {
        return Err(DecodeError::Newer {
            event_type: envelope.event_type,
            version: envelope.event_version,
        });
    }
    let event = match envelope.aggregate_type.as_str() {
        "program" => serde_json::from_str(payload).map(Event::Program),
        "partner" => serde_json::from_str(payload).map(Event::Partner),
        "deal" => serde_json::from_str(payload).map(Event::Deal),
        "wallet" => serde_json::from_str(payload).map(Event::Wallet),
        _ => return Err(DecodeError::UnknownAggregate(envelope.aggregate_type)),
    };
    match event {
        Ok(event) => Ok(Recorded { envelope, event }),
        Err(source) => Err(DecodeError::Malformed { event_type: envelope.event_type, source }),
    }
}
