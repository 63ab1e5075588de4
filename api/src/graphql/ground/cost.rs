//! Query cost analysis: how many rows an operation may read, told in every answer, and a bound on it.

use std::sync::{Arc, OnceLock};

use async_graphql::{
    Error, ErrorExtensions, Name, Positioned, Request, Response, ServerError, ServerResult, Value,
    Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest,
        NextSubscribe,
    },
    parser::types::{
        ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
    },
    registry::{MetaType, MetaTypeName, Registry},
};
use domain::{
    bounds::MANY,
    ledger::{Account, MOST_LINES},
    money::MOST_CURRENCIES,
};
use futures::{StreamExt, stream::BoxStream};
use projections::{
    MOST_COUNTED,
    events::{MOST_CAUSES, MOST_EFFECTS},
};

use super::{
    failure::of_no_place,
    page::{LONGEST, USUAL},
};
use crate::http::select;

/// Most rows that an operation may read.
const MOST: u64 = 10_000;

/// The lists without pages, each with how many it may hold. One that is not among them costs more than is allowed.
pub const BOUNDED: [(&str, &str, u64); 7] = [
    ("AuditEvent", "causes", MOST_CAUSES as u64),
    ("AuditEvent", "effects", MOST_EFFECTS as u64),
    ("Deal", "lines", MANY as u64),
    ("JournalEntry", "lines", MOST_LINES),
    ("PartnerDashboard", "totals", MOST_CURRENCIES),
    ("ProgramDashboard", "totals", MOST_CURRENCIES),
    ("Query", "trialBalance", Account::ALL.len() as u64 * MOST_CURRENCIES),
];

/// Fragments within fragments that are looked into; a document that nests them deeper is refused before this.
const DEEPEST: usize = 32;

/// The types that stand in the row of whatever they are of, so that they cost nothing besides.
pub const VALUES: [&str; 17] = [
    "Actor",
    "Allocation",
    "Certification",
    "Contact",
    "ContractStatus",
    "Course",
    "Customer",
    "DealReturn",
    "Leg",
    "Money",
    "PageInfo",
    "PolicyVersion",
    "PublishedCode",
    "Refusal",
    "Viewer",
    "ViewerSeat",
    "Share",
];

/// How many rows an operation may read, and where most of them are.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Cost {
    pub rows: u64,
    /// The path of the field.
    pub dearest: Vec<String>,
}

impl Cost {
    /// Of what is asked; of nothing where that cannot be told, which others report.
    pub fn of(request: &mut Request, registry: &Registry) -> Self {
        // Borrowed from the request while its document is.
        let name = std::mem::take(&mut request.operation_name);
        let variables = std::mem::take(&mut request.variables);
        let document = request.parsed_query().ok();
        let cost = document.and_then(|document| {
            let operation = select(document, name.as_deref()).ok()?;
            Some(Count { document, operation, variables: &variables, registry }.cost())
        });
        (request.operation_name, request.variables) = (name, variables);
        cost.unwrap_or_default()
    }

    /// Why an operation that may read too much is refused.
    fn refused(&self) -> Option<ServerError> {
        if self.rows <= MOST {
            return None;
        }
        let dearest = self.dearest.join(".");
        let message = format!(
            "this may read {} rows where {MOST} are allowed, most of them at {dearest}: ask for shorter pages there, or in parts",
            self.rows
        );
        let error = Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", "QUERY_TOO_COSTLY");
            extensions.set("dearest", dearest.as_str());
        });
        Some(of_no_place(error))
    }

    fn told(&self, answer: Response) -> Response {
        let cost = [("rows", self.rows), ("limit", MOST)];
        let cost = cost.map(|(name, rows)| (Name::new(name), Value::from(rows)));
        answer.extension("cost", Value::Object(cost.into_iter().collect()))
    }
}

/// Refuses what may read too much, and tells in every answer what it cost.
pub struct Costs;

impl ExtensionFactory for Costs {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Pricing::default())
    }
}

#[derive(Default)]
struct Pricing(Arc<OnceLock<Cost>>);

#[async_graphql::async_trait::async_trait]
impl Extension for Pricing {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let answer = next.run(ctx).await;
        self.0.get().cloned().unwrap_or_default().told(answer)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let cost = self.0.clone();
        let told = move |answer| cost.get().cloned().unwrap_or_default().told(answer);
        next.run(ctx, stream).map(told).boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let cost = Cost::of(&mut request, &ctx.schema_env.registry);
        match self.0.get_or_init(|| cost).refused() {
            Some(refused) => Err(refused),
            None => next.run(ctx, request).await,
        }
    }
}

/// The rows of a selection, with its dearest field.
#[derive(Default)]
struct Priced {
    rows: u64,
    dearest: Option<Box<Part>>,
}

struct Part {
    key: String,
    priced: Priced,
}

impl Priced {
    fn add(&mut self, key: &Name, priced: Self) {
        self.rows = self.rows.saturating_add(priced.rows);
        let dearest = self.dearest.as_ref().map_or(0, |part| part.priced.rows);
        if priced.rows > dearest {
            self.dearest = Some(Box::new(Part { key: key.to_string(), priced }));
        }
    }
}

