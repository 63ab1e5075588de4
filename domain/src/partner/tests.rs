//! What a partner may do from its application on, and what has to come first.

use std::sync::Arc;

use cqrs_es::test::TestFramework;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    CommandId, Refusal,
    program::{ProgramCommand, ProgramEvent},
    testing::*,
};

const NINA: SubjectId = SubjectId(Uuid::from_u128(0x12));

type Outcome = Result<Vec<PartnerEvent>, PartnerRefusal>;

fn facts() -> PartnerFacts {
    facts_with([])
}

fn facts_with(more: impl IntoIterator<Item = ProgramCommand>) -> PartnerFacts {
    PartnerFacts { program: programme(more), parent: None }
}

fn without_interview() -> PartnerFacts {
    let open = ProgramEvent::Opened {
        name: "Channel".into(),
        time_zone: chrono_tz::Europe::Warsaw,
        base_currency: currency("EUR"),
        interview_required: false,
        max_network_depth: 3,
    };
    PartnerFacts { program: Arc::new(after([open])), parent: None }
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
    after::<Partner>(given).decide(&vendor("vera", on, command), facts)
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
    vec![
        PartnerCommand::AssignNextCourses {},
        complete("basics", "intro", "1"),
        complete("basics", "product", "2"),
    ]
}

fn courses(outcome: Outcome) -> Vec<String> {
    let assigned = outcome.expect("is allowed").into_iter().map(|event| {
        let PartnerEvent::CourseAssigned { course, .. } = event else {
            unreachable!("assigning brings about {}", event.name())
        };
        course
    });
    assigned.collect()
}

mod application {
    use super::*;

    #[test]
    fn r1_an_application_needs_its_three_sections_and_is_kept_as_it_was_sent() {
        for section in ["competencies", "customer_portfolio", "strategic_goals"] {
            let path = format!("sections.{section}");
            for blank in ["", " \n"] {
                let outcome = decide(vec![], application_with(&path, json!(blank)));
                let missing = Invalid::new(&path, "is missing");
                assert_eq!(outcome, Err(missing.into()), "{section}");
            }
        }
        let PartnerCommand::Apply { sections: sent, .. } = apply(None) else { unreachable!() };
        let events = decide(vec![], apply(None)).expect("is whole");
        let [PartnerEvent::Applied { sections, .. }] = events.as_slice() else {
            unreachable!("{events:?}")
        };
        assert_eq!(sections.known(), Some(&sent));
    }

    #[test]
    fn r5_an_application_names_at_least_one_contact() {
        let none = decide(vec![], application_with("contacts", json!([])));
        assert_eq!(none, Err(Invalid::new("contacts", "needs at least one entry").into()));
        assert_eq!(name_of(decide(vec![], apply(None))), "applied");
    }

    #[test]
    fn an_application_is_made_once() {
        TestFramework::<Partner>::with(facts())
            .given(applied())
            .when(vendor("vera", "2025-01-10", apply(None)))
            .then_expect_error(PartnerRefusal::AlreadyApplied);
        TestFramework::<Partner>::with(facts())
            .given_no_previous_events()
            .when(vendor("vera", "2025-01-10", PartnerCommand::Approve {}))
            .then_expect_error(PartnerRefusal::NotApplied);
    }

    #[test]
    fn r2_nothing_is_decided_before_both_findings_are_recorded() {
        let reject = || command("rejectApplication", json!({ "code": "other" }));
        for given in [applied(), under_review()] {
            for decision in [PartnerCommand::Approve {}, reject()] {
                assert_eq!(decide(given.clone(), decision), Err(PartnerRefusal::NotReviewed));
            }
        }
        for finding in ["sector_fit", "marketing_competence"] {
            let mut review = serde_json::to_value(record_review("passed")).expect("is JSON");
            review["recordReview"][finding] = json!(" ");
            let review = serde_json::from_value(review).expect("is a command");
            let missing = Invalid::new(finding, "is missing");
            assert_eq!(decide(under_review(), review), Err(missing.into()));
        }
        assert_eq!(name_of(decide(under_review(), record_review("passed"))), "review-recorded");
        assert_eq!(name_of(decide(reviewed("passed"), reject())), "application-rejected");
    }

