//! The GraphQL face: queries from the views, mutations to the aggregates, subscriptions along the log.

mod account;
mod audit;
mod deal;
mod glance;
mod ground;
mod ledger;
mod outbox;
mod partner;
mod program;
mod subscription;
mod viewer;
mod wallet;

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::{
    MergedObject, Name, Request, Response, SDLExportOptions, Schema, SchemaBuilder, Value,
};
use chrono::{DateTime, Utc};
use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};

pub use self::ground::{
    asked::Sources,
    cost::{BOUNDED, VALUES},
};
use self::{
    account::{Account, AccountMutations, AccountQueries, RoleGrant},
    audit::{AuditEvent, AuditQueries, OpenItem, OpenQueries},
    deal::{Calculation, Deal, DealMutations, DealQueries, Payment},
    glance::DashboardQueries,
    ground::{
        asked::Asked,
        batches::{Batches, batches},
        cost::Costs,
        failure::{Failure, of_no_place},
        gate::Gate,
        moment::Moment,
        page::Connection,
        visible::{Only, asks_about_schema},
    },
    ledger::{JournalLine, JournalQueries},
    outbox::{Mail, OutboxQueries},
    partner::{
        ApplicationFinding, ApplicationForm, ApplicationMutations, AssignedCourse, Certificate,
        InformationRequest, NetworkMember, Partner, PartnerMutations, PartnerQueries,
        StandingMutations, TrainingRecord, WaitingApplication, WaitingQueries, approved,
    },
    program::{PlanDraft, Program, ProgramMutations, ProgramQueries, Publication},
    subscription::Subscription,
    viewer::{Node, ViewerQueries},
    wallet::{Lot, Payout, StatementLine, Wallet, WalletMutations, WalletQueries},
};
use crate::{
    auth::{Principal, Role},
    http::{Graph, InOrder, Nulls, Pages, Sheet, Sheets},
    service::Service,
};

/// What may be asked: objects that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
struct Query(
    ViewerQueries,
    AccountQueries,
    ProgramQueries,
    PartnerQueries,
    WaitingQueries,
    DealQueries,
    WalletQueries,
    DashboardQueries,
    JournalQueries,
    AuditQueries,
    OpenQueries,
    OutboxQueries,
);

/// What can be done. Every mutation is one command; a refusal is an answer like any other.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
struct Mutation(
    AccountMutations,
    ProgramMutations,
    ApplicationMutations,
    PartnerMutations,
    StandingMutations,
    DealMutations,
    WalletMutations,
);

type Face = Schema<Query, Mutation, Subscription>;

/// How the schema is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Whether clients may ask about the schema, and are told what they may have meant.
    pub introspection: bool,
}

/// Most levels that an operation may nest.
const DEPTH: usize = 12;
/// The same for a question about the schema: what portals' tools ask nests types within types.
const DEPTH_OF_SCHEMA: usize = 20;

/// The schema in the language of schemas, as it is checked in.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .include_specified_by()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .use_space_ident();
    let mut sdl = described(Schema::build(Query::default(), Mutation::default(), Subscription))
        .finish()
        .sdl_with_options(options);
    let end = sdl.trim_end().len();
    sdl.truncate(end);
    sdl.push('\n');
    sdl
}

/// The schema over a running service.
pub fn graph(service: &Service, settings: Settings) -> Arc<dyn Graph> {
    let Service { log, views, commands, mailing, .. } = service;
    let sources = Sources {
        commands: commands.clone(),
        log: log.clone(),
        views: views.clone(),
        mailing: mailing.clone(),
    };
    graph_of(sources, settings)
}

/// The schema, ready to run requests.
pub fn graph_of(sources: Sources, settings: Settings) -> Arc<dyn Graph> {
    let told = [
        face_of::<0>(settings),
        face_of::<1>(settings),
        face_of::<2>(settings),
        face_of::<3>(settings),
        face_of::<4>(settings),
        face_of::<5>(settings),
        face_of::<6>(settings),
    ];
    Arc::new(Served { whole: face(settings).finish(), told, sources })
}

/// The schema as it runs, and as each role is told of it.
struct Served {
    whole: Face,
    /// By the place of the role in [`Role::PEOPLE`].
    told: [Face; Role::PEOPLE.len()],
    sources: Sources,
}

impl Served {
    /// The schema for a request, and the request with what its fields need.
    fn prepare(
        &self,
        mut request: Request,
        moment: &Arc<Moment>,
    ) -> Result<(Face, Request, Batches), Box<Response>> {
        let principal = request.data.get(&TypeId::of::<Principal>());
        let Some(principal) = principal.and_then(|data| data.downcast_ref::<Principal>()).cloned()
        else {
            let error = of_no_place(Failure::unauthenticated());
            return Err(Box::new(Response::from_errors(vec![error])));
        };
        let told = Role::PEOPLE.iter().position(|role| *role == principal.role);
        let told = told.filter(|_| asks_about_schema(&mut request));
        let face = told.and_then(|role| self.told.get(role)).unwrap_or(&self.whole);
        let (spawner, batches) = batches();
        let asked = Asked::new(principal, self.sources.clone(), moment.clone(), spawner, approved);
        Ok((face.clone(), request.data(asked), batches))
    }
}

