//! Decisions against what changes beneath them (race conditions): no event stands after one that forbids it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::commands::Outcome;
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use domain::{
    Actor, Command, CommandId, DetailsId, Event, Issued, Refusal, Role,
    deal::{Deal, DealEvent},
    decode,
    facts::{Facted, Streams as _},
    partner::{Partner, PartnerEvent},
    program::{Program, Rulebook},
    wallet::{Wallet, WalletEvent},
};
use eventlog::{Clock, ExecuteError, Execution, Log, Provenance, SystemClock};
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use tests::{Place, Trade, places, trade::IBANS};
use uuid::Uuid;

use super::account::whole;

/// What changes while something is decided.
#[derive(Clone, Copy, Debug)]
enum Change {
    BankDetails,
    PayoutPolicy,
    DealPolicy,
    Suspension,
    Termination,
}

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);

/// When it changes, seen from the question for facts: between the load of what decides and the append.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Moment {
    Before,
    Between,
    After,
}

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Between, Moment::After];

#[tokio::test(flavor = "multi_thread")]
async fn what_forbids_a_decision_while_it_is_taken_is_seen_before_the_append() {
    for place in places().await {
        let log = place.log().await;
        for rival in rivals(&place, &log).await {
            for moment in MOMENTS {
                for (change, code, races) in [
                    (Change::BankDetails, "PAYMENT_DETAILS_CHANGED", &[APPROVAL, SUBMISSION][..]),
                    (Change::PayoutPolicy, "PAYOUT_BELOW_MINIMUM", &[REQUEST]),
                    (Change::DealPolicy, "CERTIFICATE_REQUIRED", &[REGISTRATION]),
                    (Change::Suspension, "PARTNER_SUSPENDED", &RACES),
                    (Change::Termination, "PARTNER_TERMINATED", &[REQUEST, REGISTRATION]),
                ] {
                    for race in races {
                        let at = (&log, &rival, moment, change);
                        let refused = apart(|| race(at)).await;
                        assert_eq!(refused, Err(code.into()), "{place}: {moment:?}: {change:?}");
                    }
                }
            }
        }
    }
}

/// Whoever else writes: this process, and another one where the engine lets several share a log.
pub(super) async fn rivals(place: &Place, log: &Log) -> Vec<Log> {
    match &place.target {
        eventlog::Target::Sqlite { .. } => vec![log.clone()],
        eventlog::Target::Postgres { .. } => vec![log.clone(), place.log().await],
    }
}

type At<'a> = (&'a Log, &'a Log, Moment, Change);
type Race = for<'a> fn(At<'a>) -> BoxFuture<'a, Result<(), String>>;

const APPROVAL: Race = |at| approval(at).boxed();
const SUBMISSION: Race = |at| submission(at).boxed();
const REQUEST: Race = |at| request(at).boxed();
const REGISTRATION: Race = |at| registration(at).boxed();
const RACES: [Race; 4] = [APPROVAL, SUBMISSION, REQUEST, REGISTRATION];

/// A race whose two sides do not wait for one and the same turn: of one process, they now and then fall on one stripe,
/// and the rival is asked for from within the other's turn. Then others race.
async fn apart<T, F: Future<Output = T>>(race: impl Fn() -> F) -> T {
    for _ in 0..5 {
        if let Ok(outcome) = tokio::time::timeout(PATIENCE, race()).await {
            return outcome;
        }
    }
    panic!("it waits whoever races");
}

async fn approval((log, rival, moment, change): At<'_>) -> Result<(), String> {
    let trade = Trade::set_up(log).await;
    let payout = requested(&trade).await;
    let command = ("approvePayout", json!({ "payout": payout }));
    raced::<Wallet>(&trade, trade.wallet(), fiona(), command, (rival, moment, change)).await
}