    #[test]
    fn r3_only_who_passed_review_is_interviewed_and_only_who_was_interviewed_is_approved() {
        let schedule = || command("scheduleInterview", json!({ "at": "2025-01-08T09:00:00Z" }));
        let hold =
            || command("recordInterview", json!({ "outcome": "recommended", "notes": "Knows us" }));
        let approve = || PartnerCommand::Approve {};
        assert_eq!(decide(under_review(), schedule()), Err(PartnerRefusal::NotReviewed));
        assert_eq!(decide(reviewed("failed"), schedule()), Err(PartnerRefusal::ReviewNotPassed));
        assert_eq!(name_of(decide(reviewed("passed"), schedule())), "interview-scheduled");

        let not_held = Err(PartnerRefusal::InterviewNotHeld);
        assert_eq!(decide(reviewed("passed"), approve()), not_held);
        assert_eq!(decide(partner_events(first(4)), approve()), not_held);
        assert_eq!(name_of(decide(partner_events(first(4)), hold())), "interview-held");
        let held = PartnerEvent::Approved { interview_held: true };
        assert_eq!(decide(interviewed(), approve()), Ok(vec![held]));

        let unheld = PartnerEvent::Approved { interview_held: false };
        let facts = without_interview();
        let outcome = decide_with(&facts, reviewed("passed"), "2025-01-10", approve());
        assert_eq!(outcome, Ok(vec![unheld]));
        let outcome = decide_with(&facts, reviewed("failed"), "2025-01-10", approve());
        assert_eq!(outcome, Err(PartnerRefusal::ReviewNotPassed));
    }

    #[test]
    fn a_question_to_the_candidate_waits_for_its_answer() {
        let ask = || command("requestInformation", json!({ "question": "Which sectors?" }));
        let answer = || command("supplyInformation", json!({ "answer": "Steel" }));
        let asked = partner_events([first(2), vec![ask()]].concat());
        assert_eq!(decide(applied(), ask()), Err(PartnerRefusal::ReviewNotAssigned));
        let pending = Err(PartnerRefusal::InformationPending);
        assert_eq!(decide(asked.clone(), record_review("passed")), pending);
        assert_eq!(decide(asked.clone(), ask()), pending);
        assert_eq!(decide(under_review(), answer()), Err(PartnerRefusal::InformationNotRequested));
        assert_eq!(name_of(decide(asked, answer())), "information-supplied");
    }

    #[test]
    fn an_application_that_has_ended_stays_ended() {
        let withdrawn = partner_events([first(2), vec![PartnerCommand::Withdraw {}]].concat());
        let reject = command("rejectApplication", json!({ "code": "sector-mismatch" }));
        let rejected = partner_events([until_interviewed(), vec![reject]].concat());
        for given in [withdrawn, rejected] {
            let approve = decide(given.clone(), PartnerCommand::Approve {});
            assert_eq!(approve, Err(PartnerRefusal::Ended));
            assert_eq!(decide(given, apply(None)), Err(PartnerRefusal::AlreadyApplied));
        }
    }

    #[test]
    fn an_approval_is_final_and_can_be_repeated() {
        assert_eq!(decide(approved(), PartnerCommand::Approve {}), Ok(vec![]));
        let withdraw = decide(approved(), PartnerCommand::Withdraw {});
        assert_eq!(withdraw, Err(PartnerRefusal::AlreadyDecided));
    }

    #[test]
    fn only_an_approved_partner_trains_joins_or_is_paid() {
        for command in [
            PartnerCommand::Join {},
            PartnerCommand::AssignNextCourses {},
            complete("basics", "intro", "1"),
            sit(true, "2"),
            issue(),
            set_payment_details(),
        ] {
            let name = command.name();
            assert_eq!(decide(interviewed(), command), Err(PartnerRefusal::NotApproved), "{name}");
        }
    }