/// An operation with what its selections mean.
struct Count<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    registry: &'a Registry,
}

impl Count<'_> {
    fn cost(&self) -> Cost {
        let root = match self.operation.ty {
            OperationType::Query => Some(self.registry.query_type.as_str()),
            OperationType::Mutation => self.registry.mutation_type.as_deref(),
            OperationType::Subscription => self.registry.subscription_type.as_deref(),
        };
        let mut priced = Priced::default();
        self.set(root.unwrap_or_default(), &self.operation.selection_set, 0, &mut priced);
        let rows = priced.rows;
        let (mut rest, mut dearest) = (priced.dearest, vec![]);
        while let Some(part) = rest {
            dearest.push(part.key);
            rest = part.priced.dearest;
        }
        Cost { rows, dearest }
    }

    fn set(&self, on: &str, set: &Positioned<SelectionSet>, depth: usize, priced: &mut Priced) {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    priced.add(key, self.field(on, &field.node, depth));
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(on, |condition| condition.node.on.node.as_str());
                    self.set(on, &fragment.node.selection_set, depth, priced);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = self.document.fragments.get(name).filter(|_| depth < DEEPEST);
                    if let Some(fragment) = fragment {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.set(on, &fragment.node.selection_set, depth + 1, priced);
                    }
                }
            }
        }
    }

    /// An object is a row, a list as many as it may have, each with all that is asked of it. The schema has no rows.
    fn field(&self, on: &str, field: &Field, depth: usize) -> Priced {
        let mut priced = Priced::default();
        if field.name.node.starts_with("__") {
            return priced;
        }
        let meta = self.registry.types.get(on).and_then(|ty| ty.field_by_name(&field.name.node));
        let Some(ty) = meta.map(|meta| meta.ty.as_str()) else { return priced };
        let to = MetaTypeName::concrete_typename(ty);
        if !self.is_object(to) {
            return priced;
        }
        self.set(to, &field.selection_set, depth, &mut priced);
        if is_page(on) || on.ends_with("Edge") {
            return priced; // Counted with the page.
        }
        let times = if is_page(to) {
            self.rows_of_page(field)
        } else if ty.starts_with('[') {
            self.length_of_list(on, field)
        } else {
            1
        };
        let own = u64::from(!VALUES.contains(&to));
        priced.rows = times.saturating_mul(priced.rows.saturating_add(own));
        if is_page(to) && self.asks_how_many(&field.selection_set, depth) {
            priced.rows = priced.rows.saturating_add(MOST_COUNTED);
        }
        priced
    }

    /// Whether the length of a list is asked for, which is counted once for all its rows.
    fn asks_how_many(&self, set: &Positioned<SelectionSet>, depth: usize) -> bool {
        set.node.items.iter().any(|selection| match &selection.node {
            Selection::Field(field) => field.node.name.node == "totalCount",
            Selection::InlineFragment(fragment) => {
                self.asks_how_many(&fragment.node.selection_set, depth)
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let fragment = self.document.fragments.get(name).filter(|_| depth < DEEPEST);
                fragment.is_some_and(|fragment| {
                    self.asks_how_many(&fragment.node.selection_set, depth + 1)
                })
            }
        })
    }

    fn is_object(&self, ty: &str) -> bool {
        matches!(
            self.registry.types.get(ty),
            Some(MetaType::Object { .. } | MetaType::Interface { .. } | MetaType::Union { .. })
        )
    }

    /// A page that is longer than any may be costs what the longest does: it is refused for its length.
    fn rows_of_page(&self, field: &Field) -> u64 {
        let asked =
            ["first", "last"].into_iter().find_map(|name| match self.argument(field, name)? {
                Value::Number(rows) => rows.as_u64(),
                Value::Null
                | Value::String(_)
                | Value::Boolean(_)
                | Value::Binary(_)
                | Value::Enum(_)
                | Value::List(_)
                | Value::Object(_) => None,
            });
        asked.unwrap_or(USUAL).min(LONGEST)
    }

    fn length_of_list(&self, on: &str, field: &Field) -> u64 {
        if field.get_argument("first").is_some() {
            return self.rows_of_page(field);
        }
        let ids = self.argument(field, "ids").map(|given| {
            if let Value::List(ids) = given { ids.len() as u64 } else { 1 } // One stands for a list of it.
        });
        let name = field.name.node.as_str();
        let bounded = BOUNDED.iter().find(|(ty, list, _)| (*ty, *list) == (on, name));
        ids.or(bounded.map(|(.., most)| *most)).unwrap_or(MOST + 1)
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let given = field.get_argument(name)?.node.clone();
        given.into_const_with(|variable| Ok::<_, ()>(self.variable(&variable))).ok()
    }

    fn variable(&self, name: &Name) -> Value {
        let default = || {
            let mut defined = self.operation.variable_definitions.iter();
            let definition = defined.find(|definition| definition.node.name.node == *name)?;
            Some(definition.node.default_value.as_ref()?.node.clone())
        };
        self.variables.get(name).cloned().or_else(default).unwrap_or_default()
    }
}

fn is_page(ty: &str) -> bool {
    ty.ends_with("Connection")
}
