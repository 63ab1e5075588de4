//! The read model of roles that were given: to whom, for whom, with which permissions, and from when until when
//! (validity time of a role assignment).

use domain::Role;
use domain::account::AccountEvent;
use sea_orm::entity::prelude::*;

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
