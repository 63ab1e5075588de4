//! One partner from application to payout, told on both engines, and what three people then find.

use std::path::Path;

use api::{
    clock::ManualClock,
    commands::{Cause, Commands, Outcome, Request},
    service::Service,
    story::Story,
};
use domain::{
    Actor, Command, CommandId, Currency, Event, LotId, PartnerId, Recorded, WalletId,
    commission::Trace,
    deal::{DealCommand, DealEvent},
    decode, derived,
    partner::Partner,
    wallet::{Wallet, WalletCommand, WalletEvent},
};
use tests::{Place, places};
use uuid::Uuid;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/stories/one-partner.json");

fn story() -> Story {
    Story::read(Path::new(FILE)).expect("the story is well written")
}

async fn start(place: &Place) -> Service {
    let begins = story().steps[0].at.expect("the first step has a time");
    Service::start_at(place.target.clone(), ManualClock::at(begins))
        .await
        .expect("the service starts")
}

async fn told(place: &Place) -> (Story, Service) {
    let (story, service) = (story(), start(place).await);
    story.tell(Path::new(FILE), &service, |_| ()).await.expect("the story goes as written");
    (story, service)
}

async fn history(service: &Service) -> Vec<Recorded> {
    let events = service.log.read_after(0, 10_000).await.expect("the log reads");
    events
        .into_iter()
        .map(|raw| decode(raw.envelope, &raw.payload).expect("every event decodes"))
        .collect()
}

fn eur() -> Currency {
    Currency::from_code("EUR").expect("EUR")
}

fn wallet_of(story: &Story, name: &str) -> WalletId {
    WalletId::of(PartnerId(story.id(name)), eur())
}

