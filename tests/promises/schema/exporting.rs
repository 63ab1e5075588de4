//! Export: whatever list a screen shows, its CSV has the same rows and the same values, as they stood at one moment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api::access;
use api::auth::{Authenticator, InstallationKey, Role};
use api::graphql::VALUES;
use api::http::{Pages, ServerSettings, Sheet, TraceId, Web, serve};
use async_graphql::parser::types::{FieldDefinition, ServiceDocument};
use async_graphql::{Positioned, Request, Variables};
use chrono::{DateTime, TimeDelta, Utc};
use domain::PartnerId;
use domain::account::{Scope, Seat};
use eventlog::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tests::{People, places};
use uuid::Uuid;

use super::commands::apply;
use super::sdl::{document, fields, types};
use super::served::{LATE, Objects, Served, principal};
use crate::face::Shutdown;

/// A served story behind a real server.
struct Online {
    served: Served,
    address: SocketAddr,
    key: InstallationKey,
    people: Arc<People>,
    _shutdown: Shutdown,
}

/// A sheet as it came: its rows by the names of their columns, and up to where the views had come.
#[derive(PartialEq, Debug)]
struct Exported {
    rows: Vec<BTreeMap<String, String>>,
    position: Option<u64>,
}

impl Online {
    async fn of(served: Served) -> Self {
        let key = || InstallationKey::from_secret(&[9; 32]);
        let people = Arc::new(People::default());
        let clock = Arc::new(|| SystemClock.now());
        let authenticator = Authenticator::for_installation(key(), people.clone(), clock);
        let web = Web::new(served.graph.clone(), Arc::new(authenticator));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shutdown = web.shutdown.clone();
        tokio::spawn(serve(listener, web, ServerSettings::default()));
        let _shutdown = Shutdown(Box::new(move || shutdown.cancel()));
        Self { served, address, key: key(), people, _shutdown }
    }

    async fn send(
        &self,
        role: Role,
        partner: Option<Uuid>,
        query: &str,
        variables: &Value,
    ) -> reqwest::Response {
        let partner = partner.filter(|_| role.is_member()).map(PartnerId);
        let somebody = self.people.seated(Seat { role, scope: Scope::of(partner) });
        let token = self.key.mint(somebody, None, TimeDelta::hours(1), SystemClock.now());
        let request = reqwest::Client::new().post(format!("http://{}/graphql", self.address));
        let request = request.bearer_auth(token.expect("a token")).header("accept", "text/csv");
        let body = json!({ "query": query, "variables": variables });
        request.json(&body).send().await.expect("an answer")
    }

    /// The sheet, or the status and the code of what there is instead.
    async fn export(
        &self,
        role: Role,
        partner: Option<Uuid>,
        query: &str,
        variables: &Value,
    ) -> Result<Exported, (u16, String)> {
        let answer = self.send(role, partner, query, variables).await;
        let status = answer.status().as_u16();
        if status != 200 {
            let body: Value = answer.json().await.expect("is JSON");
            assert_eq!(body.get("data"), None, "{body}");
            let code = body["errors"][0]["extensions"]["code"].as_str().expect("a code");
            return Err((status, code.to_owned()));
        }
        let media = answer.headers()["content-type"].to_str().expect("is ASCII");
        assert_eq!(media, "text/csv; charset=utf-8; header=present");
        let position = answer.headers().get("accord-position");
        let position = position.map(|value| value.to_str().expect("is ASCII").parse());
        let position = position.transpose().expect("is a number");
        Ok(Exported { rows: read(&answer.bytes().await.expect("a body")), position })
    }
}

