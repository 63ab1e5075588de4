//! How dashboards are asked for.

use super::{PartnerDashboard, ProgramDashboard};
use crate::graphql::ground::list::queries;

queries! {
    /// Queries of dashboards.
    DashboardQueries;

    one {
        /// A programme at a glance. Null while nothing has happened in it.
        program_dashboard: ProgramDashboard by program_id, "The programme's UUID.";
        /// A partner at a glance. Null while nothing has happened, and where you may not see it.
        partner_dashboard: PartnerDashboard by partner_id, "The partner's UUID.";
    }
}