    #[test]
    fn bad_input_is_refused_by_its_field() {
        for (path, value) in [
            ("company.name", json!("")),
            ("company.name", json!("x".repeat(201))),
            ("company.name", json!("Alfa\u{0}")),
            ("company.country", json!("pl")),
            ("company.country", json!("POL")),
            ("company.tax_id", json!(" ")),
            ("company.website", json!("x".repeat(201))),
            ("sections.competencies", json!("x".repeat(8_001))),
            ("contacts.0.first_name", json!("")),
            ("contacts.0.last_name", json!("\u{7f}")),
            ("contacts.0.email", json!("maria")),
            ("contacts.0.email", json!("@alfa.example")),
            ("contacts.0.email", json!("maria@")),
            ("contacts.0.email", json!("maria@a@b")),
            ("contacts.0.email", json!("maria@alfa.example\nBcc: all@alfa.example")),
            ("contacts.0.phone", json!("")),
        ] {
            let outcome = decide(vec![], application_with(path, value.clone()));
            let refusal = Refusal::from(outcome.expect_err(path));
            assert_eq!((refusal.code, refusal.field.join(".").as_str()), ("INVALID_INPUT", path));
        }
        let longest = application_with("company.name", json!("x".repeat(200)));
        assert_eq!(name_of(decide(vec![], longest)), "applied");
        let PartnerCommand::Apply { contacts, .. } = apply(None) else { unreachable!() };
        let twice = application_with("contacts", json!([contacts[0], contacts[0]]));
        let refusal = Refusal::from(decide(vec![], twice).expect_err("is refused"));
        assert_eq!(refusal.field.join("."), "contacts.1.person");
    }

    #[test]
    fn what_is_personal_stands_in_personal_fields_only() {
        let answers = [
            command("requestInformation", json!({ "question": "Secret question" })),
            command("supplyInformation", json!({ "answer": "Secret answer" })),
        ];
        let commands = [first(2), answers.into(), until_joined()[2..].to_vec()].concat();
        let commands = [commands, vec![set_payment_details()]].concat();
        let mut written = serde_json::to_value(partner_events(commands)).expect("is JSON");
        erase(&mut written);
        let left = written.to_string();
        for personal in [
            "Maria",
            "Nowak",
            "maria@alfa.example",
            "+48 22",
            "Energy audits",
            "Forty",
            "Ten new",
            "Secret question",
            "Secret answer",
            "Good",
            "Fair",
            "Knows the market",
            "DE8937",
        ] {
            assert!(!left.contains(personal), "{personal} in {left}");
        }
    }

    /// Takes out what is encrypted at rest.
    fn erase(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("known");
                fields.values_mut().for_each(erase);
            }
            Value::Array(values) => values.iter_mut().for_each(erase),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

mod network {
    use super::*;

    fn invited(commands: impl IntoIterator<Item = PartnerCommand>) -> Vec<PartnerEvent> {
        let rest = first(6).into_iter().skip(1);
        partner_events([apply(Some(BETA))].into_iter().chain(rest).chain(commands))
    }

    fn under(parent: Option<Vec<PartnerEvent>>) -> PartnerFacts {
        let parent = parent.map(|events| Arc::new(after(events)));
        PartnerFacts { program: programme([]), parent }
    }

    fn join(facts: &PartnerFacts) -> Outcome {
        decide_with(facts, invited([]), "2025-01-10", PartnerCommand::Join {})
    }

    fn at_depth(depth: u32) -> Vec<PartnerEvent> {
        let parent = (depth > 0).then_some(ALFA);
        let (origin, referral_code) = (Source::Web, "code".into());
        [approved(), vec![PartnerEvent::Joined { parent, depth, origin, referral_code }]].concat()
    }

    #[test]
    fn r81_whoever_has_a_superior_joins_after_it_and_whoever_has_none_may_join() {
        let refused = Err(PartnerRefusal::ParentNotJoined);
        assert_eq!(join(&under(None)), refused);
        assert_eq!(join(&under(Some(applied()))), refused);
        assert_eq!(join(&under(Some(approved()))), refused);
        assert_eq!(name_of(join(&under(Some(joined())))), "joined-network");
        assert_eq!(name_of(decide(approved(), PartnerCommand::Join {})), "joined-network");
    }

