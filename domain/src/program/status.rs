//! The vendor's own contract statuses, each with the built-in state that it needs (state machine configuration).

use serde::{Deserialize, Serialize};

use super::{ProgramEvent, ProgramRefusal, Rulebook};
use crate::refusal::{SHORT, text};

/// In which built-in state of a deal a configured contract status can be set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KernelState {
    /// The contract is signed, whatever was paid.
    Signed,
    /// The customer has paid in full.
    Paid,
    /// The deal is won.
    Won,
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
    text("code", code, SHORT)?;
    if rulebook.statuses.get(code) == Some(&status) {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    let ContractStatus { calculates_commission, kernel_state } = status;
    let code = code.to_owned();
    Ok(vec![ProgramEvent::ContractStatusConfigured { code, calculates_commission, kernel_state }])
}
