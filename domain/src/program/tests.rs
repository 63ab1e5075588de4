//! What a programme publishes, and what it refuses to.

use cqrs_es::test::TestFramework;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::published::hash_of;
use crate::{Refusal, bounds::MOST_MINOR, testing::*};

fn decide(
    given: impl IntoIterator<Item = ProgramEvent>,
    command: ProgramCommand,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    handled(&mut after::<Program>(given), vendor("vera", "2025-01-01", command), &())
}

/// Path and problem of the field at fault.
fn fault(command: ProgramCommand) -> (String, String) {
    let refusal = Refusal::from(decide(published([]), command).expect_err("is refused"));
    (refusal.field.join("."), refusal.message)
}

fn rulebook(commands: impl IntoIterator<Item = ProgramCommand>) -> Rulebook {
    programme(commands).rulebook().expect("is open").clone()
}

fn certification(courses: &[&str], valid_for_months: Option<u32>) -> ProgramCommand {
    ProgramCommand::DefineCertification {
        certification: "expert".into(),
        courses: courses.iter().map(|course| (*course).to_owned()).collect(),
        exam: "expert-exam".into(),
        valid_for_months,
    }
}

fn with_field(mut policy: Value, field: &str, value: Value) -> Value {
    policy[field] = value;
    policy
}

#[test]
fn a_programme_opens_once() {
    TestFramework::<Program>::with(().into())
        .given_no_previous_events()
        .when(vendor("vera", "2025-01-01", open_program()))
        .then_expect_events(vec![ProgramEvent::Opened {
            name: "Channel".into(),
            time_zone: chrono_tz::Europe::Warsaw,
            base_currency: currency("EUR"),
            interview_required: true,
            max_network_depth: 3,
        }]);
    TestFramework::<Program>::with(().into())
        .given(published([]))
        .when(vendor("vera", "2025-01-01", open_program()))
        .then_expect_error(ProgramRefusal::AlreadyOpen);
}

#[test]
fn nothing_is_published_before_the_programme_is_open() {
    for command in [
        publish_terms("2025-01-01"),
        configure_status("signed", true, "signed"),
        publish_plan("2025-01-01", None, percent(1)),
        publish_payout_policy("2025-01-01", &[eur("50.00")]),
        publish_deal_policy("2025-01-01", deal_policy()),
        publish_course("basics", 1, &["intro"]),
        certification(&["basics"], None),
    ] {
        let name = command.name();
        assert_eq!(decide([], command), Err(ProgramRefusal::NotOpen), "{name}");
    }
}

