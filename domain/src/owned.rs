//! Who comes to an aggregate, judged once for every way in: in the right role, and not as a stranger (object-level
//! authorization).

use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::{Issued, PartnerId, ProgramId, commands::Permitted, refusal::Forbidden};

/// The programme and the partner that an aggregate belongs to; a programme itself belongs to no partner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Home {
    pub program: ProgramId,
    pub partner: Option<PartnerId>,
}

/// An aggregate that says whose it is.
pub trait Owned: Aggregate<Error: From<Forbidden>> {
    /// Whether its id follows from what it is of, so that nobody gives it one.
    const ID_IS_DERIVED: bool = false;

    /// The home of the aggregate `id`, where it is this event that says so.
    fn founded(id: Uuid, event: &Self::Event) -> Option<Home>;

    /// The owner, of the state or of the command that founds it, and what a stranger hears of such a command: the same
    /// as where the aggregate is not there.
    fn owner(&self, issued: &Self::Command) -> Option<(PartnerId, Self::Error)>;
}

/// Refuses whoever is in no role for the command, and whoever the aggregate is foreign to, before anything is decided.
pub(crate) fn admit<A, C>(aggregate: &A, issued: &Issued<C>) -> Result<(), A::Error>
where
    A: Owned<Command = Issued<C>>,
    C: Permitted,
{
    issued.permit()?;
    match aggregate.owner(issued) {
        Some((owner, absent)) if issued.by.is_foreign_to(owner) => Err(absent),
        Some(_) | None => Ok(()),
    }
}
