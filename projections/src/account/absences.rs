//! The read model of absences: from when until when an account could not be used, since it was suspended or is closed.

use domain::account::AccountEvent;
use domain::derived;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, Portrait, table};

table! {
    "absences" of None, stamped [last_position], found by ["account, begins_at, id"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub account: Uuid,
        pub begins_at: DateTimeUtc,
        /// First instant at which it could be used again; open where null.
        pub ends_at: Option<DateTimeUtc>,
        pub begun_by: String,
        pub ended_by: Option<String>,
    }
}

impl Portrait for Entity {
    type Event = AccountEvent;

    fn key(event: &AccountEvent, placed: &Placed) -> Option<Uuid> {
        match event {
            AccountEvent::Suspended { absence, .. } | AccountEvent::Reinstated { absence } => {
                Some(*absence)
            }
            AccountEvent::Closed {} => Some(derived(placed.aggregate(), "closed")),
            AccountEvent::Registered { .. }
            | AccountEvent::ClientRegistered { .. }
            | AccountEvent::EmailConfirmed {}
            | AccountEvent::RoleGranted { .. }
            | AccountEvent::RoleRevoked { .. }
            | AccountEvent::Linked { .. }
            | AccountEvent::PasswordChanged {}
            | AccountEvent::ApiKeyIssued { .. }
            | AccountEvent::ApiKeyRevoked { .. } => None,
        }
    }

    fn found(event: &AccountEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let begins = matches!(event, AccountEvent::Suspended { .. } | AccountEvent::Closed {});
        Ok(begins.then(|| Model {
            id: Self::key(event, placed).unwrap_or_default(),
            account: placed.aggregate(),
            begins_at: placed.at(),
            begun_by: placed.recorded.envelope.actor.id.clone(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &AccountEvent, placed: &Placed) -> Result<(), Misfit> {
        if let AccountEvent::Reinstated { .. } = event {
            row.ends_at = Some(placed.at());
            row.ended_by = Some(placed.recorded.envelope.actor.id.clone());
            return Ok(());
        }
        placed.twice::<Entity>()
    }
}
