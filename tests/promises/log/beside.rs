//! What happens to two streams at once (a cross-stream invariant): both or neither, and an address has one login.

use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use domain::{Personal, SubjectId};
use eventlog::{Append, AppendError, ExecuteError, Execution, Log, NewEvent, Part, Receipt};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use tests::places;
use uuid::Uuid;

use super::account::{
    Account, AccountEvent, by_command, deposits, fingerprint, new_command, provenance, whole,
};
use super::raw::Raw;

/// A login, whose address nobody else's may be.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Login {
    address: Option<Uuid>,
}

/// Whose an address is.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Address {
    login: Option<Uuid>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Registered {
    address: Uuid,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Taken {
    login: Uuid,
}

#[derive(Debug, thiserror::Error)]
#[error("another login has this address")]
struct AddressTaken;

impl DomainEvent for Registered {
    fn event_type(&self) -> String {
        "login-registered".into()
    }

    fn event_version(&self) -> String {
        "1".into()
    }
}

impl DomainEvent for Taken {
    fn event_type(&self) -> String {
        "address-taken".into()
    }

    fn event_version(&self) -> String {
        "1".into()
    }
}

impl Aggregate for Login {
    const TYPE: &'static str = "login";
    type Command = Registered;
    type Event = Registered;
    type Error = AddressTaken;
    type Services = Arc<Address>;

    async fn handle(
        &mut self,
        asked: Registered,
        address: &Arc<Address>,
        sink: &EventSink<Self>,
    ) -> Result<(), AddressTaken> {
        if self.address == Some(asked.address) {
            return Ok(());
        }
        if address.login.is_some() {
            return Err(AddressTaken);
        }
        sink.write(asked, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Registered) {
        self.address = Some(event.address);
    }
}

impl Aggregate for Address {
    const TYPE: &'static str = "address";
    type Command = ();
    type Event = Taken;
    type Error = AddressTaken;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), AddressTaken> {
        Ok(())
    }

    fn apply(&mut self, event: Taken) {
        self.login = Some(event.login);
    }
}

fn registration(login: Uuid, address: Uuid) -> Execution<Registered> {
    let provenance = provenance(new_command(), fingerprint("register"));
    let command = Registered { address };
    Execution { aggregate_id: login, command, provenance, expected_version: None }
}

async fn register(
    log: &Log,
    login: Uuid,
    address: Uuid,
) -> Result<Receipt, ExecuteError<AddressTaken>> {
    log.execute::<Login, _>(registration(login, address), move |_, asked, streams| {
        async move { streams.load_with(asked.address, |_: &Address| vec![Taken { login }]).await }
            .boxed()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_logins_that_want_one_address_one_has_it() {
    for place in places().await {
        let log = place.log().await;
        let rival = match &place.target {
            eventlog::Target::Sqlite { .. } => log.clone(),
            eventlog::Target::Postgres { .. } => place.log().await,
        };
        let addresses: Vec<Uuid> = (0..10).map(|_| Uuid::now_v7()).collect();
        let asked = addresses.iter().flat_map(|address| {
            let through = [&log, &rival].into_iter().cycle().take(8);
            through.map(|log| register(log, Uuid::now_v7(), *address))
        });
        let answers = futures::future::join_all(asked).await;
        let refused =
            |answer: &&Result<Receipt, _>| matches!(answer, Err(ExecuteError::Refused(_)));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
        assert_eq!(answers.iter().filter(refused).count(), 70, "{answers:?}");
        let events = whole(&log).await;
        assert_eq!(events.len(), 20, "an event on each stream, and nothing of those who lost");
        assert!(by_command(&events).values().all(|events| *events == 2));
        for address in addresses {
            let (state, version) = log.load::<Address>(address).await.expect("it loads");
            let login = state.login.expect("it is taken");
            let (state, _) = log.load::<Login>(login).await.expect("it loads");
            assert_eq!((state.address, version), (Some(address), 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_decision_does_not_bring_about_does_not_happen_elsewhere_either() {
    for place in places().await {
        let log = place.log().await;
        let (login, address) = (Uuid::now_v7(), Uuid::now_v7());
        register(&log, login, address).await.expect("it is free");
        let again = register(&log, login, address).await.expect("it is so already");
        assert_eq!((again.events(), whole(&log).await.len()), (0, 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_two_streams_are_appended_both_or_neither_under_one_receipt() {
    for place in places().await {
        let log = place.log().await;
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        let both = |expected, beside| {
            let append = deposits(new_command(), one, expected, 2);
            Append { beside: vec![part(other, beside, 3)], ..append }
        };
        let first = both(0, 0);
        let receipt = log.append(first.clone()).await.expect("both are new");
        assert_eq!((receipt.first_position, receipt.last_position), (1, 5));
        let again = log.append(first).await.expect("a retry is answered");
        assert_eq!(again, Receipt { duplicate: true, ..receipt });
        for (expected, beside) in [(1, 3), (2, 2), (3, 3), (2, 4)] {
            let answer = log.append(both(expected, beside)).await;
            assert!(
                matches!(answer, Err(AppendError::Conflict)),
                "{expected}, {beside}: {answer:?}"
            );
        }
        assert_eq!(whole(&log).await.len(), 5);
        log.append(both(2, 3)).await.expect("both are there");
        let streams = whole(&log).await;
        let of = |id| streams.iter().filter(|event| event.envelope.aggregate_id == id).count();
        assert_eq!((of(one), of(other)), (4, 6));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_twice_to_one_stream_is_appended_to_it_once_each() {
    for place in places().await {
        let log = place.log().await;
        let (login, address) = (Uuid::now_v7(), Uuid::now_v7());
        let taken = move |_: &Address| vec![Taken { login }];
        let done = log.execute::<Login, _>(registration(login, address), move |_, _, streams| {
            async move {
                streams.load_with(address, taken).await?;
                streams.load_with(address, taken).await
            }
            .boxed()
        });
        assert_eq!(done.await.expect("it is free").events(), 3);
        let (_, version) = log.load::<Address>(address).await.expect("it loads");
        assert_eq!((version, whole(&log).await.len()), (2, 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deciding_stream_is_no_second_one() {
    for place in places().await {
        let log = place.log().await;
        let login = Uuid::now_v7();
        let done = log.execute::<Login, _>(registration(login, login), move |_, _, streams| {
            async move {
                streams.load_with(login, |_: &Login| vec![Registered { address: login }]).await?;
                Ok(Arc::default())
            }
            .boxed()
        });
        let answer = done.await;
        assert!(matches!(answer, Err(ExecuteError::OwnBeside)), "{answer:?}");
        assert!(whole(&log).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_is_sealed_in_a_second_stream_as_well() {
    for place in places().await {
        let log = place.log().await;
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        let holder = Personal::new(SubjectId(Uuid::now_v7()), "Ann Archer".to_owned());
        let opened = AccountEvent::Opened { holder };
        let event = NewEvent {
            event_type: opened.event_type(),
            event_version: 1,
            payload: serde_json::to_string(&opened).expect("it has JSON"),
        };
        let beside = vec![Part { events: vec![event], ..part(other, 0, 0) }];
        let append = Append { beside, ..deposits(new_command(), one, 0, 1) };
        log.append(append).await.expect("both are new");
        let read = log.read_after(0, 10).await.expect("the log reads");
        let mut read = log.open_events(read).await.expect("the keys are there");
        let in_its_place = read.pop().expect("two events").expect("it opens");
        assert!(in_its_place.payload.contains("Ann Archer"), "{}", in_its_place.payload);
        let stored = "SELECT CAST(payload AS text) FROM events ORDER BY position";
        let stored = Raw::of(&place).await.texts(stored).await;
        assert!(stored[1].contains("sealed") && !stored[1].contains("Archer"), "{stored:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_one_batch_an_append_conflicts_with_what_an_earlier_one_has_moved() {
    for place in places().await {
        let log = place.log().await;
        let fact = Uuid::now_v7();
        let resting = |version| Append {
            facts: vec![((Account::TYPE, fact), version)],
            ..deposits(new_command(), Uuid::now_v7(), 0, 1)
        };
        let moving = || deposits(new_command(), fact, 0, 1);
        // Whether they share a batch or not, the order in which they are handed over decides.
        let batch = [resting(0), moving(), resting(0), moving(), resting(1)];
        let answers = futures::future::join_all(batch.map(|append| log.append(append))).await;
        let taken: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(taken, [true, true, false, false, true]);
        let late = log.append(resting(0)).await;
        assert!(matches!(late, Err(AppendError::Conflict)), "{late:?}");
        log.append(resting(1)).await.expect("that is how far it has come");
    }
}

fn part(aggregate_id: Uuid, expected: u64, count: usize) -> Part {
    let append = deposits(new_command(), aggregate_id, expected, count);
    append.own
}
