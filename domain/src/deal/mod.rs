//! A deal: one partner's claim on one sale, from registration over qualification and approval to won or lost.

mod commission;
mod contract;
mod facts;
mod guard;
mod lifecycle;
mod registration;
mod standing;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    contract::{Allocation, Contract, ContractLine, Payment},
    lifecycle::{Case, DealState, route},
    registration::{Customer, Qualification},
};
use crate::{
    Actor, Currency, EventId, Home, Issued, Money, Owned, PartnerId, PaymentId, Personal,
    PolicyRef, Ppm, ProgramId, Published,
    commands::commands,
    commission::{NothingEarned, Trace},
    partner::Partner,
    program::{DealPolicy, Program, Rulebook},
    words::{events, refusals, words},
};

commands! {
    /// What can be asked of a deal.
    pub enum DealCommand {
        "registerDeal" by [Owner, Seller, ChannelManager] => Register {
            program: ProgramId,
            partner: PartnerId,
            customer: Customer,
            product_lines: Vec<String> as LINE,
            territory: String as LINE,
            estimate: Money,
            expected_close: NaiveDate,
            /// The customer's problems (R53).
            problems: String as PROSE,
            /// The criteria by which the customer selects (R53).
            criteria: String as PROSE,
        },
        "assignResponsible" by [Policy] => AssignResponsible {},
        "qualifyDealByPartner" by [Owner, Seller] => QualifyByPartner {
            #[serde(default)]
            icp_match: Option<bool>,
            #[serde(default)]
            timeframe: Option<String> as LINE,
            #[serde(default)]
            budget: Option<Money>,
            #[serde(default)]
            decision_maker: Option<String> as LINE,
        },
        "returnDeal" by [ChannelManager] => Return { reason: String as PROSE, fields: Vec<String> as LINE },
        "qualifyDeal" by [ChannelManager] => Qualify {},
        "requestApproval" by [Policy] => RequestApproval {},
        "approveDeal" by [ChannelManager] => Approve {},
        "rejectDeal" by [ChannelManager] => Reject { code: DealRejectionCode },
        "withdrawDeal" by [Owner, Seller, ChannelManager] => Withdraw {},
        "expireProtection" by [Policy] => ExpireProtection {},
        "agreeShare" by [ChannelManager] => AgreeShare { partner: PartnerId, share: Ppm },
        "signContract" by [Owner, Seller, ChannelManager] => Sign { signed_on: NaiveDate, lines: Vec<ContractLine> },
        "changeContractStatus" by [ChannelManager] => ChangeContractStatus { to: String as LINE },
        "recordPayment" by [ChannelManager, Finance, Integration] => RecordPayment {
            payment: PaymentId,
            amount: Money,
            received_on: NaiveDate,
            /// Which lines it pays; by what each line still owes where absent.
            #[serde(default)]
            allocations: Option<Vec<Allocation>>,
        },
        "winDeal" by [ChannelManager] => Win {},
        "loseDeal" by [Owner, Seller, ChannelManager] => Lose { code: LossCode },
        "calculateCommission" by [Policy] => CalculateCommission {
            /// The event that earns it.
            trigger: EventId,
            /// The payment, where a payment earns it.
            #[serde(default)]
            payment: Option<PaymentId>,
        },
    }
}