async fn submission((log, rival, moment, change): At<'_>) -> Result<(), String> {
    let trade = Trade::set_up(log).await;
    let payout = requested(&trade).await;
    trade.done("approvePayout", trade.wallet(), fiona(), json!({ "payout": payout })).await;
    let command = ("submitPayout", json!({ "payout": payout, "provider_key": "key" }));
    raced::<Wallet>(&trade, trade.wallet(), fiona(), command, (rival, moment, change)).await
}

async fn request((log, rival, moment, change): At<'_>) -> Result<(), String> {
    let trade = Trade::set_up(log).await;
    let command = ("requestPayout", hundred(Uuid::now_v7()));
    let race = (rival, moment, change);
    raced::<Wallet>(&trade, trade.wallet(), trade.member(), command, race).await
}

async fn registration((log, rival, moment, change): At<'_>) -> Result<(), String> {
    let trade = Trade::set_up(log).await;
    let command = ("registerDeal", trade.deal());
    let race = (rival, moment, change);
    raced::<Deal>(&trade, Uuid::now_v7(), trade.member(), command, race).await
}

/// Carries a command out while the change happens at its moment, once; the code of the refusal where it is refused.
async fn raced<A>(
    trade: &Trade,
    id: Uuid,
    by: Actor,
    (name, fields): (&str, Value),
    (rival, moment, change): (&Log, Moment, Change),
) -> Result<(), String>
where
    A: Facted + Clone + Of + 'static,
    A::Command: Clone + Send + Sync + 'static,
    A::Error: Into<Refusal> + Send + 'static,
{
    let (rival, happened) = (trade.through(rival), Arc::new(AtomicBool::new(false)));
    let (partner, execution) = (trade.partner, execution::<A>(id, by, name, fields));
    let outcome = trade.log.execute::<A, _>(execution, move |aggregate, command, streams| {
        let (rival, first) = (rival.clone(), !happened.swap(true, Ordering::Relaxed));
        async move {
            if moment == Moment::Between {
                streams.load::<Partner>(partner).await?;
                streams.load::<Program>(rival.program).await?;
            }
            if first && moment != Moment::After {
                happen(&rival, change).await;
            }
            let facts = aggregate.facts(command, streams).await?;
            if first && moment == Moment::After {
                happen(&rival, change).await;
            }
            Ok(facts.into())
        }
        .boxed()
    });
    match outcome.await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Refused(refusal)) => Err(code(refusal.into())),
        Err(other) => panic!("nothing is broken, and yet: {other:?}"),
    }
}

fn code(refusal: Refusal) -> String {
    refusal.code.to_owned()
}

async fn happen(trade: &Trade, change: Change) {
    match change {
        Change::BankDetails => trade.set_payment_details(IBANS[1]).await,
        Change::PayoutPolicy => trade.publish_payout_policy("500.00").await,
        Change::DealPolicy => trade.publish_deal_policy(true).await,
        Change::Suspension => trade.suspend().await,
        Change::Termination => trade.terminate().await,
    }
}

/// An aggregate whose commands can be told by name.
trait Of: Aggregate {
    fn of(id: Uuid, by: Actor, command: Command) -> Self::Command;
}

impl Of for Wallet {
    fn of(id: Uuid, by: Actor, command: Command) -> Self::Command {
        let Command::Wallet(_, command) = command else {
            panic!("{} is of another", command.name())
        };
        issued(id, by, command)
    }
}

impl Of for Deal {
    fn of(id: Uuid, by: Actor, command: Command) -> Self::Command {
        let Command::Deal(_, command) = command else { panic!("{} is of another", command.name()) };
        issued(id, by, command)
    }
}

fn issued<C>(id: Uuid, by: Actor, command: C) -> Issued<C> {
    Issued {
        by,
        target: id,
        at: SystemClock.now(),
        dated: false,
        command_id: CommandId(Uuid::now_v7()),
        command,
    }
}

