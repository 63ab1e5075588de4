//! The outbox: a row for each mail that events cause, however often they are read, and nothing of anybody in it.

use api::{graphql, mailing::Settings, service::Service};
use async_graphql::Request;
use domain::{
    Language, Role, SubjectId,
    mails::{MailKind, MailState},
};
use eventlog::{Log, MailPage, OUTBOX, Settled};
use serde_json::{Value, json};
use tests::{Trade, places};
use uuid::Uuid;

use super::super::schema::served::principal;
use super::{all, apply, kinds, serving, states, until, written};

async fn collected(service: &Service) {
    let (log, head) = (&service.log, *service.log.head().borrow());
    until(async || log.checkpoint(OUTBOX).await.is_ok_and(|position| position >= head)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mail_is_in_the_outbox_once_however_often_its_event_is_read() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        let trade = Trade::without_money(&service.log).await;
        apply(&trade, "PL", "zoe@alfa.example", Uuid::now_v7()).await;
        collected(&service).await;
        let found = all(&service.log).await;
        let expected = [
            MailKind::ApplicationReceived,
            MailKind::ApplicationApproved,
            MailKind::ApplicationReceived,
        ];
        assert_eq!(kinds(&found), expected, "{place}: the fixture's partner, then this one");
        assert_eq!(states(&found), [MailState::Waiting; 3], "{place}: no mail leaves");
        service.log.set_checkpoint(OUTBOX, 0).await.expect("it can be written");
        service.stop().await;
        drop(trade);

        let service = serving(&place, Settings::default()).await;
        collected(&service).await;
        assert_eq!(all(&service.log).await, found, "{place}: read from the beginning once more");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_nobody_elses_while_one_has_it_and_is_taken_up_again_where_it_was_left() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        Trade::without_money(&service.log).await;
        collected(&service).await;
        service.stop().await;
        let log = place.log().await;
        let minute = chrono::TimeDelta::minutes(1);
        let now = log.now();
        let claim = async |at, until| log.claim_mail(at, until).await.expect("it can be claimed");
        let first = claim(now, now + minute).await.expect("one is due");
        let second = claim(now, now + minute).await.expect("another is due");
        assert_ne!(first.id, second.id, "{place}");
        assert_eq!(claim(now, now + minute).await, None, "{place}: both are somebody's");
        let later = now + minute;
        let again = claim(later, later + minute).await.expect("it was left");
        assert_eq!(
            (again.id == first.id || again.id == second.id, again.tries),
            (true, 2),
            "{place}"
        );
        log.settle_mail(again.id, &Settled::Sent { at: later }).await.expect("it can be written");
        let problem = "550".to_owned();
        let failed = Settled::Failed { at: later, problem };
        log.settle_mail(again.id, &failed).await.expect("it can be written");
        let settled =
            all(&log).await.into_iter().find(|mail| mail.id == again.id).expect("is kept");
        assert_eq!((settled.state, settled.problem), (MailState::Sent, None), "{place}: once");
        log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_sent_again_when_an_operator_asks() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        Trade::without_money(&service.log).await;
        collected(&service).await;
        service.stop().await;
        let log = place.log().await;
        let now = log.now();
        for mail in all(&log).await {
            let failed = Settled::Failed { at: now, problem: "550".into() };
            log.settle_mail(mail.id, &failed).await.expect("it can be written");
        }
        let one = all(&log).await[0].id;
        let ask = async |id| {
            let asked = Log::send_again(&place.target, id, now).await;
            (asked.expect("it can be asked"), states(&all(&log).await))
        };
        let (waiting, failed) = (MailState::Waiting, MailState::Failed);
        assert_eq!(ask(Some(one)).await, (1, vec![waiting, failed]), "{place}");
        assert_eq!(ask(Some(one)).await, (0, vec![waiting, failed]), "{place}: it waits already");
        assert_eq!(ask(None).await, (1, vec![waiting; 2]), "{place}");
        let counts = log.mail_counts().await.expect("they can be counted");
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(waiting, 2)], "{place}");
        log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_read_in_parts_from_both_ends_and_by_state() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        let trade = Trade::without_money(&service.log).await;
        for nth in 0..4 {
            apply(&trade, "DE", &format!("zoe{nth}@alfa.example"), Uuid::now_v7()).await;
        }
        collected(&service).await;
        let log = &service.log;
        let whole = all(log).await;
        assert_eq!(whole.len(), 6, "{place}");
        let page = async |page: MailPage| {
            let rows = log.mail_page(page).await.expect("it can be read");
            rows.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
        };
        let (key, ids): (Vec<_>, Vec<_>) =
            whole.iter().map(|mail| ((mail.since, mail.id), mail.id)).unzip();
        let first = MailPage { most: 2, ..MailPage::default() };
        assert_eq!(page(MailPage { after: Some(key[1]), ..first }).await, ids[2..4], "{place}");
        let last = page(MailPage { last: true, before: Some(key[4]), ..first }).await;
        assert_eq!(last, [ids[3], ids[2]], "{place}");
        let sent = Settled::Sent { at: log.now() };
        log.settle_mail(ids[3], &sent).await.expect("it can be written");
        let of = |state| MailPage { state: Some(state), most: 10, ..MailPage::default() };
        assert_eq!(page(of(MailState::Sent)).await, [ids[3]], "{place}");
        assert_eq!(page(of(MailState::Waiting)).await.len(), 5, "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_written_in_the_language_of_the_companys_country_for_its_first_contact() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        let trade = Trade::without_money(&service.log).await;
        let countries =
            [("PL", Language::Polish), ("TR", Language::Turkish), ("JP", Language::English)];
        for (country, _) in countries {
            apply(&trade, country, "zoe@alfa.example", Uuid::now_v7()).await;
        }
        collected(&service).await;
        let mail = all(&service.log).await;
        for (mail, (_, language)) in mail[2..].iter().zip(countries) {
            let message = written(&service.mailing, mail).await;
            assert_eq!(message.language, language, "{place}");
            assert_eq!(message.to.address.as_str(), "zoe@alfa.example", "{place}");
            assert_eq!(message.to.name.as_deref(), Some("Zoë Nowak"), "{place}");
            assert!(message.text.contains("Łódź & Synowie"), "{place}: {}", message.text);
            assert_eq!(
                message,
                written(&service.mailing, mail).await,
                "{place}: as often as one likes"
            );
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_anybody_stands_in_the_outbox_and_whoever_is_erased_cannot_be_written_to() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        let trade = Trade::without_money(&service.log).await;
        let person = Uuid::now_v7();
        let partner = apply(&trade, "PL", "zoe@alfa.example", person).await;
        collected(&service).await;
        let mail = all(&service.log).await.pop().expect("of the application");
        let kept = format!("{mail:?}");
        assert!(!kept.contains("zoe") && !kept.contains("Nowak"), "{place}: {kept}");
        let erased = service.log.erase("partner", partner, SubjectId(person)).await;
        let _ = erased.expect("it can be erased");
        let composed = service.mailing.compose(&mail).await.expect("the log can be read");
        assert!(matches!(composed, api::mailing::Composed::Pointless(_)), "{place}: {composed:?}");
        service.stop().await;
    }
}