events! {
    /// What happened to a deal.
    pub enum DealEvent {
        "deal-registered" => Registered {
            program: ProgramId,
            partner: PartnerId,
            /// Who registered it.
            seller: Actor,
            customer: Customer,
            match_keys: Vec<String>,
            product_lines: Vec<String>,
            territory: String,
            estimate: Money,
            expected_close: NaiveDate,
            problems: String,
            criteria: String,
            policy_version: u32,
        },
        "responsible-assigned" => ResponsibleAssigned { responsible: String, rule: AssignmentRule },
        "deal-qualified-by-partner" => QualifiedByPartner {
            icp_match: bool,
            timeframe: String,
            budget: Money,
            decision_maker: Personal<String>,
            qualified_by: Actor,
        },
        "deal-returned" => Returned { reason: String, fields: Vec<String> },
        "deal-qualified" => Qualified { verified_by: Actor, parameters_hash: String, policy_version: u32 },
        "approval-requested" => ApprovalRequested { route: ApprovalRoute, policy_version: u32 },
        "deal-approved" => Approved { approved_by: Actor, route: ApprovalRoute, protected_until: DateTime<Utc>, policy_version: u32 },
        "deal-rejected" => Rejected { code: DealRejectionCode },
        "deal-withdrawn" => Withdrawn {},
        "protection-expired" => ProtectionExpired {},
        "share-agreed" => ShareAgreed { partner: PartnerId, share: Ppm },
        "contract-signed" => Signed { signed_on: NaiveDate, lines: Vec<ContractLine>, total: Money },
        "contract-status-changed" => ContractStatusChanged {
            from: Option<String>,
            to: String,
            /// As configured at that moment (R68).
            calculates_commission: bool,
        },
        "payment-received" => PaymentReceived {
            payment: PaymentId,
            amount: Money,
            allocations: Vec<Allocation>,
            received_on: NaiveDate,
            /// What the customer still owes after it.
            outstanding: Money,
        },
        "deal-won" => Won { total: Money, paid: Money },
        "deal-lost" => Lost { code: LossCode },
        "commission-calculated" => CommissionCalculated {
            program: ProgramId,
            trigger: EventId,
            plan_version: u32,
            currency: Currency,
            /// Every leg, and all that explains it.
            trace: Box<Trace>,
            trace_hash: String,
        },
        "commission-not-calculated" => CommissionNotCalculated { trigger: EventId, reason: NothingEarned },
    }
}

