//! Everything that can have happened: one enum an aggregate, and the one place that reads them back.

use crate::{
    deal::DealEvent, partner::PartnerEvent, program::ProgramEvent, wallet::WalletEvent,
    words::EVENT_VERSION,
};

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
    let told = |event: &Event| match event {
        Event::Program(event) => event.name(),
        Event::Partner(event) => event.name(),
        Event::Deal(event) => event.name(),
        Event::Wallet(event) => event.name(),
    };
    match event {
        Ok(event) if told(&event) == envelope.event_type => Ok(Recorded { envelope, event }),
        Ok(event) => {
            let problem = format!("its payload is of {}", told(&event));
            let source = serde::de::Error::custom(problem);
            Err(DecodeError::Malformed { event_type: envelope.event_type, source })
        }
        Err(source) => Err(DecodeError::Malformed { event_type: envelope.event_type, source }),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::PathBuf};

    use serde_json::Value;

    use super::*;
    use crate::testing::history;

    const ALL: [&[&str]; 4] =
        [ProgramEvent::TYPES, PartnerEvent::TYPES, DealEvent::TYPES, WalletEvent::TYPES];

    fn written(event: &Event) -> Value {
        let value = match event {
            Event::Program(event) => serde_json::to_value(event),
            Event::Partner(event) => serde_json::to_value(event),
            Event::Deal(event) => serde_json::to_value(event),
            Event::Wallet(event) => serde_json::to_value(event),
        };
        value.expect("is JSON")
    }

    /// Where the event stands as it was first written. What stands there is never written again.
    fn fixture(event_type: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/events");
        folder.join(format!("{event_type}.v1.json"))
    }

    fn envelope(event_type: &str) -> crate::Envelope {
        let recorded = history().into_iter().find(|seen| seen.envelope.event_type == event_type);
        recorded.expect(event_type).envelope
    }

    #[test]
    fn r132_the_five_events_of_the_card_have_these_spellings() {
        for name in
            ["applied", "certified", "deal-qualified", "commission-accrued", "payout-requested"]
        {
            assert!(ALL.concat().contains(&name), "{name}");
        }
    }

    #[test]
    fn an_event_type_means_one_event_and_is_written_in_kebab_case() {
        let types = ALL.concat();
        assert_eq!(types.iter().collect::<BTreeSet<_>>().len(), types.len());
        let kebab = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(types.iter().all(|name| kebab(name)));
    }

    #[test]
    fn every_event_ever_written_reads_as_it_was_first_written() {
        let mut new = BTreeSet::new();
        for recorded in history() {
            let event_type = recorded.envelope.event_type.clone();
            let path = fixture(&event_type);
            if !path.exists() {
                let text =
                    serde_json::to_string_pretty(&written(&recorded.event)).expect("is JSON");
                fs::write(&path, text + "\n").expect("can be written");
                new.insert(event_type.clone());
            }
            let first = fs::read_to_string(&path).expect("can be read");
            let decoded = decode(recorded.envelope, &first).expect("reads");
            let first: Value = serde_json::from_str(&first).expect("is JSON");
            assert_eq!(written(&decoded.event), first, "{event_type}");
        }
        for event_type in ALL.concat() {
            assert!(fixture(event_type).exists(), "{event_type} happens in no history");
        }
        assert!(new.is_empty(), "check in the files just written, and never edit them: {new:?}");
    }

    #[test]
    fn what_this_build_does_not_know_is_an_error_that_says_so() {
        let known = envelope("deal-won");
        let payload = fs::read_to_string(fixture("deal-won")).expect("is there");
        let newer = crate::Envelope { event_version: EVENT_VERSION + 1, ..known.clone() };
        let error = decode(newer, &payload).expect_err("is newer");
        assert!(
            matches!(error, DecodeError::Newer { version, .. } if version == EVENT_VERSION + 1)
        );
        let stranger = crate::Envelope { aggregate_type: "spaceship".into(), ..known.clone() };
        let error = decode(stranger, &payload).expect_err("is unknown");
        assert!(matches!(error, DecodeError::UnknownAggregate(name) if name == "spaceship"));
        for payload in ["", "{}", "null", r#"{"deal-flown":{}}"#, r#"{"deal-won":{}}"#, "[1]"] {
            let error = decode(known.clone(), payload).expect_err(payload);
            assert!(matches!(error, DecodeError::Malformed { .. }), "{payload}: {error}");
        }
    }

    #[test]
    fn an_event_under_another_events_name_is_malformed() {
        let payload = fs::read_to_string(fixture("deal-withdrawn")).expect("is there");
        let error = decode(envelope("deal-won"), &payload).expect_err("is mislabelled");
        assert!(error.to_string().ends_with("its payload is of deal-withdrawn"), "{error}");
    }
}
