//! The way of every mutation: input to command, command to the aggregate, and the changed object to look at.

use async_graphql::{Context, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Command, CommandId, Origin, PartnerId, Refusal, Role, account::AccountRefusal,
};
use uuid::Uuid;

use super::{
    asked::{Asked, PATIENCE},
    failure::Failure,
    refusal::RefusalView,
    scalars::Position,
    show::{Shows, shown},
};
use crate::{
    access,
    auth::Principal,
    commands::{Outcome, Request},
};

/// What every mutation's input may carry.
#[derive(InputObject, Clone, Debug)]
pub struct Common {
    /// Names this request among all of yours: a new random UUID for each. What was carried out and is sent again with the
    /// same id, as after a lost answer, changes nothing and answers the same, with `replayed`; the same id with another
    /// request is an error. What was refused has left nothing behind: sent again, it is decided anew.
    command_id: Uuid,
    /// The version of the object that you have seen. Where somebody has changed it since, nothing happens and the
    /// error is CONFLICT.
    expected_version: Option<u32>,
    /// When this was true in the world, if that was earlier than now. Only channel managers and finance may say so.
    occurred_at: Option<DateTime<Utc>>,
    /// Comes back unchanged in the answer.
    client_mutation_id: Option<String>,
}

/// What every payload tells besides its object.
#[derive(SimpleObject, Clone, Debug, Default)]
pub struct Told {
    /// The place in the log that the views have reached for this answer; give it as `minPosition` to read at least
    /// that. Null where the mutation was refused.
    position: Option<Position>,
    /// Whether this is the answer to a request that had been carried out before, under the same `commandId`.
    replayed: bool,
    /// Why nothing was done; null where it was done.
    refusal: Option<RefusalView>,
    /// What the input said.
    client_mutation_id: Option<String>,
}

/// An input with the command that it stands for.
pub trait Change: Send {
    type Object: Shows;
    type Payload;

    fn common(&self) -> &Common;
    fn command(self, from: &From<'_>) -> Result<Command, Refusal>;
    fn payload(object: Option<Self::Object>, told: Told) -> Self::Payload;
}

/// What a command may take from its request besides the input.
pub struct From<'a> {
    pub command_id: CommandId,
    pub asked: &'a Asked,
}

impl From<'_> {
    /// The id of something new that the caller has not named: the same for the same request.
    pub fn new_id(&self, given: Option<Uuid>, what: &str) -> Uuid {
        given.unwrap_or_else(|| self.command_id.names(what))
    }

    /// The partner of a member.
    pub fn own_partner(&self) -> Option<Uuid> {
        self.asked.principal.partner.map(|own| own.0)
    }
}

/// Carries out a mutation.
pub async fn change<I: Change>(ctx: &Context<'_>, input: I) -> Result<Option<I::Payload>, Failure> {
    let asked = Asked::of(ctx)?;
    let Common { command_id, expected_version, occurred_at, client_mutation_id } =
        input.common().clone();
    let refused = |refusal: Refusal, client_mutation_id| {
        let refusal = Some(shown(refusal)?);
        Ok(Some(I::payload(None, Told { refusal, client_mutation_id, ..Told::default() })))
    };
    if !asked.principal.confirmed {
        return refused(AccountRefusal::EmailUnconfirmed.into(), client_mutation_id);
    }
    if occurred_at.is_some() && !access::may_date(asked.principal.role) {
        return Err(Failure::bad_input("only channel managers and finance may give occurredAt"));
    }
    let principal = &asked.principal;
    let origin = Origin { issuer: &principal.issuer, subject: &principal.subject };
    let command_id = CommandId::given(origin, command_id);
    let command = match input.command(&From { command_id, asked }) {
        Ok(command) => command,
        Err(refusal) => return refused(refusal, client_mutation_id),
    };
    let id = command.target();
    let request = Request {
        command_id,
        by: actor(asked, command_id, &command),
        at: occurred_at, // That it lies in the past is for the command to see to.
        expected_version: expected_version.map(u64::from),
        cause: None,
        command,
    };
    match asked.sources.commands.execute(request).await? {
        Outcome::Refused(refusal) => refused(refusal, client_mutation_id),
        Outcome::Done(receipt) => {
            let position = receipt.last_position;
            let reached = asked.sources.views.wait_for(position, PATIENCE).await.is_ok();
            asked.moment.renew();
            let object = if reached { asked.find(id).await.ok() } else { None };
            // What is done is done, also where it cannot be shown; where nothing had to be done, nothing was changed.
            let object = object.ok_or_else(|| match receipt.events() {
                0 => Failure::too_early(),
                _ => Failure::views_behind(position),
            })?;
            let (position, replayed) = (Some(Position(position)), receipt.duplicate);
            let told = Told { position, replayed, refusal: None, client_mutation_id };
            Ok(Some(I::payload(object, told)))
        }
    }
}

