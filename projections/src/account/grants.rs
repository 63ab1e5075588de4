//! The read model of roles that were given: to whom, for whom, with which permissions, and from when until when
//! (validity time of a role assignment).

use chrono::{DateTime, Utc};
use domain::account::AccountEvent;
use domain::{PartnerId, Role};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QuerySelect, QueryTrait};

use super::{absences, user_accounts};

use crate::ground::{Misfit, Placed, Portrait, Word, json, table};

table! {
    "grants" of Some(Column::Partner), stamped [last_position], found by [
        "valid_from, id",
        "account, valid_from, id",
        "partner, valid_from, id",
        "role, valid_from, id",
        "valid_until, id",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub account: Uuid,
        pub role: Word<Role>,
        /// Whose member this is; none where the role is for the vendor.
        pub partner: Option<Uuid>,
        pub permissions: Json,
        pub valid_from: DateTimeUtc,
        /// First instant at which it is held no longer; open where null.
        pub valid_until: Option<DateTimeUtc>,
        pub granted_by: String,
        pub revoked_by: Option<String>,
    }
}

/// The roles that were held at an instant by whoever could use their account then.
pub fn held_at(at: DateTime<Utc>) -> Condition {
    let absent = Condition::all()
        .add(absences::Column::BeginsAt.lte(at))
        .add(open_at(absences::Column::EndsAt, at));
    let absent = absences::Entity::find().filter(absent).select_only();
    let confirmed = user_accounts::Column::EmailConfirmedAt.lte(at);
    let confirmed = user_accounts::Entity::find().filter(confirmed).select_only();
    let absent = absent.column(absences::Column::Account).into_query();
    let confirmed = confirmed.column(user_accounts::Column::Id).into_query();
    Condition::all()
        .add(Column::ValidFrom.lte(at))
        .add(open_at(Column::ValidUntil, at))
        .add(Column::Account.not_in_subquery(absent))
        .add(Column::Account.in_subquery(confirmed))
}

/// The roles of these: those of the vendor, and those of one partner's members.
pub fn of(roles: &[Role], partner: PartnerId) -> Condition {
    let words = |member: bool| {
        let some = roles.iter().filter(move |role| role.is_member() == member);
        some.map(|role| Word(*role)).collect::<Vec<_>>()
    };
    let members = Condition::all().add(Column::Role.is_in(words(true)));
    Condition::any()
        .add(Column::Role.is_in(words(false)))
        .add(members.add(Column::Partner.eq(partner.0)))
}

/// Whether what ends then, or never, has not ended.
fn open_at(end: impl ColumnTrait, at: DateTime<Utc>) -> Condition {
    Condition::any().add(end.is_null()).add(end.gt(at))
}

impl Portrait for Entity {
    type Event = AccountEvent;

    fn key(event: &AccountEvent, _: &Placed) -> Option<Uuid> {
        match event {
            AccountEvent::RoleGranted { grant, .. } | AccountEvent::RoleRevoked { grant, .. } => {
                Some(*grant)
            }
            AccountEvent::Registered { .. }
            | AccountEvent::ClientRegistered { .. }
            | AccountEvent::EmailConfirmed {}
            | AccountEvent::Suspended { .. }
            | AccountEvent::Reinstated { .. }
            | AccountEvent::Closed {}
            | AccountEvent::Linked { .. }
            | AccountEvent::PasswordChanged {}
            | AccountEvent::ApiKeyIssued { .. }
            | AccountEvent::ApiKeyRevoked { .. } => None,
        }
    }

    fn found(event: &AccountEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let AccountEvent::RoleGranted { grant, role, scope, permissions } = event else {
            return Ok(None);
        };
        Ok(Some(Model {
            id: *grant,
            account: placed.aggregate(),
            role: Word(*role),
            partner: scope.partner().map(|partner| partner.0),
            permissions: json("the permissions", permissions)?,
            valid_from: placed.at(),
            granted_by: placed.recorded.envelope.actor.id.clone(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &AccountEvent, placed: &Placed) -> Result<(), Misfit> {
        if let AccountEvent::RoleRevoked { .. } = event {
            row.valid_until = Some(placed.at());
            row.revoked_by = Some(placed.recorded.envelope.actor.id.clone());
            return Ok(());
        }
        placed.twice::<Entity>()
    }
}
