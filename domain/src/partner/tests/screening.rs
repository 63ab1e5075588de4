//! The table of an application: every stage meets every command; and what each step asks for.

use super::*;
use crate::{
    Personal,
    program::{Deadline, Screening},
};

fn ask() -> PartnerCommand {
    command("requestInformation", json!({ "question": "Which sectors?" }))
}

fn answer() -> PartnerCommand {
    command("supplyInformation", json!({ "answer": "Steel" }))
}

fn schedule(at: &str) -> PartnerCommand {
    command("scheduleInterview", json!({ "at": at }))
}

fn hold(outcome: &str) -> PartnerCommand {
    command("recordInterview", json!({ "outcome": outcome, "notes": "Knows us" }))
}

fn reject() -> PartnerCommand {
    command("rejectApplication", json!({ "code": "other" }))
}

fn approve(reason: Option<&str>) -> PartnerCommand {
    PartnerCommand::Approve { reason: reason.map(str::to_owned) }
}

fn asked() -> Vec<PartnerEvent> {
    partner_events([first(2), vec![ask()]].concat())
}

/// Asked on 10 January, and silent for a month.
fn lapsed() -> Vec<PartnerEvent> {
    let lapse = timer("2025-02-08T23:00:00Z", &asked(), PartnerCommand::Lapse {});
    [asked(), lapse].concat()
}

/// What a timer brings about at its instant.
fn timer(at: &str, given: &[PartnerEvent], command: PartnerCommand) -> Vec<PartnerEvent> {
    let issued = Issued { dated: false, ..policy(at, command) };
    handled(&mut after::<Partner>(given.to_vec()), issued, &facts()).expect("is never refused")
}

/// Reviewed with a result, then interviewed with an outcome.
fn advised(review: &str, interview: &str) -> Vec<PartnerEvent> {
    let steps = vec![record_review(review), schedule("2025-01-08T09:00:00Z"), hold(interview)];
    partner_events([first(2), steps].concat())
}