    #[test]
    fn r82_the_network_grows_from_the_top_one_level_at_a_time() {
        let place = |outcome: Outcome| match outcome.expect("may join").as_slice() {
            [PartnerEvent::Joined { parent, depth, .. }] => (*parent, *depth),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(place(decide(approved(), PartnerCommand::Join {})), (None, 0));
        assert_eq!(place(join(&under(Some(at_depth(0))))), (Some(BETA), 1));
        assert_eq!(place(join(&under(Some(at_depth(2))))), (Some(BETA), 3));
        assert_eq!(join(&under(Some(approved()))), Err(PartnerRefusal::ParentNotJoined));
    }

    #[test]
    fn a_network_is_no_deeper_than_the_programme_allows() {
        assert_eq!(name_of(join(&under(Some(at_depth(2))))), "joined-network");
        assert_eq!(join(&under(Some(at_depth(3)))), Err(PartnerRefusal::TooDeep { limit: 3 }));
        let bottomless = join(&under(Some(at_depth(u32::MAX))));
        assert_eq!(bottomless, Err(PartnerRefusal::TooDeep { limit: 3 }));
    }

    #[test]
    fn a_superior_of_another_programme_is_none() {
        let mut elsewhere = joined();
        if let PartnerEvent::Applied { program, .. } = &mut elsewhere[0] {
            *program = crate::ProgramId(Uuid::nil());
        }
        assert_eq!(join(&under(Some(elsewhere))), Err(PartnerRefusal::ParentNotJoined));
    }

    #[test]
    fn r88_a_referral_code_comes_with_joining_and_not_before() {
        let codes = |events: &[PartnerEvent]| {
            let code = |event: &PartnerEvent| {
                serde_json::to_value(event)
                    .expect("is JSON")
                    .pointer("/joined-network/referral_code")
                    .cloned()
            };
            events.iter().filter_map(code).collect::<Vec<_>>()
        };
        assert!(codes(&approved()).is_empty());
        assert_eq!(codes(&joined()).len(), 1);
        assert_eq!(decide(joined(), PartnerCommand::Join {}), Ok(vec![]));
    }

    #[test]
    fn r85_joining_needs_acceptance_of_the_terms_in_force() {
        let facts = facts_with([publish_terms("2025-02-01T00:00:00Z")]);
        let join = |given, on| decide_with(&facts, given, on, PartnerCommand::Join {});
        let policy = PolicyRef { id: "terms".into(), version: 2 };
        let not_current = PartnerRefusal::TermsNotCurrent { current: 2, policy };
        assert_eq!(name_of(join(approved(), "2025-01-31T23:59:59.999Z")), "joined-network");
        assert_eq!(join(approved(), "2025-02-01T00:00:00Z"), Err(not_current));
        let accept = PartnerCommand::AcceptTerms { version: 2 };
        let accepted = decide_with(&facts, approved(), "2025-02-01T00:00:00Z", accept);
        let given = [approved(), accepted.expect("may accept")].concat();
        assert_eq!(name_of(join(given, "2025-02-01T00:00:00Z")), "joined-network");
    }

    #[test]
    fn r86_an_acceptance_refers_to_the_version_in_force_when_accepting() {
        let facts = facts_with([publish_terms("2025-02-01T00:00:00Z")]);
        let accept = |on, version| {
            decide_with(&facts, approved(), on, PartnerCommand::AcceptTerms { version })
        };
        let not_current = |version| {
            let policy = PolicyRef { id: "terms".into(), version };
            Err(PartnerRefusal::TermsNotCurrent { current: version, policy })
        };
        let document_hash = "a".repeat(64);
        let accepted = PartnerEvent::TermsAccepted { version: 2, document_hash };
        assert_eq!(accept("2025-01-31T23:59:59.999Z", 2), not_current(1));
        assert_eq!(accept("2025-01-31T23:59:59.999Z", 1), Ok(vec![]));
        assert_eq!(accept("2025-02-01T00:00:00Z", 1), not_current(2));
        assert_eq!(accept("2025-02-01T00:00:00Z", 2), Ok(vec![accepted]));
        let old = decide_with(&facts, vec![], "2025-02-01T00:00:00Z", apply(None));
        assert_eq!(old, not_current(2));
    }

    #[test]
    fn r13_outdated_terms_are_refused_by_the_version_in_force() {
        let facts = facts_with([publish_terms("2025-01-05")]);
        let outcome = decide_with(&facts, vec![], "2025-01-10", apply(None));
        let cited = Refusal::from(outcome.expect_err("is refused")).policy;
        assert_eq!(cited, Some(PolicyRef { id: "terms".into(), version: 2 }));
    }
}

mod training {
    use super::*;

