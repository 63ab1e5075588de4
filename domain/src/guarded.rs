//! Two-person rules: who may not, of those in the right role (separation of duties).

use crate::facts::Decides;

/// An aggregate that keeps apart whom a two-person rule keeps apart (M12).
pub trait Guarded: Decides {
    /// Refuses whoever would check what is their own. Of every command it says whether there is such a rule.
    fn guard(&self, issued: &Self::Command, facts: &Self::Facts) -> Result<(), Self::Error>;
}