#[test]
fn every_stage_of_an_application_meets_every_command() {
    let and = |mut given: Vec<PartnerEvent>, command: PartnerCommand| {
        given.extend(decide(given.clone(), command).expect("may"));
        given
    };
    let stages = [
        vec![],
        applied(),
        under_review(),
        asked(),
        reviewed("passed"),
        reviewed("not-recommended"),
        reviewed("failed"),
        partner_events(first(4)),
        interviewed(),
        approved(),
        and(interviewed(), reject()),
        and(applied(), PartnerCommand::Withdraw {}),
        lapsed(),
    ];
    let open = stages.clone().map(|given| after::<Partner>(given).is_approved());
    assert_eq!(open.iter().position(|open| *open), Some(9), "the approval opens the portal");
    assert_eq!(open.iter().filter(|open| **open).count(), 1, "and nothing else does");
    let met = |command: PartnerCommand| {
        stages.clone().map(|given| match decide(given, command.clone()) {
            Ok(events) => events.first().map_or("", PartnerEvent::name),
            Err(refusal) => Refusal::from(refusal).code,
        })
    };
    let (no, end) = ("PARTNER_NOT_APPLIED", "APPLICATION_ENDED");
    let (todo, done) = ("REVIEW_NOT_RECORDED", "REVIEW_ALREADY_RECORDED");
    let (wait, unasked) = ("INFORMATION_PENDING", "INFORMATION_NOT_REQUESTED");
    let (decided, unassigned) = ("APPLICATION_ALREADY_DECIDED", "REVIEW_NOT_ASSIGNED");
    let (failed, held) = ("REVIEW_NOT_PASSED", "INTERVIEW_ALREADY_HELD");
    let (undated, again) = ("INTERVIEW_NOT_SCHEDULED", "PARTNER_ALREADY_APPLIED");
    let unheld = "INTERVIEW_NOT_HELD";

    let assigned = "review-assigned";
    let assign = command("assignReview", json!({ "reviewer": "rosa" }));
    assert_eq!(
        met(assign),
        [no, assigned, assigned, wait, done, done, done, done, done, decided, end, end, end]
    );
    let asks = "information-requested";
    assert_eq!(
        met(ask()),
        [no, unassigned, asks, wait, done, done, done, done, done, decided, end, end, end]
    );
    for (command, event) in [
        (answer(), "information-supplied"),
        (PartnerCommand::CloseInformationRequest {}, "information-request-closed"),
    ] {
        let (u, d) = (unasked, decided);
        assert_eq!(met(command), [no, u, u, event, u, u, u, u, u, d, end, end, end]);
    }
    let reviews = "review-recorded";
    assert_eq!(
        met(record_review("passed")),
        [no, unassigned, reviews, wait, done, done, done, done, done, decided, end, end, end]
    );
    let dates = "interview-scheduled";
    assert_eq!(
        met(schedule("2025-01-09T09:00:00Z")),
        [no, todo, todo, todo, dates, dates, failed, dates, held, decided, end, end, end]
    );
    for (command, event) in [
        (hold("recommended"), "interview-held"),
        (PartnerCommand::RecordMissedInterview {}, "interview-missed"),
    ] {
        let d = decided;
        assert_eq!(
            met(command),
            [no, todo, todo, todo, undated, undated, failed, event, held, d, end, end, end]
        );
    }
    let approves = "application-approved";
    assert_eq!(
        met(approve(None)),
        [no, todo, todo, todo, unheld, unheld, failed, unheld, approves, "", end, end, end]
    );
    let (r, d) = ("application-rejected", decided);
    assert_eq!(met(reject()), [no, todo, todo, todo, r, r, r, r, r, d, end, end, end]);
    let (w, d) = ("application-withdrawn", decided);
    assert_eq!(met(PartnerCommand::Withdraw {}), [no, w, w, w, w, w, w, w, w, d, end, end, end]);
    let mut applies = [again; 13];
    let soon = "APPLICATION_TOO_SOON";
    (applies[0], applies[10], applies[11], applies[12]) = ("applied", soon, soon, soon);
    assert_eq!(met(apply(None)), applies);
    // Nobody is late, and the question of the third stage has lapsed in the last one.
    let (e, d) = ("", decided);
    for timer in [PartnerCommand::Escalate {}, PartnerCommand::Lapse {}] {
        assert_eq!(met(timer), [no, e, e, e, e, e, e, e, e, d, end, end, end]);
    }
}

#[test]
fn a_question_that_the_vendor_closes_keeps_nobody_waiting() {
    let closed = decide(asked(), PartnerCommand::CloseInformationRequest {}).expect("may");
    let [
        PartnerEvent::Application(ApplicationEvent::InformationRequestClosed {
            request,
            closed_at,
            ..
        }),
    ] = closed.as_slice()
    else {
        unreachable!("{closed:?}")
    };
    let asks = |event: &PartnerEvent| {
        let PartnerEvent::Application(ApplicationEvent::InformationRequested { request, .. }) =
            event
        else {
            return None;
        };
        Some(*request)
    };
    assert_eq!(asked().iter().find_map(asks), Some(*request), "which one is closed");
    assert_eq!(*closed_at, at("2025-01-10"));
    let given = [asked(), closed].concat();
    assert_eq!(name_of(decide(given.clone(), record_review("passed"))), "review-recorded");
    assert_eq!(decide(given, answer()), Err(PartnerRefusal::InformationNotRequested));
}