    #[test]
    fn r10_courses_of_a_step_are_assigned_when_the_step_before_is_complete() {
        let next = |given| courses(decide(given, PartnerCommand::AssignNextCourses {}));
        let advanced = || PartnerCommand::AssignCourse { course: "advanced".into() };
        let locked = PartnerRefusal::CourseLocked {
            course: "advanced".into(),
            step: 2,
            first: "basics".into(),
        };
        assert_eq!(next(approved()), ["basics"]);
        assert_eq!(decide(approved(), advanced()), Err(locked.clone()));
        let one_missing = approved_and(trained().into_iter().take(2));
        assert_eq!(next(one_missing.clone()), [""; 0]);
        assert_eq!(decide(one_missing, advanced()), Err(locked));
        assert_eq!(next(approved_and(trained())), ["advanced"]);
        assert_eq!(courses(decide(approved_and(trained()), advanced())), ["advanced"]);
    }

    #[test]
    fn r22_a_completion_counts_only_for_an_assigned_module() {
        let refused = |course: &str, module: &str| {
            let (course, module) = (course.to_owned(), module.to_owned());
            Err(PartnerRefusal::ModuleNotAssigned { course, module })
        };
        let assigned = || approved_and(trained().into_iter().take(1));
        let intro = || complete("basics", "intro", "1");
        assert_eq!(decide(approved(), intro()), refused("basics", "intro"));
        assert_eq!(name_of(decide(assigned(), intro())), "module-completed");
        let other = complete("advanced", "pricing", "1");
        assert_eq!(decide(assigned(), other), refused("advanced", "pricing"));
        let unknown = complete("basics", "pricing", "1");
        assert_eq!(decide(assigned(), unknown), refused("basics", "pricing"));
    }

    #[test]
    fn r23_a_certificate_needs_all_modules_and_the_exam() {
        let issued = |done: Vec<PartnerCommand>| decide(approved_and(done), issue());
        let incomplete =
            |missing: &str| Err(PartnerRefusal::Incomplete { missing: missing.to_owned() });
        assert_eq!(issued(trained()), incomplete("exam seller-exam"));
        let only_exam = [trained()[..1].to_vec(), vec![sit(true, "3")]].concat();
        assert_eq!(
            issued(only_exam),
            incomplete("module intro of basics, module product of basics")
        );
        let failed = [trained(), vec![sit(false, "3")]].concat();
        assert_eq!(issued(failed), incomplete("exam seller-exam"));
        assert_eq!(name_of(issued([trained(), vec![sit(true, "3")]].concat())), "certified");
        assert_eq!(issued(vec![]), incomplete("course basics (not assigned), exam seller-exam"));
    }

    #[test]
    fn what_one_person_completes_and_another_passes_certifies_nobody() {
        let mut exam = sit(true, "3");
        if let PartnerCommand::RecordExam { person, .. } = &mut exam {
            *person = NINA;
        }
        let with_nina = || {
            let mut events = approved_and(trained());
            if let PartnerEvent::Applied { contacts, .. } = &mut events[0] {
                let mut nina = contacts[0].clone();
                nina.details.subject = NINA;
                contacts.push(nina);
            }
            events
        };
        let passed = decide(with_nina(), exam).expect("may sit");
        let given = [with_nina(), passed].concat();
        for person in [MARIA, NINA] {
            let due = decide(given.clone(), PartnerCommand::IssueDueCertificates { person });
            assert_eq!(due, Ok(vec![]));
        }
    }

    #[test]
    fn the_vendor_issues_the_certificate_and_it_stands_on_the_partners_record() {
        let done = approved_and([trained(), vec![sit(true, "3")]].concat());
        let issued = decide(done.clone(), issue()).expect("has earned it");
        let [PartnerEvent::Certified { person, certification, version, .. }] = issued.as_slice()
        else {
            unreachable!("{issued:?}")
        };
        assert_eq!((*person, certification.as_str(), *version), (MARIA, "seller", 1));
        let certified = |events| {
            let partner = after::<Partner>(events);
            partner.active().expect("is approved").training.certified_at(at("2025-01-10"))
        };
        assert!(!certified(done.clone()));
        assert!(certified([done, issued].concat()));
    }

