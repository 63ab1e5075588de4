//! What a partner may do from its application on, and what has to come first.

mod application;
mod company;
mod contacts;
mod dates;
mod leaving;
mod network;
mod screening;
mod standing;
mod training;

use std::sync::Arc;

use cqrs_es::test::TestFramework;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    Actor, CommandId, Invalid, PolicyRef, Refusal, Role,
    program::{ProgramCommand, ProgramPolicy},
    testing::*,
};

const NINA: SubjectId = SubjectId(Uuid::from_u128(0x12));

type Outcome = Result<Vec<PartnerEvent>, PartnerRefusal>;

fn facts() -> PartnerFacts {
    facts_with([])
}

fn facts_with(more: impl IntoIterator<Item = ProgramCommand>) -> PartnerFacts {
    PartnerFacts { program: programme(more), ..PartnerFacts::default() }
}

fn without_interview() -> PartnerFacts {
    let policy = ProgramPolicy { interview_required: false, ..program_policy() };
    facts_with([publish_program_policy("2025-01-01", policy)])
}

/// The version of the programme's policy that a refusal cites.
fn program_policy_version(version: u32) -> PolicyRef {
    PolicyRef { id: "program-policy".into(), version }
}

fn command(name: &str, fields: Value) -> PartnerCommand {
    serde_json::from_value(json!({ name: fields })).expect(name)
}

/// The usual application with another value at a path such as `contacts.0.email`.
fn application_with(path: &str, value: Value) -> PartnerCommand {
    let mut written = serde_json::to_value(apply(None)).expect("can be written");
    let pointer = format!("/applyForProgram/{}", path.replace('.', "/"));
    *written.pointer_mut(&pointer).expect(path) = value;
    serde_json::from_value(written).expect("is an application")
}

fn record_review(result: &str) -> PartnerCommand {
    let findings =
        json!({ "sector_fit": "Good", "marketing_competence": "Fair", "result": result });
    command("recordReview", findings)
}

/// The first commands of the way to the network.
fn first(count: usize) -> Vec<PartnerCommand> {
    until_joined().into_iter().take(count).collect()
}

fn applied() -> Vec<PartnerEvent> {
    partner_events(first(1))
}

fn under_review() -> Vec<PartnerEvent> {
    partner_events(first(2))
}

fn reviewed(result: &str) -> Vec<PartnerEvent> {
    partner_events([first(2), vec![record_review(result)]].concat())
}

fn interviewed() -> Vec<PartnerEvent> {
    partner_events(until_interviewed())
}

fn approved() -> Vec<PartnerEvent> {
    partner_events(first(6))
}

fn joined() -> Vec<PartnerEvent> {
    partner_events(until_joined())
}

fn decide(given: Vec<PartnerEvent>, command: PartnerCommand) -> Outcome {
    decide_with(&facts(), given, "2025-01-10", command)
}

fn decide_with(
    facts: &PartnerFacts,
    given: Vec<PartnerEvent>,
    on: &str,
    command: PartnerCommand,
) -> Outcome {
    handled(&mut after::<Partner>(given), usually(on, command), facts)
}

/// Name of the only event that comes of it.
fn name_of(outcome: Outcome) -> &'static str {
    let events = outcome.expect("is allowed");
    assert_eq!(events.len(), 1, "{events:?}");
    events[0].name()
}

fn source(reference: &str) -> SourceRef {
    SourceRef { source: "lms".into(), reference: reference.into() }
}

fn complete(course: &str, module: &str, reference: &str) -> PartnerCommand {
    PartnerCommand::CompleteModule {
        person: MARIA,
        course: course.into(),
        module: module.into(),
        content_version: 1,
        score: Some(90),
        source: source(reference),
    }
}

fn sit(passed: bool, reference: &str) -> PartnerCommand {
    let exam = "seller-exam".into();
    PartnerCommand::RecordExam { person: MARIA, exam, passed, score: 80, source: source(reference) }
}

fn issue() -> PartnerCommand {
    PartnerCommand::IssueCertificate { person: MARIA, certification: "seller".into() }
}

/// Alfa after its approval and these commands.
fn approved_and(more: impl IntoIterator<Item = PartnerCommand>) -> Vec<PartnerEvent> {
    partner_events(first(6).into_iter().chain(more))
}

fn trained() -> Vec<PartnerCommand> {
    vec![complete("basics", "intro", "1"), complete("basics", "product", "2")]
}

/// The courses that are assigned with it.
fn courses(outcome: Outcome) -> Vec<String> {
    let assigned = outcome.expect("is allowed").into_iter().filter_map(|event| {
        let PartnerEvent::Training(TrainingEvent::CourseAssigned { course, .. }) = event else {
            return None;
        };
        Some(course)
    });
    assigned.collect()
}

