//! Where a deal leads: to whose it is, what was signed and paid, and what it earned.

use async_graphql::{ComplexObject, Context};
use domain::{Ppm, commission::Trace};

use super::{
    ContractLine, Deal, Part, Payment, Share,
    commission::{Calculation, Explanation, Leg, own},
};
use crate::graphql::{
    ground::{
        asked::Asked,
        edges::edges,
        failure::Failure,
        scalars::{Json, percent},
        show::read,
    },
    partner::Partner,
    program::Program,
};

edges! {
    Deal by deal_id;
    one {
        /// The programme.
        program: Program = program;
        /// The partner whose deal it is.
        partner: Partner = partner;
    }
    many {
        /// The lines of the contract; empty before it is signed.
        lines: ContractLine = deal_lines by Deal, ascending Nth;
        /// What the customer has paid, in the order in which it was recorded.
        payments: Payment = payments by Deal, ascending Position;
        /// Every calculation of commission on this deal. A member sees what its own partner earns by each.
        calculations: Calculation = commissions by Deal, ascending Position;
    }
    more {
        /// What other partners have of the commission.
        async fn shares(&self) -> Option<Vec<Share>> {
            let share = |part: &Part| Share { partner_id: part.partner, share: percent(Ppm(part.ppm)) };
            Some(self.shared.iter().map(share).collect())
        }
    }
}

#[ComplexObject]
impl Calculation {
    /// What was earned. A member sees its own partner's legs only.
    async fn legs(&self, ctx: &Context<'_>) -> Result<Option<Vec<Leg>>, Failure> {
        let Some(kept) = &self.kept else { return Ok(Some(vec![])) };
        let trace: Trace = read(kept)?;
        own(Asked::of(ctx)?, trace.legs).map(Some)
    }

    /// Everything that the calculation rests on: inputs, candidates with verdicts, steps and rounding.
    async fn trace(&self) -> Option<Json> {
        self.kept.clone().map(Json)
    }
}

#[ComplexObject]
impl Explanation {
    /// Everything that the calculation rests on: inputs, candidates with verdicts, steps and rounding.
    async fn trace(&self) -> Option<Json> {
        Some(Json(self.trace.clone()))
    }
}
