//! Sign-in against the log, over HTTP: what an account may do is what its stream says when it asks.

use std::{net::SocketAddr, sync::Arc};

use api::{
    auth::{Accounts, Authenticator, InstallationKey, Role},
    commands::Commands,
    graphql::{Settings, graph},
    http::{ServerSettings, Web, serve},
    service::Service,
};
use chrono::TimeDelta;
use domain::{
    AccountId, Permission,
    account::{AccountCommand, Door, NewPerson, Scope, Seat, sign_up},
};
use eventlog::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tests::{Place, Trade, people, places};
use uuid::Uuid;

use super::{Reply, Shutdown};

/// A running service with its web edge, and a second process where the database can have one.
struct Site {
    service: Service,
    elsewhere: Commands,
    address: SocketAddr,
    _shutdown: Shutdown,
    key: InstallationKey,
}

const FINANCE: Seat = Seat { role: Role::Finance, scope: Scope::Vendor };

impl Site {
    async fn start(place: &Place) -> Self {
        let service = Service::start(place.target.clone()).await.expect("it starts");
        let key = || InstallationKey::from_secret(&[7; 32]);
        let accounts = Arc::new(service.log.clone());
        let authenticator =
            Authenticator::for_installation(key(), accounts, Arc::new(|| SystemClock.now()));
        let web =
            Web::new(graph(&service, Settings { introspection: false }), Arc::new(authenticator));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shutdown = web.shutdown.clone();
        tokio::spawn(serve(listener, web, ServerSettings::default()));
        let elsewhere = match service.log.postgres_pool() {
            Some(_) => Commands::new(place.log().await, Arc::new(SystemClock)),
            None => service.commands.clone(), // A file is one process's.
        };
        let shutdown = Shutdown(Box::new(move || shutdown.cancel()));
        Self { service, elsewhere, address, _shutdown: shutdown, key: key() }
    }

