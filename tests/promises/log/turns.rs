//! Commands whose facts others write without a pause (contention): they get their turn, and nothing is folded twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use api::{
    commands::{Outcome, Request},
    fault::Fault,
};
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use domain::{Actor, Command, CommandId, facts::Streams as _};
use eventlog::{ExecuteError, Log};
use futures::FutureExt;
use serde_json::{Value, json};
use tests::{Trade, places, trade::IBANS, vendor};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::account::*;
use super::races::rivals;

/// How many register deals at once, and how often each of the streams that they rest on is written in the meantime.
const SELLERS: usize = 8;
const WRITTEN: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_rests_on_streams_that_never_rest_is_not_turned_away() {
    for place in places().await {
        let log = place.log().await;
        for (nth, rival) in rivals(&place, &log).await.into_iter().enumerate() {
            let trade = Trade::set_up(&log).await;
            let over = Arc::new(AtomicBool::new(false));
            let mut work = JoinSet::new();
            (0..SELLERS).for_each(|_| drop(work.spawn(sell(trade.clone(), over.clone()))));
            work.spawn(be_paid(trade.clone(), over.clone()));
            let writes: [Writes; 2] = [account_changed, policy_published];
            let writers = writes.map(|writes| write(trade.through(&rival), writes));
            let written: Vec<Asked> = futures::future::join_all(writers).await;
            over.store(true, Ordering::Relaxed);
            let asked = work.join_all().await;
            let turned_away: usize = asked.iter().map(|asked| asked.turned_away).sum();
            let all: usize = asked.iter().map(|asked| asked.times).sum();
            assert!(asked.iter().all(|asked| asked.times > 0), "{asked:?}");
            let of_another_process = nth > 0;
            let allowed = if of_another_process { all / 20 } else { 0 }; // Of another's, hardly ever one.
            assert!(turned_away <= allowed, "{turned_away} of {all} at {place}");
            assert!(written.iter().all(|asked| asked.turned_away == 0), "{written:?} at {place}");
        }
    }
}

/// How often somebody asked, and how often that was a conflict.
#[derive(Clone, Copy, Default, Debug)]
struct Asked {
    times: usize,
    turned_away: usize,
}

impl Asked {
    async fn ask(&mut self, trade: &Trade, name: &str, id: Uuid, by: Actor, fields: Value) {
        let (at, expected_version, cause) = (None, None, None);
        let command_id = CommandId(Uuid::now_v7());
        let command = Command::parse(name, id, fields).expect(name);
        let request = Request { command_id, by, at, expected_version, cause, command };
        self.times += 1;
        match trade.commands.execute(request).await {
            Ok(Outcome::Done(_)) => {}
            Ok(Outcome::Refused(refusal)) if refusal.code == "PAYOUT_UNKNOWN" => {} // It was turned away.
            Err(Fault::Conflict) => self.turned_away += 1,
            other => panic!("{name}: {other:?}"),
        }
    }
}

async fn sell(trade: Trade, over: Arc<AtomicBool>) -> Asked {
    let mut asked = Asked::default();
    while !over.load(Ordering::Relaxed) {
        let (id, by) = (Uuid::now_v7(), trade.member());
        asked.ask(&trade, "registerDeal", id, by, trade.deal()).await;
    }
    asked
}

async fn be_paid(trade: Trade, over: Arc<AtomicBool>) -> Asked {
    let mut asked = Asked::default();
    while !over.load(Ordering::Relaxed) {
        let (payout, wallet) = (Uuid::now_v7(), trade.wallet());
        let amount = json!({ "amount": "100.00", "currency": "EUR" });
        let request = json!({ "payout": payout, "amount": amount });
        asked.ask(&trade, "requestPayout", wallet, trade.member(), request).await;
        let (cancel, by) = (json!({ "payout": payout }), trade.member());
        asked.ask(&trade, "cancelPayout", wallet, by, cancel).await;
    }
    asked
}

