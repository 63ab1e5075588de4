//! Effects that do not come: ordinary outcomes are settled, everything else is an open item until it has come, and stands
//! in nobody's way.

use api::{
    auth::{Principal, Role},
    cli::open_items::{asked, listed},
    commands::{Commands, Outcome},
    graphql::{Settings, graph},
    http::TraceId,
    service::Service,
};
use domain::{CommandId, EventId, Partner, outcomes::OpenKind, wallet::WalletEvent};
use eventlog::{Log, OpenItem, REACTOR, Which};
use serde_json::{Value, json};
use tests::{Place, Trade, places, told};
use uuid::Uuid;

use super::super::{log::raw::Raw, views::ground::proof};
use super::{gauges::Gauges, opening, until};

pub(super) async fn open(log: &Log) -> Vec<OpenItem> {
    log.open_items(Which::All).await.expect("they can be read")
}

/// Waits until the reactor's account has come to the end of the log.
pub(super) async fn accounted(log: &Log) {
    until(async || {
        let head = *log.head().borrow();
        log.checkpoint(REACTOR).await.is_ok_and(|position| position == head)
    })
    .await;
}

async fn joined(log: &Log, partner: Uuid) -> bool {
    let (partner, _) = log.load::<Partner>(partner).await.expect("it loads");
    partner.active().is_some_and(|active| active.place.is_some())
}

/// A log in which a contract has earned something that cannot be credited: another command has the accrual's id.
pub(super) async fn uncreditable(place: &Place) -> CommandId {
    let log = place.log().await;
    let trade = Trade::without_money(&log).await;
    trade.earn().await;
    let status = told(&log).await.pop().expect("the status has changed");
    let calculation = domain::reactions::reactions(&status).pop().expect("it earns").command_id;
    let calculated = EventId::of(calculation, 0);
    let accrual = CommandId(calculated.causes("reaction/accrueCommission/0"));
    let mut taken = opening();
    taken.command_id = accrual;
    let done = trade.commands.execute(taken).await;
    assert!(matches!(done, Ok(Outcome::Done(_))), "{done:?}");
    log.close().await;
    accrual
}