const OUTBOX_QUERY: &str =
    "{ outbox(first: 10) { nodes { kind state recipientType recipientId tries problem
    message { to subject text language } } } }";

async fn asked(service: &Service, role: Role) -> Value {
    let graph = graphql::graph(service, graphql::Settings { introspection: false });
    let request = Request::new(OUTBOX_QUERY).data(principal(role, None));
    let answer = graph.execute(request).await;
    json!({ "data": answer.data.into_json().expect("is JSON"), "errors": answer.errors.len() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_what_waits_and_reads_it_only_on_a_demonstration() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        let trade = Trade::without_money(&service.log).await;
        let partner = apply(&trade, "TR", "zoe@alfa.example", Uuid::now_v7()).await;
        collected(&service).await;
        let told = asked(&service, Role::Administrator).await;
        let nodes = told["data"]["outbox"]["nodes"].as_array().expect("a list").clone();
        assert_eq!(nodes.len(), 3, "{place}: {told}");
        assert_eq!(nodes[2]["kind"], "APPLICATION_RECEIVED", "{place}");
        assert_eq!(nodes[2]["recipientId"], json!(partner), "{place}");
        assert!(nodes.iter().all(|mail| mail["message"].is_null()), "{place}: {told}");
        let others =
            [Role::Owner, Role::Seller, Role::Specialist, Role::ChannelManager, Role::Finance];
        for role in others {
            let told = asked(&service, role).await;
            assert!(
                told["data"]["outbox"].is_null() && told["errors"] != 0,
                "{place} {role}: {told}"
            );
        }
        service.stop().await;
        drop(trade);

        let readable = Settings { readable: true, ..Settings::default() };
        let service = serving(&place, readable).await;
        let told = asked(&service, Role::Administrator).await;
        let message = &told["data"]["outbox"]["nodes"][2]["message"];
        assert_eq!(message["to"], "zoe@alfa.example", "{place}: {told}");
        assert_eq!(message["language"], "TR", "{place}");
        assert_eq!(message["subject"], "Channel: başvurunuz bize ulaştı", "{place}");
        service.stop().await;
    }
}
