//! The viewer and the node fields of Relay: whoever asks, and objects by their global id.

use async_graphql::{ComplexObject, Context, ID, Interface, Object, SimpleObject};

use domain::{Permission, account::Seat};
use uuid::Uuid;

use super::{
    audit::AuditEvent,
    deal::Deal,
    ground::{
        asked::Asked,
        failure::Failure,
        node::{self, Global},
        page::{Connection, answered, page},
        scalars::Position,
        word::Word,
    },
    partner::{Application, NetworkMember, Partner, participants},
    program::Program,
    wallet::Wallet,
};
use crate::auth::Role;

/// Most ids that `nodes` takes.
const MOST_NODES: usize = 100;

/// You.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Viewer {
    /// Your account's id, by which the log names you.
    pub subject: String,
    /// What you are in the programme. It decides what you may see and do.
    pub role: Word<Role>,
    /// What comes with the role in which you act.
    pub permissions: Vec<Word<Permission>>,
    /// Whether your e-mail address is confirmed. Until it is you can do nothing.
    pub email_confirmed: bool,
    /// All that you may act as, this one with the others.
    pub seats: Vec<ViewerSeat>,
}

/// A role in which you may act, for the vendor or for one partner.
#[derive(SimpleObject, Clone, Debug)]
pub struct ViewerSeat {
    /// The role.
    pub role: Word<Role>,
    /// Of which partner; null for a role of the vendor.
    pub partner_id: Option<Uuid>,
    /// How you choose it: the header `accord-acting`, or `acting` beside the authorization of a socket.
    pub acting: String,
}

/// An object with a global id.
#[derive(Interface, Clone, Debug)]
#[graphql(field(
    name = "id",
    ty = "&ID",
    desc = "The object's global id: opaque, and the same for ever."
))]
#[allow(clippy::large_enum_variant, reason = "one is made an answer and used up at once")]
pub enum Node {
    Program(Program),
    Partner(Partner),
    Deal(Deal),
    Wallet(Wallet),
    AuditEvent(AuditEvent),
}

/// Queries of whoever asks, and of objects by their global ids.
#[derive(Default)]
pub struct ViewerQueries;

#[ComplexObject]
impl Viewer {
    /// The application of your partner. All that there is to see until it is approved.
    async fn application(&self, ctx: &Context<'_>) -> Result<Option<Application>, Failure> {
        let asked = Asked::of(ctx)?;
        asked.find(asked.principal.partner.map(|own| own.0)).await
    }

    /// Your partners: with the permission to see all of them every participant, else those below your own.
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<NetworkMember>>, Failure> {
        let page = page(ctx, first, after, last, before)?;
        let list = participants(Asked::of(ctx)?, &page).await?;
        Ok(Some(answered(ctx, list)))
    }

    /// Your partner. Null for the vendor's people.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>, Failure> {
        let asked = Asked::of(ctx)?;
        asked.find(asked.principal.partner.map(|own| own.0)).await
    }
}

#[Object]
impl ViewerQueries {
    /// You.
    async fn viewer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Viewer>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let principal = &asked.principal;
        let seat = |seat: &Seat| {
            let partner_id = seat.scope.partner().map(|partner| partner.0);
            ViewerSeat { role: Word(seat.role), partner_id, acting: seat.to_string() }
        };
        Ok(Some(Viewer {
            subject: principal.subject.clone(),
            role: Word(principal.role),
            permissions: principal.permissions.iter().map(|one| Word(*one)).collect(),
            email_confirmed: principal.confirmed,
            seats: principal.seats.iter().map(seat).collect(),
        }))
    }

    /// Any object by its global id. Null where there is none, and where you may not see it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object's global id.")] id: ID,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Node>, Failure> {
        find(Asked::at_least(ctx, min_position).await?, &id).await
    }

    /// Objects by their global ids, each in the place of its id; null where there is none, and where you may not see it.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their global ids, at most 100.")] ids: Vec<ID>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Vec<Option<Node>>>, Failure> {
        if ids.len() > MOST_NODES {
            return Err(Failure::bad_input("at most 100 ids can be asked for at once"));
        }
        let asked = Asked::at_least(ctx, min_position).await?;
        futures::future::try_join_all(ids.iter().map(|id| find(asked, id))).await.map(Some)
    }
}

async fn find(asked: &Asked, id: &ID) -> Result<Option<Node>, Failure> {
    let Some((kind, id)) = node::parse(id) else { return Ok(None) };
    Ok(match kind {
        Program::KIND => asked.find(id).await?.map(Node::Program),
        Partner::KIND => asked.find(id).await?.map(Node::Partner),
        Deal::KIND => asked.find(id).await?.map(Node::Deal),
        Wallet::KIND => asked.find(id).await?.map(Node::Wallet),
        AuditEvent::KIND => AuditEvent::find(asked, id).await?.map(Node::AuditEvent),
        _ => None,
    })
}
