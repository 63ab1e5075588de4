//! Every command and event by its public name, and every event as it was first written (golden files).

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::json;

use super::*;
use crate::{
    Actor, ClosedList, CommandId, Refusal,
    testing::{ALFA, at, history, sample},
};

fn parse(name: &str, fields: Value) -> Result<Command, CommandError> {
    Command::parse(name, Uuid::from_u128(1), fields)
}

#[test]
fn every_command_is_understood_by_its_public_name() {
    for name in Command::names() {
        let command = parse(name, sample(name)).expect(name);
        assert_eq!(command.name(), name);
        let body = command.body().expect("is JSON");
        let again = parse(name, body["command"][name].clone()).expect(name);
        assert_eq!(again, command, "what identifies the request says all of it");
    }
}

/// The code with which a command is refused to somebody in a role, where nothing has happened yet.
fn refused(name: &str, role: Role) -> Option<&'static str> {
    let partner = role.is_member().then_some(ALFA);
    let by = Actor { partner, ..Actor::of(role, "somebody") };
    let (at, command_id) = (at("2025-01-10"), CommandId(Uuid::from_u128(2)));
    let command = parse(name, sample(name)).expect(name);
    dispatch!(command, |A, id, command| {
        let issued = Issued { by, target: id.0, at, dated: true, command_id, command };
        let outcome = A::default().decided(&issued, &Default::default());
        outcome.err().map(|refusal| Refusal::from(refusal).code)
    })
}

#[test]
fn every_command_is_refused_to_the_roles_that_it_is_not_for_and_to_no_other() {
    for (name, roles) in Command::permits() {
        for (role, ..) in Role::ALL {
            let forbidden = refused(name, *role) == Some(Forbidden::CODE.code);
            assert_eq!(forbidden, !roles.contains(*role), "{role}: {name}");
        }
        assert!(!roles.contains(Role::Auditor), "{name}: an auditor changes nothing");
    }
}

#[test]
fn a_public_name_means_one_command() {
    let names = Command::names();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn a_code_says_one_sentence_whoever_refuses() {
    let codes = super::codes();
    for two in codes.windows(2) {
        assert_ne!(two[0].code, two[1].code, "{} or {}", two[0].sentence, two[1].sentence);
    }
}

#[test]
fn an_unknown_command_or_field_is_named_in_the_error() {
    let error = |name, fields| parse(name, fields).expect_err("is not understood").to_string();
    assert_eq!(error("flyToTheMoon", json!({})), "no command is called flyToTheMoon");
    for name in Command::names() {
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
        Command::parse("changeContractStatus", id, fields).expect("parses").body().expect("JSON")
    };
    assert_eq!(body(1, json!({ "to": "a" })), body(1, json!({ "to": "a" })));
    assert_ne!(body(1, json!({ "to": "a" })), body(1, json!({ "to": "b" })));
    assert_ne!(body(1, json!({ "to": "a" })), body(2, json!({ "to": "a" })));
}

/// Where the event stands as it was first written. What stands there is never written again.
fn fixture(event_type: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/events");
    folder.join(format!("{event_type}.v1.json"))
}

fn envelope(event_type: &str) -> Envelope {
    let recorded = history().into_iter().find(|seen| seen.envelope.event_type == event_type);
    recorded.expect(event_type).envelope
}

#[test]
fn r132_the_five_events_of_the_card_have_these_spellings() {
    for name in ["applied", "certified", "deal-qualified", "commission-accrued", "payout-requested"]
    {
        assert!(Event::types().contains(&name), "{name}");
    }
}

#[test]
fn an_event_type_means_one_event_and_is_written_in_kebab_case() {
    let types = Event::types();
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
            let text = serde_json::to_string_pretty(&recorded.event.payload().expect("is JSON"))
                .expect("is JSON");
            fs::write(&path, text + "\n").expect("can be written");
            new.insert(event_type.clone());
        }
        let first = fs::read_to_string(&path).expect("can be read");
        let decoded = decode(recorded.envelope, &first).expect("reads");
        let first: Value = serde_json::from_str(&first).expect("is JSON");
        assert_eq!(decoded.event.payload().expect("is JSON"), first, "{event_type}");
    }
    for event_type in Event::types() {
        assert!(fixture(event_type).exists(), "{event_type} happens in no history");
    }
    assert!(new.is_empty(), "check in the files just written, and never edit them: {new:?}");
}

#[test]
fn what_this_build_does_not_know_is_an_error_that_says_so() {
    let known = envelope("deal-won");
    let payload = fs::read_to_string(fixture("deal-won")).expect("is there");
    let newer = Envelope { event_version: EVENT_VERSION + 1, ..known.clone() };
    let error = decode(newer, &payload).expect_err("is newer");
    assert!(matches!(error, DecodeError::Newer { version, .. } if version == EVENT_VERSION + 1));
    let stranger = Envelope { aggregate_type: "spaceship".into(), ..known.clone() };
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
