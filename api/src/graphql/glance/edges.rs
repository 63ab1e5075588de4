//! Where dashboards lead: to what they are of, and to its sums.

use super::{PartnerDashboard, ProgramDashboard, Totals};
use crate::graphql::{ground::edges::edges, partner::Partner, program::Program};

edges! {
    ProgramDashboard by id;
    one {
        /// The programme.
        program: Program = id;
    }
    many {
        /// The sums, one row a currency.
        totals: Totals = totals by Whose, ascending Currency;
    }
}

edges! {
    PartnerDashboard by id;
    one {
        /// The partner.
        partner: Partner = id;
    }
    many {
        /// The sums, one row a currency.
        totals: Totals = totals by Whose, ascending Currency;
    }
}
