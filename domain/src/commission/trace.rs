//! The explanation of a calculation: complete enough to do it again without the store.

use serde::{Deserialize, Serialize};

use crate::published::hash_of;

use super::{
    Apportionment, Calculation, CalculationError, ENGINE_VERSION, Input, Leg, NotCalculated, Walk,
    calculate,
};

/// What was known, what was considered, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// The version of the engine that calculated.
    pub engine: u32,
    pub input: Input,
    /// Every component for every line, in the order of both.
    pub candidates: Vec<Candidate>,
    pub legs: Vec<Leg>,
    /// Why there are no legs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing: Option<NotCalculated>,
}

/// One component that might pay for one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub line: String,
    pub component: String,
    pub verdict: Verdict,
}

/// Whether a component pays for a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verdict {
    Rejected(Rejection),
    Pays {
        /// From each seller upwards, in the order of the sellers' ids.
        walks: Vec<Walk>,
        /// The sellers' level, then each that somebody above them earns.
        levels: Vec<Apportionment>,
    },
}

/// The first test that a line failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// The component is for other product lines.
    LineNotSelected,
    /// The line's net amount is zero.
    NothingSold,
}

impl Trace {
    /// SHA-256 of the trace's canonical JSON, in hex. Whatever in it can grow is a string there.
    pub fn hash(&self) -> String {
        hash_of(self).expect("a trace has neither floats nor keys that are not text")
    }

    /// Calculates again from the input alone; an honest trace gives the same legs and the same hash.
    ///
    /// Refused where another version of the engine calculated: its answer may differ and be right.
    pub fn reevaluate(&self) -> Result<Calculation, CalculationError> {
        if self.engine == ENGINE_VERSION {
            calculate(self.input.clone())
        } else {
            let (traced, running) = (self.engine, ENGINE_VERSION);
            Err(CalculationError::OtherEngine { traced, running })
        }
    }
}
