//! Where a deal leads: to whose it is, what was signed and paid, and what it earned.

use async_graphql::{ComplexObject, Context};
use domain::commission::Trace;

use super::{
    ContractLine, Deal, Payment,
    commission::{Calculation, Leg, own},
};
use crate::graphql::{
    ground::{asked::Asked, edges::edges, failure::Failure, scalars::Json, show::read},
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
    }
    pages {
        /// What the customer has paid, in the order in which it was recorded.
        payments: Payment = payments by Deal, ascending Position;
        /// Every calculation of commission on this deal. A member sees what its own partner earns by each.
        calculations: Calculation = commissions by Deal, ascending Position;
    }
}

#[ComplexObject]
impl Calculation {
    /// What was earned. A member sees its own partner's legs only.
    async fn legs(&self, ctx: &Context<'_>) -> Result<Option<Vec<Leg>>, Failure> {
        let Some(Json(kept)) = &self.trace else { return Ok(Some(vec![])) };
        let trace: Trace = read(kept)?;
        own(Asked::of(ctx)?, trace.legs).map(Some)
    }
}