#[test]
fn versions_only_grow() {
    let rulebook = rulebook([
        publish_terms("2024-01-01"),
        publish_plan("2025-02-01", None, percent(1)),
        publish_plan("2024-02-01", None, percent(1)),
        publish_payout_policy("2025-01-01", &[eur("60.00")]),
        publish_deal_policy("2025-01-01", deal_policy()),
        publish_course("basics", 1, &["intro"]),
    ]);
    let versions =
        |plans: &[Published<Plan>]| plans.iter().map(|plan| plan.version).collect::<Vec<_>>();
    assert_eq!(rulebook.terms.iter().map(|terms| terms.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(versions(&rulebook.plans), vec![1, 2, 3]);
    assert_eq!(rulebook.payout_policies.len(), 2);
    assert_eq!(rulebook.payout_policies[1].version, 2);
    assert_eq!(rulebook.deal_policies[1].version, 2);
    assert_eq!(rulebook.courses["basics"].version, 2);
}

#[test]
fn the_author_of_a_plan_cannot_publish_it() {
    let program = after::<Program>(published([]));
    let plan = publish_plan("2025-01-01", None, percent(1));
    let outcome = program.decide(&vendor("adam", "2025-01-01", plan.clone()), &());
    assert_eq!(outcome, Err(ProgramRefusal::AuthorApproves { author: "adam".into() }));
    let mut on_behalf = vendor("vera", "2025-01-01", plan);
    on_behalf.by.on_behalf_of = Some("adam".into());
    let outcome = program.decide(&on_behalf, &());
    assert_eq!(outcome, Err(ProgramRefusal::AuthorApproves { author: "adam".into() }));
}

#[test]
fn a_plan_is_in_force_from_its_first_instant_to_the_one_before_its_end() {
    let plans = [publish_plan("2025-02-01T00:00:00Z", Some("2025-03-01T00:00:00Z"), percent(1))];
    let rulebook = rulebook(plans);
    let version = |instant| rulebook.plan_at(at(instant)).map(|plan| plan.version);
    assert_eq!(version("2025-01-01T11:59:59.999Z"), None);
    assert_eq!(version("2025-01-01T12:00:00Z"), Some(1));
    assert_eq!(version("2025-01-31T23:59:59.999Z"), Some(1));
    assert_eq!(version("2025-02-01T00:00:00Z"), Some(2));
    assert_eq!(version("2025-02-28T23:59:59.999Z"), Some(2));
    assert_eq!(version("2025-03-01T00:00:00Z"), Some(1));
}

#[test]
fn of_two_plans_from_one_instant_the_later_version_is_in_force() {
    let rulebook = rulebook([publish_plan("2025-01-01", None, percent(100_000))]);
    assert_eq!(rulebook.plan_at(at("2025-01-02")).map(|plan| plan.version), Some(2));
}

#[test]
fn a_plan_ends_after_it_begins() {
    let ends = |until| publish_plan("2025-02-01T00:00:00Z", Some(until), percent(1));
    assert_eq!(fault(ends("2025-02-01T00:00:00Z")).0, "effective_until");
    assert!(decide(published([]), ends("2025-02-01T00:00:00.001Z")).is_ok());
}

#[test]
fn a_faulty_plan_is_refused_with_the_path_of_the_fault() {
    let faulty = |components: Value| {
        fault(publish_plan(
            "2025-01-01",
            None,
            json!({ "trigger": "payment", "components": components }),
        ))
        .0
    };
    assert_eq!(faulty(json!([])), "plan.components");
    let above = json!([{ "id": "a", "rate": { "percent": 1_000_001 } }]);
    assert_eq!(faulty(above), "plan.components.0.rate");
    let deep = json!([{ "id": "a", "rate": { "percent": 1 }, "levels": [
        { "distance": 1, "rate": 1 }, { "distance": 2, "rate": 1 },
        { "distance": 3, "rate": 1 }, { "distance": 4, "rate": 1 }
    ] }]);
    assert_eq!(faulty(deep), "plan.components.0.levels.3.distance");
}

#[test]
fn what_is_published_names_its_author_its_approver_and_its_content() {
    let plan = rulebook([]).plans[0].clone();
    assert_eq!((plan.author.as_str(), plan.approved_by.as_str()), ("adam", "vera"));
    assert_eq!(plan.body_hash, hash_of(&plan.body).expect("is plain JSON"));
}

#[test]
fn whether_commission_is_calculated_is_set_status_by_status() {
    let flags = |commands: Vec<ProgramCommand>| {
        let rulebook = rulebook(commands);
        ["signed", "delivered"].map(|code| rulebook.statuses[code].calculates_commission)
    };
    assert_eq!(flags(vec![]), [true, false]);
    assert_eq!(flags(vec![configure_status("signed", false, "signed")]), [false, false]);
    assert_eq!(flags(vec![configure_status("delivered", true, "signed")]), [true, true]);
    let same = decide(published([]), configure_status("signed", true, "signed"));
    assert_eq!(same, Ok(vec![]));
}

#[test]
fn a_certification_names_published_courses_only() {
    assert!(decide(published([]), certification(&["basics", "advanced"], None)).is_ok());
    let unknown = decide(published([]), certification(&["basics", "sales"], None));
    assert_eq!(unknown, Err(ProgramRefusal::UnknownCourse { course: "sales".into() }));
}

#[test]
fn a_deal_policy_is_whole_or_refused() {
    let policy = |field, value| {
        fault(publish_deal_policy("2025-01-01", with_field(deal_policy(), field, value))).0
    };
    let rule = |territory: &str| json!({ "territory": territory, "employee": "ewa" });
    let limit = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    assert_eq!(policy("default_queue", json!(" ")), "policy.default_queue");
    assert_eq!(policy("protection_days", json!(0)), "policy.protection_days");
    assert_eq!(policy("protection_days", json!(3651)), "policy.protection_days");
    assert_eq!(policy("approve_up_to", json!([limit("0.00")])), "policy.approve_up_to");
    assert_eq!(policy("approve_up_to", json!([limit("1"), limit("2")])), "policy.approve_up_to");
    assert_eq!(policy("responsible", json!([rule("")])), "policy.responsible.0.territory");
    let twice = policy("responsible", json!([rule("PL"), rule("PL")]));
    assert_eq!(twice, "policy.responsible.1.territory");
    assert_eq!(policy("responsible", json!(vec![rule("PL"); 101])), "policy.responsible");
}

#[test]
fn bad_input_is_refused_by_its_field() {
    let opened = |field: &str, value: Value| {
        let mut command = serde_json::to_value(open_program()).expect("is a command");
        command["openProgram"][field] = value;
        let command = serde_json::from_value(command).expect("is a command");
        Refusal::from(decide([], command).expect_err("is refused")).field.join(".")
    };
    assert_eq!(opened("name", json!("")), "name");
    assert_eq!(opened("name", json!("x".repeat(201))), "name");
    assert_eq!(opened("name", json!("bell\u{7}")), "name");
    assert_eq!(opened("max_network_depth", json!(33)), "max_network_depth");
    let terms = |document_hash: &str| ProgramCommand::PublishTerms {
        document_hash: document_hash.into(),
        effective_from: at("2025-01-01"),
    };
    assert_eq!(fault(terms("")).0, "document_hash");
    assert_eq!(fault(terms(&"A".repeat(64))).0, "document_hash");
    assert_eq!(fault(publish_payout_policy("2025-01-01", &[])).0, "policy.minimum");
    assert_eq!(fault(publish_payout_policy("2025-01-01", &[cents(-1)])).0, "policy.minimum");
    assert_eq!(fault(publish_course("", 1, &["intro"])).0, "course");
    assert_eq!(fault(publish_course("basics", 0, &["intro"])).0, "step");
    assert_eq!(fault(publish_course("basics", 1, &[])).0, "modules");
    assert_eq!(fault(publish_course("basics", 1, &["intro", "intro"])).0, "modules");
    assert_eq!(fault(certification(&["basics"], Some(0))).0, "valid_for_months");
    assert_eq!(fault(certification(&["basics"], Some(1201))).0, "valid_for_months");
    assert_eq!(fault(configure_status("", true, "signed")).0, "code");
}

/// Publications good and bad, of a programme that may not even be open.
fn any_command() -> impl Strategy<Value = ProgramCommand> {
    let name = || prop::sample::select(vec!["basics", "expert", "", "\u{7}"]);
    let from = || prop::sample::select(vec!["2024-06-01", "2025-01-01", "2025-06-01"]);
    let amount =
        prop::sample::select(vec![i64::MIN, 0, 1, 5_000, MOST_MINOR, i64::MAX]).prop_map(cents);
    prop_oneof![
        2 => Just(open_program()),
        1 => from().prop_map(publish_terms),
        1 => (name(), any::<bool>())
            .prop_map(|(code, calculates)| configure_status(code, calculates, "signed")),
        2 => (from(), prop::option::of(from()), any::<u32>())
            .prop_map(|(from, until, rate)| publish_plan(from, until, percent(rate))),
        2 => (from(), 0u32..1_000_000).prop_map(|(from, rate)| publish_plan(from, None, percent(rate))),
        1 => (from(), prop::collection::vec(amount, 0..3))
            .prop_map(|(from, minimum)| publish_payout_policy(from, &minimum)),
        1 => (from(), any::<u32>()).prop_map(|(from, days)| {
            publish_deal_policy(from, with_field(deal_policy(), "protection_days", json!(days)))
        }),
        1 => from().prop_map(|from| publish_deal_policy(from, deal_policy())),
        1 => (name(), 0u32..3).prop_map(|(course, step)| publish_course(course, step, &["intro"])),
        1 => (name(), prop::option::of(0u32..2_000))
            .prop_map(|(course, months)| certification(&[course], months)),
    ]
}

proptest! {
    #[test]
    fn m16_folding_a_prefix_and_the_rest_equals_folding_all(
        commands in prop::collection::vec(any_command(), 0..30),
        cut: prop::sample::Index,
    ) {
        let mut program = Program::default();
        let mut events = vec![];
        for command in commands {
            let before = program.clone();
            match handled(&mut program, vendor("vera", "2025-01-01", command), &()) {
                Ok(more) => events.extend(more),
                Err(_) => {
                    prop_assert_eq!(bytes(&program), bytes(&before), "a refusal changes nothing");
                }
            }
        }
        if let Some(rulebook) = program.rulebook() {
            let versions: Vec<u32> = rulebook.plans.iter().map(|plan| plan.version).collect();
            let dense: Vec<u32> = (1..).take(versions.len()).collect();
            prop_assert_eq!(versions, dense);
        }
        let cut = cut.index(events.len() + 1);
        prop_assert_eq!(folded_with_a_stop::<Program>(&events, cut), program);
    }
}