refusals! {
    /// Why a deal's command is refused.
    pub enum DealRefusal {
        "PROGRAM_NOT_OPEN" "this programme is not open; open it, or ask the vendor to" => ProgramNotOpen,
        "DEAL_POLICY_MISSING" "the programme has published no deal policy yet; ask the vendor to publish one" => NoPolicy,
        "PARTNER_NOT_IN_PROGRAM" "only an approved partner of this programme that has joined its network may register or share deals; join it first" => PartnerNotIn,
        "PARTNER_SUSPENDED" "this partner is suspended; have the vendor reinstate it first" => PartnerSuspended,
        "PARTNER_TERMINATED" "the co-operation with this partner has ended; settle what is left with the vendor" => PartnerTerminated,
        "TERRITORY_UNKNOWN" at "territory" "no territory {code} is published; choose one of {known}" => UnknownTerritory { code: String, known: String } by policy,
        "PRODUCT_LINE_UNKNOWN" in path "no product line {code} is published; choose one of {known}" => UnknownProductLine { code: String, known: String, path: Vec<String> } by policy,
        "CERTIFICATE_REQUIRED" "only certified partners may register deals in this programme; have somebody certified first" => CertificateRequired {} by policy,
        "DEAL_ALREADY_REGISTERED" "this deal is registered already; register with a new id" => AlreadyRegistered,
        "DEAL_NOT_REGISTERED" "there is no such deal; register it first" => NotRegistered,
        "DEAL_ENDED" "this deal is {state}; register a new one" => Ended { state: &'static str },
        "QUALIFICATION_INCOMPLETE" in fields "qualification still needs: {missing}" => QualificationIncomplete { missing: String, fields: Vec<String> },
        "DEAL_NOT_QUALIFIED_BY_PARTNER" "the partner has to qualify the deal first" => NotQualifiedByPartner,
        "DEAL_NOT_QUALIFIED" "the vendor has to qualify the deal first" => NotQualified,
        "DEAL_ALREADY_QUALIFIED" "this deal is qualified already; go on to its approval" => AlreadyQualified,
        "APPROVAL_ALREADY_REQUESTED" "this deal is approved or waits for approval already; wait, or go on to the contract" => AlreadyRequested,
        "DEAL_MAKER_IS_CHECKER" "{who} registered or qualified this deal for the partner; somebody else must verify and approve it" => MakerIsChecker { who: String },
        "DEAL_BENEFICIARY_IS_CHECKER" "{who} is one of the people of a partner that may earn on this deal; somebody else must do this" => BeneficiaryIsChecker { who: String },
        "DEAL_NOT_APPROVED" "only an approved deal can go on; have it approved first" => NotApproved,
        "PROTECTION_RUNS" "protection runs until {until}; it cannot expire before" => ProtectionRuns { until: DateTime<Utc> } by policy,
        "PROTECTION_ENDED" "protection ended at {ended}; register the deal anew" => ProtectionEnded { ended: DateTime<Utc> } by policy,
        "CONTRACT_NOT_SIGNED" "record the signed contract first" => NotSigned,
        "CONTRACT_ALREADY_SIGNED" "the contract is signed already; record its status and payments" => AlreadySigned,
        "CONTRACT_STATUS_UNKNOWN" at "to" "no contract status {code} is configured; name one that is" => UnknownStatus { code: String },
        "CONTRACT_STATUS_TOO_EARLY" at "to" "status {code} can be set only when the deal is {needs}" => StatusTooEarly { code: String, needs: &'static str } by policy,
        "PAYMENT_ID_REUSED" at "payment" "this payment is recorded already with other content; give every payment an id of its own" => PaymentReused,
        "PAYMENT_EXCEEDS_CONTRACT" at "amount" "the customer owes {outstanding}; a payment cannot be more" => PaymentTooHigh { outstanding: Money },
        "PAYMENT_OUTSTANDING" "the customer still owes {outstanding}; the deal is won when it is paid" => Outstanding { outstanding: Money } by policy,
        "SHARES_EXCEED_WHOLE" at "share" "the shares of others would pass 100 %, or the partner would share with itself; agree on less" => SharesTooHigh,
        "COMMISSION_FACTS_MISSING" "what the calculation rests on was not loaded; try again" => FactsMissing,
        "COMMISSION_TRIGGER_UNKNOWN" "this deal has no such payment; record it first" => UnknownTrigger,
        "COMMISSION_UNCALCULABLE" "{problem}" => Uncalculable { problem: String },
    }
}

words! {
    /// How a deal is approved.
    pub enum ApprovalRoute {
        "automatic" => Automatic: "By the deal policy.",
        "manual" => Manual: "By a person.",
    }
}

/// Why somebody looks after a deal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssignmentRule {
    Territory,
    DefaultQueue,
}

words! {
    /// Why the vendor rejects a deal.
    pub enum DealRejectionCode {
        "not-a-fit" => NotAFit: "The product does not fit the customer.",
        "existing-customer" => ExistingCustomer: "The vendor sells to this customer already.",
        "insufficient-qualification" => InsufficientQualification: "What the partner knows of the deal is not enough.",
        "other" => Other: "Another reason.",
    }
}

words! {
    /// Why a deal is lost.
    pub enum LossCode {
        "competitor" => Competitor: "A competitor has it.",
        "no-budget" => NoBudget: "The customer has no budget.",
        "no-decision" => NoDecision: "The customer did not decide.",
        "price" => Price: "The price was too high.",
        "other" => Other: "Another reason.",
    }
}

/// A deal before and after its registration.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Deal {
    #[default]
    Unregistered,
    Registered(Box<Case>),
}

/// What a deal's decisions may know of other aggregates.
#[derive(Clone, Debug, Default)]
pub struct DealFacts {
    pub program: Arc<Program>,
    /// The partner whose deal it is or is to be, or who is to share it.
    pub partner: Option<Arc<Partner>>,
    /// Everybody who is to earn on it, for the commands that are kept from their people.
    pub earners: Vec<(PartnerId, Arc<Partner>)>,
    /// Loaded for `calculateCommission` only.
    pub commission: Option<CommissionFacts>,
}