#[test]
fn an_approval_against_advice_says_why_and_what_was_said_is_kept() {
    for (review, interview) in [
        ("not-recommended", "recommended"),
        ("passed", "not-recommended"),
        ("not-recommended", "not-recommended"),
    ] {
        let given = advised(review, interview);
        let refused = Err(PartnerRefusal::AdvisedAgainst);
        assert_eq!(decide(given.clone(), approve(None)), refused, "{review}, {interview}");
        let approval = decide(given, approve(Some("The only one in Podlasie"))).expect("may");
        let PartnerEvent::Application(ApplicationEvent::Approved { reason, .. }) = &approval[0]
        else {
            unreachable!("{approval:?}")
        };
        let kept = reason.as_ref().and_then(Personal::known);
        assert_eq!(kept.map(String::as_str), Some("The only one in Podlasie"));
    }
    assert!(decide(advised("passed", "recommended"), approve(None)).is_ok());
    let blank = decide(advised("passed", "not-recommended"), approve(Some(" ")));
    assert_eq!(blank, Err(Invalid::new("reason", "is missing").into()));

    let unheld = |review, reason| {
        decide_with(&without_interview(), reviewed(review), "2025-01-10", approve(reason))
    };
    assert_eq!(unheld("not-recommended", None), Err(PartnerRefusal::AdvisedAgainst));
    assert!(unheld("not-recommended", Some("Strategic")).is_ok());
    assert!(unheld("passed", None).is_ok());
    let failed = unheld("failed", Some("Strategic"));
    assert_eq!(failed, Err(PartnerRefusal::ReviewNotPassed), "no reason makes up for a failure");
}

#[test]
fn an_interview_can_be_missed_from_its_instant_on_and_be_given_another_date() {
    let dated = [first(2), vec![record_review("passed"), schedule("2025-01-10T15:00:00Z")]];
    let dated = partner_events(dated.concat());
    let miss =
        |on| decide_with(&facts(), dated.clone(), on, PartnerCommand::RecordMissedInterview {});
    let due = at("2025-01-10T15:00:00Z");
    let early = miss("2025-01-10T14:59:59Z");
    assert_eq!(early, Err(PartnerRefusal::InterviewNotDue { at: due }));
    let missed = miss("2025-01-10T15:00:00Z").expect("has begun");
    let event = ApplicationEvent::InterviewMissed { scheduled_for: due, missed_at: due };
    assert_eq!(missed, [PartnerEvent::Application(event)]);

    let given = [dated.clone(), missed].concat();
    let later = |given: &[PartnerEvent], command| {
        decide_with(&facts(), given.to_vec(), "2025-01-11", command)
    };
    let undated = Err(PartnerRefusal::InterviewNotScheduled);
    assert_eq!(later(&given, hold("recommended")), undated);
    assert_eq!(name_of(later(&given, schedule("2025-01-12T09:00:00Z"))), "interview-scheduled");
    assert_eq!(name_of(later(&given, reject())), "application-rejected");

    let moved = later(&dated, schedule("2025-01-12T09:00:00Z"));
    assert_eq!(name_of(moved.clone()), "interview-scheduled");
    let moved = [dated.clone(), moved.expect("may")].concat();
    let miss = later(&moved, PartnerCommand::RecordMissedInterview {});
    let due = at("2025-01-12T09:00:00Z");
    assert_eq!(miss, Err(PartnerRefusal::InterviewNotDue { at: due }), "the date that counts");
    assert_eq!(decide(dated, schedule("2025-01-10T15:00:00Z")), Ok(vec![]), "already so");
}

fn deadline(on: &str) -> Option<Deadline> {
    Some(Deadline { at: at(on), policy_version: 1 })
}