fn execution<A: Of>(id: Uuid, by: Actor, name: &str, fields: Value) -> Execution<A::Command> {
    let command_id = CommandId(Uuid::now_v7());
    let provenance = Provenance {
        command_id,
        fingerprint: [0; 32],
        occurred_at: SystemClock.now(),
        actor: by.clone(),
        causation_id: None,
        correlation_id: command_id.0,
    };
    let command = A::of(id, by, Command::parse(name, id, fields).expect(name));
    Execution { aggregate_id: id, command, provenance, expected_version: None }
}

fn fiona() -> Actor {
    Actor::of(Role::Finance, "fiona")
}

fn hundred(payout: Uuid) -> Value {
    json!({ "payout": payout, "amount": { "amount": "100.00", "currency": "EUR" } })
}

/// A new payout of 100.00 EUR.
async fn requested(trade: &Trade) -> Uuid {
    let payout = Uuid::now_v7();
    trade.done("requestPayout", trade.wallet(), trade.member(), hundred(payout)).await;
    payout
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_another_process_has_changed_neither_allows_nor_forbids() {
    let place = Place::postgres().await;
    let (log, other) = (place.log().await, place.log().await);
    let trade = Trade::set_up(&log).await;
    let rival = trade.through(&other);
    let ask = || trade.ask("registerDeal", Uuid::now_v7(), trade.member(), trade.deal());
    for _ in 0..3 {
        assert!(matches!(ask().await, Outcome::Done(_)), "it is allowed");
        rival.publish_deal_policy(true).await;
        let Outcome::Refused(refusal) = ask().await else { panic!("it is forbidden") };
        assert_eq!(code(refusal), "CERTIFICATE_REQUIRED");
        rival.publish_deal_policy(false).await;
    }
}

const TRADES: usize = 4;
const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn in_the_order_of_the_log_every_event_is_allowed_by_what_stands_before_it() {
    for place in places().await {
        let log = place.log().await;
        let mut work = tokio::task::JoinSet::new();
        for rival in rivals(&place, &log).await {
            for _ in 0..TRADES {
                let trade = Trade::set_up(&log).await;
                let rival = trade.through(&rival);
                let over = Arc::new(AtomicBool::new(false));
                work.spawn(pay(trade, over.clone()));
                work.spawn(register(rival.clone(), over.clone()));
                work.spawn(change(rival, over));
            }
        }
        while let Some(done) = work.join_next().await {
            done.expect("nothing is broken");
        }
        let (allowed, changed) = judged(&log).await;
        assert!(allowed > ROUNDS && changed > TRADES * ROUNDS, "{allowed}, {changed}");
    }
}

/// Asks for payouts and brings them as far as they will go.
async fn pay(trade: Trade, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        let (wallet, payout) = (trade.wallet(), Uuid::now_v7());
        trade.ask("requestPayout", wallet, trade.member(), hundred(payout)).await;
        trade.ask("approvePayout", wallet, fiona(), json!({ "payout": payout })).await;
        let submit = json!({ "payout": payout, "provider_key": "key" });
        let submitted = trade.ask("submitPayout", wallet, fiona(), submit).await;
        if matches!(submitted, Outcome::Refused(_)) {
            trade.ask("cancelPayout", wallet, fiona(), json!({ "payout": payout })).await;
        } else {
            let fee = json!({ "amount": "0.00", "currency": "EUR" });
            let settle = json!({ "payout": payout, "fee": fee });
            trade.ask("settlePayout", wallet, fiona(), settle).await;
        }
    }
}

async fn register(trade: Trade, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Relaxed) {
        trade.ask("registerDeal", Uuid::now_v7(), trade.member(), trade.deal()).await;
    }
}

/// Forbids and allows again, over and over.
async fn change(trade: Trade, over: Arc<AtomicBool>) {
    for round in 0..ROUNDS {
        trade.set_payment_details(IBANS[round % 2]).await;
        for (minimum, certificate) in [("500.00", true), ("50.00", false)] {
            trade.publish_payout_policy(minimum).await;
            trade.publish_deal_policy(certificate).await;
        }
        trade.suspend().await;
        trade.reinstate().await;
    }
    over.store(true, Ordering::Relaxed);
}