#[tokio::test(flavor = "multi_thread")]
async fn r132_the_five_events_come_out_under_their_names() {
    for place in places().await {
        let (_, service) = told(&place).await;
        let names: Vec<String> =
            history(&service).await.into_iter().map(|event| event.envelope.event_type).collect();
        for name in
            ["applied", "certified", "deal-qualified", "commission-accrued", "payout-requested"]
        {
            assert!(names.iter().any(|found| found == name), "{place}: no {name} in {names:?}");
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g1_r70_the_seller_and_its_upline_earn_to_the_cent() {
    for place in places().await {
        let (story, service) = told(&place).await;
        for (name, earned, paid) in
            [("north", 220_000, 200_000), ("ridge", 50_000, 0), ("summit", 20_000, 0)]
        {
            let (wallet, _) =
                service.log.load::<Wallet>(wallet_of(&story, name).0).await.expect("loads");
            let buckets = wallet.purse().expect("has earned").buckets;
            assert_eq!(
                (buckets.held, buckets.balance()),
                (0, Some(earned - paid)),
                "{place}: {name}"
            );
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r141_qualified_approved_signed_and_paid_are_four_moments() {
    for place in places().await {
        let (_, service) = told(&place).await;
        let history = history(&service).await;
        let at = |name: &str| {
            let found = history.iter().find(|event| event.envelope.event_type == name);
            found.map(|event| event.envelope.occurred_at).expect(name)
        };
        let moments =
            ["deal-qualified", "deal-approved", "contract-signed", "payment-received"].map(at);
        assert!(moments.is_sorted_by(|earlier, later| earlier < later), "{place}: {moments:?}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_every_accrual_is_a_leg_of_a_trace_that_reevaluates_to_itself() {
    for place in places().await {
        let (_, service) = told(&place).await;
        let history = history(&service).await;
        let mut traces: Vec<Trace> = vec![];
        for recorded in &history {
            let Event::Deal(event) = &recorded.event else { continue };
            let DealEvent::CommissionCalculated { trace, trace_hash, .. } = event.as_ref() else {
                continue;
            };
            let again = trace.reevaluate().expect("re-evaluates");
            assert_eq!((again.trace(), again.trace_hash()), (trace.as_ref(), trace_hash.as_str()));
            traces.push(trace.as_ref().clone());
        }
        let mut accruals = 0;
        for recorded in &history {
            let Event::Wallet(event) = &recorded.event else { continue };
            let WalletEvent::Accrued { accrual } = event.as_ref() else { continue };
            let trace = traces
                .iter()
                .find(|trace| trace.hash() == accrual.trace_hash)
                .expect("has its trace");
            let leg = trace.legs.iter().find(|leg| leg.lot == accrual.lot).expect("is a leg of it");
            assert_eq!((leg.amount, leg.beneficiary), (accrual.amount, accrual.partner));
            accruals += 1;
        }
        assert_eq!(accruals, 3, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e15_every_event_goes_back_to_an_outside_command() {
    for place in places().await {
        let (_, service) = told(&place).await;
        let history = history(&service).await;
        for event in &history {
            let mut cause = event;
            for _ in 0..history.len() {
                let Some(id) = cause.envelope.causation_id else { break };
                cause = history
                    .iter()
                    .find(|event| event.envelope.event_id == id)
                    .expect("the cause is in the log");
                assert_eq!(cause.envelope.correlation_id, event.envelope.correlation_id, "{place}");
            }
            assert_eq!(cause.envelope.causation_id, None, "{place}: the chain ends");
            assert_ne!(
                cause.envelope.actor.kind,
                domain::ActorKind::Policy,
                "{place}: nobody asked for it"
            );
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn telling_the_story_again_appends_nothing() {
    for place in places().await {
        let (story, service) = told(&place).await;
        let before = history(&service).await;
        story.tell(Path::new(FILE), &service, |_| ()).await.expect("the same answers come again");
        assert_eq!(history(&service).await, before, "{place}");
        service.stop().await;
    }
}

/// What each stream holds, whatever lies between.
fn streams(history: &[Recorded]) -> std::collections::BTreeMap<Uuid, Vec<Event>> {
    let mut streams = std::collections::BTreeMap::<_, Vec<Event>>::new();
    for recorded in history {
        streams.entry(recorded.envelope.aggregate_id).or_default().push(recorded.event.clone());
    }
    streams
}

#[tokio::test(flavor = "multi_thread")]
async fn e14_doubled_crashed_and_reordered_delivery_leave_the_same_streams() {
    for place in places().await {
        let (_, service) = told(&place).await;
        let once = history(&service).await;
        let expected = streams(&once);

        // Doubled: every event again, from the first on. Reordered across streams: last stream first.
        service.log.set_checkpoint("reactor", 0).await.expect("rewinds");
        let mut reordered = once.clone();
        reordered.sort_by_key(|event| {
            (std::cmp::Reverse(event.envelope.aggregate_id), event.envelope.sequence)
        });
        for recorded in &reordered {
            for reaction in domain::reactions::reactions(recorded) {
                let request = Request {
                    command_id: reaction.command_id,
                    by: domain::reactions::policy_actor(),
                    at: Some(recorded.envelope.occurred_at),
                    expected_version: None,
                    cause: Some(Cause {
                        event: recorded.envelope.event_id,
                        correlation: recorded.envelope.correlation_id,
                    }),
                    command: reaction.command,
                };
                service.ask(request).await.expect("the log answers");
            }
        }
        service.stop().await;

        // Crashed: the checkpoint lags behind what was done, and the next process begins there.
        let service = start(&place).await;
        service.settle().await;
        assert_eq!(streams(&history(&service).await), expected, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r67_a_plan_published_after_the_trigger_does_not_count_however_late_the_calculation() {
    for place in places().await {
        let mut story = story();
        let is_trigger = |step: &api::story::Step| {
            matches!(&step.command,
            Command::Deal(_, DealCommand::ChangeContractStatus { to }) if to == "active")
        };
        let trigger = story.steps.iter().position(is_trigger).expect("the contract becomes active");
        let plan = story
            .steps
            .iter()
            .rfind(|step| step.command.name() == "publishCommissionPlan")
            .expect("a plan");
        let (mut late_plan, status) = (plan.clone(), story.steps[trigger].clone());
        story.steps.truncate(trigger);
        let service = start(&place).await;
        story.tell(Path::new(FILE), &service, |_| ()).await.expect("the story goes as written");
        service.stop().await;

        // Nobody reacts while the status changes, and while a plan is published that says it held all along.
        let at = status.at.expect("has a time");
        let clock = ManualClock::at(at + chrono::Duration::days(2));
        let log = place.log_at(std::sync::Arc::new(clock.clone())).await;
        let commands = Commands::new(log.clone(), std::sync::Arc::new(clock.clone()));
        let Command::Program(
            _,
            domain::program::ProgramCommand::PublishCommissionPlan { plan, .. },
        ) = &mut late_plan.command
        else {
            panic!("it is a plan")
        };
        plan.hold.days = 90;
        for (id, step, at) in
            [("status", &status, at), ("late plan", &late_plan, at + chrono::Duration::days(1))]
        {
            let request = Request {
                command_id: CommandId(derived(Uuid::nil(), id)),
                by: step.by.clone(),
                at: Some(at),
                expected_version: None,
                cause: None,
                command: step.command.clone(),
            };
            let outcome = commands.execute(request).await.expect("is decided");
            assert!(matches!(outcome, Outcome::Done(_)), "{place}: {outcome:?}");
        }
        log.close().await;
        drop((commands, log)); // The embedded database belongs to whoever holds the log.

        let service =
            Service::start_at(place.target.clone(), clock).await.expect("the service starts");
        service.settle().await;
        let mut calculated = None;
        for recorded in history(&service).await {
            let Event::Deal(event) = recorded.event else { continue };
            let DealEvent::CommissionCalculated { plan_version, trace, .. } = *event else {
                continue;
            };
            calculated = Some((plan_version, trace.input.plan.body.hold.days));
        }
        assert_eq!(calculated, Some((1, 14)), "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_faulty_commands_append_nothing() {
    for place in places().await {
        let (story, service) = told(&place).await;
        let before = history(&service).await;
        let north = wallet_of(&story, "north");
        let money = |minor| domain::Money::new(minor, eur());
        let payout = domain::PayoutId(derived(Uuid::nil(), "bad payout"));
        let bad = [
            WalletCommand::RequestPayout { payout, amount: money(0) },
            WalletCommand::RequestPayout { payout, amount: money(-1) },
            WalletCommand::RequestPayout { payout, amount: money(i64::MAX) },
            WalletCommand::RequestPayout {
                payout,
                amount: domain::Money::new(100_000, Currency::from_code("USD").expect("USD")),
            },
            WalletCommand::Mature { lot: LotId(Uuid::nil()) },
            WalletCommand::SettlePayout { payout, fee: money(0) },
        ];
        for (index, command) in bad.into_iter().enumerate() {
            let request = Request {
                command_id: CommandId(derived(Uuid::nil(), &format!("bad {index}"))),
                by: Actor::member("anna", PartnerId(story.id("north"))),
                at: None,
                expected_version: None,
                cause: None,
                command: Command::Wallet(north, command),
            };
            let outcome = service.ask(request).await.expect("is decided");
            assert!(matches!(outcome, Outcome::Refused(_)), "{place}: {index}: {outcome:?}");
        }
        assert_eq!(history(&service).await, before, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r23_r22_the_certificate_comes_by_itself_once_modules_and_exam_are_done() {
    for place in places().await {
        let (story, service) = told(&place).await;
        let (partner, _) = service.log.load::<Partner>(story.id("north")).await.expect("loads");
        let history = history(&service).await;
        let certified = history
            .iter()
            .map(|event| &event.envelope)
            .find(|event| event.event_type == "certified");
        let certified = certified.expect("the certificate is issued");
        let cause = certified.causation_id.expect("an event caused it");
        let cause = history
            .iter()
            .find(|event| event.envelope.event_id == cause)
            .expect("which is in the log");
        assert_eq!(cause.envelope.event_type, "exam-passed", "{place}");
        assert!(
            partner
                .active()
                .is_some_and(|active| active.training.certified_at(certified.occurred_at))
        );
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_used_for_another_command_is_refused_as_such() {
    for place in places().await {
        let (story, service) = told(&place).await;
        let request = Request {
            command_id: story.steps[0].command_id,
            by: Actor::vendor("vera"),
            at: None,
            expected_version: None,
            cause: None,
            command: story.steps[1].command.clone(),
        };
        assert_eq!(service.ask(request).await, Err(api::fault::Fault::CommandIdReused), "{place}");
        service.stop().await;
    }
}