impl Graph for Served {
    fn execute(&self, request: Request) -> BoxFuture<'_, Response> {
        let moment = Arc::new(Moment::new(self.sources.views.clone()));
        match self.prepare(request, &moment) {
            Ok((face, request, batches)) => {
                async move { stamped(batches.drive(face.execute(request)).await, moment).await }
                    .boxed()
            }
            Err(refused) => std::future::ready(*refused).boxed(),
        }
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        let moment = Arc::new(Moment::new(self.sources.views.clone()));
        match self.prepare(request, &moment) {
            Ok((face, request, batches)) => {
                let answers = batches.drive_stream(face.execute_stream(request));
                answers.then(move |answer| stamped(answer, moment.clone())).boxed()
            }
            Err(refused) => stream::once(std::future::ready(*refused)).boxed(),
        }
    }

    fn export(
        &self,
        sheet: Arc<Sheet>,
        pages: Pages,
    ) -> BoxFuture<'_, Result<Option<u64>, Box<Response>>> {
        async move {
            let moment = Arc::new(Moment::still(self.sources.views.clone()));
            loop {
                let (face, request, batches) =
                    self.prepare(pages().data(sheet.clone()), &moment)?;
                let answer = batches.drive(face.execute(request)).await;
                if !answer.errors.is_empty() {
                    return Err(Box::new(answer));
                }
                if !sheet.goes_on() {
                    break;
                }
            }
            let read = moment.read().await.map_err(|error| Failure::unavailable(&error));
            let read = read.map_err(|failure| Response::from_errors(vec![of_no_place(failure)]));
            read.map(|read| read.map(|(_, last)| last)).map_err(Box::new)
        }
        .boxed()
    }
}

/// Says in an answer at which positions the views were read for it.
async fn stamped(answer: Response, moment: Arc<Moment>) -> Response {
    match moment.read().await {
        Ok(Some((first, last))) => {
            let read = [("first", first), ("last", last)]
                .map(|(name, position)| (Name::new(name), Value::from(position.to_string())));
            answer.extension("read", Value::Object(read.into_iter().collect()))
        }
        Ok(None) => answer,
        Err(error) => {
            tracing::warn!(%error, "the position of an answer could not be read");
            answer
        }
    }
}

type Builder = SchemaBuilder<Query, Mutation, Subscription>;

fn face(settings: Settings) -> Builder {
    let builder = described(Schema::build(Query::default(), Mutation::default(), Subscription))
        .extension(Sheets)
        .extension(InOrder)
        .extension(Nulls)
        .extension(Gate)
        .extension(Costs)
        .limit_depth(DEPTH);
    if settings.introspection {
        builder
    } else {
        builder.disable_introspection().disable_suggestions()
    }
}

/// What the role of this number is told: the same schema without what it may not use.
fn face_of<const ROLE: usize>(settings: Settings) -> Face {
    face(settings).limit_depth(DEPTH_OF_SCHEMA).register_output_type::<Only<ROLE>>().finish()
}

/// With the interface's types, and with words of our own for the types that the library describes.
fn described(builder: Builder) -> Builder {
    let builder = builder
        .override_output_type_description::<Connection<Account>>("A part of a list of accounts.")
        .override_output_type_description::<Connection<RoleGrant>>("A part of a list of roles.")
        .override_output_type_description::<Connection<Program>>("A part of a list of programmes.")
        .override_output_type_description::<Connection<PlanDraft>>("A part of a list of drafts.")
        .override_output_type_description::<Connection<Publication>>(
            "A part of a list of publications.",
        )
        .override_output_type_description::<Connection<Partner>>("A part of a list of partners.")
        .override_output_type_description::<Connection<ApplicationForm>>(
            "A part of a list of applications as they were sent.",
        )
        .override_output_type_description::<Connection<InformationRequest>>(
            "A part of a list of questions to a candidate.",
        )
        .override_output_type_description::<Connection<ApplicationFinding>>(
            "A part of a list of what was found of an application.",
        )
        .override_output_type_description::<Connection<WaitingApplication>>(
            "A part of a list of applications that wait.",
        )
        .override_output_type_description::<Connection<AssignedCourse>>(
            "A part of a list of assigned courses.",
        )
        .override_output_type_description::<Connection<TrainingRecord>>(
            "A part of a list of training records.",
        )
        .override_output_type_description::<Connection<Certificate>>(
            "A part of a list of certificates.",
        )
        .override_output_type_description::<Connection<NetworkMember>>("A part of a network.")
        .override_output_type_description::<Connection<Deal>>("A part of a list of deals.")
        .override_output_type_description::<Connection<Payment>>("A part of a list of payments.")
        .override_output_type_description::<Connection<Calculation>>(
            "A part of a list of calculations.",
        )
        .override_output_type_description::<Connection<Wallet>>("A part of a list of wallets.")
        .override_output_type_description::<Connection<StatementLine>>(
            "A part of a wallet's statement.",
        )
        .override_output_type_description::<Connection<Lot>>("A part of a list of lots.")
        .override_output_type_description::<Connection<Payout>>("A part of a list of payouts.")
        .override_output_type_description::<Connection<OpenItem>>(
            "A part of the list of open items, or of those that were dismissed.",
        )
        .override_output_type_description::<Connection<Mail>>("A part of the outbox.")
        .override_output_type_description::<Connection<JournalLine>>("A part of the journal.")
        .override_output_type_description::<Connection<AuditEvent>>("A part of the audit trail.");
    builder
        .register_output_type::<Node>()
        .override_output_type_description::<DateTime<Utc>>(
            "An instant in time with its offset, such as \"2026-03-31T12:00:00Z\". Of the years 1900 to 9999. Answers are in UTC.",
        )
        .override_output_type_description::<uuid::Uuid>(
            "A universally unique identifier, such as \"0193b5f0-7c1e-7cc3-98c4-dc0c0c07398f\".",
        )
}
