//! Commission: to the cent, up the network, explained by its trace, and never by tomorrow's plan.

use std::sync::Arc;

use api::commands::Commands;
use domain::commission::Trace;
use domain::deal::{DealCommand, DealEvent};
use domain::program::ProgramCommand;
use domain::wallet::{Wallet, WalletEvent};
use domain::{Command, CommandId, derived};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn g1_r70_the_seller_and_its_upline_earn_to_the_cent() {
    for place in places().await {
        let telling = Telling::of(&place, "one-partner").await;
        for (name, earned, paid) in
            [("north", 220_000, 200_000), ("ridge", 50_000, 0), ("summit", 20_000, 0)]
        {
            let wallet = telling.wallet_of(name).0;
            let (wallet, _) = telling.service.log.load::<Wallet>(wallet).await.expect("loads");
            let buckets = wallet.purse().expect("has earned").buckets;
            assert_eq!(
                (buckets.held, buckets.balance()),
                (0, Some(earned - paid)),
                "{place}: {name}"
            );
        }
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_every_accrual_is_a_leg_of_a_trace_that_reevaluates_to_itself() {
    for place in places().await {
        let telling = Telling::of(&place, "commission").await;
        let history = telling.history().await;
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
        assert_eq!(accruals, 7, "{place}");
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r67_a_plan_published_after_the_trigger_does_not_count_however_late_the_calculation() {
    for place in places().await {
        let file = Path::new(FOLDER).join("one-partner.json");
        let mut story = Story::read(&file).expect("is a story");
        let is_trigger = |step: &api::story::Step| {
            matches!(&step.command,
            Command::Deal(_, DealCommand::ChangeContractStatus { to }) if to == "active")
        };
        let trigger = story.steps.iter().position(is_trigger).expect("the contract becomes active");
        let plan = story
            .steps
            .iter()
            .rfind(|step| step.command.name() == "draftCommissionPlan")
            .expect("a plan");
        let publishes = |step: &&api::story::Step| {
            step.command.name() == "publishCommissionPlan" && step.refused.is_none()
        };
        let late_publication = story.steps.iter().rfind(publishes).expect("is published").clone();
        let (mut late_plan, status) = (plan.clone(), story.steps[trigger].clone());
        story.steps.truncate(trigger);
        let service = start(&place, &story).await;
        story.tell(&file, &service, |_| ()).await.expect("the story goes as written");
        service.stop().await;

        // Nobody reacts while the status changes, and while a plan is published that says it held all along.
        let at = status.at;
        let clock = ManualClock::at(at + chrono::Duration::days(2));
        let log = place.log_at(Arc::new(clock.clone())).await;
        let commands = Commands::new(log.clone(), Arc::new(clock.clone()));
        let Command::Program(_, ProgramCommand::DraftCommissionPlan { plan, .. }) =
            &mut late_plan.command
        else {
            panic!("it is a plan")
        };
        plan.hold.days = 90;
        let mut late_publication = late_publication;
        let Command::Program(_, ProgramCommand::PublishCommissionPlan { version, .. }) =
            &mut late_publication.command
        else {
            panic!("it publishes")
        };
        *version += 1;
        let later = at + chrono::Duration::days(1);
        for (id, step, at) in [
            ("status", &status, at),
            ("late plan", &late_plan, later),
            ("late publication", &late_publication, later),
        ] {
            let command_id = CommandId(derived(Uuid::nil(), id));
            let request = Request { command_id, at: Some(at), ..request(step) };
            let outcome = commands.execute(request).await.expect("is decided");
            assert!(matches!(outcome, Outcome::Done(_)), "{place}: {outcome:?}");
        }
        log.close().await;
        drop((commands, log)); // The embedded database belongs to whoever holds the log.

        let service =
            Service::start_at(place.target.clone(), clock).await.expect("the service starts");
        service.settle().await;
        let mut calculated = None;
        for recorded in told(&service.log).await {
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