    #[test]
    fn r28_a_completion_records_the_version_that_was_completed() {
        let assigned = approved_and(trained().into_iter().take(1));
        let facts = facts_with([publish_course("basics", 1, &["intro"])]);
        let newest = PartnerCommand::AssignCourse { course: "basics".into() };
        let newest = decide_with(&facts, assigned.clone(), "2025-01-10", newest);
        let newest = newest.expect("is published");
        assert!(matches!(newest.as_slice(), [PartnerEvent::CourseAssigned { version: 2, .. }]));
        for version in [1, 2] {
            let mut completed = complete("basics", "intro", "1");
            if let PartnerCommand::CompleteModule { content_version, .. } = &mut completed {
                *content_version = version;
            }
            let events = decide(assigned.clone(), completed).expect("is assigned");
            let [PartnerEvent::ModuleCompleted { content_version, .. }] = events.as_slice() else {
                unreachable!("{events:?}")
            };
            assert_eq!(*content_version, version);
        }
    }

    #[test]
    fn r30_a_record_of_the_learning_system_counts_once() {
        let told = approved_and([trained(), vec![sit(true, "3"), sit(false, "4")]].concat());
        for again in [complete("basics", "intro", "1"), sit(true, "3"), sit(false, "4")] {
            assert_eq!(decide(told.clone(), again), Ok(vec![]));
        }
        assert_eq!(
            name_of(decide(told.clone(), complete("basics", "intro", "5"))),
            "module-completed"
        );
        assert_eq!(name_of(decide(told, sit(true, "6"))), "exam-passed");
    }

    #[test]
    fn a_certificate_is_valid_to_the_instant_before_it_runs_out() {
        let done = approved_and([trained(), vec![sit(true, "3"), issue()]].concat());
        let partner = after::<Partner>(done);
        let valid = |on| partner.active().expect("is approved").training.certified_at(at(on));
        assert!(!valid("2025-01-10T11:59:59Z"));
        assert!(valid("2025-01-10T12:00:00Z"));
        assert!(valid("2026-01-09T22:59:59Z"));
        assert!(!valid("2026-01-09T23:00:00Z"), "the tenth has begun in Warsaw");
    }

    #[test]
    fn a_certificate_that_ran_out_is_renewed_by_a_new_exam_and_not_by_the_old_one() {
        let certified = || approved_and([trained(), vec![sit(true, "3"), issue()]].concat());
        let issue_on = |given, on| decide_with(&facts(), given, on, issue());
        assert_eq!(issue_on(certified(), "2025-12-31"), Ok(vec![]));
        let missing = "exam seller-exam".to_owned();
        assert_eq!(
            issue_on(certified(), "2026-02-01"),
            Err(PartnerRefusal::Incomplete { missing })
        );
        let due = PartnerCommand::IssueDueCertificates { person: MARIA };
        assert_eq!(decide_with(&facts(), certified(), "2026-02-01", due), Ok(vec![]));
        let again = decide_with(&facts(), certified(), "2026-01-20", sit(true, "4"));
        let given = [certified(), again.expect("may sit again")].concat();
        assert_eq!(name_of(issue_on(given, "2026-02-01")), "certified");
    }

    #[test]
    fn a_new_version_of_a_course_adds_its_modules_to_what_is_missing() {
        let facts = facts_with([publish_course("basics", 1, &["intro", "product", "climate"])]);
        let assign = PartnerCommand::AssignCourse { course: "basics".into() };
        let given = approved_and([trained(), vec![sit(true, "3")]].concat());
        let assigned = decide_with(&facts, given.clone(), "2025-02-01", assign);
        let given = [given, assigned.expect("is published")].concat();
        let missing = "module climate of basics".to_owned();
        let outcome = decide_with(&facts, given, "2025-02-01", issue());
        assert_eq!(outcome, Err(PartnerRefusal::Incomplete { missing }));
    }

    #[test]
    fn only_the_partners_own_people_train() {
        for command in [complete("basics", "intro", "1"), sit(true, "3"), issue()] {
            let mut written = serde_json::to_value(&command).expect("is JSON");
            written[command.name()]["person"] = json!(NINA);
            let command = serde_json::from_value(written).expect("is a command");
            let given = approved_and(trained().into_iter().take(1));
            assert_eq!(decide(given, command), Err(PartnerRefusal::UnknownPerson));
        }
        let due = PartnerCommand::IssueDueCertificates { person: NINA };
        assert_eq!(decide(approved(), due), Err(PartnerRefusal::UnknownPerson));
    }