/// Whoever is of no partner yet applies as the owner of the one that this founds, under the id that the command itself
/// names: nobody else can have it.
fn actor(asked: &Asked, command_id: CommandId, command: &Command) -> Actor {
    let Principal { subject, role, partner, .. } = &asked.principal;
    let founds = *role == Role::Owner
        && command.name() == "applyForProgram"
        && command.target() == command_id.names("partner");
    let founded = founds.then(|| PartnerId(command.target()));
    Actor { partner: partner.or(founded), ..Actor::of(*role, subject) }
}

/// Declares the mutations of one kind of target: for each its input, its payload and the command that it stands for, in
/// which the input's fields are in scope by name. With an id in brackets the mutation founds its target under that id.
macro_rules! mutations {
    ($(#[$group_doc:meta])* $group:ident asks $commands:ident of $aggregate:ident($id:ident)
        by $target:ident, $target_doc:literal; changes $object:ident: $type:ty; $(
        $(#[$doc:meta])*
        $function:ident($input:ident) -> $payload:ident { $($fields:tt)* }
            => $(|$from:ident|)? $([$founded:expr])? $command:ident $body:tt;
    )*) => {
        $(#[$group_doc])*
        #[derive(Default)]
        pub struct $group;

        #[async_graphql::Object]
        impl $group {$(
            $(#[$doc])*
            async fn $function(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = "What is asked.")] input: $input,
            ) -> Result<Option<$payload>, $crate::graphql::ground::failure::Failure> {
                $crate::graphql::ground::mutation::change(ctx, input).await
            }
        )*}

        $($crate::graphql::ground::mutation::mutation! {
            [$(#[$doc])*] $input -> $payload changes $object: $type;
            [$target, $target_doc, $aggregate($id)] { $($fields)* }
            => $(|$from|)? $([$founded])? $commands::$command $body
        })*
    };
}
pub(crate) use mutations;

/// Declares one of them.
macro_rules! mutation {
    ($doc:tt $input:ident -> $payload:ident changes $object:ident: $type:ty;
        [$target:ident, $target_doc:literal, $aggregate:ident($id:ident)] { $($fields:tt)* }
        => $(|$from:ident|)? $commands:ident::$command:ident $body:tt
    ) => {
        $crate::graphql::ground::mutation::mutation! {
            $doc $input -> $payload changes $object: $type;
            [$target, $target_doc, $aggregate($id)] { #[doc = $target_doc] $target: uuid::Uuid, $($fields)* }
            => $(|$from|)? [$target] $commands::$command $body
        }
    };
    ([$($doc:tt)*] $input:ident -> $payload:ident changes $object:ident: $type:ty;
        [$target:ident, $target_doc:literal, $aggregate:ident($id:ident)]
        { $($(#[$field_doc:meta])* $field:ident: $field_type:ty,)* }
        => $(|$from:ident|)? [$founded:expr] $commands:ident::$command:ident $body:tt
    ) => {
        $($doc)*
        #[derive(async_graphql::InputObject, Debug)]
        pub struct $input {
            $($(#[$field_doc])* $field: $field_type,)*
            #[graphql(flatten)]
            common: $crate::graphql::ground::mutation::Common,
        }

        $($doc)*
        #[derive(async_graphql::SimpleObject)]
        pub struct $payload {
            /// What was changed, as it is now. Null where the mutation was refused, and where you may not see it.
            $object: Option<$type>,
            #[graphql(flatten)]
            told: $crate::graphql::ground::mutation::Told,
        }

        impl $crate::graphql::ground::mutation::Change for $input {
            type Object = $type;
            type Payload = $payload;

            fn common(&self) -> &$crate::graphql::ground::mutation::Common {
                &self.common
            }

            fn command(
                self,
                _from: &$crate::graphql::ground::mutation::From<'_>,
            ) -> Result<domain::Command, domain::Refusal> {
                let Self { $($field,)* common: _ } = self;
                $(let $from = _from;)?
                Ok(domain::Command::$aggregate(domain::$id($founded), $commands::$command $body))
            }

            fn payload(object: Option<$type>, told: $crate::graphql::ground::mutation::Told) -> $payload {
                $payload { $object: object, told }
            }
        }
    };
}
pub(crate) use mutation;
