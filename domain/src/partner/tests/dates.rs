//! Steps that are told late or out of order (backdating): none is dated before what it rests on, and no joining is lost by a
//! date.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::{
    Command,
    outcomes::{Meaning, meaning},
    program::Program,
    reactions::reactions,
};

fn too_early(after: &str) -> Outcome {
    Err(PartnerRefusal::TooEarly { after: at(after) })
}

#[test]
fn no_step_of_an_application_is_dated_before_what_it_rests_on() {
    let ask = || command("requestInformation", json!({ "question": "Which sectors?" }));
    let answer = || command("supplyInformation", json!({ "answer": "Steel" }));
    let reject = || command("rejectApplication", json!({ "code": "other" }));
    let asked = partner_events([first(2), vec![ask()]].concat());
    let [_, assign, review, schedule, interview] =
        until_interviewed().try_into().expect("five steps");
    for (given, step) in [
        (applied(), assign),
        (under_review(), ask()),
        (asked.clone(), answer()),
        (asked, PartnerCommand::CloseInformationRequest {}),
        (under_review(), review),
        (reviewed("passed"), schedule),
        (partner_events(first(4)), interview),
        (partner_events(first(4)), PartnerCommand::RecordMissedInterview {}),
        (interviewed(), PartnerCommand::Approve { reason: None }),
        (interviewed(), reject()),
        (applied(), PartnerCommand::Withdraw {}),
        (approved(), PartnerCommand::Join {}),
    ] {
        let name = step.name();
        let on = |on| decide_with(&facts(), given.clone(), on, step.clone());
        assert_eq!(on("2025-01-10T11:59:59.999Z"), too_early("2025-01-10"), "{name}");
        assert!(on("2025-01-10").is_ok_and(|events| !events.is_empty()), "{name}");
    }
}

#[test]
fn a_step_that_nobody_has_dated_is_judged_at_what_it_rests_on_where_a_clock_is_behind() {
    let ask = |dated, given: &[PartnerEvent], command| {
        let issued = Issued { dated, ..usually("2025-01-09T23:59:00Z", command) };
        handled(&mut after::<Partner>(given.to_vec()), issued, &facts())
    };
    for (given, step) in [
        (applied(), PartnerCommand::Withdraw {}),
        (interviewed(), PartnerCommand::Approve { reason: None }),
        (approved(), PartnerCommand::Join {}),
    ] {
        let name = step.name();
        assert_eq!(ask(true, &given, step.clone()), too_early("2025-01-10"), "{name}");
        let done = ask(false, &given, step).expect(name);
        if let PartnerEvent::Application(ApplicationEvent::Approved { approved_at, .. }) = &done[0]
        {
            assert_eq!(*approved_at, at("2025-01-10"), "{name}");
        }
    }
}

#[test]
fn each_finding_is_what_the_next_step_rests_on() {
    let reviewed = decide_with(&facts(), under_review(), "2025-01-12", record_review("passed"));
    let reviewed = [under_review(), reviewed.expect("may")].concat();
    let [_, _, _, schedule, interview] = until_interviewed().try_into().expect("five steps");
    let schedule = |on| decide_with(&facts(), reviewed.clone(), on, schedule.clone());
    assert_eq!(schedule("2025-01-11"), too_early("2025-01-12"));
    let given = [reviewed.clone(), schedule("2025-01-12").expect("may")].concat();
    let interviewed = decide_with(&facts(), given.clone(), "2025-01-14", interview);
    let given = [given, interviewed.expect("may")].concat();
    let approve =
        |on| decide_with(&facts(), given.clone(), on, PartnerCommand::Approve { reason: None });
    assert_eq!(approve("2025-01-13"), too_early("2025-01-14"));
    let given = [given.clone(), approve("2025-01-15").expect("may")].concat();
    let join = |on| decide_with(&facts(), given.clone(), on, PartnerCommand::Join {});
    assert_eq!(join("2025-01-14"), too_early("2025-01-15"));
    assert_eq!(name_of(join("2025-01-15")), "joined-network");
}

#[test]
fn an_approval_is_not_dated_into_the_time_of_terms_that_the_applicant_never_accepted() {
    let facts = facts_with([publish_terms("2025-02-01T00:00:00Z")]);
    let apply = application_with("terms_version", json!(2));
    let mut given = vec![];
    let rest = until_interviewed().into_iter().skip(1);
    for step in [apply].into_iter().chain(rest) {
        given.extend(decide_with(&facts, given.clone(), "2025-02-10", step).expect("may"));
    }
    let approve =
        |on| decide_with(&facts, given.clone(), on, PartnerCommand::Approve { reason: None });
    for early in ["2024-12-01", "2025-01-15", "2025-02-10T11:59:59.999Z"] {
        assert_eq!(approve(early), too_early("2025-02-10"), "{early}");
    }
    given.extend(approve("2025-02-10").expect("may"));
    let join = decide_with(&facts, given, "2025-02-10", PartnerCommand::Join {});
    assert_eq!(name_of(join), "joined-network");
}

#[test]
fn terms_are_accepted_after_the_approval_and_in_their_order() {
    let facts = facts_with(["2025-02-01", "2025-03-01"].map(publish_terms));
    let accept = |given: &[PartnerEvent], on, version| {
        decide_with(&facts, given.to_vec(), on, PartnerCommand::AcceptTerms { version })
    };
    let third = accept(&approved(), "2025-03-05", 3).expect("is in force");
    let given = [approved(), third].concat();
    assert_eq!(accept(&given, "2025-02-05", 2), too_early("2025-03-05"));
    // The approval's own joining is over then: the acceptance has one.
    let join = |on| decide_with(&facts, given.clone(), on, PartnerCommand::Join {});
    assert_eq!(join("2025-01-10"), too_early("2025-03-05"));
    assert_eq!(name_of(join("2025-03-05")), "joined-network");
}