    fn request(&self, account: AccountId, body: &Value) -> reqwest::RequestBuilder {
        let token = self.key.mint(account, None, TimeDelta::hours(1), SystemClock.now());
        reqwest::Client::new()
            .post(format!("http://{}/graphql", self.address))
            .header("authorization", format!("Bearer {}", token.expect("a token")))
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    async fn ask(&self, account: AccountId, query: &str) -> Reply {
        Reply::of(self.request(account, &json!({ "query": query }))).await
    }

    /// Asks as somebody in one of their roles.
    async fn ask_as(&self, account: AccountId, acting: &str, query: &str) -> Reply {
        let request = self.request(account, &json!({ "query": query }));
        Reply::of(request.header("accord-acting", acting)).await
    }
}

fn code(reply: &Reply) -> &str {
    reply.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

fn approve() -> String {
    let [wallet, payout, key] = [(); 3].map(|()| Uuid::now_v7());
    format!(
        "mutation {{ approvePayout(input: {{ walletId: \"{wallet}\", payout: \"{payout}\", commandId: \"{key}\" }}) \
         {{ refusal {{ code }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn r127_a_permission_or_a_role_that_is_taken_away_is_gone_with_the_next_request() {
    for place in places().await {
        let site = Site::start(&place).await;
        let fiona = people::account(&site.service.commands, FINANCE).await;
        let Seat { role, scope } = FINANCE;
        let give = |permissions: &[Permission]| {
            let permissions = Some(permissions.iter().copied().collect());
            AccountCommand::GrantRole { role, scope, permissions }
        };
        for _ in 0..3 {
            people::change(&site.elsewhere, fiona, give(&[Permission::ManageBalances])).await;
            let reply = site.ask(fiona, &approve()).await;
            assert_eq!(
                reply.body["data"]["approvePayout"]["refusal"]["code"], "WALLET_EMPTY",
                "{place}"
            );
            people::change(&site.elsewhere, fiona, give(&[Permission::ShowAll])).await;
            assert_eq!(code(&site.ask(fiona, &approve()).await), "FORBIDDEN", "{place}");
        }
        let payouts = "{ payouts { nodes { payoutId } } }";
        assert_eq!(code(&site.ask(fiona, payouts).await), "none", "{place}");
        people::change(&site.elsewhere, fiona, AccountCommand::RevokeRole { role, scope }).await;
        assert_eq!(
            code(&site.ask(fiona, payouts).await),
            "FORBIDDEN",
            "{place}: of no role she sees none"
        );
        assert_eq!(site.ask_as(fiona, "finance", payouts).await.status, 401, "{place}");
        people::change(&site.elsewhere, fiona, give(&[])).await;
        assert_eq!(code(&site.ask(fiona, payouts).await), "none", "{place}");
        let reason = "Has left".to_owned();
        people::change(&site.elsewhere, fiona, AccountCommand::Suspend { reason }).await;
        assert_eq!(site.ask(fiona, payouts).await.status, 401, "{place}");
        people::change(&site.elsewhere, fiona, AccountCommand::Reinstate {}).await;
        assert_eq!(code(&site.ask(fiona, payouts).await), "none", "{place}");
        people::change(&site.elsewhere, fiona, AccountCommand::Close {}).await;
        assert_eq!(site.ask(fiona, payouts).await.status, 401, "{place}");
        site.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r127_a_subscription_tells_nothing_more_once_the_role_that_it_was_opened_in_is_taken_away()
{
    for place in places().await {
        let site = Site::start(&place).await;
        let seat = Seat { role: Role::Auditor, scope: Scope::Vendor };
        let arthur = people::account(&site.service.commands, seat).await;
        let query = json!({ "query": "subscription { events(after: \"0\") { eventType } }" });
        let request = site.request(arthur, &query).header("accept", "text/event-stream");
        let mut stream = request.send().await.expect("an answer");
        let mut heard = String::new();
        while !heard.contains("role-granted") {
            let chunk = stream.chunk().await.expect("it goes on").expect("it has not ended");
            heard.push_str(&String::from_utf8_lossy(&chunk));
        }
        let Seat { role, scope } = seat;
        people::change(&site.elsewhere, arthur, AccountCommand::RevokeRole { role, scope }).await;
        let mut rest = String::new();
        while let Some(chunk) = stream.chunk().await.expect("it ends in good order") {
            rest.push_str(&String::from_utf8_lossy(&chunk));
        }
        assert!(
            rest.contains("UNAUTHENTICATED") && !rest.contains("role-revoked"),
            "{place}: {rest}"
        );
        site.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_chooses_for_whom_it_acts_and_sees_what_it_may_choose() {
    for place in places().await {
        let site = Site::start(&place).await;
        let trade = Trade::without_money(&site.service.log).await;
        let other = Uuid::now_v7();
        trade.candidate(other, None, 1).await;
        let seat = |role, partner| Seat { role, scope: Scope::Partner(domain::PartnerId(partner)) };
        let seats = [seat(Role::Owner, trade.partner), seat(Role::Seller, other)];
        let anna = people::account(&site.service.commands, seats[0]).await;
        let Seat { role, scope } = seats[1];
        let give = AccountCommand::GrantRole { role, scope, permissions: None };
        people::change(&site.service.commands, anna, give).await;
        let query = "{ viewer { subject role seats { acting } application { partnerId } } }";
        for Seat { role, scope } in seats {
            let acting = Seat { role, scope }.to_string();
            let viewer = site.ask_as(anna, &acting, query).await.body["data"]["viewer"].clone();
            assert_eq!(viewer["subject"], anna.to_string(), "{place}");
            assert_eq!(viewer["role"], role.name().to_uppercase(), "{place}");
            assert_eq!(viewer["application"]["partnerId"], json!(scope.partner()), "{place}");
            assert_eq!(
                viewer["seats"],
                json!(seats.map(|seat| json!({ "acting": seat.to_string() })))
            );
        }
        for foreign in ["finance".to_owned(), seat(Role::Owner, other).to_string(), "king".into()] {
            assert_eq!(site.ask_as(anna, &foreign, query).await.status, 401, "{place}: {foreign}");
        }
        site.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_registers_sees_that_the_address_waits_and_goes_on_once_it_is_confirmed() {
    for place in places().await {
        let site = Site::start(&place).await;
        let anna = AccountId(Uuid::now_v7());
        let [first_name, last_name, email] =
            ["Anna", "Nowak", "anna@alfa.example"].map(str::to_owned);
        let person = NewPerson { first_name, last_name, email, phone: None };
        let register = AccountCommand::Register { door: Door::Web, person };
        people::change_by(&site.service.commands, sign_up(anna), anna, register).await;
        let viewer = "{ viewer { role emailConfirmed permissions } }";
        let told = async |confirmed: bool| {
            let expected = json!({ "role": "OWNER", "emailConfirmed": confirmed, "permissions": ["PARTICIPATE"] });
            assert_eq!(site.ask(anna, viewer).await.body["data"]["viewer"], expected, "{place}");
        };
        told(false).await;
        assert_eq!(
            code(&site.ask(anna, "{ programs { nodes { name } } }").await),
            "EMAIL_UNCONFIRMED"
        );
        people::change_by(&site.elsewhere, sign_up(anna), anna, AccountCommand::ConfirmEmail {})
            .await;
        told(true).await;
        assert_eq!(code(&site.ask(anna, "{ programs { nodes { name } } }").await), "FORBIDDEN");
        site.service.stop().await;
    }
}

/// Applies for the programme of a trade, under a key of the caller.
fn application(trade: &Trade, key: Uuid) -> Value {
    let input = json!({
        "program": trade.program, "company": { "name": "Late", "country": "PL" },
        "contacts": [{ "person": Uuid::now_v7(), "firstName": "Ewa", "lastName": "Nowak", "email": "ewa@late.example" }],
        "sections": { "competencies": "ERP", "customerPortfolio": "Makers", "strategicGoals": "Growth" },
        "source": "WEB", "termsVersion": 1, "commandId": key
    });
    let query = "mutation($input: ApplyForProgramInput!) { applyForProgram(input: $input) \
                 { position replayed refusal { code } } }";
    json!({ "query": query, "variables": { "input": input } })
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_an_account_that_registers_applies_and_goes_on_as_the_owner_of_its_partner() {
    for place in places().await {
        let site = Site::start(&place).await;
        let trade = Trade::without_money(&site.service.log).await;
        let anna = AccountId(Uuid::now_v7());
        let [first_name, last_name, email] =
            ["Anna", "Nowak", "anna@late.example"].map(str::to_owned);
        let person = NewPerson { first_name, last_name, email, phone: None };
        let register = AccountCommand::Register { door: Door::Invitation, person };
        people::change_by(&site.service.commands, sign_up(anna), anna, register).await;
        let body = application(&trade, Uuid::now_v7());
        let apply = async || {
            let reply = Reply::of(site.request(anna, &body)).await;
            reply.body["data"]["applyForProgram"].clone()
        };
        let applied = apply().await;
        assert_eq!(applied["refusal"], Value::Null, "{place}: {applied}");
        assert_eq!(apply().await["replayed"], true, "{place}: told again it founds nothing more");
        let viewer = "{ viewer { subject role permissions seats { acting partnerId } application { partnerId } } }";
        let told = site.ask(anna, viewer).await.body["data"]["viewer"].clone();
        let partner = told["application"]["partnerId"].clone();
        assert!(partner.is_string(), "{place}: {told}");
        let acting = format!("owner/{}", partner.as_str().unwrap_or_default());
        assert_eq!(told["subject"], anna.to_string(), "{place}");
        assert_eq!(told["seats"], json!([{ "acting": acting, "partnerId": partner }]), "{place}");
        assert_eq!(told["permissions"], json!(["PARTICIPATE", "MANAGE_BALANCES"]), "{place}");
        let second = application(&trade, Uuid::now_v7());
        let reply = Reply::of(site.request(anna, &second).header("accord-acting", "owner")).await;
        assert_eq!(reply.body["data"]["applyForProgram"]["refusal"], Value::Null, "{place}");
        let told = site.ask(anna, viewer).await.body["data"]["viewer"]["seats"].clone();
        assert_eq!(told.as_array().map(Vec::len), Some(2), "{place}: {told}");
        site.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_elsewhere_opens_the_account_that_is_linked_to_it_until_that_is_closed() {
    for place in places().await {
        let site = Site::start(&place).await;
        let fiona = people::account(&site.service.commands, FINANCE).await;
        let (issuer, subject) = ("https://id.example".to_owned(), "24".to_owned());
        let log: &dyn Accounts = &site.service.log;
        assert_eq!(log.linked(&issuer, &subject).await, Ok(None), "{place}");
        let link = AccountCommand::Link { issuer: issuer.clone(), subject: subject.clone() };
        people::change_by(&site.elsewhere, sign_up(fiona), fiona, link).await;
        assert_eq!(log.linked(&issuer, &subject).await, Ok(Some(fiona)), "{place}");
        for (issuer, subject) in [("https://id.example", "2"), ("https://id.example/24", "")] {
            assert_eq!(log.linked(issuer, subject).await, Ok(None), "{place}");
        }
        people::change(&site.elsewhere, fiona, AccountCommand::Close {}).await;
        assert_eq!(log.linked(&issuer, &subject).await, Ok(None), "{place}");
        site.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_system_does_what_its_scopes_say_and_sees_nothing() {
    for place in places().await {
        let site = Site::start(&place).await;
        let lms = AccountId(Uuid::now_v7());
        let name = "Learning system".to_owned();
        people::change(&site.elsewhere, lms, AccountCommand::RegisterClient { name }).await;
        let ids = || [(); 4].map(|()| Uuid::now_v7());
        let complete = || {
            let [partner, person, key, _] = ids();
            format!(
                "mutation {{ completeModule(input: {{ partnerId: \"{partner}\", person: \"{person}\", course: \"c\", \
                 module: \"m\", contentVersion: 1, source: {{ source: \"lms\", reference: \"1\" }}, commandId: \"{key}\" }}) \
                 {{ refusal {{ code }} }} }}"
            )
        };
        assert_eq!(site.ask(lms, &complete()).await.status, 401, "{place}: it has no role yet");
        let give = |permission| AccountCommand::GrantRole {
            role: Role::Integration,
            scope: Scope::Vendor,
            permissions: Some([permission].into()),
        };
        people::change(&site.elsewhere, lms, give(Permission::Bank)).await;
        assert_eq!(code(&site.ask(lms, &complete()).await), "FORBIDDEN", "{place}");
        people::change(&site.elsewhere, lms, give(Permission::Learning)).await;
        let reply = site.ask(lms, &complete()).await;
        let refused = &reply.body["data"]["completeModule"]["refusal"]["code"];
        assert_eq!(refused, "PARTNER_NOT_APPLIED", "{place}");
        for query in [
            "{ viewer { role } }",
            "{ partners { nodes { name } } }",
            "{ deals { nodes { dealId } } }",
        ] {
            assert_eq!(code(&site.ask(lms, query).await), "FORBIDDEN", "{place}: {query}");
        }
        site.service.stop().await;
    }
}
