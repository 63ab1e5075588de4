//! Mail: what events cause is in the outbox once, and reaches whoever it is for by a real mail server.

mod outbox;
mod sending;

use std::sync::Arc;
use std::time::Duration;

use api::{
    mailing::{Composed, Mailing, Settings},
    service::Service,
};
use domain::mails::{MailKind, MailState};
use eventlog::{Log, MailPage, Outgoing, SystemClock};
use mail::{Mailbox, Message, Smtp, Transport};
use serde_json::{Value, json};
use tests::{MailServer, Place, Trade, owner};
use uuid::Uuid;

/// All that is in the outbox.
async fn all(log: &Log) -> Vec<Outgoing> {
    let page = MailPage { most: 1000, ..MailPage::default() };
    log.mail_page(page).await.expect("it can be read")
}

fn kinds(mail: &[Outgoing]) -> Vec<MailKind> {
    mail.iter().map(|mail| mail.kind).collect()
}

fn states(mail: &[Outgoing]) -> Vec<MailState> {
    mail.iter().map(|mail| mail.state).collect()
}

/// Mail goes to this server.
fn by(server: &MailServer) -> Settings {
    Settings {
        from: Mailbox::new("Meridian", "partners@meridian.example".parse().expect("an address")),
        portal: "https://portal.meridian.example".into(),
        transport: Transport::Smtp(Smtp::at(&server.url()).expect("it is on this machine")),
        readable: true, // Which it is not where mail leaves.
    }
}

async fn serving(place: &Place, settings: Settings) -> Service {
    let started = Service::start_mailing(place.target.clone(), Arc::new(SystemClock), settings);
    started.await.expect("it starts")
}

async fn until(condition: impl AsyncFnMut() -> bool) {
    tests::until(Duration::from_secs(30), condition).await;
}

/// What a mail would say now.
async fn written(mailing: &Mailing, mail: &Outgoing) -> Message {
    match mailing.compose(mail).await.expect("it can be written") {
        Composed::Ready(message) => *message,
        Composed::Pointless(why) => panic!("{why}"),
    }
}

/// An application of a company of that country by this person.
fn application(trade: &Trade, country: &str, email: &str, person: Uuid) -> Value {
    json!({
        "program": trade.program, "company": { "name": "Łódź & Synowie", "country": country },
        "contacts": [{ "person": person, "first_name": "Zoë", "last_name": "Nowak", "email": email }],
        "sections": {
            "competencies": "Energy", "customer_portfolio": "Steel", "strategic_goals": "Growth"
        },
        "source": "web", "terms_version": 1
    })
}

/// Somebody applies; tells which partner that is.
async fn apply(trade: &Trade, country: &str, email: &str, person: Uuid) -> Uuid {
    let partner = Uuid::now_v7();
    let fields = application(trade, country, email, person);
    trade.done("applyForProgram", partner, owner("zoe", partner), fields).await;
    partner
}