/// What happens to a programme and a candidate, each dated by chance.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Terms, in force from this day on.
    Publish(i64),
    /// With this version of the terms; with that in force on the day where it is none.
    Apply(Option<u32>, i64),
    Review(i64),
    Approve(i64),
    Accept(Option<u32>, i64),
    /// The reactor comes to the oldest event that it has not seen.
    React,
}

fn any_step_in_time() -> impl Strategy<Value = Step> {
    let day = || 0i64..12;
    let version = || prop_oneof![2 => Just(None), 1 => (1u32..4).prop_map(Some)];
    prop_oneof![
        2 => day().prop_map(Step::Publish),
        3 => (version(), day()).prop_map(|(version, day)| Step::Apply(version, day)),
        3 => day().prop_map(Step::Review),
        3 => day().prop_map(Step::Approve),
        3 => (version(), day()).prop_map(|(version, day)| Step::Accept(version, day)),
        2 => Just(Step::React),
    ]
}

/// A programme with one candidate, and the reactor behind them.
struct Joining {
    program: Program,
    partner: Partner,
    /// When events happened that the reactor has not come to.
    unseen: VecDeque<(DateTime<Utc>, PartnerEvent)>,
    open: usize,
}

impl Joining {
    fn begun() -> Self {
        let policy = ProgramPolicy { interview_required: false, ..program_policy() };
        let (name, base_currency) = ("Channel".into(), currency("EUR"));
        let open = ProgramCommand::Open { name, base_currency, policy };
        let mut program = Program::default();
        handled(&mut program, usually("2025-01-01", open), &()).expect("it opens");
        Self { program, partner: Partner::default(), unseen: VecDeque::new(), open: 0 }
    }

    fn day(day: i64) -> DateTime<Utc> {
        at("2025-01-01") + TimeDelta::days(day)
    }

    fn terms(&self, at: DateTime<Utc>) -> u32 {
        let rulebook = self.program.rulebook().expect("is open");
        rulebook.terms_at(at).map_or(0, |terms| terms.version)
    }

    fn ask(&mut self, at: DateTime<Utc>, command: PartnerCommand) -> Outcome {
        let mut issued = usually("2025-01-01", command);
        issued.at = at;
        let program = Arc::new(self.program.clone());
        let facts = PartnerFacts { program, ..PartnerFacts::default() };
        let events = handled(&mut self.partner, issued, &facts)?;
        self.unseen.extend(events.iter().map(|event| (at, event.clone())));
        Ok(events)
    }

    /// Does it where it may be done.
    fn go(&mut self, step: Step) {
        match step {
            Step::Publish(day) => {
                let mut issued = usually("2025-01-01", publish_terms("2025-01-01"));
                if let ProgramCommand::PublishTerms { effective_from, .. } = &mut issued.command {
                    *effective_from = Self::day(day);
                }
                handled(&mut self.program, issued, &()).expect("may always");
            }
            Step::Apply(version, day) => {
                let version = version.unwrap_or_else(|| self.terms(Self::day(day)));
                let apply = application_with("terms_version", json!(version));
                self.ask(Self::day(day), apply).ok();
            }
            Step::Review(day) => {
                let assign = command("assignReview", json!({ "reviewer": "rita" }));
                self.ask(Self::day(day), assign).ok();
                self.ask(Self::day(day), record_review("passed")).ok();
            }
            Step::Approve(day) => {
                drop(self.ask(Self::day(day), PartnerCommand::Approve { reason: None }))
            }
            Step::Accept(version, day) => {
                let version = version.unwrap_or_else(|| self.terms(Self::day(day)));
                self.ask(Self::day(day), PartnerCommand::AcceptTerms { version }).ok();
            }
            Step::React => self.react(),
        }
    }

    fn react(&mut self) {
        let Some((then, event)) = self.unseen.pop_front() else { return };
        for reaction in reactions(&recorded(ALFA.0, 1, event.into())) {
            let Command::Partner(_, command) = &reaction.command else { unreachable!() };
            let Err(refusal) = self.ask(then, command.clone()) else { continue };
            if meaning(&reaction.command, Refusal::from(refusal).code) != Meaning::Ordinary {
                self.open += 1;
            }
        }
    }

    fn settle(&mut self) {
        while !self.unseen.is_empty() {
            self.react();
        }
    }

    fn outside(&self) -> Option<&Active> {
        self.partner.active().filter(|active| active.place.is_none())
    }
}

proptest! {
    #[test]
    fn whoever_is_approved_and_holds_the_terms_in_force_is_in_the_network_whatever_the_dates_are(
        steps in prop::collection::vec(any_step_in_time(), 0..40)
    ) {
        let mut joining = Joining::begun();
        steps.into_iter().for_each(|step| joining.go(step));
        joining.settle();
        // No date makes an open item of a joining: nobody could ever close it.
        prop_assert_eq!(joining.open, 0);
        let Some(outside) = joining.outside() else { return Ok(()) };
        let current = joining.terms(outside.file.since);
        prop_assert_ne!(current, outside.file.terms_version);
        // What is left to do is what the refusal says, and it is enough.
        let later = Joining::day(30);
        let version = joining.terms(later);
        let accepted = joining.ask(later, PartnerCommand::AcceptTerms { version });
        prop_assert!(accepted.is_ok(), "{:?}", accepted);
        joining.settle();
        prop_assert!(joining.outside().is_none());
    }
}