/// The partners that a calculation concerns, each folded up to the trigger's position and no further.
#[derive(Clone, Debug, Default)]
pub struct CommissionFacts {
    /// The deal's partner and everybody it shares with.
    pub sellers: Vec<SellerFacts>,
}

/// A seller and those above it, nearest first.
#[derive(Clone, Debug)]
pub struct SellerFacts {
    pub partner: PartnerId,
    pub state: Arc<Partner>,
    pub upline: Vec<(PartnerId, Arc<Partner>)>,
}

impl Deal {
    pub fn case(&self) -> Option<&Case> {
        match self {
            Self::Unregistered => None,
            Self::Registered(case) => Some(case),
        }
    }

    /// What the command brings about; nothing where its outcome already holds.
    pub fn decide(
        &self,
        issued: &Issued<DealCommand>,
        facts: &DealFacts,
    ) -> Result<Vec<DealEvent>, DealRefusal> {
        let rulebook = || facts.program.rulebook().ok_or(DealRefusal::ProgramNotOpen);
        match (self, &issued.command) {
            (Self::Unregistered, DealCommand::Register { .. }) => {
                registration::register(issued, rulebook()?, facts.partner.as_deref())
            }
            (Self::Registered(_), DealCommand::Register { .. }) => {
                Err(DealRefusal::AlreadyRegistered)
            }
            (Self::Unregistered, _) => Err(DealRefusal::NotRegistered),
            (Self::Registered(case), command) => {
                if matches!(command, DealCommand::AgreeShare { .. }) {
                    // Whoever shares is to be paid: a stranger would leave the calculation without facts.
                    registration::seller_in(case.program, facts.partner.as_deref(), issued.at)?;
                }
                let events = case.decide(issued, rulebook()?, facts)?;
                if command.rests_on_its_partner() && !events.is_empty() {
                    facts.partner_may_sell(issued.at)?;
                }
                Ok(events)
            }
        }
    }

    pub(crate) fn evolve(&mut self, event: DealEvent) {
        match (&mut *self, event) {
            (_, DealEvent::Registered { program, partner, seller, territory, estimate, .. }) => {
                *self = Self::Registered(Box::new(Case {
                    program,
                    partner,
                    makers: vec![seller],
                    checkers: vec![],
                    territory,
                    estimate,
                    responsible: None,
                    shares: vec![],
                    state: DealState::Registered,
                    calculated: BTreeSet::new(),
                }));
            }
            (Self::Registered(case), event) => case.evolve(event),
            (Self::Unregistered, _) => {} // Nothing happens to a deal before it is registered.
        }
    }
}

impl Owned for Deal {
    fn founded(_: Uuid, event: &DealEvent) -> Option<Home> {
        let DealEvent::Registered { program, partner, .. } = event else { return None };
        Some(Home { program: *program, partner: Some(*partner) })
    }

    fn owner(&self, issued: &Issued<DealCommand>) -> Option<(PartnerId, DealRefusal)> {
        match (self, &issued.command) {
            (_, DealCommand::Register { partner, .. }) => {
                Some((*partner, DealRefusal::PartnerNotIn))
            }
            (Self::Registered(case), _) => Some((case.partner, DealRefusal::NotRegistered)),
            (Self::Unregistered, _) => None,
        }
    }
}

fn policy_at(
    rulebook: &Rulebook,
    at: DateTime<Utc>,
) -> Result<&Published<DealPolicy>, DealRefusal> {
    rulebook.deal_policy_at(at).ok_or(DealRefusal::NoPolicy)
}

fn policy_ref(policy: &Published<DealPolicy>) -> PolicyRef {
    policy_version(policy.version)
}

fn policy_version(version: u32) -> PolicyRef {
    PolicyRef { id: "deal-policy".into(), version }
}
