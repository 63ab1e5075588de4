//! Access control of programmes and of what everybody sees.

use super::rows::{ADMIN, CHANNEL, DESK, EVERYBODY, FINANCE, HOUSE, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(EVERYBODY, "program programs"), (DESK, "programDashboard")]),
    root("Mutation", &[
        (CHANNEL.and(ADMIN), "openProgram publishTerms"),
        (CHANNEL, "configureContractStatus publishCommissionPlan publishDealPolicy publishCourse defineCertification"),
        (FINANCE, "publishPayoutPolicy"),
    ]),
    ty("Program", Reach::Common, &[
        (EVERYBODY, "id programId name timeZone baseCurrency interviewRequired maxNetworkDepth contractStatuses"),
        (EVERYBODY, "courses certifications openedAt version changedAtPosition terms"),
        (HOUSE, "publications"),
    ]),
    ty("ContractStatus", Reach::Common, &[(EVERYBODY, "code calculatesCommission kernelState")]),
    ty("Course", Reach::Common, &[(EVERYBODY, "course version area modules step")]),
    ty("Certification", Reach::Common, &[(EVERYBODY, "certification version courses exam validForMonths")]),
    ty("Publication", Reach::Common, &[
        (EVERYBODY, "kind version effectiveFrom effectiveUntil bodyHash publishedAt"),
        (HOUSE, "body author approvedBy"),
    ]),
    ty("ProgramDashboard", Reach::Common, &[
        (DESK, "partnersApplied partnersApproved partnersJoined certificates dealsRegistered dealsQualified"),
        (DESK, "dealsApproved dealsSigned dealsWon dealsLost program"),
        (HOUSE, "totals"),
    ]),
];
