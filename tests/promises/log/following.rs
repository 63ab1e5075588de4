//! Reading on as the log grows, in this process and in others.

use eventlog::Follower;
use futures::StreamExt;
use tests::places;
use uuid::Uuid;

use super::account::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_sees_every_event_once_and_in_order_while_others_append() {
    for place in places().await {
        let log = place.log().await;
        let followed = tokio::spawn(up_to(log.follow(0), 300));
        let deposits = (0..300).map(|_| issue(&log, Uuid::now_v7(), deposit(1)));
        futures::future::join_all(deposits).await;
        let positions = followed.await.expect("the follower goes on");
        assert_eq!(positions, (1..=300).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_hears_of_another_process() {
    let place = tests::Place::postgres().await;
    let (here, there) = (place.log().await, place.log().await);
    let followed = tokio::spawn(up_to(here.follow(0), 20));
    for _ in 0..20 {
        issue(&there, Uuid::now_v7(), deposit(1)).await.expect("a deposit is taken");
    }
    assert_eq!(followed.await.expect("the follower goes on").len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_reads_ahead_to_where_it_is_told() {
    for place in places().await {
        let log = place.log().await;
        let account = Uuid::now_v7();
        for nth in 0..5 {
            log.append(deposits(new_command(), account, nth * 1000, 1000))
                .await
                .expect("it is the end");
        }
        for (after, until, expected) in
            [(0, None, 5000), (0, Some(4321), 4321), (4000, None, 1000), (5000, None, 0)]
        {
            let pages: Vec<_> = log.stream(after, until).collect().await;
            let events: Vec<_> =
                pages.into_iter().flat_map(|page| page.expect("it can be read")).collect();
            assert_eq!(events.len(), expected, "after {after} until {until:?}");
            assert!(
                events
                    .iter()
                    .zip(after + 1..)
                    .all(|(event, position)| event.envelope.position == position)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_found_by_position_and_by_id_and_checkpoints_are_kept() {
    for place in places().await {
        let log = place.log().await;
        let receipt = log
            .append(deposits(new_command(), Uuid::now_v7(), 0, 3))
            .await
            .expect("the stream is new");
        let some = log.by_positions(&[3, 1, 9]).await.expect("they can be read");
        assert_eq!(some.iter().map(|event| event.envelope.position).collect::<Vec<_>>(), [1, 3]);
        let second = log.by_position(2).await.expect("it can be read").expect("it is there");
        assert_eq!(second.envelope.event_id, domain::EventId::of(receipt.command_id, 1));
        let (kind, id) = (second.envelope.aggregate_type.clone(), second.envelope.aggregate_id);
        let found = |id| log.event_in(&kind, id, second.envelope.event_id);
        assert_eq!(found(id).await.expect("it can be read"), Some(second.clone()));
        assert_eq!(
            found(Uuid::now_v7()).await.expect("it can be read"),
            None,
            "of another aggregate"
        );

        assert_eq!(log.checkpoint("views").await.expect("it can be read"), 0);
        log.set_checkpoint("views", 2).await.expect("it can be written");
        log.set_checkpoint("views", 3).await.expect("it can be written");
        assert_eq!(log.checkpoint("views").await.expect("it can be read"), 3);
    }
}

/// The positions that a follower sees, until it has seen `last`.
async fn up_to(mut follower: Follower, last: u64) -> Vec<u64> {
    let mut positions = vec![];
    while follower.position() < last {
        let events = follower.next(7).await.expect("the log can be read");
        positions.extend(events.into_iter().map(|event| event.envelope.position));
    }
    positions
}
