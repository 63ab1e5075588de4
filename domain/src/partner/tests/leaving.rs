//! Suspended, given notice, terminated: what a partner may still do, who decides it, and what it takes along.

use super::*;

const REASON: &str = "Two invoices differ";
/// The thirtieth day after the first of March is over in Warsaw.
const NOTICE_ENDS: &str = "2025-03-30T22:00:00Z";

fn suspend() -> PartnerCommand {
    let code = SuspensionCode::UnderInvestigation;
    PartnerCommand::Suspend { code, reason: REASON.into() }
}

fn reinstate() -> PartnerCommand {
    PartnerCommand::Reinstate { reason: "They were of two customers".into() }
}

fn notice(code: TerminationCode) -> PartnerCommand {
    PartnerCommand::NoticeTermination { code, reason: REASON.into() }
}

fn manager(who: &str) -> Actor {
    Actor::of(Role::ChannelManager, who)
}

/// Asked on the first of March 2025.
fn asks(given: &[PartnerEvent], by: Actor, command: PartnerCommand) -> Outcome {
    asks_on("2025-03-01", given, by, command)
}

fn asks_on(on: &str, given: &[PartnerEvent], by: Actor, command: PartnerCommand) -> Outcome {
    handled(&mut after::<Partner>(given.to_vec()), issued(by, on, command), &facts())
}

/// Alfa in the network after these of Vera's.
fn then(commands: impl IntoIterator<Item = PartnerCommand>) -> Vec<PartnerEvent> {
    let mut events = joined();
    for command in commands {
        let more = asks(&events, manager("vera"), command).expect("may");
        events.extend(more);
    }
    events
}

fn noticed(code: TerminationCode) -> Vec<PartnerEvent> {
    then([notice(code)])
}

fn terminated() -> Vec<PartnerEvent> {
    let given = noticed(TerminationCode::Breach);
    let ended = asks(&given, manager("carla"), PartnerCommand::Terminate {}).expect("may");
    [given, ended].concat()
}

fn names(outcome: Outcome) -> Vec<&'static str> {
    outcome.expect("is allowed").iter().map(PartnerEvent::name).collect()
}

/// What an approved partner does in the ordinary course of things, each with what would come of it.
fn ordinary() -> Vec<PartnerCommand> {
    vec![
        complete("basics", "intro", "1"),
        sit(false, "2"),
        command("overrideTier", json!({ "to": "gold", "reason": "Agreed" })),
    ]
}

#[test]
fn a_suspended_partner_trains_and_rises_no_more_until_it_is_reinstated() {
    for given in [approved(), joined()] {
        let suspended = [given.clone(), asks(&given, manager("vera"), suspend()).expect("may")];
        let suspended = suspended.concat();
        let lifted = asks(&suspended, manager("vera"), reinstate()).expect("may");
        let reinstated = [suspended.clone(), lifted].concat();
        for command in ordinary().into_iter().chain([set_payment_details()]) {
            let does = |given: &[PartnerEvent]| {
                let usual = usually("2025-03-01", command.clone());
                handled(&mut after::<Partner>(given.to_vec()), usual, &facts())
            };
            assert!(!does(&given).expect("may").is_empty());
            assert_eq!(does(&suspended), Err(PartnerRefusal::Suspended), "{}", command.name());
            assert_eq!(does(&reinstated), does(&given));
        }
    }
    let given = approved();
    let suspended =
        [given.clone(), asks(&given, manager("vera"), suspend()).expect("may")].concat();
    let join = policy("2025-03-01", PartnerCommand::Join {});
    let joins = handled(&mut after::<Partner>(suspended), join, &facts());
    assert_eq!(joins, Err(PartnerRefusal::Suspended));
}

#[test]
fn a_suspended_partner_accepts_new_terms_and_one_that_has_left_is_still_paid() {
    let facts = facts_with([publish_terms("2025-02-01T00:00:00Z")]);
    let does = |given: Vec<PartnerEvent>, command| {
        handled(&mut after::<Partner>(given), usually("2025-03-01", command), &facts)
    };
    let accept = || PartnerCommand::AcceptTerms { version: 2 };
    assert_eq!(name_of(does(then([suspend()]), accept())), "terms-accepted");
    assert_eq!(does(terminated(), accept()), Err(PartnerRefusal::Terminated));
    let suspended = does(then([suspend()]), set_payment_details());
    assert_eq!(suspended, Err(PartnerRefusal::Suspended));
    assert_eq!(name_of(does(terminated(), set_payment_details())), "payment-details-set");
}

