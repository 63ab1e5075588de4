//! To whom each aggregate belongs, so that every view knows whose an event is.

use domain::deal::DealEvent;
use domain::partner::PartnerEvent;
use domain::program::ProgramEvent;
use domain::wallet::WalletEvent;
use domain::{Event, PartnerId, ProgramId, Recorded};
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, table};

table! {
    "homes" of Some(Column::Partner), stamped [last_position], found by [];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Option<Uuid>,
    }
}

/// The programme and the partner that an aggregate belongs to from this event on, where it is the event that says so.
pub(crate) fn founded(recorded: &Recorded) -> Option<(ProgramId, Option<PartnerId>)> {
    if recorded.envelope.sequence != 1 {
        return None; // A wallet is founded by its first accrual.
    }
    let id = recorded.envelope.aggregate_id;
    match &recorded.event {
        Event::Program(event) => {
            matches!(event.as_ref(), ProgramEvent::Opened { .. }).then_some((ProgramId(id), None))
        }
        Event::Partner(event) => {
            let PartnerEvent::Applied { program, .. } = event.as_ref() else { return None };
            Some((*program, Some(PartnerId(id))))
        }
        Event::Deal(event) => {
            let DealEvent::Registered { program, partner, .. } = event.as_ref() else {
                return None;
            };
            Some((*program, Some(*partner)))
        }
        Event::Wallet(event) => {
            let WalletEvent::Accrued { accrual } = event.as_ref() else { return None };
            Some((accrual.program, Some(accrual.partner)))
        }
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        founded(&placed.recorded).map(|_| placed.aggregate()).into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        *row = founded(&placed.recorded).map(|(program, partner)| Model {
            id,
            program: program.0,
            partner: partner.map(|id| id.0),
            ..Model::default()
        });
        Ok(())
    }
}