/// One more event on a stream that others rest on.
type Writes = fn(&Trade, usize) -> (&'static str, Uuid, Actor, Value);

fn account_changed(trade: &Trade, nth: usize) -> (&'static str, Uuid, Actor, Value) {
    let fields = json!({ "account_holder": "Alfa sp. z o.o.", "iban": IBANS[nth % 2] });
    ("setPaymentDetails", trade.partner, trade.member(), fields)
}

fn policy_published(trade: &Trade, _: usize) -> (&'static str, Uuid, Actor, Value) {
    let policy = json!({ "minimum": [{ "amount": "50.00", "currency": "EUR" }] });
    let fields = json!({ "effective_from": "2025-01-01T00:00:00Z", "policy": policy });
    ("publishPayoutPolicy", trade.program, vendor("vera", "publishPayoutPolicy"), fields)
}

async fn write(trade: Trade, writes: Writes) -> Asked {
    let mut asked = Asked::default();
    for nth in 0..WRITTEN {
        let (name, id, by, fields) = writes(&trade, nth);
        asked.ask(&trade, name, id, by, fields).await;
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn in_one_process_nothing_comes_before_a_second_attempt() {
    for place in places().await {
        let log = place.log().await;
        let (fact, over) = (Uuid::now_v7(), Arc::new(AtomicBool::new(false)));
        let mut work = JoinSet::new();
        for _ in 0..SELLERS {
            let (log, over) = (log.clone(), over.clone());
            work.spawn(async move {
                let mut most = 0;
                while !over.load(Ordering::Relaxed) {
                    let attempts = disturbed(&log, Uuid::now_v7(), fact, 0).await;
                    most = most.max(attempts.expect("it is taken"));
                }
                most
            });
        }
        for _ in 0..WRITTEN {
            issue(&log, fact, deposit(1)).await.expect("it is taken");
        }
        over.store(true, Ordering::Relaxed);
        assert_eq!(work.join_all().await.into_iter().max(), Some(2), "attempts at {place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_decided_again_until_nothing_comes_first() {
    for place in places().await {
        let log = place.log().await;
        let (account, fact) = (Uuid::now_v7(), Uuid::now_v7());
        let asked = disturbed(&log, account, fact, 12).await.expect("it is quiet in the end");
        assert_eq!(asked, 13, "whoever writes from elsewhere waits for no turn");
        let never = disturbed(&log, account, fact, usize::MAX).await;
        assert!(matches!(never, Err(ExecuteError::Conflict)), "{never:?}");
    }
}

/// Deposits while another process moves a fact of the decision in so many attempts; how many attempts there were.
async fn disturbed(
    log: &Log,
    account: Uuid,
    fact: Uuid,
    times: usize,
) -> Result<usize, ExecuteError<AccountRefusal>> {
    let (elsewhere, attempts) = (log.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = attempts.clone();
    let deposit = command(new_command(), account, deposit(1));
    log.execute::<Account, _>(deposit, move |_, _, streams| {
        let (elsewhere, attempt) = (elsewhere.clone(), counted.fetch_add(1, Ordering::Relaxed));
        async move {
            streams.load::<Account>(fact).await?;
            if attempt < times {
                deposit_elsewhere(&elsewhere, fact).await;
            }
            Ok(())
        }
        .boxed()
    })
    .await?;
    Ok(attempts.load(Ordering::Relaxed))
}

/// As another process would, without a turn.
async fn deposit_elsewhere(log: &Log, account: Uuid) {
    let (_, version) = log.load::<Account>(account).await.expect("it loads");
    log.append(deposits(new_command(), account, version, 1)).await.expect("it is the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_that_was_given_first_is_what_the_append_is_held_to() {
    for place in places().await {
        let log = place.log().await;
        let (fact, elsewhere) = (Uuid::now_v7(), log.clone());
        let attempts = Arc::new(AtomicUsize::new(0));
        let counted = attempts.clone();
        let deposit = command(new_command(), Uuid::now_v7(), deposit(1));
        let done = log.execute::<Account, _>(deposit, move |_, _, streams| {
            let (elsewhere, first) =
                (elsewhere.clone(), counted.fetch_add(1, Ordering::Relaxed) == 0);
            async move {
                let before = streams.load::<Account>(fact).await?.balance;
                if first {
                    deposit_elsewhere(&elsewhere, fact).await;
                }
                let after = streams.load::<Account>(fact).await?.balance;
                assert_eq!((before, after), if first { (0, 1) } else { (1, 1) });
                Ok(())
            }
            .boxed()
        });
        assert_eq!(done.await.expect("it is taken").events(), 1);
        assert_eq!(attempts.load(Ordering::Relaxed), 2, "what was seen first counts");
    }
}

/// How many events a test has read from its logs.
static READ: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Changes nothing, and is asked about every event that is read.
struct Counting(usize);

impl EventUpcaster for Counting {
    fn can_upcast(&self, _: &str, _: &str) -> bool {
        READ[self.0].fetch_add(1, Ordering::Relaxed);
        false
    }

    fn upcast(&self, event: SerializedEvent) -> SerializedEvent {
        event
    }
}

fn counting<const TEST: usize>() -> Vec<Box<dyn EventUpcaster>> {
    vec![Box::new(Counting(TEST))]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_comes_too_late_is_not_paid_for_by_folding_everything_anew() {
    for place in places().await {
        let log = place.log().await.upcasting(counting::<0>);
        let (account, fact) = (Uuid::now_v7(), Uuid::now_v7());
        log.append(deposits(new_command(), account, 0, 500)).await.expect("it is new");
        issue(&log, account, deposit(1)).await.expect("a deposit is taken");
        let before = READ[0].load(Ordering::Relaxed);
        disturbed(&log, account, fact, 4).await.expect("it is quiet in the end");
        let read = READ[0].load(Ordering::Relaxed) - before;
        assert!(read < 30, "{read} events, where the fact has 4 and was asked for 9 times");
        let (state, version) = log.load::<Account>(account).await.expect("it loads");
        assert_eq!((state.balance, version), (502, 502), "and it is counted once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_at_a_position_is_read_that_far_and_once() {
    for place in places().await {
        let log = place.log().await.upcasting(counting::<1>);
        let fact = Uuid::now_v7();
        log.append(deposits(new_command(), fact, 0, 300)).await.expect("it is new");
        issue(&log, fact, deposit(1)).await.expect("it is kept by now");
        for (position, reads) in [(3, 3), (3, 0), (5, 2), (300, 295), (301, 0), (2, 2), (0, 0)] {
            let before = READ[1].load(Ordering::Relaxed);
            let account = command(new_command(), Uuid::now_v7(), deposit(1));
            let done = log.execute::<Account, _>(account, move |_, _, streams| {
                async move {
                    let state = streams.load_until::<Account>(fact, position).await?;
                    assert_eq!(state.balance, position as i64);
                    Ok(())
                }
                .boxed()
            });
            let events = done.await.expect("it is taken").events();
            let read = READ[1].load(Ordering::Relaxed) - before;
            assert_eq!((events, read), (1, reads), "at {position}");
        }
    }
}