#[test]
fn what_is_so_already_stays_so_whoever_repeats_it() {
    for (given, command) in [
        (joined(), reinstate()),
        (joined(), PartnerCommand::RevokeTermination {}),
        (joined(), PartnerCommand::Join {}),
        (then([suspend()]), PartnerCommand::Join {}),
        (noticed(TerminationCode::Breach), notice(TerminationCode::Breach)),
        (terminated(), PartnerCommand::Terminate {}),
    ] {
        assert_eq!(asks(&given, manager("vera"), command), Ok(vec![]));
    }
    assert_eq!(
        asks(&then([suspend()]), manager("vera"), suspend()),
        Err(PartnerRefusal::Suspended)
    );
    for command in [suspend(), reinstate(), notice(TerminationCode::Fraud)] {
        let outcome = asks(&terminated(), manager("vera"), command);
        assert_eq!(outcome, Err(PartnerRefusal::Terminated), "an end is an end");
    }
}

#[test]
fn a_candidate_has_no_standing_yet() {
    for command in [suspend(), reinstate(), notice(TerminationCode::Breach)] {
        assert_eq!(
            asks(&interviewed(), manager("vera"), command),
            Err(PartnerRefusal::NotApproved)
        );
    }
}

#[test]
fn a_notice_ends_the_co_operation_when_it_has_run_out_and_not_before() {
    let given = noticed(TerminationCode::Inactivity);
    let ends_at = at(NOTICE_ENDS);
    let ends =
        |on| asks_on(on, &given, crate::reactions::policy_actor(), PartnerCommand::Terminate {});
    assert_eq!(ends("2025-03-30T21:59:59.999Z"), Err(PartnerRefusal::NoticeRuns { ends_at }));
    assert_eq!(names(ends(NOTICE_ENDS)), ["partner-terminated"]);
    let again = asks(&given, manager("vera"), notice(TerminationCode::Other));
    assert_eq!(again, Err(PartnerRefusal::AlreadyNoticed { ends_at }));
    let terminate = asks(&joined(), manager("vera"), PartnerCommand::Terminate {});
    assert_eq!(terminate, Err(PartnerRefusal::NotNoticed));
}

#[test]
fn from_the_end_of_its_notice_on_a_partner_has_left_whether_or_not_that_was_recorded() {
    let given = noticed(TerminationCode::Inactivity);
    let trains = |on| {
        asks_on(on, &given, Actor::of(Role::Integration, "lms"), complete("basics", "intro", "1"))
    };
    assert!(trains("2025-03-30T21:59:59.999Z").is_ok());
    assert_eq!(trains(NOTICE_ENDS), Err(PartnerRefusal::Terminated));
}

#[test]
fn a_cause_ends_it_at_once_by_a_second_person_and_nothing_else_does() {
    let ends_at = at(NOTICE_ENDS);
    for (code, ..) in <TerminationCode as crate::ClosedList>::ALL {
        if *code == TerminationCode::PartnerRequest {
            continue; // For the partner to give.
        }
        let given = noticed(*code);
        let ends = |by| asks(&given, by, PartnerCommand::Terminate {});
        let maker = PartnerRefusal::NoticeMakerIsChecker { who: "vera".into() };
        assert_eq!(ends(manager("vera")), Err(maker.clone()));
        let for_another = Actor { on_behalf_of: Some("vera".into()), ..manager("otto") };
        assert_eq!(ends(for_another), Err(maker));
        let by_another = ends(manager("carla"));
        if [TerminationCode::Breach, TerminationCode::Fraud, TerminationCode::Insolvency]
            .contains(code)
        {
            assert_eq!(names(by_another), ["partner-terminated"]);
        } else {
            assert_eq!(by_another, Err(PartnerRefusal::NoticeRuns { ends_at }));
        }
    }
}

#[test]
fn a_notice_says_whose_wish_it_is_and_is_taken_back_by_that_side() {
    let owner = || Actor::member(Role::Owner, "maria", ALFA);
    let field = |outcome: Outcome| Refusal::from(outcome.expect_err("is refused")).field;
    let request = TerminationCode::PartnerRequest;
    assert_eq!(field(asks(&joined(), manager("vera"), notice(request))), ["code"]);
    assert_eq!(field(asks(&joined(), owner(), notice(TerminationCode::Breach))), ["code"]);
    let own = [joined(), asks(&joined(), owner(), notice(request)).expect("may")].concat();
    let revoke = |given: &[PartnerEvent], by| asks(given, by, PartnerCommand::RevokeTermination {});
    assert_eq!(names(revoke(&own, owner())), ["termination-revoked"]);
    assert_eq!(revoke(&own, manager("vera")), Err(PartnerRefusal::NoticeOfOtherSide));
    let vendors = noticed(TerminationCode::Inactivity);
    assert_eq!(names(revoke(&vendors, manager("carla"))), ["termination-revoked"]);
    assert_eq!(revoke(&vendors, owner()), Err(PartnerRefusal::NoticeOfOtherSide));
    let revoked = [vendors.clone(), revoke(&vendors, manager("carla")).expect("may")].concat();
    let timer = asks_on(
        NOTICE_ENDS,
        &revoked,
        crate::reactions::policy_actor(),
        PartnerCommand::Terminate {},
    );
    assert_eq!(timer, Err(PartnerRefusal::NotNoticed));
}