pub(super) async fn start(place: &Place) -> Service {
    Service::start(place.target.clone()).await.expect("it starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_waits_for_its_inviter_and_comes_by_itself_once_that_has_joined() {
    for place in places().await {
        let service = start(&place).await;
        let log = &service.log;
        let trade = Trade::without_money(log).await;
        let (inviter, invited) = (Uuid::now_v7(), Uuid::now_v7());
        trade.candidate(inviter, None, 1).await;
        let terms =
            json!({ "document_hash": "b".repeat(64), "effective_from": "2025-02-01T00:00:00Z" });
        let vera = tests::vendor("vera", "publishTerms");
        trade.done("publishTerms", trade.program, vera, terms).await;
        trade.approve(inviter).await;
        service.settle().await;
        assert_eq!(open(log).await, [], "{place}: that it has old terms is an ordinary outcome");

        trade.candidate(invited, Some(inviter), 2).await;
        trade.approve(invited).await;
        service.settle().await;
        let [item] = <[_; 1]>::try_from(open(log).await).expect("one waits");
        assert_eq!((item.kind, item.code.as_str()), (OpenKind::Waiting, "PARENT_NOT_JOINED"));
        assert_eq!((item.aggregate_id, item.waits_for), (invited, Some(inviter)), "{place}");
        assert!(!joined(log, invited).await, "{place}");

        let anna = tests::owner("anna", inviter);
        trade.done("acceptTerms", inviter, anna, json!({ "version": 2 })).await;
        service.settle().await;
        assert!(joined(log, inviter).await && joined(log, invited).await, "{place}");
        assert_eq!(open(log).await, [], "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_known_to_the_process_that_comes_next() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::without_money(&log).await;
        let (inviter, invited) = (Uuid::now_v7(), Uuid::now_v7());
        trade.candidate(inviter, None, 1).await;
        trade.candidate(invited, Some(inviter), 1).await;
        trade.approve(invited).await;
        log.close().await;
        drop((trade, log)); // The embedded database belongs to whoever holds the log.
        let service = start(&place).await;
        accounted(&service.log).await;
        assert_eq!(open(&service.log).await.len(), 1, "{place}");
        service.stop().await;

        let service = start(&place).await;
        let commands = service.commands.clone();
        let trade = Trade { log: service.log.clone(), commands, ..rest(&service.log).await };
        trade.approve(inviter).await;
        service.settle().await;
        assert!(joined(&service.log, invited).await, "{place}");
        assert_eq!(open(&service.log).await, [], "{place}");
        service.stop().await;
    }
}

/// The trade of a log.
async fn rest(log: &Log) -> Trade {
    let founded = told(log).await;
    let of = |kind: &str| {
        let mut events = founded.iter();
        let first = events.find(|told| told.envelope.event_type == kind).expect(kind);
        first.envelope.aggregate_id
    };
    Trade {
        log: log.clone(),
        commands: Commands::new(log.clone(), std::sync::Arc::new(eventlog::SystemClock)),
        program: of("program-opened"),
        partner: of("applied"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_must_not_be_is_an_open_item_once_however_often_it_is_tried() {
    for place in places().await {
        let service = start(&place).await;
        let trade = Trade::without_money(&service.log).await;
        let mut inviter = trade.partner;
        for _ in 0..4 {
            let partner = Uuid::now_v7();
            trade.candidate(partner, Some(inviter), 1).await;
            trade.approve(partner).await;
            service.settle().await;
            inviter = partner;
        }
        let [item] = <[_; 1]>::try_from(open(&service.log).await).expect("the fourth level");
        assert_eq!((item.kind, item.code.as_str()), (OpenKind::Refused, "NETWORK_TOO_DEEP"));
        assert_eq!((item.aggregate_id, item.tries), (inviter, 1), "{place}");
        accounted(&service.log).await;
        service.stop().await;
        drop(trade);

        // Crashed before it said how far it had come.
        let log = place.log().await;
        log.set_checkpoint(REACTOR, 0).await.expect("it rewinds");
        log.close().await;
        drop(log);
        let service = start(&place).await;
        accounted(&service.log).await;
        let [again] = <[_; 1]>::try_from(open(&service.log).await).expect("still one");
        assert_eq!((again.command_id, again.since), (item.command_id, item.since), "{place}");
        assert!(again.tries > 1, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_cannot_be_decided_holds_up_nobody_and_comes_when_somebody_asks_after_it_is_mended()
 {
    for place in places().await {
        let service = start(&place).await;
        let trade = Trade::set_up(&service.log).await;
        let (wallet, program, partner) = (trade.wallet(), trade.program, trade.partner);
        accounted(&service.log).await;
        service.settle().await; // The schedule knows what has matured.
        service.stop().await;
        drop(trade);
        let mut raw = Raw::of(&place).await;
        raw.unlock().await;
        let swap = |from: &str, to: &str| {
            let cast = if matches!(raw, Raw::Sqlite(_)) { "" } else { "::json" };
            format!(
                "UPDATE events SET payload = replace(CAST(payload AS text), '{from}', '{to}'){cast}
                 WHERE aggregate_id = '{wallet}'"
            )
        };
        let (damage, mend) = (swap("plan_version", "damaged"), swap("damaged", "plan_version"));
        raw.run(&damage).await.expect("it can be damaged");

        let service = start(&place).await;
        let commands = service.commands.clone();
        let trade = Trade { log: service.log.clone(), commands, program, partner };
        trade.earn().await;
        service.settle().await;
        let [item] = <[_; 1]>::try_from(open(&service.log).await).expect("the accrual");
        assert_eq!((item.kind, item.code.as_str()), (OpenKind::Failed, "INTERNAL"), "{place}");
        assert_eq!((item.command.as_str(), item.aggregate_id), ("accrueCommission", wallet));
        let done = service.ask(opening()).await;
        assert!(matches!(done, Ok(Outcome::Done(_))), "{place}: others go on");
        service.settle().await;

        raw.run(&mend).await.expect("it can be mended");
        let unknown = asked(&place.target, Some(Uuid::nil())).await;
        assert!(unknown.is_err_and(|error| error.to_string().contains("no open item")));
        let id = Some(item.command_id.0);
        let (_, many) = asked(&place.target, id).await.expect("beside the process");
        assert_eq!(many, json!({ "asked": 1 }), "{place}");
        until(async || open(&service.log).await.is_empty()).await;
        let credited = told(&service.log)
            .await
            .into_iter()
            .filter(|told| matches!(told.told::<WalletEvent>(), Some(WalletEvent::Accrued { .. })));
        assert_eq!(credited.count(), 2, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_without_a_lot_is_proved_by_its_open_item_and_everybody_concerned_can_see_it() {
    for place in places().await {
        let accrual = uncreditable(&place).await;
        let service = start(&place).await;
        accounted(&service.log).await;
        service.settle().await;
        let report = proof(&service.log).await.expect("it is accounted for");
        let effects = report.effects;
        assert_eq!((effects.due, effects.open, effects.lots), (2, 1, 0), "{place}");
        assert!(!report.positions.are_behind(), "{place}: {:?}", report.positions);

        let gauges = Gauges::default();
        {
            let health = service.health();
            until(async || {
                let _here = metrics::set_default_local_recorder(&gauges);
                health.measure().await;
                gauges.has("accord_open_items kind=failed")
            })
            .await;
        }
        for (kind, count) in [("failed", 1.0), ("waiting", 0.0), ("refused", 0.0)] {
            assert_eq!(gauges.read(&format!("accord_open_items kind={kind}")), count, "{place}");
        }

        let without = "{ openItems { nodes { commandId kind command code tries } } }";
        let with = "{ openItems { nodes { commandId amount { amount currency } reason } } }";
        for role in [Role::Administrator, Role::Finance, Role::Auditor] {
            let answer = ask(&service, role, without).await.expect("it may");
            let item = &answer["openItems"]["nodes"][0];
            assert_eq!(item["commandId"], json!(accrual), "{place}: {role}");
            assert_eq!(
                (&item["kind"], &item["command"]),
                (&json!("FAILED"), &json!("accrueCommission"))
            );
        }
        for role in [Role::Finance, Role::Auditor] {
            let answer = ask(&service, role, with).await.expect("it may");
            let amount = &answer["openItems"]["nodes"][0]["amount"];
            assert_eq!(*amount, json!({ "amount": "1600.00", "currency": "EUR" }), "{place}");
        }
        for (role, query) in [
            (Role::Administrator, with),
            (Role::ChannelManager, without),
            (Role::Owner, without),
            (Role::Seller, without),
        ] {
            assert_eq!(
                ask(&service, role, query).await,
                Err("FORBIDDEN".into()),
                "{place}: {role}"
            );
        }

        let (text, all) = listed(place.target.clone(), false).await.expect("beside it");
        assert!(text.contains(&accrual.to_string()) && text.contains("1600.00 EUR"), "{text}");
        assert_eq!((&all["open"], &all["items"][0]["id"]), (&json!(1), &json!(accrual)));
        let tries = open(&service.log).await[0].tries;
        let (_, many) = asked(&place.target, None).await.expect("beside it");
        assert_eq!(many, json!({ "asked": 1 }), "{place}");
        until(async || open(&service.log).await[0].tries > tries).await;
        service.stop().await;

        // Without its item the leg is missing, whatever the reactor says.
        let log = place.log().await;
        log.close_item(accrual).await.expect("it can be taken away");
        let missing = proof(&log).await.expect_err("nothing accounts for it").to_string();
        assert!(missing.contains("accrueCommission"), "{place}: {missing}");
        log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_meanwhile_is_not_kept_open() {
    for place in places().await {
        let log = place.log().await;
        let trade = Trade::set_up(&log).await;
        let lots = told(&log).await;
        let credited = lots.iter().find(|told| told.told::<WalletEvent>().is_some());
        let envelope = &credited.expect("it is credited").envelope;
        let late = |command_id| OpenItem {
            command_id,
            kind: OpenKind::Refused,
            event_id: envelope.event_id,
            position: envelope.position,
            command: "accrueCommission".into(),
            aggregate_id: trade.wallet(),
            waits_for: None,
            code: "WALLET_FOREIGN".into(),
            reason: "it came too late".into(),
            since: log.now(),
            tried_at: log.now(),
            tries: 1,
            dismissed: None,
        };
        log.keep_open(&late(envelope.command_id)).await.expect("it is taken");
        assert_eq!(open(&log).await, [], "{place}");
        log.keep_open(&late(CommandId(Uuid::now_v7()))).await.expect("it is taken");
        assert_eq!(open(&log).await.len(), 1, "{place}");
        log.close().await;
    }
}

/// What somebody gets for a query, or the code of the first error.
pub(super) async fn ask(service: &Service, role: Role, query: &str) -> Result<Value, String> {
    let partner = role.is_member().then(|| domain::PartnerId(Uuid::now_v7()));
    let principal = Principal::usual(role.to_string(), role, partner);
    let query = async_graphql::Request::new(query).data(principal).data(TraceId::new());
    let response = graph(service, Settings { introspection: false }).execute(query).await;
    match response.errors.first() {
        None => Ok(response.data.into_json().expect("an answer is JSON")),
        Some(error) => {
            let error = serde_json::to_value(error).expect("it has JSON");
            Err(error["extensions"]["code"].as_str().unwrap_or_default().to_owned())
        }
    }
}