/// Commands at any point of a partner's life, good and bad; [`None`] is the next one on the usual way.
fn any_step() -> impl Strategy<Value = (Option<PartnerCommand>, &'static str)> {
    let text = || prop::sample::select(vec!["Fine", "Fine", "", "\u{1b}"]).prop_map(str::to_owned);
    let person = || prop::sample::select(vec![MARIA, NINA]);
    let course =
        || prop::sample::select(vec!["basics", "advanced", "none"]).prop_map(str::to_owned);
    let module = prop::sample::select(vec!["intro", "product", "pricing"]).prop_map(str::to_owned);
    let lms = (0u32..12).prop_map(|number| source(&number.to_string()));
    let score = prop::sample::select(vec![0, 80, 100, 101, u32::MAX]);
    let completion = (person(), course(), module, score.clone(), lms.clone()).prop_map(
        |(person, course, module, score, source)| PartnerCommand::CompleteModule {
            person,
            course,
            module,
            content_version: score,
            score: Some(score),
            source,
        },
    );
    let exam = (person(), any::<bool>(), score, lms).prop_map(|(person, passed, score, source)| {
        PartnerCommand::RecordExam { person, exam: "seller-exam".into(), passed, score, source }
    });
    let other = prop_oneof![
        Just(apply(None)),
        text().prop_map(|reviewer| PartnerCommand::AssignReview { reviewer }),
        text().prop_map(|question| PartnerCommand::RequestInformation { question }),
        text().prop_map(|answer| PartnerCommand::SupplyInformation { answer }),
        prop::sample::select(vec!["passed", "not-recommended", "failed"]).prop_map(record_review),
        Just(PartnerCommand::Approve { reason: None }),
        Just(command("rejectApplication", json!({ "code": "other" }))),
        Just(PartnerCommand::Withdraw {}),
        Just(PartnerCommand::CloseInformationRequest {}),
        Just(PartnerCommand::RecordMissedInterview {}),
        (person(), any::<bool>()).prop_map(|(person, added)| {
            let contact = NewContact {
                person,
                first_name: "Nina".into(),
                last_name: "Lang".into(),
                email: "nina@alfa.example".into(),
                phone: None,
            };
            if added {
                PartnerCommand::AddContact { contact }
            } else {
                PartnerCommand::ChangeContact { contact }
            }
        }),
        person().prop_map(|person| PartnerCommand::RemoveContact { person }),
        (0u32..4).prop_map(|version| PartnerCommand::AcceptTerms { version }),
        Just(PartnerCommand::Join {}),
        course().prop_map(|course| PartnerCommand::AssignCourse { course }),
        person().prop_map(|person| PartnerCommand::IssueCertificate {
            person,
            certification: "seller".into()
        }),
        text().prop_map(|account_holder| PartnerCommand::SetPaymentDetails {
            account_holder,
            iban: "DE89370400440532013000".into()
        }),
        (prop::sample::select(vec![Tier::Gold, Tier::Registered]), text())
            .prop_map(|(to, reason)| PartnerCommand::OverrideTier { to, reason }),
    ];
    let on = prop::sample::select(vec!["2025-01-01", "2025-02-01", "2026-03-01"]);
    let command = prop_oneof![
        6 => Just(None),
        2 => completion.prop_map(Some),
        1 => exam.prop_map(Some),
        4 => other.prop_map(Some),
    ];
    (command, on)
}

/// Every event that these steps bring about, and the partner that they leave; each refusal changes nothing.
fn run(steps: Vec<(Option<PartnerCommand>, &'static str)>) -> (Vec<PartnerEvent>, Partner) {
    let facts = facts_with([publish_terms("2025-02-01T00:00:00Z")]);
    let mut way = until_joined().into_iter();
    let mut partner = Partner::default();
    let mut events = vec![];
    for (index, (command, on)) in steps.into_iter().enumerate() {
        let Some(command) = command.or_else(|| way.next()) else { continue };
        let mut command = usually(on, command);
        command.command_id = CommandId(Uuid::from_u128(index as u128));
        let before = partner.clone();
        match handled(&mut partner, command, &facts) {
            Ok(more) => events.extend(more),
            Err(refusal) => {
                assert_eq!(partner, before, "a refusal changes nothing: {refusal}");
            }
        }
    }
    (events, partner)
}

proptest! {
    #[test]
    fn m16_folding_a_prefix_and_the_rest_equals_folding_all(
        steps in prop::collection::vec(any_step(), 0..40),
        cut: prop::sample::Index,
    ) {
        let (events, partner) = run(steps);
        prop_assert_eq!(bytes(&after::<Partner>(events.clone())), bytes(&partner));
        let cut = cut.index(events.len() + 1);
        prop_assert_eq!(folded_with_a_stop::<Partner>(&events, cut), partner);
    }

    #[test]
    fn every_certificate_has_an_exam_of_its_own_and_a_partner_joins_once(
        steps in prop::collection::vec(any_step(), 0..40)
    ) {
        let (events, _) = run(steps);
        let named = |name: &str| events.iter().filter(|event| event.name() == name).count();
        let exams_passed = named("exam-passed");
        prop_assert!(named("certified") <= exams_passed);
        prop_assert!(named("joined-network") <= 1);
        prop_assert!(named("application-approved") <= 1);
    }
}
