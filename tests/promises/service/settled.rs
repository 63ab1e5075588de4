//! Open items that are none any more: their effects came by way of another process, or somebody has said that they never
//! will. And how they are listed, page by page.

use api::{
    auth::Role,
    cli::open_items::{asked, dismissed, listed},
    commands::Outcome,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{CommandId, EventId, outcomes::OpenKind};
use eventlog::{Dismissal, Log, OpenItem, REACTOR};
use serde_json::{Value, json};
use tests::places;
use uuid::Uuid;

use super::super::views::ground::proof;
use super::open_items::{accounted, ask, open, start, uncreditable};
use super::{gauges::Gauges, opening, until};

/// An item as the process left it that tried it at `since`.
fn item(command_id: CommandId, code: &str, since: DateTime<Utc>) -> OpenItem {
    OpenItem {
        command_id,
        kind: OpenKind::Refused,
        event_id: EventId(Uuid::now_v7()),
        position: 1,
        command: "joinNetwork".into(),
        aggregate_id: Uuid::now_v7(),
        waits_for: None,
        code: code.into(),
        reason: "it was refused there".into(),
        since,
        tried_at: since,
        tries: 1,
        dismissed: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_has_carried_out_is_open_to_nobody() {
    for place in places().await {
        let log = place.log().await;
        let request = opening();
        let id = request.command_id;
        let commands =
            api::commands::Commands::new(log.clone(), std::sync::Arc::new(eventlog::SystemClock));
        let kept = async |code| log.keep_open(&item(id, code, log.now())).await.expect("taken");
        kept("NETWORK_TOO_DEEP").await;
        assert_eq!(open(&log).await.len(), 1, "{place}");
        let done = commands.execute(request).await;
        assert!(matches!(done, Ok(Outcome::Done(_))), "{done:?}");
        assert_eq!(open(&log).await, [], "{place}");
        assert!(log.open_counts().await.expect("they can be read").is_empty(), "{place}");
        assert!(log.not_come().await.expect("they can be read").open.is_empty(), "{place}");
        let (_, told) = listed(place.target.clone(), false).await.expect("beside it");
        assert_eq!(told, json!({ "open": 0, "items": [] }), "{place}");
        let (_, told) = asked(&place.target, None).await.expect("beside it");
        assert_eq!(told, json!({ "asked": 0 }), "{place}");

        // That somebody else's command has its id says nothing of an effect.
        kept("COMMAND_ID_REUSED").await;
        assert_eq!(open(&log).await.len(), 1, "{place}");
        assert!(log.not_come().await.expect("they can be read").open.contains(&id), "{place}");
        log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_comes_is_dismissed_beside_the_process_and_stays_for_an_auditor() {
    for place in places().await {
        let accrual = uncreditable(&place).await;
        let service = start(&place).await;
        accounted(&service.log).await;
        service.settle().await;
        let dismiss = async |id: Uuid, by: &str, reason: &str| {
            dismissed(&place.target, id, by.into(), reason.into()).await
        };
        for (by, reason) in [("", "Paid by hand"), ("ops", " "), ("ops", "\u{0}")] {
            assert!(dismiss(accrual.0, by, reason).await.is_err(), "{place}: {by:?} {reason:?}");
        }
        let unknown = dismiss(Uuid::nil(), "ops", "Paid by hand").await.expect_err("none");
        assert!(unknown.to_string().contains("no open item has the id"), "{unknown}");
        assert_eq!(open(&service.log).await.len(), 1, "{place}");

        let (_, told) = dismiss(accrual.0, "ops", "Paid by hand").await.expect("beside it");
        assert_eq!(told, json!({ "dismissed": accrual }), "{place}");
        assert_eq!(open(&service.log).await, [], "{place}");
        assert!(dismiss(accrual.0, "eve", "Again").await.is_err(), "{place}: once");
        let gauges = Gauges::default();
        {
            let health = service.health();
            until(async || {
                let _here = metrics::set_default_local_recorder(&gauges);
                health.measure().await;
                gauges.has("accord_open_items kind=failed")
                    && gauges.read("accord_open_items kind=failed") == 0.0
            })
            .await;
        }
        let effects = proof(&service.log).await.expect("it is explained").effects;
        assert_eq!((effects.due, effects.open, effects.dismissed), (2, 0, 1), "{place}");

        let (text, told) = listed(place.target.clone(), true).await.expect("beside it");
        assert!(text.contains("dismissed by ops on ") && text.contains("Paid by hand"), "{text}");
        assert_eq!(told["items"][0]["dismissed"]["by"], "ops", "{told}");
        let fields = "{ nodes { commandId dismissedBy dismissedFor } }";
        let query = |dismissed| format!("{{ openItems(dismissed: {dismissed}) {fields} }}");
        let answer = ask(&service, Role::Auditor, &query(true)).await.expect("it may");
        let kept =
            json!({ "commandId": accrual, "dismissedBy": "ops", "dismissedFor": "Paid by hand" });
        assert_eq!(answer["openItems"]["nodes"], json!([kept]), "{place}");
        let answer = ask(&service, Role::Auditor, &query(false)).await.expect("it may");
        assert_eq!(answer["openItems"]["nodes"], json!([]), "{place}");
        let refused = ask(&service, Role::Administrator, &query(true)).await;
        assert_eq!(refused, Err("FORBIDDEN".into()), "{place}: what was said may tell amounts");
        service.stop().await;

        // Neither who asks for all, nor a process that begins, nor one that comes to its event again tries it.
        let tried = async |log: &Log| {
            let page = eventlog::ItemPage { dismissed: true, most: 9, ..Default::default() };
            let items = log.item_page(page).await.expect("it can be read");
            let [item] = <[_; 1]>::try_from(items).expect("it stays");
            (item.tries, item.dismissed.map(|Dismissal { by, .. }| by))
        };
        let log = place.log().await;
        let before = tried(&log).await;
        log.set_checkpoint(REACTOR, 0).await.expect("it rewinds");
        log.keep_open(&item(accrual, "COMMAND_ID_REUSED", log.now())).await.expect("it is asked");
        log.close().await;
        drop(log);
        let (_, told) = asked(&place.target, None).await.expect("beside it");
        assert_eq!(told, json!({ "asked": 0 }), "{place}");
        let service = start(&place).await;
        accounted(&service.log).await;
        assert_eq!(tried(&service.log).await, before, "{place}");
        assert_eq!((before.1.as_deref(), open(&service.log).await.len()), (Some("ops"), 0));
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_was_dismissed_runs_no_more_and_is_not_late() {
    for place in places().await {
        let log = place.log().await;
        let trade = tests::Trade::without_money(&log).await;
        let lot = Uuid::now_v7();
        trade.accrue(lot, "2025-02-01T00:00:00Z").await;
        let events = tests::told(&log).await;
        let accrued = &events.last().expect("it is credited").envelope;
        let timer = CommandId(accrued.event_id.causes("timer/matureLot"));
        let late = OpenItem { position: accrued.position, ..item(timer, "LOT_NOT_DUE", log.now()) };
        log.keep_open(&late).await.expect("taken");
        dismissed(&place.target, timer.0, "ops".into(), "Reversed".into()).await.expect("may");
        trade.accrue(Uuid::now_v7(), "2025-02-02T00:00:00Z").await;
        log.close().await;
        drop((log, trade));
        let service = start(&place).await;
        let matured = async || {
            let told = tests::told(&service.log).await.into_iter();
            told.filter(|told| told.envelope.event_type == "commission-matured").count()
        };
        until(async || matured().await > 0).await;
        service.settle().await;
        assert_eq!(matured().await, 1, "{place}: the other one");
        let kept = service.log.not_come().await.expect("they can be read");
        assert!(kept.dismissed.contains(&timer) && kept.open.is_empty(), "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_items_are_listed_page_by_page_from_either_end() {
    for place in places().await {
        let service = start(&place).await;
        until(async || service.log.tasks().down().borrow().is_empty()).await;
        let then: DateTime<Utc> = "2025-03-01T12:00:00.123456Z".parse().expect("an instant");
        let mut expected = vec![];
        for nth in 0..7u32 {
            // Three of one instant.
            let since = then + TimeDelta::microseconds(i64::from(nth / 3));
            let kept = item(CommandId(Uuid::now_v7()), "NETWORK_TOO_DEEP", since);
            service.log.keep_open(&kept).await.expect("taken");
            expected.push(kept.command_id);
        }
        let page = async |arguments: &str| -> Result<Value, String> {
            let fields = "nodes { commandId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
            let query = format!("{{ openItems({arguments}) {{ {fields} }} }}");
            Ok(ask(&service, Role::Administrator, &query).await?["openItems"].take())
        };
        let ids = |page: &Value| {
            let nodes = page["nodes"].as_array().expect("a list").iter();
            nodes
                .map(|node| node["commandId"].as_str().expect("an id").to_owned())
                .collect::<Vec<_>>()
        };
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        for (count, end, onwards, more, from, to) in [
            ("first", "after", "endCursor", "hasNextPage", "after", false),
            ("last", "before", "startCursor", "hasPreviousPage", "before", true),
        ] {
            let (mut seen, mut cursor): (Vec<String>, Option<String>) = (vec![], None);
            loop {
                let place_of = cursor.map(|cursor| format!(", {end}: \"{cursor}\""));
                let told = page(&format!("{count}: 2{}", place_of.unwrap_or_default())).await;
                let told = told.expect("it may");
                seen = if to { [ids(&told), seen].concat() } else { [seen, ids(&told)].concat() };
                cursor = told["pageInfo"][onwards].as_str().map(str::to_owned);
                if told["pageInfo"][more] == json!(false) {
                    break;
                }
            }
            assert_eq!(seen, expected, "{place}: {from}");
        }
        for arguments in [
            "first: 101",
            "first: 1, last: 1",
            "after: \"abc\"",
            "after: \"0.x\"",
            "after: \"-200000000000000000.00000000000040008000000000000001\"",
        ] {
            assert_eq!(page(arguments).await, Err("BAD_USER_INPUT".into()), "{place}: {arguments}");
        }
        service.stop().await;
    }
}
