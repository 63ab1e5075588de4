//! A served story: one partner with its upline, seen by everybody.

use std::path::Path;
use std::sync::Arc;

use api::auth::{Principal, Role};
use api::clock::ManualClock;
use api::graphql::{Settings, graph};
use api::http::{Graph, TraceId};
use api::service::Service;
use api::story::Story;
use async_graphql::{Request, Response, Variables};
use domain::mails::mails;
use domain::outcomes::OpenKind;
use domain::reactions::reactions;
use domain::{Currency, PartnerId, WalletId};
use eventlog::{OpenItem, Outgoing};
use serde_json::{Value, json};
use tests::{Place, told, well_placed};
use uuid::Uuid;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/stories/one-partner.json");

/// The story of `north`, below `ridge`, below `summit`: every view has rows, and one deal is `north`'s.
pub struct Served {
    pub story: Story,
    pub service: Service,
    pub graph: Arc<dyn Graph>,
    _place: Place,
}

/// The objects of one partner, or ids that name nothing.
#[derive(Clone, Copy, Debug)]
pub struct Objects {
    pub partner: Uuid,
    pub deal: Uuid,
    pub wallet: Uuid,
    pub lot: Uuid,
    pub account: Uuid,
}

impl Served {
    pub async fn begin() -> Self {
        Self::at(Place::sqlite()).await
    }

    pub async fn at(place: Place) -> Self {
        let story = Story::read(Path::new(FILE)).expect("the story is well written");
        let clock = ManualClock::at(story.begins());
        let service = Service::start_at(place.target.clone(), clock).await.expect("starts");
        story.tell(Path::new(FILE), &service, |_| ()).await.expect("the story goes as written");
        let graph = graph(&service, Settings { introspection: true });
        Self { story, service, graph, _place: place }
    }

    /// What concerns the partner of this name in the story.
    pub async fn objects(&self, name: &str) -> Objects {
        let partner = self.story.id(name);
        let wallet = WalletId::of(PartnerId(partner), Currency::from_code("EUR").expect("EUR")).0;
        let query =
            format!("{{ wallet(walletId: \"{wallet}\") {{ lots {{ nodes {{ lotId }} }} }} }}");
        let answer = self.ask(Role::Auditor, None, &query).await;
        let lot = answer.data.into_json().expect("is JSON")["wallet"]["lots"]["nodes"][0]["lotId"]
            .clone();
        let lot =
            serde_json::from_value(lot).expect("every partner of the story has earned something");
        let (deal, account) = (self.story.id("deal"), self.story.id("hanna"));
        Objects { partner, deal, wallet, lot, account }
    }

    /// Leaves an accrual open.
    pub async fn leave_open(&self) {
        let log = &self.service.log;
        let (envelope, caused) = told(log)
            .await
            .into_iter()
            .filter(|told| told.envelope.event_type == "commission-calculated")
            .find_map(|told| Some((told.envelope.clone(), reactions(&told).pop()?)))
            .expect("something is earned in the story");
        let item = OpenItem {
            command_id: caused.command_id,
            kind: OpenKind::Failed,
            event_id: envelope.event_id,
            position: envelope.position,
            command: caused.command.name().to_owned(),
            aggregate_id: caused.command.target(),
            waits_for: None,
            code: "COMMAND_ID_REUSED".to_owned(),
            reason: "another command has been carried out under its id".to_owned(),
            since: log.now(),
            tried_at: log.now(),
            tries: 1,
            dismissed: None,
        };
        log.keep_open(&item).await.expect("it is taken");
    }

    /// Leaves a mail in the outbox.
    pub async fn leave_mail(&self) {
        let log = &self.service.log;
        let caused = told(log).await.into_iter().find_map(|told| {
            let notice = mails(&told).pop()?;
            Some(Outgoing::caused(notice, &told.envelope))
        });
        let mail = caused.expect("somebody applies in the story");
        log.add_mail(&[mail]).await.expect("it is taken");
    }

    pub async fn ask(&self, role: Role, partner: Option<Uuid>, query: &str) -> Response {
        self.ask_with(role, partner, query, json!({})).await
    }

    pub async fn ask_with(
        &self,
        role: Role,
        partner: Option<Uuid>,
        query: &str,
        variables: Value,
    ) -> Response {
        self.ask_by(principal(role, partner), query, variables).await
    }

    /// A mutation is a request of its own where its input names none.
    pub async fn ask_by(&self, by: Principal, query: &str, mut variables: Value) -> Response {
        if let Some(input) = variables.get_mut("input").and_then(Value::as_object_mut) {
            input.entry("commandId").or_insert_with(|| json!(Uuid::now_v7()));
        }
        let request = Request::new(query).variables(Variables::from_json(variables));
        let request = request.data(by).data(TraceId::new());
        let answer = self.graph.execute(request).await;
        for error in &answer.errors {
            well_placed(&serde_json::to_value(error).expect("is JSON"));
        }
        answer
    }
}

/// A partner that has not applied yet.
pub const LATE: Uuid = Uuid::from_u128(0x4711_0000_4000_8000_0000_0000_0000);

/// Somebody in this role; members are of `partner`.
pub fn principal(role: Role, partner: Option<Uuid>) -> Principal {
    let partner = partner.filter(|_| role.is_member()).map(PartnerId);
    Principal::usual(format!("{role}@test"), role, partner)
}

/// The codes of the errors at each place of an answer.
pub fn codes(response: &Response) -> Vec<(String, String)> {
    let told = |error: &async_graphql::ServerError| {
        let json = serde_json::to_value(error).expect("is JSON");
        let parts = json["path"].as_array().into_iter().flatten();
        let path = parts.map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
        let code = json["extensions"]["code"].as_str().unwrap_or("none").to_owned();
        (path.collect::<Vec<_>>().join("."), code)
    };
    response.errors.iter().map(told).collect()
}