#[test]
fn nobody_of_a_partner_or_of_one_above_it_decides_on_its_standing() {
    let mut details = usually("2025-01-10", set_payment_details());
    details.by.id = "boris".into();
    let paid = handled(&mut after::<Partner>(joined()), details, &facts()).expect("may");
    let beta = [joined(), paid].concat();
    let upline = vec![(BETA, Arc::new(after::<Partner>(beta)))];
    let facts = PartnerFacts { upline, ..facts() };
    let suspended = then([suspend()]);
    let breach = noticed(TerminationCode::Breach);
    for (given, command) in [
        (joined(), suspend()),
        (suspended, reinstate()),
        (joined(), notice(TerminationCode::Breach)),
        (breach.clone(), PartnerCommand::RevokeTermination {}),
        (breach, PartnerCommand::Terminate {}),
    ] {
        let does = |by: Actor| {
            let command = issued(by, "2025-03-01", command.clone());
            handled(&mut after::<Partner>(given.clone()), command, &facts)
        };
        let own = |who: &str| Err(PartnerRefusal::BeneficiaryIsChecker { who: who.to_owned() });
        let contact = MARIA.0.to_string();
        assert_eq!(does(manager(&contact)), own(&contact), "{}", command.name());
        assert_eq!(does(Actor { partner: Some(ALFA), ..manager("otto") }), own("otto"));
        assert_eq!(does(manager("boris")), own("boris"), "above it");
        assert!(does(manager("carla")).is_ok());
    }
}

#[test]
fn the_policy_in_force_says_how_long_a_notice_is_and_what_happens_to_money_and_certificates() {
    let terminates = |standing: Value| {
        let mut policy = serde_json::to_value(program_policy()).expect("is JSON");
        policy["standing"] = standing;
        let policy = serde_json::from_value(policy).expect("is a policy");
        let facts = facts_with([publish_program_policy("2025-02-01", policy)]);
        let given = approved_and(trained().into_iter().chain([sit(true, "3")]));
        let mut partner = after::<Partner>(given.clone());
        let mut does = |by, on, command| handled(&mut partner, issued(by, on, command), &facts);
        does(manager("vera"), "2025-03-01", notice(TerminationCode::Inactivity)).expect("may");
        let ended =
            does(crate::reactions::policy_actor(), "2025-03-11", PartnerCommand::Terminate {});
        ended.map(|events| {
            let frozen = events.iter().any(|event| {
                matches!(
                    event,
                    PartnerEvent::Standing(StandingEvent::Terminated { freezes_wallets: true, .. })
                )
            });
            let active = partner.active().expect("was approved");
            let valid = ["2025-03-10T12:00:00Z", "2025-03-11T12:00:00Z"]
                .map(|on| active.certified_at(at(on)));
            (events.len(), frozen, valid)
        })
    };
    let standing = |days, freeze, revoke| {
        json!({
            "notice_days": days, "freeze_when_suspended": true, "freeze_when_terminated": freeze,
            "revoke_certificates": revoke
        })
    };
    assert_eq!(terminates(standing(10, true, true)), Ok((2, true, [true, false])));
    assert_eq!(terminates(standing(10, false, false)), Ok((1, false, [true, true])));
    assert_eq!(terminates(standing(0, false, false)), Ok((1, false, [true, true])));
    let ends_at = at("2025-03-11T23:00:00Z");
    assert_eq!(terminates(standing(11, true, true)), Err(PartnerRefusal::NoticeRuns { ends_at }));
}

#[test]
fn a_notice_outlasts_a_suspension_and_its_end() {
    let given = then([notice(TerminationCode::Inactivity), suspend(), reinstate()]);
    let timer = asks_on(
        NOTICE_ENDS,
        &given,
        crate::reactions::policy_actor(),
        PartnerCommand::Terminate {},
    );
    assert_eq!(names(timer), ["partner-terminated"]);
}

#[test]
fn nobody_is_invited_by_and_nobody_joins_below_a_partner_that_is_suspended_or_has_left() {
    let under = |events| {
        let parent = Some((BETA, Arc::new(after::<Partner>(events))));
        PartnerFacts { parent, ..facts() }
    };
    let applies = |inviter| decide_with(&under(inviter), vec![], "2025-03-01", apply(Some(BETA)));
    assert_eq!(name_of(applies(joined())), "applied");
    for inviter in [then([suspend()]), terminated()] {
        assert_eq!(applies(inviter), Err(PartnerRefusal::InviterNotActive));
    }
    let reinstated = then([suspend(), reinstate()]);
    assert_eq!(name_of(applies(reinstated.clone())), "applied");
    let joins =
        |parent| decide_with(&under(parent), approved(), "2025-03-01", PartnerCommand::Join {});
    assert_eq!(joins(then([suspend()])), Err(PartnerRefusal::ParentSuspended));
    assert_eq!(name_of(joins(reinstated)), "joined-network");
}