/// The rows of a CSV, read by a library.
fn read(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let names = reader.headers().expect("has names").clone();
    let rows = reader.records().map(|record| {
        let record = record.expect("is as long as the others");
        names.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

/// The fields that are JSON of any form.
const JSON: [&str; 4] = ["payload", "body", "plan", "trace"];

/// What a screen shows of a row, by the names that a sheet has for it.
fn shown(name: &str, value: &Value, row: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if !JSON.iter().any(|json| name.ends_with(json)) => {
            for (key, value) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                shown(&name, value, row);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(row.insert(name.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            row.insert(name.to_owned(), value.to_string());
        }
    }
}

/// The same without what is empty, and with every list in one form; what begins like a formula as it is written.
fn told(row: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let told = row.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| {
        let json = serde_json::from_str::<Value>(value).ok();
        let json = json.filter(|json| json.is_array() || json.is_object());
        (name.clone(), json.map_or_else(|| value.clone(), |json| json.to_string()))
    });
    told.collect()
}

/// A list and how it is reached: its path of fields with their arguments, the types that they are of, and its items' type.
#[derive(Clone, Debug)]
struct List {
    path: Vec<(String, String)>,
    item: String,
}

fn bare(ty: &str) -> String {
    ty.trim_matches(['[', ']', '!']).to_owned()
}

/// Every list of the schema that no other list holds.
fn lists(document: &ServiceDocument, objects: Objects, program: Uuid) -> Vec<List> {
    let mut found = vec![];
    let mut known = vec!["Query".to_owned()];
    let mut next = VecDeque::from([("Query".to_owned(), vec![])]);
    while let Some((parent, path)) = next.pop_front() {
        let definition = types(document).find(|ty| ty.name.node == parent.as_str());
        for field in definition.map(fields).unwrap_or_default() {
            let ty = field.node.ty.node.to_string();
            let to = bare(&ty);
            let Some(call) = call(field, objects, program) else { continue };
            let mut path: Vec<(String, String)> = path.clone();
            path.push((parent.clone(), call));
            if let Some(item) = to.strip_suffix("Connection") {
                found.push(List { path, item: item.to_owned() });
            } else if !ty.starts_with('[') && has_fields(document, &to) && !known.contains(&to) {
                known.push(to.clone());
                next.push_back((to, path));
            }
        }
    }
    found
}

fn has_fields(document: &ServiceDocument, name: &str) -> bool {
    types(document).any(|definition| definition.name.node == name && !fields(definition).is_empty())
}

/// A field aimed at `objects`, as of an instant where it asks for one; none where it needs something else. A list shows
/// three rows a page.
fn call(field: &Positioned<FieldDefinition>, objects: Objects, program: Uuid) -> Option<String> {
    let mut given = vec![];
    for argument in &field.node.arguments {
        let name = argument.node.name.node.as_str();
        let value = match name {
            "partnerId" => format!("\"{}\"", objects.partner),
            "dealId" => format!("\"{}\"", objects.deal),
            "accountId" => format!("\"{}\"", objects.account),
            "walletId" => format!("\"{}\"", objects.wallet),
            "programId" => format!("\"{program}\""),
            "lot" => format!("\"{}\"", objects.lot),
            "first" => "3".to_owned(),
            "at" => "\"2026-01-01T00:00:00Z\"".to_owned(),
            "after" => "$after".to_owned(),
            _ if argument.node.ty.node.to_string().ends_with('!') => return None,
            _ => continue,
        };
        given.push(format!("{name}: {value}"));
    }
    let name = &field.node.name.node;
    Some(if given.is_empty() { name.to_string() } else { format!("{name}({})", given.join(", ")) })
}

/// Everything of a type that a role may see and that stands in its row.
fn selection(document: &ServiceDocument, ty: &str, role: Role) -> String {
    let definition = types(document).find(|definition| definition.name.node == ty);
    let mut asked = vec![];
    for field in definition.map(fields).unwrap_or_default() {
        let name = field.node.name.node.as_str();
        let to = bare(&field.node.ty.node.to_string());
        if !access::may_use(role, ty, name) || !field.node.arguments.is_empty() {
            continue;
        }
        if !has_fields(document, &to) {
            asked.push(name.to_owned());
        } else if VALUES.contains(&to.as_str()) {
            asked.push(format!("{name} {}", selection(document, &to, role)));
        }
    }
    format!("{{ {} }}", asked.join(" "))
}

fn key(called: &str) -> &str {
    called.split('(').next().unwrap_or(called)
}

/// What whoever may not see a list hears, or whoever may see nothing in it and can ask for nothing.
const REFUSED: [&str; 2] = ["FORBIDDEN", "GRAPHQL_PARSE_FAILED"];

#[tokio::test(flavor = "multi_thread")]
async fn m19_every_list_is_exported_with_the_rows_of_all_its_pages_on_the_screen_as_every_role() {
    for place in places().await {
        let served = Served::at(place).await;
        served.leave_open().await;
        let online = Online::of(served).await;
        let served = &online.served;
        let (document, program) = (document(), served.story.id("program"));
        let north = served.objects("north").await;
        let lists = lists(&document, north, program);
        let of_schema = types(&document).filter(|ty| !ty.name.node.ends_with("Payload"));
        let of_schema = of_schema
            .flat_map(fields)
            .filter(|field| bare(&field.node.ty.node.to_string()).ends_with("Connection"));
        assert_eq!(lists.len(), of_schema.count(), "every list is reached: {lists:?}");
        let mut written = BTreeMap::<String, usize>::new();
        for List { path, item } in &lists {
            for role in Role::PEOPLE {
                let partner = Some(north.partner);
                let nodes = format!("{{ nodes {} }}", selection(&document, item, role));
                let with_pages = nodes.replacen(
                    "{ nodes",
                    "{ totalCount { count isExact } pageInfo { endCursor hasNextPage } nodes",
                    1,
                );
                let [query, screen] = [nodes, with_pages].map(|inner| {
                    let whole = path
                        .iter()
                        .rev()
                        .fold(inner, |inner, (_, call)| format!("{{ {call} {inner} }}"));
                    format!("query($after: String) {whole}")
                });
                let exported = online.export(role, partner, &query, &json!({})).await;
                if path.iter().any(|(on, call)| !access::may_use(role, on, key(call))) {
                    assert!(
                        matches!(&exported, Err((400, code)) if REFUSED.contains(&code.as_str())),
                        "{role} {path:?}: {exported:?}"
                    );
                    continue;
                }
                let mut rows = vec![];
                let (mut after, mut count) = (Value::Null, Value::Null);
                let there = loop {
                    let given = json!({ "after": after });
                    let answer = served.ask_with(role, partner, &screen, given).await;
                    assert_eq!(answer.errors, [], "{screen}");
                    let data = answer.data.into_json().expect("is JSON");
                    let list = path.iter().fold(&data, |data, (_, call)| &data[key(call)]);
                    let Some(nodes) = list["nodes"].as_array() else { break false };
                    for node in nodes {
                        let mut row = BTreeMap::new();
                        shown("", node, &mut row);
                        rows.push(told(&row));
                    }
                    count = list["totalCount"].clone();
                    after = list["pageInfo"]["endCursor"].clone();
                    if list["pageInfo"]["hasNextPage"] != true {
                        break true;
                    }
                };
                if !there {
                    assert_eq!(exported, Err((400, "NOT_FOUND".to_owned())), "{role} {path:?}");
                    continue;
                }
                let all = json!({ "count": rows.len(), "isExact": true });
                assert_eq!(count, all, "{role} {screen}");
                let exported =
                    exported.unwrap_or_else(|error| panic!("{role} {path:?}: {error:?}"));
                let in_sheet: Vec<_> = exported.rows.iter().map(told).collect();
                assert_eq!(in_sheet, rows, "{role} {query}");
                let name = path.iter().map(|(_, call)| key(call)).collect::<Vec<_>>().join(".");
                let most = written.entry(name.clone()).or_default();
                *most = rows.len().max(*most);
                let head = *served.service.log.head().borrow();
                let expected =
                    Some(head).filter(|_| !["openItems", "outbox"].contains(&name.as_str())); // Those stand beside the log.
                assert_eq!(exported.position, expected, "{name}");
            }
        }
        let long = written.values().filter(|rows| **rows > 3).count();
        assert!(long >= 3, "some lists have more than one page: {written:?}");
        let Online { served, .. } = online;
        served.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m19_a_periods_last_row_is_in_the_export_that_is_on_the_screen_and_its_neighbour_in_neither()
 {
    let online = Online::of(Served::begin().await).await;
    let query = "query($filter: AuditFilter) { events(filter: $filter, first: 100) { nodes { position occurredAt } } }";
    let served = &online.served;
    let screen = async |filter: &Value| {
        let given = json!({ "filter": filter });
        let answer = served.ask_with(Role::Auditor, None, query, given).await;
        let data = answer.data.into_json().expect("is JSON");
        let nodes = data["events"]["nodes"].as_array().expect("is a list").clone();
        nodes
            .iter()
            .map(|node| node["position"].as_str().expect("a text").to_owned())
            .collect::<Vec<_>>()
    };
    let all =
        served.ask(Role::Auditor, None, "{ events(first: 100) { nodes { occurredAt } } }").await;
    let all = all.data.into_json().expect("is JSON");
    let instants = all["events"]["nodes"].as_array().expect("is a list").iter();
    let instant = |node: &Value| {
        serde_json::from_value::<DateTime<Utc>>(node["occurredAt"].clone()).expect("is an instant")
    };
    let instants: BTreeSet<_> = instants.map(instant).collect();
    let instants: Vec<_> = instants.into_iter().rev().collect();
    let mut sizes = vec![];
    for pair in instants.windows(2).take(6) {
        let filter = json!({ "occurredFrom": pair[1], "occurredUntil": pair[0] });
        let on_screen = screen(&filter).await;
        let exported =
            online.export(Role::Auditor, None, query, &json!({ "filter": filter })).await;
        let exported = exported.expect("is written").rows;
        let exported: Vec<_> = exported.iter().map(|row| row["position"].clone()).collect();
        assert_eq!(exported, on_screen);
        assert!(!exported.is_empty(), "what happened at the beginning of the period is in it");
        let of_neighbour = screen(&json!({ "occurredFrom": pair[0] })).await;
        assert!(exported.iter().all(|position| !of_neighbour.contains(position)));
        sizes.push(exported.len());
    }
    assert_eq!(sizes.len(), 6);
    let Online { served, .. } = online;
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_what_was_true_at_one_position_whatever_comes_between_its_pages() {
    for place in places().await {
        let served = Arc::new(Served::at(place).await);
        let before = *served.service.log.head().borrow();
        let pages = Arc::new(AtomicUsize::new(0));
        let (asked, meanwhile) = (pages.clone(), served.clone());
        let query = "{ partners(first: 1, orderBy: { field: NAME, direction: ASCENDING }) { nodes { name } } }";
        let each: Pages = Box::new(move || {
            if asked.fetch_add(1, Ordering::Relaxed) == 1 {
                let applied = apply(&meanwhile, LATE, "Zzz comes last");
                let applied = tokio::runtime::Handle::current().block_on(applied);
                assert_eq!(applied.errors.len(), 1, "of the partner alone: {applied:?}");
            }
            let request = Request::new(query).variables(Variables::default());
            request.data(principal(Role::Auditor, None)).data(TraceId::new())
        });
        let each: Pages = Box::new(move || tokio::task::block_in_place(&each));
        let sheet = Arc::new(Sheet::default());
        let position = served.graph.export(sheet.clone(), each).await;
        assert_eq!(position.expect("it is written"), Some(before));
        assert_eq!(pages.load(Ordering::Relaxed), 3, "a page for each of the three partners");
        let now = served.ask(Role::Auditor, None, "{ partners { nodes { name } } }").await;
        let now = now.data.into_json().expect("is JSON");
        assert_eq!(now["partners"]["nodes"].as_array().map(Vec::len), Some(4));
        let served = Arc::into_inner(served).expect("nobody else has it");
        tokio::time::timeout(Duration::from_secs(30), served.service.stop()).await.expect("stops");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_one_list_is_refused_with_what_to_ask_for() {
    let online = Online::of(Served::begin().await).await;
    let north = online.served.objects("north").await;
    for (query, expected) in [
        ("{ viewer { role } }", (400, "BAD_USER_INPUT")),
        ("{ partners { pageInfo { endCursor } } }", (400, "BAD_USER_INPUT")),
        ("{ partners { nodes { name } } deals { nodes { dealId } } }", (400, "BAD_USER_INPUT")),
        ("{ partners(first: 101) { nodes { name } } }", (400, "BAD_USER_INPUT")),
        ("{ partners(first: 1, last: 1) { nodes { name } } }", (400, "BAD_USER_INPUT")),
        ("{ partners(after: \"junk\") { nodes { name } } }", (400, "BAD_USER_INPUT")),
        ("{ partners(last: 1) { nodes { name } } }", (400, "BAD_USER_INPUT")),
        ("{ partners { nodes { name deals { nodes { dealId } } } } }", (400, "BAD_USER_INPUT")),
        ("{ partners { nodes { nonsense } } }", (400, "GRAPHQL_VALIDATION_FAILED")),
        ("mutation { withdrawDeal(input: {}) { position } }", (400, "BAD_REQUEST")),
    ] {
        let refused = online.export(Role::Auditor, None, query, &json!({})).await;
        let (status, code) = refused.expect_err(query);
        assert_eq!((status, code.as_str()), expected, "{query}");
    }
    let nested = format!(
        "{{ viewer {{ role }} mine: partner(partnerId: \"{}\") {{ name all: deals(first: 1) {{ totalCount {{ count }} edges {{ cursor node {{ of: customer {{ name }} dealId }} }} }} }} }}",
        north.partner
    );
    let answer = online.send(Role::Auditor, None, &nested, &json!({})).await;
    let file = answer.headers()["content-disposition"].to_str().expect("is ASCII");
    assert_eq!(file, "attachment; filename=\"all.csv\"");
    let text = answer.text().await.expect("a body");
    let text = text.strip_prefix('\u{feff}').expect("begins with a byte order mark");
    assert!(text.starts_with("of.name,dealId\r\n"), "{text}");
    assert!(text.ends_with("\r\n") && text.lines().count() > 1, "{text}");
    let Online { served, .. } = online;
    served.service.stop().await;
}
