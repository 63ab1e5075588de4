//! Where dashboards lead: to what they are of, and to its sums.

mod of_program {
    use super::super::{ProgramDashboard, Totals};
    use crate::graphql::{ground::edges::edges, program::Program};

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
}

mod of_partner {
    use super::super::{PartnerDashboard, Totals};
    use crate::graphql::{ground::edges::edges, partner::Partner};

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
}
