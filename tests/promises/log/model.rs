//! The log against a model of it: whatever is asked in whatever order, both answer the same.

use std::collections::HashMap;
use std::sync::Arc;

use domain::CommandId;
use eventlog::{Append, AppendError, Log, SystemClock};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use tests::Place;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::account::*;

const STREAMS: u64 = 3;
const COMMANDS: u64 = 12;

/// What the log holds.
#[derive(Clone, Default, Debug)]
struct Model {
    sequences: HashMap<u64, u64>,
    applied: HashMap<u64, (Ask, u64)>,
    length: u64,
}

/// One append, in small numbers.
#[derive(Clone, PartialEq, Debug)]
struct Ask {
    command: u64,
    body: u8,
    stream: u64,
    expected: u64,
    events: u64,
}

#[derive(Clone, Debug)]
enum Step {
    /// These at once, so that they share batches.
    Append(Vec<Ask>),
    Reopen,
}

/// First position, whether it is a duplicate; or why not.
#[derive(Clone, PartialEq, Debug)]
enum Answer {
    Taken { first: u64, duplicate: bool },
    Conflict,
    Reused,
}

impl Model {
    fn append(&mut self, ask: &Ask) -> Answer {
        if let Some((before, first)) = self.applied.get(&ask.command) {
            let same = before.body == ask.body && before.stream == ask.stream;
            return if same {
                Answer::Taken { first: *first, duplicate: true }
            } else {
                Answer::Reused
            };
        }
        let sequence = self.sequences.entry(ask.stream).or_default();
        if *sequence != ask.expected {
            return Answer::Conflict;
        }
        *sequence += ask.events;
        let first = self.length + 1;
        self.length += ask.events;
        self.applied.insert(ask.command, (ask.clone(), first));
        Answer::Taken { first, duplicate: false }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let sequences = state.sequences.clone();
        let ask = (0..COMMANDS, 0..2_u8, 0..STREAMS, 1..4_u64, -1..3_i64);
        let ask = ask.prop_map(move |(command, body, stream, events, off)| {
            let sequence = sequences.get(&stream).copied().unwrap_or(0);
            let expected = sequence.saturating_add_signed(off.min(1) * (off % 2));
            Ask { command, body, stream, expected, events }
        });
        prop_oneof![9 => prop::collection::vec(ask, 1..6).prop_map(Step::Append), 1 => Just(Step::Reopen)].boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::Append(asks) => {
                for ask in asks {
                    state.append(ask);
                }
            }
            Step::Reopen => {}
        }
        state
    }
}

/// The real one, and the model as it was before the step.
struct Real {
    place: Place,
    log: Log,
    names: Uuid,
    before: Model,
}

/// On which engine; the machine has no other way to be told.
struct OnSqlite;
struct OnPostgres;

macro_rules! machine {
    ($engine:ty, $place:expr) => {
        impl StateMachineTest for $engine {
            type SystemUnderTest = Real;
            type Reference = Model;

            fn init_test(_: &Model) -> Real {
                Handle::current().block_on(async {
                    let place = $place;
                    let log = place.log().await;
                    Real { place, log, names: Uuid::now_v7(), before: Model::default() }
                })
            }

            fn apply(real: Real, after: &Model, step: Step) -> Real {
                Handle::current().block_on(real.step(after, step))
            }

            fn teardown(real: Real, model: Model) {
                let events = Handle::current().block_on(whole(&real.log));
                assert_eq!(events.len() as u64, model.length);
            }
        }
    };
}

machine!(OnSqlite, Place::sqlite());
machine!(OnPostgres, Place::postgres().await);

impl Real {
    async fn step(mut self, after: &Model, step: Step) -> Self {
        match step {
            Step::Append(asks) => {
                let expected: Vec<Answer> =
                    asks.iter().map(|ask| self.before.append(ask)).collect();
                let appends = asks.iter().map(|ask| self.log.append(self.append(ask)));
                let answers = futures::future::join_all(appends).await.into_iter().map(answer);
                assert_eq!(answers.collect::<Vec<_>>(), expected);
            }
            Step::Reopen => {
                self.log.close().await;
                let place = self.place;
                drop(self.log);
                let log = Log::open(place.target.clone(), Arc::new(SystemClock))
                    .await
                    .expect("it opens again");
                self = Self { place, log, ..self };
            }
        }
        self.before = after.clone();
        self
    }

    fn append(&self, ask: &Ask) -> Append {
        let name = |kind: &str, number: u64| {
            Uuid::new_v5(&self.names, format!("{kind}/{number}").as_bytes())
        };
        let command = CommandId(name("command", ask.command));
        let mut append =
            deposits(command, name("stream", ask.stream), ask.expected, ask.events as usize);
        append.provenance.fingerprint = [ask.body; 32];
        append
    }
}

fn answer(answer: Result<eventlog::Receipt, AppendError>) -> Answer {
    match answer {
        Ok(receipt) => {
            Answer::Taken { first: receipt.first_position, duplicate: receipt.duplicate }
        }
        Err(AppendError::Conflict) => Answer::Conflict,
        Err(AppendError::CommandIdReused) => Answer::Reused,
        Err(other) => panic!("nothing is broken, and yet: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_answers_as_its_model_does() {
    tokio::task::block_in_place(|| {
        check::<OnSqlite>(40);
        check::<OnPostgres>(25);
    });
}

fn check<M: StateMachineTest<Reference = Model>>(cases: u32) {
    let seed = std::env::var("ACCORD_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    eprintln!("to see this again: ACCORD_TEST_SEED={seed}");
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    };
    let steps = Model::sequential_strategy(1..30);
    let outcome = TestRunner::new(config.clone()).run(&steps, |(initial, steps, seen)| {
        M::test_sequential(config.clone(), initial, steps, seen);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("with seed {seed}: {error}");
    }
}
