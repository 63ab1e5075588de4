//! What only one may have, and who has it (a uniqueness constraint across streams).
//!
//! It is asked nothing: it is taken and let go in the append of the event that needs it, so that of two at the same
//! instant one is refused. Its id follows from kind and key under the log's secret, since a key may be personal.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Guarded, Issued, PartnerId, ProgramId,
    commands::Unasked,
    facts::{Facted, Streams},
    owned::{Home, Owned},
    words::{ClosedList, events, refusals, words},
};

words! {
    /// What only one may have.
    pub enum ReservationKind {
        "tax-id" => TaxId: "The tax id of a company: one application or partner of a programme.",
        "account-link" => AccountLink: "What an issuer calls somebody: one account.",
        "web-domain" => WebDomain: "The domain of a web site: whoever in a programme named it first.",
    }
}

events! {
    /// What happened to a reservation.
    pub enum ReservationEvent {
        "reserved" => Reserved { kind: ReservationKind, program: Option<ProgramId>, holder: Uuid },
        "reservation-released" => Released { holder: Uuid },
    }
}

refusals! {
    /// Why a reservation refuses: whoever wants what another has says so in its own words.
    pub enum ReservationRefusal {}
}

/// Who has it; nobody before it is taken and after it is let go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Reservation {
    pub holder: Option<Uuid>,
}

/// What is to be reserved.
#[derive(Clone, Copy, Debug)]
pub struct Reserve<'a> {
    pub kind: ReservationKind,
    /// Within a programme, where each has its own.
    pub program: Option<ProgramId>,
    /// As it is compared, with nothing in it that people write now this way and now that.
    pub key: &'a str,
}

impl Reserve<'_> {
    /// Takes it for `holder` where nobody has it, if the decision that asks appends anything; who has it before that.
    pub async fn take<S: Streams>(
        self,
        holder: Uuid,
        streams: &S,
    ) -> Result<Arc<Reservation>, S::Error> {
        let Self { kind, program, .. } = self;
        let taken = move |reservation: &Reservation| match reservation.holder {
            None => vec![ReservationEvent::Reserved { kind, program, holder }],
            Some(_) => vec![],
        };
        streams.load_with(self.id(streams), taken).await
    }

    /// Lets it go where `holder` has it, if the decision that asks appends anything.
    pub async fn let_go<S: Streams>(self, holder: Uuid, streams: &S) -> Result<(), S::Error> {
        let released = move |reservation: &Reservation| reservation.let_go(holder);
        streams.load_with(self.id(streams), released).await.map(drop)
    }

    /// The reservation's id.
    pub(crate) fn id<S: Streams>(self, streams: &S) -> Uuid {
        streams.keyed(&self.name())
    }

    /// What the id is keyed from.
    pub fn name(self) -> String {
        let program = self.program.map(|program| program.to_string()).unwrap_or_default();
        format!("reservation/{}/{program}/{}", self.kind.word(), self.key)
    }
}

impl Reservation {
    /// What happens where `holder` lets it go.
    pub(crate) fn let_go(&self, holder: Uuid) -> Vec<ReservationEvent> {
        match self.holder {
            Some(held) if held == holder => vec![ReservationEvent::Released { holder }],
            Some(_) | None => vec![],
        }
    }

    /// Who has it, where that is somebody else.
    pub fn other_than(&self, holder: Uuid) -> Option<Uuid> {
        self.holder.filter(|held| *held != holder)
    }

    pub(crate) fn decide(
        &self,
        issued: &Issued<Unasked>,
        (): &(),
    ) -> Result<Vec<ReservationEvent>, ReservationRefusal> {
        match issued.command {}
    }

    pub(crate) fn evolve(&mut self, event: ReservationEvent) {
        self.holder = match event {
            ReservationEvent::Reserved { holder, .. } => Some(holder),
            ReservationEvent::Released { .. } => None,
        };
    }
}

impl Owned for Reservation {
    const ID_IS_DERIVED: bool = true;

    fn founded(_: Uuid, event: &ReservationEvent) -> Option<Home> {
        let ReservationEvent::Reserved { program, .. } = event else { return None };
        program.map(|program| Home { program, partner: None })
    }

    fn owner(&self, issued: &Issued<Unasked>) -> Option<(PartnerId, ReservationRefusal)> {
        match issued.command {}
    }
}

impl Facted for Reservation {
    async fn facts<S: Streams>(&self, issued: &Issued<Unasked>, _: &S) -> Result<(), S::Error> {
        match issued.command {}
    }
}

impl Guarded for Reservation {
    fn guard(&self, issued: &Issued<Unasked>, (): &()) -> Result<(), ReservationRefusal> {
        match issued.command {}
    }
}