#[test]
fn r13_who_has_to_act_by_when_is_for_the_policy_in_force_to_say_and_is_told_by_its_version() {
    let [PartnerEvent::Application(ApplicationEvent::Applied { review_due, .. })] = &applied()[..]
    else {
        unreachable!("is one event")
    };
    assert_eq!(*review_due, deadline("2025-01-23T23:00:00Z"), "two weeks, to the end of the day");
    let asks = asked();
    let Some(PartnerEvent::Application(ApplicationEvent::InformationRequested {
        answer_due,
        lapses,
        ..
    })) = asks.last()
    else {
        unreachable!("{asks:?}")
    };
    assert_eq!(*answer_due, deadline("2025-01-16T23:00:00Z"));
    assert_eq!(*lapses, deadline("2025-02-08T23:00:00Z"));
    let quick = Screening { review_days: 1, ..screening() };
    let quick = ProgramPolicy { screening: Some(quick), ..program_policy() };
    let none = ProgramPolicy { screening: None, ..program_policy() };
    let (early, late) = ("2025-01-11", "2025-01-13");
    let facts =
        facts_with([publish_program_policy(early, quick), publish_program_policy(late, none)]);
    let answered = |on| {
        let answered = decide_with(&facts, asked(), on, answer()).expect("may");
        let PartnerEvent::Application(ApplicationEvent::InformationSupplied { review_due, .. }) =
            answered[0]
        else {
            unreachable!("{answered:?}")
        };
        review_due
    };
    let quick = Deadline { at: at("2025-01-12T23:00:00Z"), policy_version: 2 };
    assert_eq!(answered("2025-01-12"), Some(quick));
    assert_eq!(answered("2025-01-14"), None, "without a screening nobody is late");
}

#[test]
fn who_does_not_act_in_time_is_told_on_once_and_whoever_has_acted_is_not() {
    let escalate = |at, given: &[PartnerEvent]| timer(at, given, PartnerCommand::Escalate {});
    let late = |waiting_for, due| {
        let due = deadline(due).expect("is one");
        vec![PartnerEvent::Application(ApplicationEvent::Escalated { waiting_for, due })]
    };
    for given in [applied(), under_review()] {
        assert_eq!(escalate("2025-01-23T22:59:59Z", &given), []);
        let told = escalate("2025-01-23T23:00:00Z", &given);
        assert_eq!(told, late(WaitingFor::Vendor, "2025-01-23T23:00:00Z"));
        let given = [given, told].concat();
        assert_eq!(escalate("2025-02-23T23:00:00Z", &given), [], "it is told already");
        assert_eq!(
            decide(given.clone(), PartnerCommand::Withdraw {}).map(|told| told.len()),
            Ok(1)
        );
    }
    let told = escalate("2025-01-16T23:00:00Z", &asked());
    assert_eq!(told, late(WaitingFor::Candidate, "2025-01-16T23:00:00Z"));
    let given = [asked(), told].concat();
    assert_eq!(name_of(decide(given, answer())), "information-supplied", "late, and not too late");

    let answered = decide_with(&facts(), asked(), "2025-01-15", answer()).expect("may");
    let answered = [asked(), answered].concat();
    assert_eq!(escalate("2025-01-16T23:00:00Z", &answered), [], "the timer was on its way");
    let vendor = late(WaitingFor::Vendor, "2025-01-28T23:00:00Z");
    assert_eq!(
        escalate("2025-01-28T23:00:00Z", &answered),
        vendor,
        "the review has two weeks again"
    );
    for given in [reviewed("passed"), interviewed(), partner_events(first(4))] {
        assert_eq!(escalate("2025-06-01", &given), []);
    }
}

#[test]
fn a_question_that_nobody_answers_ends_the_application_and_an_answer_on_its_way_does_not() {
    let lapse = |at, given: &[PartnerEvent]| timer(at, given, PartnerCommand::Lapse {});
    assert_eq!(lapse("2025-02-08T22:59:59Z", &asked()), []);
    let told = lapse("2025-02-08T23:00:00Z", &asked());
    let [PartnerEvent::Application(ApplicationEvent::Lapsed { again, .. })] = told.as_slice()
    else {
        unreachable!("{told:?}")
    };
    assert_eq!(
        Some(*again),
        deadline("2025-02-08T23:00:00Z"),
        "who is silent may come back at once"
    );
    for over in [answer(), PartnerCommand::CloseInformationRequest {}] {
        let given = [asked(), decide(asked(), over).expect("may")].concat();
        assert_eq!(lapse("2025-02-08T23:00:00Z", &given), []);
        let again = decide_with(&facts(), given.clone(), "2025-01-20", ask()).expect("may");
        let given = [given, again].concat();
        assert_eq!(
            lapse("2025-02-08T23:00:00Z", &given),
            [],
            "that timer is of the first question"
        );
        assert_eq!(lapse("2025-02-18T23:00:00Z", &given).len(), 1);
    }
}