/// Folds the log and holds every event that rests on facts to them as they stood right before it; how many there were,
/// and how many changed a fact.
async fn judged(log: &Log) -> (usize, usize) {
    let (mut allowed, mut changed) = (0, 0);
    let (mut programs, mut partners) =
        (HashMap::<Uuid, Program>::new(), HashMap::<Uuid, Partner>::new());
    let (mut owners, mut payouts) = (HashMap::new(), HashMap::new());
    for raw in whole(log).await {
        let recorded = decode(raw.envelope, &raw.payload).expect("every event decodes");
        let (id, at) = (recorded.envelope.aggregate_id, recorded.envelope.occurred_at);
        match recorded.event {
            Event::Account(_) => {}
            Event::Program(event) => {
                changed += 1;
                programs.entry(id).or_default().apply(*event);
            }
            Event::Partner(event) => {
                let changes = matches!(*event, PartnerEvent::Bank(_) | PartnerEvent::Standing(_));
                changed += usize::from(changes);
                partners.entry(id).or_default().apply(*event);
            }
            Event::Deal(event) => {
                let DealEvent::Registered { program, partner, policy_version, .. } = *event else {
                    continue;
                };
                stands(&partners, partner.0, at);
                let policy = rulebook(&programs, program.0).deal_policy_at(at).expect("in force");
                assert_eq!(policy.version, policy_version);
                assert!(!policy.body.certificate_required, "a certificate was required by then");
                allowed += 1;
            }
            Event::Reservation(_) => {} // Taken with what rests on it.
            Event::Wallet(event) => match *event {
                WalletEvent::Accrued { accrual } => {
                    owners.insert(id, (accrual.program.0, accrual.partner.0));
                }
                WalletEvent::PayoutRequested {
                    payout, amount, details_id, policy_version, ..
                } => {
                    let (program, partner) = owners[&id];
                    stands(&partners, partner, at);
                    let policy =
                        rulebook(&programs, program).payout_policy_at(at).expect("in force");
                    assert_eq!(policy.version, policy_version);
                    assert!(
                        policy.body.minimum.iter().all(|minimum| minimum.minor <= amount.minor)
                    );
                    assert_eq!(details(&partners, partner), details_id);
                    payouts.insert(payout, details_id);
                    allowed += 1;
                }
                WalletEvent::PayoutApproved { payout, .. }
                | WalletEvent::PayoutSubmitted { payout, .. } => {
                    let (_, partner) = owners[&id];
                    stands(&partners, partner, at);
                    assert_eq!(
                        details(&partners, partner),
                        payouts[&payout],
                        "paid elsewhere by then"
                    );
                    allowed += 1;
                }
                WalletEvent::Matured { .. }
                | WalletEvent::PayoutCancelled { .. }
                | WalletEvent::PayoutRejected { .. }
                | WalletEvent::PayoutPaid { .. }
                | WalletEvent::Frozen { .. }
                | WalletEvent::FundsFrozen { .. }
                | WalletEvent::Unfrozen { .. } => {}
            },
        }
    }
    (allowed, changed)
}

fn rulebook(programs: &HashMap<Uuid, Program>, id: Uuid) -> &Rulebook {
    programs[&id].rulebook().expect("it is open")
}

fn stands(partners: &HashMap<Uuid, Partner>, id: Uuid, at: DateTime<Utc>) {
    let active = partners[&id].active().expect("it is active");
    assert_eq!(active.standing.good_at(at), Ok(()), "it was suspended by then");
}

fn details(partners: &HashMap<Uuid, Partner>, id: Uuid) -> DetailsId {
    let active = partners[&id].active().expect("it is active");
    active.payment_details.as_ref().expect("they are known").id
}