    #[test]
    fn bad_input_is_refused_by_its_field() {
        let fault = |command| {
            let given = approved_and(trained().into_iter().take(1));
            Refusal::from(decide(given, command).expect_err("is refused")).field.join(".")
        };
        let with = |field: &str, value: Value| {
            let mut written = serde_json::to_value(sit(true, "3")).expect("is JSON");
            *written.pointer_mut(&format!("/recordExam/{field}")).expect(field) = value;
            fault(serde_json::from_value(written).expect("is a command"))
        };
        assert_eq!(with("exam", json!("")), "exam");
        assert_eq!(with("score", json!(101)), "score");
        assert_eq!(with("source/source", json!(" ")), "source.source");
        assert_eq!(with("source/reference", json!("x".repeat(201))), "source.reference");
        let course = PartnerCommand::AssignCourse { course: "sales".into() };
        assert_eq!(fault(course), "course");
    }
}

mod standing {
    use super::*;

    #[test]
    fn bank_details_are_named_by_a_hash_that_does_not_give_them_away() {
        let set = |number| {
            let mut command = alfa("2025-02-01", set_payment_details());
            command.command_id = CommandId(Uuid::from_u128(number));
            let events = after::<Partner>(approved()).decide(&command, &facts()).expect("may");
            match events.as_slice() {
                [PartnerEvent::PaymentDetailsSet { hash, set_by, .. }] => {
                    assert_eq!(set_by, "maria");
                    hash.clone()
                }
                other => unreachable!("{other:?}"),
            }
        };
        assert_eq!(set(1), set(1));
        assert_ne!(set(1), set(2), "the same account looks different each time");
    }

    #[test]
    fn an_account_number_with_a_typing_error_is_refused() {
        let set = |iban: &str| {
            let (account_holder, iban) = ("Alfa".into(), iban.into());
            decide(approved(), PartnerCommand::SetPaymentDetails { account_holder, iban })
        };
        assert!(set("DE89370400440532013000").is_ok());
        assert!(set("PL61109010140000071219812874").is_ok());
        for wrong in [
            "",
            "DE8937040044053201300",
            "DE89370400440532013001",
            "DE98370400440532013000",
            "de89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "8937DE0400440532013000",
            "DE89370400440532013000é",
            &"9".repeat(35),
        ] {
            let refusal = Refusal::from(set(wrong).expect_err(wrong));
            assert_eq!(refusal.field, ["iban"], "{wrong}");
        }
    }

    #[test]
    fn a_tier_holds_from_its_instant_on() {
        let to = |to, on| {
            let reason = "Acquired a gold partner".into();
            decide_with(&facts(), approved(), on, PartnerCommand::OverrideTier { to, reason })
        };
        let silver = to(Tier::Silver, "2025-02-01T00:00:00Z").expect("may");
        let partner = after::<Partner>([approved(), silver].concat());
        let tier = |on| partner.active().expect("is approved").tier_at(at(on));
        assert_eq!(tier("2025-01-31T23:59:59Z"), Tier::Registered);
        assert_eq!(tier("2025-02-01T00:00:00Z"), Tier::Silver);
        assert_eq!(to(Tier::Registered, "2025-02-01"), Ok(vec![]));
    }
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
        prop::sample::select(vec!["passed", "failed"]).prop_map(record_review),
        Just(PartnerCommand::Approve {}),
        Just(command("rejectApplication", json!({ "code": "other" }))),
        Just(PartnerCommand::Withdraw {}),
        (0u32..4).prop_map(|version| PartnerCommand::AcceptTerms { version }),
        Just(PartnerCommand::Join {}),
        course().prop_map(|course| PartnerCommand::AssignCourse { course }),
        Just(PartnerCommand::AssignNextCourses {}),
        person().prop_map(|person| PartnerCommand::IssueDueCertificates { person }),
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
        let mut command = vendor("vera", on, command);
        command.command_id = CommandId(Uuid::from_u128(index as u128));
        let before = partner.clone();
        match handled(&mut partner, command, &facts) {
            Ok(more) => events.extend(more),
            Err(refusal) => {
                let known = refusal.code() == Invalid::CODE
                    || PartnerRefusal::CODES.contains(&refusal.code());
                assert!(known && !refusal.to_string().is_empty(), "{refusal:?}");
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
