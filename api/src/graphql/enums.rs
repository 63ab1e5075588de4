//! GraphQL enums: the closed lists of the domain as the schema names them.

use async_graphql::Enum;

use super::ground::show::words;

words!(
    Tier as domain::Tier,
    Source as domain::partner::Source,
    RejectionCode as domain::partner::RejectionCode,
    DealRejectionCode as domain::deal::DealRejectionCode,
    LossCode as domain::deal::LossCode,
    PayoutRejectionCode as domain::wallet::PayoutRejectionCode,
    AccrualKind as domain::commission::AccrualKind,
);

/// The ladder of tiers, lowest first.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::Tier")]
pub enum Tier {
    /// Where every approved partner begins.
    Registered,
    /// A partner with a valid certificate.
    Certified,
    /// The third step of the ladder.
    Silver,
    /// The fourth step of the ladder.
    Gold,
    /// The highest tier.
    Platinum,
}

/// How a candidate found the programme.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(name = "ApplicationSource", remote = "domain::partner::Source")]
pub enum Source {
    /// By the vendor's web site.
    Web,
    /// Through another partner.
    Referral,
    /// Approached by the vendor.
    Recruited,
}

/// What the reviewer concludes.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::partner::ReviewResult")]
pub enum ReviewResult {
    /// The candidate may be interviewed.
    Passed,
    /// The candidate is to be rejected.
    Failed,
}

/// What came of an interview.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::partner::InterviewOutcome")]
pub enum InterviewOutcome {
    /// The interviewer recommends approval.
    Recommended,
    /// The interviewer advises against approval.
    NotRecommended,
}

/// Why an application is rejected.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(name = "ApplicationRejectionCode", remote = "domain::partner::RejectionCode")]
pub enum RejectionCode {
    /// The candidate's sector does not fit the programme.
    SectorMismatch,
    /// The candidate lacks the competence.
    InsufficientCompetence,
    /// What was asked for was not supplied.
    Incomplete,
    /// Other partners cover the territory already.
    TerritoryCovered,
    /// Another reason.
    Other,
}

/// In which state of a deal a contract status can be set.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::program::KernelState")]
pub enum KernelState {
    /// The contract is signed, whatever was paid.
    Signed,
    /// The customer has paid in full.
    Paid,
    /// The deal is won.
    Won,
}

/// Why the vendor rejects a deal.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::deal::DealRejectionCode")]
pub enum DealRejectionCode {
    /// The product does not fit the customer.
    NotAFit,
    /// The vendor sells to this customer already.
    ExistingCustomer,
    /// What the partner knows of the deal is not enough.
    InsufficientQualification,
    /// Another reason.
    Other,
}

/// Why a deal is lost.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::deal::LossCode")]
pub enum LossCode {
    /// A competitor has it.
    Competitor,
    /// The customer has no budget.
    NoBudget,
    /// The customer did not decide.
    NoDecision,
    /// The price was too high.
    Price,
    /// Another reason.
    Other,
}

/// Why finance rejects a payout.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::wallet::PayoutRejectionCode")]
pub enum PayoutRejectionCode {
    /// The payment details cannot be used.
    PaymentDetails,
    /// The partner's earnings are being looked into.
    UnderReview,
    /// The same money was asked for twice.
    Duplicate,
    /// Another reason.
    Other,
}

/// For what a wallet is credited.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "domain::commission::AccrualKind")]
pub enum AccrualKind {
    /// A first sale of one's own.
    New,
    /// A sale by a partner below.
    Override,
}
