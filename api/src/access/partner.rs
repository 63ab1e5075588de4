//! Access control of partners, their applications and their training.

use super::rows::{
    CHANNEL, DEALS, DESK, EVERYBODY, MEMBERS, MONEY, Reach, TRAINING, Type, root, ty,
};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(EVERYBODY, "partner partners partnerDashboard")]),
    ty("Application", Reach::Own, &[
        (MEMBERS.open(), "partnerId name stage appliedAt interviewAt approvedAt endedAt rejection"),
    ]),
    ty("Partner", Reach::Own, &[
        (EVERYBODY, "id partnerId name country stage tier appliedAt approvedAt joinedAt endedAt depth version"),
        (EVERYBODY, "changedAtPosition program certificatesGiven taxId website source contacts termsVersion"),
        (EVERYBODY, "rejection interviewAt referralCode network"),
        (DESK, "parent resembles reviewer reviewPassed"),
        (MONEY, "paymentDetailsSet wallets"),
        (DEALS, "deals"),
        (TRAINING, "courses training certificates"),
    ]),
    ty("NetworkMember", Reach::Below, &[(EVERYBODY, "name tier stage depth")]),
    ty("Contact", Reach::Own, &[(EVERYBODY, "person firstName lastName email phone")]),
    ty("AssignedCourse", Reach::Own, &[(TRAINING, "course version modules step assignedAt")]),
    ty("TrainingRecord", Reach::Own, &[
        (TRAINING, "person kind course unit contentVersion attempts score lastAttemptAt completedAt"),
    ]),
    ty("Certificate", Reach::Own, &[
        (TRAINING, "certificateId person certification version validFrom validUntil"),
    ]),
    ty("PartnerDashboard", Reach::Own, &[
        (EVERYBODY, "certificates dealsRegistered dealsQualified dealsApproved dealsSigned dealsWon dealsLost partner"),
        (MONEY, "totals"),
    ]),
    ty("Totals", Reach::Own, &[
        (MONEY.and(CHANNEL), "currency revenueSigned revenuePaid accrued matured paidOut"),
    ]),
];
