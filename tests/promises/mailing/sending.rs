//! Sending: a mail arrives as it was written, at least once and under one id, and none holds up another.

use api::mailing::Settings;
use chrono::TimeDelta;
use domain::mails::{MailKind, MailState};
use eventlog::{MailPage, Settled};
use mail::{Smtp, Transport};
use serde_json::json;
use tests::{MailServer, Mood, Trade, places, vendor};
use uuid::Uuid;

use super::{super::log::raw::Raw, all, apply, by, serving, states, until, written};

#[tokio::test(flavor = "multi_thread")]
async fn mail_arrives_at_a_mail_server_as_it_was_written() {
    for place in places().await {
        let server = MailServer::start().await;
        let service = serving(&place, by(&server)).await;
        let trade = Trade::without_money(&service.log).await;
        let partner = apply(&trade, "PL", "zoe@alfa.example", Uuid::now_v7()).await;
        let vera = || vendor("vera", "assignReview");
        trade.done("assignReview", partner, vera(), json!({ "reviewer": "rita" })).await;
        let question = json!({ "question": "Które branże?\n\n<b>Wszystkie</b>" });
        trade.done("requestInformation", partner, vera(), question).await;
        until(async || server.arrived().len() == 4).await;
        let log = &service.log;
        until(async || states(&all(log).await) == [MailState::Sent; 4]).await;
        let mail = all(log).await;
        let asked = mail.iter().find(|mail| mail.kind == MailKind::InformationRequested);
        let asked = asked.expect("it was caused");
        let message = written(&service.mailing, asked).await;
        let id = message.id.as_str().trim_matches(['<', '>']);
        let arrived = server.arrived();
        let arrived =
            arrived.iter().find(|arrived| arrived.message_id == id).expect("it has arrived");
        assert_eq!(arrived.from, "partners@meridian.example", "{place}");
        assert_eq!(arrived.to, ["zoe@alfa.example"], "{place}");
        assert_eq!(arrived.subject, "Channel: pytanie o Twoje zgłoszenie", "{place}");
        assert_eq!(arrived.text.trim_end(), message.text.trim_end(), "{place}");
        assert!(arrived.html.contains("&lt;b&gt;Wszystkie&lt;/b&gt;"), "{place}: {}", arrived.html);
        assert!(
            arrived.raw.contains("Auto-Submitted: auto-generated\r\n"),
            "{place}: {}",
            arrived.raw
        );
        let sent = (asked.tries, asked.problem.clone());
        assert_eq!(sent, (1, None), "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_has_failed_and_holds_up_no_other() {
    for place in places().await {
        let server = MailServer::start().await;
        server.is(Mood::KnowsNobody);
        let service = serving(&place, by(&server)).await;
        let trade = Trade::without_money(&service.log).await;
        let log = &service.log;
        until(async || states(&all(log).await) == [MailState::Failed; 2]).await;
        let problem = all(log).await[0].problem.clone().expect("says why");
        assert!(problem.contains("550"), "{place}: {problem}");
        assert!(!problem.contains('@'), "{place}: a server's words may name people: {problem}");
        server.is(Mood::Takes);
        apply(&trade, "PL", "zoe@alfa.example", Uuid::now_v7()).await;
        until(async || server.arrived().len() == 1).await;
        assert_eq!(server.arrived()[0].to, ["zoe@alfa.example"], "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_taken_now_is_tried_again_later_and_given_up_in_the_end() {
    for place in places().await {
        let server = MailServer::start().await;
        server.is(Mood::IsFull);
        let service = serving(&place, by(&server)).await;
        Trade::without_money(&service.log).await;
        let log = &service.log;
        let tried =
            async || all(log).await.iter().all(|mail| mail.tries == 1 && mail.problem.is_some());
        until(async || all(log).await.len() == 2 && tried().await).await;
        for mail in all(log).await {
            assert_eq!(mail.state, MailState::Waiting, "{place}");
            assert!(
                mail.due_at - mail.tried_at.expect("was tried") >= TimeDelta::seconds(15),
                "{place}"
            );
            assert_eq!(mail.give_up_at - mail.since, TimeDelta::days(3), "{place}");
        }
        service.stop().await;

        // Nobody could send for days.
        let log = place.log().await;
        let one = all(&log).await.remove(0);
        let due = Settled::Later { due_at: log.now(), problem: "it is full".into() };
        log.settle_mail(one.id, &due).await.expect("it can be written");
        log.close().await;
        let late = "UPDATE outbox SET give_up_at = since";
        Raw::of(&place).await.run(late).await.expect("it can be written");
        drop(log);
        let service = serving(&place, by(&server)).await;
        let page = MailPage { state: Some(MailState::Failed), most: 10, ..MailPage::default() };
        let log = &service.log;
        until(async || log.mail_page(page).await.is_ok_and(|failed| failed.len() == 1)).await;
        let failed = log.mail_page(page).await.expect("it can be read").remove(0);
        assert_eq!((failed.id, failed.problem.as_deref()), (one.id, Some("it is full")), "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_fate_is_unknown_is_sent_once_more_under_the_same_id() {
    for place in places().await {
        let server = MailServer::start().await;
        server.is(Mood::VanishesAfter);
        let service = serving(&place, by(&server)).await;
        Trade::without_money(&service.log).await;
        let log = &service.log;
        until(async || all(log).await.iter().filter(|mail| mail.problem.is_some()).count() == 2)
            .await;
        server.is(Mood::Takes);
        for mail in all(log).await {
            let now = Settled::Later { due_at: log.now(), problem: "gone".into() };
            log.settle_mail(mail.id, &now).await.expect("it can be written");
        }
        until(async || states(&all(log).await) == [MailState::Sent; 2]).await;
        let mut ids: Vec<String> =
            server.arrived().into_iter().map(|arrived| arrived.message_id).collect();
        assert_eq!(ids.len(), 4, "{place}: each has arrived twice");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2, "{place}: and is one mail to whoever reads it");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_erased_before_the_mail_goes_gets_none() {
    for place in places().await {
        let service = serving(&place, Settings::default()).await;
        let trade = Trade::without_money(&service.log).await;
        let person = Uuid::now_v7();
        let partner = apply(&trade, "PL", "zoe@alfa.example", person).await;
        let erased = service.log.erase("partner", partner, domain::SubjectId(person)).await;
        let _ = erased.expect("it can be erased");
        service.stop().await;
        drop(trade);

        let server = MailServer::start().await;
        let service = serving(&place, by(&server)).await;
        let log = &service.log;
        let settled = [MailState::Sent, MailState::Sent, MailState::Dropped];
        until(async || states(&all(log).await) == settled).await;
        let to: Vec<_> = server.arrived().into_iter().flat_map(|arrived| arrived.to).collect();
        assert_eq!(to, ["anna@alfa.example"; 2], "{place}");
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_send_each_mail_once() {
    let place = tests::Place::postgres().await;
    let server = MailServer::start().await;
    let (one, other) = (serving(&place, by(&server)).await, serving(&place, by(&server)).await);
    let trade = Trade::without_money(&one.log).await;
    for nth in 0..6 {
        apply(&trade, "PL", &format!("zoe{nth}@alfa.example"), Uuid::now_v7()).await;
    }
    until(async || states(&all(&one.log).await) == [MailState::Sent; 8]).await;
    assert_eq!(server.arrived().len(), 8);
    one.stop().await;
    other.stop().await;
}

#[test]
fn no_mail_crosses_a_network_in_the_clear() {
    for url in [
        "smtp://mail.vendor.example",
        "smtp://mail.vendor.example:587",
        "mail.vendor.example",
        "http://localhost",
        "smtp://user:secret@mail.vendor.example?tls=opportunistic",
        "smtp://localhost@mail.vendor.example",
        "",
    ] {
        let refused = Smtp::at(url).map(Transport::Smtp).expect_err(url).to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }
    for url in [
        "smtps://user:secret@mail.vendor.example",
        "smtp://mail.vendor.example:587?tls=required",
        "smtp://localhost:2525",
        "smtp://127.0.0.1:2525",
        "smtp://[::1]:2525",
    ] {
        let smtp = Smtp::at(url).expect(url);
        assert_eq!(format!("{smtp:?}"), "Smtp", "a password is in it");
    }
}
