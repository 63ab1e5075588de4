//! The vendor's own contract statuses, each with the built-in state that it needs (state machine configuration).

use serde::{Deserialize, Serialize};

use super::{ProgramEvent, ProgramRefusal, Rulebook};
use crate::words::words;

words! {
    /// In which state of a deal a contract status can be set.
    pub enum KernelState {
        "signed" => Signed: "The contract is signed, whatever was paid.",
        "paid" => Paid: "The customer has paid in full.",
        "won" => Won: "The deal is won.",
    }
}

/// A contract status of the vendor's own naming.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContractStatus {
    pub calculates_commission: bool,
    pub kernel_state: KernelState,
}

pub(super) fn configure(
    rulebook: &Rulebook,
    code: &str,
    status: ContractStatus,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    if rulebook.statuses.get(code) == Some(&status) {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    let ContractStatus { calculates_commission, kernel_state } = status;
    let code = code.to_owned();
    Ok(vec![ProgramEvent::ContractStatusConfigured { code, calculates_commission, kernel_state }])
}
