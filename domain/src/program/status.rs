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
    /// 1, 2, 3, ... for each code.
    pub version: u32,
    pub calculates_commission: bool,
    pub kernel_state: KernelState,
}

pub(super) fn configure(
    rulebook: &Rulebook,
    code: &str,
    calculates_commission: bool,
    kernel_state: KernelState,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    let known = rulebook.statuses.get(code);
    let asked = (calculates_commission, kernel_state);
    if known.is_some_and(|known| (known.calculates_commission, known.kernel_state) == asked) {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    let (code, version) = (code.to_owned(), known.map_or(1, |known| known.version + 1));
    Ok(vec![ProgramEvent::ContractStatusConfigured {
        code,
        version,
        calculates_commission,
        kernel_state,
    }])
}
