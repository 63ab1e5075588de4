//! Access control of programmes and of what everybody sees.

use super::rows::{DESK, EVERYBODY, HOUSE, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(EVERYBODY, "program programs"), (DESK, "programDashboard")]),
    ty("Program", Reach::Common, &[
        (EVERYBODY, "id programId name timeZone baseCurrency interviewRequired maxNetworkDepth contractStatuses"),
        (EVERYBODY, "courses certifications territories productLines openedAt version changedAtPosition terms"),
        (HOUSE, "publications planDrafts"),
    ]),
    ty("ContractStatus", Reach::Common, &[(EVERYBODY, "code calculatesCommission kernelState")]),
    ty("PublishedCode", Reach::Common, &[(EVERYBODY, "code name")]),
    ty("Course", Reach::Common, &[(EVERYBODY, "course version area modules step")]),
    ty("Certification", Reach::Common, &[(EVERYBODY, "certification version courses exam validForMonths")]),
    ty("Publication", Reach::Common, &[
        (EVERYBODY, "kind version effectiveFrom effectiveUntil bodyHash publishedAt"),
        (HOUSE, "body author approvedBy"),
    ]),
    ty("PlanDraft", Reach::Common, &[
        (HOUSE, "draft version effectiveFrom effectiveUntil plan planHash author draftedAt publishedAs"),
    ]),
    ty("ProgramDashboard", Reach::Common, &[
        (DESK, "partnersApplied partnersApproved partnersJoined certificates dealsRegistered dealsQualified"),
        (DESK, "dealsApproved dealsSigned dealsWon dealsLost program"),
        (HOUSE, "totals"),
    ]),
];