#[test]
fn r13_who_was_not_taken_may_come_again_from_the_day_on_that_the_policy_says() {
    let and = |mut given: Vec<PartnerEvent>, command: PartnerCommand| {
        given.extend(decide(given.clone(), command).expect("may"));
        given
    };
    let rejected = and(reviewed("failed"), reject());
    let withdrawn = and(under_review(), PartnerCommand::Withdraw {});
    for (given, before, from) in [
        (rejected.clone(), "2025-04-09T21:59:59Z", "2025-04-09T22:00:00Z"),
        (withdrawn, "2025-01-16T22:59:59Z", "2025-01-16T23:00:00Z"),
        (lapsed(), "2025-02-08T22:59:59Z", "2025-02-08T23:00:00Z"),
    ] {
        let on = |on| decide_with(&facts(), given.clone(), on, apply(None));
        let policy = program_policy_version(1);
        assert_eq!(on(before), Err(PartnerRefusal::AppliesTooSoon { from: at(from), policy }));
        assert_eq!(name_of(on(from)), "applied");
        let over = decide_with(&facts(), given.clone(), before, answer());
        assert_eq!(over, Err(PartnerRefusal::Ended { again: at(from) }), "what it says is true");
        let other = application_with("program", json!(id(0x99)));
        let elsewhere = decide_with(&facts(), given, from, other);
        assert_eq!(elsewhere, Err(PartnerRefusal::OfAnotherProgram { program: PROGRAM }));
    }
    let open = facts_with([publish_program_policy(
        "2025-01-01",
        ProgramPolicy { screening: None, ..program_policy() },
    )]);
    let gone = decide_with(&open, applied(), "2025-01-10", PartnerCommand::Withdraw {});
    let given = [applied(), gone.expect("may")].concat();
    let at_once = decide_with(&open, given, "2025-01-10", apply(None));
    assert_eq!(name_of(at_once), "applied", "where the policy says nothing of it");
}

#[test]
fn an_application_that_comes_again_is_judged_anew_and_by_nobody_of_its_people() {
    let and = |mut given: Vec<PartnerEvent>, on: &str, command: PartnerCommand| {
        let more = decide_with(&facts(), given.clone(), on, command).expect("may");
        given.extend(more);
        given
    };
    let gone = and(reviewed("failed"), "2025-01-10", reject());
    let again = and(gone, "2025-05-01", application_with("contacts.0.person", json!(NINA)));
    let approve = decide_with(&facts(), again.clone(), "2025-05-01", approve(None));
    assert_eq!(approve, Err(PartnerRefusal::NotReviewed), "earlier findings count no more");
    let again = and(again, "2025-05-01", command("assignReview", json!({ "reviewer": "rita" })));
    // Maria was a contact of the first application and sent it; Nina is one of the second.
    for own in [MARIA.0.to_string(), NINA.0.to_string()] {
        let review = vendor(&own, "2025-05-02", record_review("passed"));
        let outcome = handled(&mut after::<Partner>(again.clone()), review, &facts());
        assert_eq!(outcome, Err(PartnerRefusal::ApplicantIsChecker { who: own }));
    }
    let review = vendor("maria", "2025-05-02", record_review("passed"));
    let mut again: Partner = after(again);
    let outcome = handled(&mut again, review, &facts());
    assert_eq!(outcome, Err(PartnerRefusal::ApplicantIsChecker { who: "maria".into() }));
}
