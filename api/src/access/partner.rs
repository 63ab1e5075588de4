//! Access control of partners, their applications and their training.

use super::rows::{
    ADMIN, AUDIT, CHANNEL, DEALS, DESK, EVERYBODY, Entry, MEMBERS, MONEY, OWNER, Reach, TRAINING,
    Type, root, ty,
};

/// Reads what was found of applications: whoever judges them or looks over the judges' shoulders.
const JUDGES: Entry = CHANNEL.and(AUDIT);
/// Reads what candidates sent, were asked and answered.
const FORMS: Entry = MEMBERS.and(JUDGES);

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(EVERYBODY, "partner partners partnerDashboard"), (DESK, "applicationsWaiting")]),
    ty("Application", Reach::Own, &[
        (MEMBERS.open(), "partnerId name stage contacts appliedAt interviewAt approvedAt endedAt mayApplyFrom rejection"),
        (MEMBERS.open(), "forms informationRequests"),
    ]),
    ty("Partner", Reach::Own, &[
        (EVERYBODY, "id partnerId name country stage tier appliedAt approvedAt joinedAt endedAt depth version"),
        (EVERYBODY, "changedAtPosition program certificatesGiven taxId website source contacts termsVersion"),
        (EVERYBODY, "rejection mayApplyFrom interviewAt referralCode network"),
        (EVERYBODY, "suspendedAt suspension suspensionReason noticeEndsAt termination terminationReason terminatedAt"),
        (DESK, "parent resembles reviewer reviewResult"),
        (FORMS, "forms informationRequests"),
        (JUDGES, "findings"),
        (MONEY, "paymentDetailsSet wallets"),
        (DEALS, "deals"),
        (OWNER.and(CHANNEL).and(ADMIN).and(AUDIT), "members"),
        (TRAINING, "courses training certificates"),
    ]),
    ty("NetworkMember", Reach::Below, &[(EVERYBODY, "name tier stage depth")]),
    ty("ApplicationForm", Reach::Own, &[
        (FORMS.open(), "formId submittedAt submittedBy name country taxId website contacts source termsVersion"),
        (FORMS.open(), "competencies customerPortfolio strategicGoals"),
    ]),
    ty("InformationRequest", Reach::Own, &[
        (FORMS.open(), "informationRequestId askedAt question dueAt lapsesAt answeredAt answer closedAt"),
    ]),
    ty("ApplicationFinding", Reach::Nobody, &[
        (JUDGES, "kind foundAt foundBy reviewResult interviewOutcome rejection waitingFor"),
        (JUDGES, "sectorFit marketingCompetence notes reason"),
    ]),
    ty("WaitingApplication", Reach::Nobody, &[
        (DESK, "partnerId partner waitingFor waitingSince dueAt lapsesAt escalatedAt reviewer"),
    ]),
    ty("Contact", Reach::Own, &[(EVERYBODY.open(), "person firstName lastName email phone")]),
    ty("AssignedCourse", Reach::Own, &[(TRAINING, "course version modules step assignedAt")]),
    ty("TrainingRecord", Reach::Own, &[
        (TRAINING, "person kind course unit contentVersion attempts score lastAttemptAt completedAt"),
    ]),
    ty("Certificate", Reach::Own, &[
        (TRAINING, "certificateId person certification version validFrom validUntil revokedAt"),
    ]),
    ty("PartnerDashboard", Reach::Own, &[
        (EVERYBODY, "certificates dealsRegistered dealsQualified dealsApproved dealsSigned dealsWon dealsLost partner"),
        (MONEY, "totals"),
    ]),
    ty("Totals", Reach::Own, &[
        (MONEY.and(CHANNEL), "currency revenueSigned revenuePaid accrued matured paidOut"),
    ]),
];
