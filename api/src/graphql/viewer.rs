//! The viewer and the node fields of Relay: whoever asks, and objects by their global id.

use async_graphql::{ComplexObject, Context, ID, Interface, Object, SimpleObject};

use super::{
    audit::AuditEvent,
    deal::Deal,
    ground::{
        asked::Asked,
        failure::Failure,
        node::{self, Global},
        scalars::Position,
        word::Word,
    },
    partner::{Application, Partner},
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
    /// The subject of your sign-in, by which the log names you.
    pub subject: String,
    /// What you are in the programme. It decides what you may see and do.
    pub role: Word<Role>,
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
        Ok(Some(Viewer { subject: principal.subject.clone(), role: Word(principal.role) }))
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
