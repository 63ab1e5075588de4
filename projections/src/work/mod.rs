//! What fills the read model and proves it: the projector, rebuilds, verification.

mod claims;
mod effects;
mod folding;
mod personal;
mod reader;
mod rebuild;
mod verify;
mod views;

pub use claims::{check_claims, claims};
pub use effects::Found;
pub use folding::Poison;
pub use personal::Tried;
pub use reader::StepError;
pub use rebuild::{Progress, RebuildError, Rebuilt, ephemeral, rebuild, rebuild_as, replay};
pub use verify::{Difference, Positions, Report, Subject, VerifyError, verify};
pub use views::{Behind, OpenViewsError, ReaderState, Views};
