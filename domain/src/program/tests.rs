//! What a programme publishes, and what it refuses to.

use cqrs_es::test::TestFramework;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::published::hash_of;
use crate::{Actor, Refusal, Role, bounds::MOST_MINOR, testing::*};

fn decide(
    given: impl IntoIterator<Item = ProgramEvent>,
    command: ProgramCommand,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    handled(&mut after::<Program>(given), usually("2025-01-01", command), &())
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
            base_currency: currency("EUR"),
            policy: Published {
                version: 1,
                effective_from: at("2025-01-01"),
                effective_until: None,
                body_hash: hash_of(&program_policy()).expect("has a hash"),
                body: program_policy(),
                author: "vera".into(),
                approved_by: "vera".into(),
            },
        }]);
    TestFramework::<Program>::with(().into())
        .given(published([]))
        .when(vendor("vera", "2025-01-01", open_program()))
        .then_expect_error(ProgramRefusal::AlreadyOpen);
}

#[test]
fn nothing_is_published_before_the_programme_is_open() {
    for command in [
        publish_program_policy("2025-01-01", program_policy()),
        publish_terms("2025-01-01"),
        configure_status("signed", true, "signed"),
        draft_plan("2025-01-01", None, percent(1)),
        publish(1),
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
        publish_program_policy("2024-01-01", program_policy()),
        publish_program_policy("2026-01-01", program_policy()),
        publish_terms("2024-01-01"),
        draft_plan("2025-02-01", None, percent(1)),
        draft_plan("2024-02-01", None, percent(1)),
        publish_payout_policy("2025-01-01", &[eur("60.00")]),
        publish_deal_policy("2025-01-01", deal_policy()),
        publish_course("basics", 1, &["intro"]),
    ]);
    let versions =
        |plans: &[Published<Plan>]| plans.iter().map(|plan| plan.version).collect::<Vec<_>>();
    let policies = rulebook.policies.iter().map(|policy| policy.version);
    assert_eq!(policies.collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rulebook.terms.iter().map(|terms| terms.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(versions(&rulebook.plans), vec![1, 2, 3]);
    assert_eq!(rulebook.payout_policies.len(), 2);
    assert_eq!(rulebook.payout_policies[1].version, 2);
    assert_eq!(rulebook.deal_policies[1].version, 2);
    assert_eq!(rulebook.courses["basics"].version, 2);
}

#[test]
fn a_plan_may_reach_as_high_as_the_network_will_be_deep_while_it_is_in_force() {
    let mut plan = percent(1);
    plan["components"][0]["levels"] =
        (1..=4).map(|distance| json!({ "distance": distance, "rate": 1 })).collect();
    let drafts = |levels: u32, from: &str, plan_from: &str| {
        let policy = ProgramPolicy { max_network_depth: levels, ..program_policy() };
        let draft = draft_plan(plan_from, None, plan.clone());
        decide(published([publish_program_policy(from, policy)]), draft).map(drop)
    };
    assert_eq!(drafts(4, "2025-06-01", "2025-03-01"), Ok(()));
    assert_eq!(drafts(4, "2025-06-01", "2025-06-01"), Ok(()));
    for (levels, from) in [(3, "2025-06-01"), (4, "2024-06-01")] {
        let refused = drafts(levels, from, "2025-03-01").expect_err("no partner stands so deep");
        let Refusal { code, field, .. } = refused.into();
        assert_eq!((code, field[0].as_str()), ("PLAN_FAULTY", "plan"));
    }
}

/// What publishes a version of the usual draft.
fn publish(version: u32) -> ProgramCommand {
    ProgramCommand::PublishCommissionPlan { draft: "standard".into(), version }
}

/// The usual draft in these versions, each by somebody; its first version is published.
fn drafted_by(authors: &[&str]) -> Program {
    let mut program = after::<Program>(published([]));
    for (author, rate) in authors.iter().zip(1..) {
        let draft = vendor(author, "2025-01-01", draft_plan("2025-01-01", None, percent(rate)));
        handled(&mut program, draft, &()).expect("can be drafted");
    }
    program
}

#[test]
fn nobody_publishes_a_plan_that_they_have_drafted_a_version_of() {
    let program = drafted_by(&["adam", "bea"]);
    let publishes = |by: Actor| {
        let command = issued(by, "2025-01-01", publish(3));
        handled(&mut program.clone(), command, &()).map(|events| events[0].name())
    };
    let manager = |who: &str| Actor::of(Role::ChannelManager, who);
    let acting_for = |who: &str| Actor { on_behalf_of: Some(who.into()), ..manager("vera") };
    for author in ["adam", "bea"] {
        let refused = Err(ProgramRefusal::AuthorApproves { author: author.into() });
        assert_eq!(publishes(manager(author)), refused);
        assert_eq!(publishes(acting_for(author)), refused);
    }
    assert_eq!(publishes(manager("vera")), Ok("commission-plan-published"));
}

#[test]
fn a_draft_on_behalf_of_somebody_is_theirs_as_well() {
    let mut program = after::<Program>(published([]));
    let mut draft = vendor("adam", "2025-01-01", draft_plan("2025-01-01", None, percent(1)));
    draft.by.on_behalf_of = Some("bea".into());
    handled(&mut program, draft, &()).expect("can be drafted");
    let outcome = handled(&mut program, vendor("bea", "2025-01-01", publish(2)), &());
    assert_eq!(outcome, Err(ProgramRefusal::AuthorApproves { author: "bea".into() }));
}

#[test]
fn whoever_drafted_what_was_published_may_publish_what_others_draft_after_it() {
    let mut program = drafted_by(&["adam"]);
    handled(&mut program, vendor("vera", "2025-01-01", publish(2)), &()).expect("may");
    let draft = vendor("vera", "2025-01-02", draft_plan("2025-02-01", None, percent(9)));
    handled(&mut program, draft, &()).expect("may");
    assert!(handled(&mut program, vendor("adam", "2025-01-03", publish(3)), &()).is_ok());
}

#[test]
fn what_is_published_is_the_version_that_was_read() {
    let mut program = drafted_by(&["adam", "adam"]);
    for stale in [1, 2, 4] {
        let outcome = handled(&mut program, vendor("vera", "2025-01-01", publish(stale)), &());
        let current = ProgramRefusal::DraftNotCurrent { draft: "standard".into(), current: 3 };
        assert_eq!(outcome, Err(current), "{stale}");
    }
    let events = handled(&mut program, vendor("vera", "2025-01-01", publish(3)), &());
    let [ProgramEvent::CommissionPlanPublished { draft, draft_version, plan }] =
        &events.expect("may")[..]
    else {
        unreachable!("something else came of it")
    };
    assert_eq!((draft.as_str(), *draft_version, plan.version), ("standard", 3, 2));
    let drafted = program.rulebook().expect("is open").drafts["standard"].newest.clone();
    assert_eq!((&plan.body, &plan.body_hash), (&drafted.plan, &drafted.plan_hash));
    let again = handled(&mut program, vendor("vera", "2025-01-01", publish(3)), &());
    assert_eq!(again, Ok(vec![]), "a retry is harmless");
}

#[test]
fn a_draft_is_one_that_is_there_and_changes_where_it_says_something_else() {
    let unknown = ProgramCommand::PublishCommissionPlan { draft: "none".into(), version: 1 };
    let outcome = decide(published([]), unknown);
    assert_eq!(outcome, Err(ProgramRefusal::UnknownDraft { draft: "none".into() }));
    let program = drafted_by(&["adam"]);
    let drafts = |who, rate| {
        let draft = vendor(who, "2025-01-01", draft_plan("2025-01-01", None, percent(rate)));
        handled(&mut program.clone(), draft, &()).expect("may").len()
    };
    assert_eq!((drafts("adam", 1), drafts("adam", 2), drafts("bea", 1)), (0, 1, 1));
}

#[test]
fn a_plan_is_in_force_from_its_first_instant_to_the_one_before_its_end() {
    let plans = [draft_plan("2025-02-01T00:00:00Z", Some("2025-03-01T00:00:00Z"), percent(1))];
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
    let rulebook = rulebook([draft_plan("2025-01-01", None, percent(100_000))]);
    assert_eq!(rulebook.plan_at(at("2025-01-02")).map(|plan| plan.version), Some(2));
}

#[test]
fn a_plan_ends_after_it_begins() {
    let ends = |until| draft_plan("2025-02-01T00:00:00Z", Some(until), percent(1));
    assert_eq!(fault(ends("2025-02-01T00:00:00Z")).0, "effective_until");
    assert!(decide(published([]), ends("2025-02-01T00:00:00.001Z")).is_ok());
}

#[test]
fn a_faulty_plan_is_refused_with_the_path_of_the_fault() {
    let faulty = |components: Value| {
        fault(draft_plan(
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
    assert_eq!(policy("responsible", json!([rule("FR")])), "policy.responsible.0.territory");
    for list in ["territories", "product_lines"] {
        let at = |place: &str| format!("policy.{list}{place}");
        let code = |code: &str| json!({ "code": code, "name": "Something" });
        assert_eq!(policy(list, json!([])), at(""));
        assert_eq!(policy(list, json!([code("PL"), code(" ")])), at(".1.code"));
        assert_eq!(policy(list, json!([code("PL"), code("DE"), code("PL")])), at(".2.code"));
        assert_eq!(policy(list, json!([code("PL"), code("pl")])), at(".1.code"));
    }
}

#[test]
fn bad_input_is_refused_by_its_field() {
    let opened = |field: &str, value: Value| {
        let mut command = serde_json::to_value(open_program()).expect("is a command");
        *command["openProgram"].pointer_mut(field).expect(field) = value;
        let command = serde_json::from_value(command).expect("is a command");
        Refusal::from(decide([], command).expect_err("is refused")).field.join(".")
    };
    assert_eq!(opened("/name", json!("")), "name");
    assert_eq!(opened("/name", json!("x".repeat(201))), "name");
    assert_eq!(opened("/name", json!("bell\u{7}")), "name");
    assert_eq!(opened("/policy/max_network_depth", json!(33)), "policy.max_network_depth");
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
            .prop_map(|(from, until, rate)| draft_plan(from, until, percent(rate))),
        3 => (1u32..6).prop_map(publish),
        2 => (from(), 0u32..1_000_000).prop_map(|(from, rate)| draft_plan(from, None, percent(rate))),
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
            let author = matches!(command, ProgramCommand::DraftCommissionPlan { .. });
            let mut command = usually("2025-01-01", command);
            command.by.id = if author { "adam".into() } else { command.by.id };
            match handled(&mut program, command, &()) {
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

#[test]
fn an_application_cannot_lapse_before_its_answer_is_due() {
    let publish = |answer_days, lapse_days| {
        let screening = Screening { answer_days, lapse_days, ..screening() };
        let policy = ProgramPolicy { screening: Some(screening), ..program_policy() };
        publish_program_policy("2025-02-01", policy)
    };
    assert!(decide(published([]), publish(7, 7)).is_ok());
    assert_eq!(fault(publish(7, 6)).0, "policy.screening.lapse_days");
    assert_eq!(fault(publish(0, 6)).0, "policy.screening.answer_days");
}
