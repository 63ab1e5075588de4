//! A deal: one partner's claim on one sale, from registration over qualification and approval to won or lost.

mod commission;
mod contract;
mod registration;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::{Aggregate, event_sink::EventSink};
use serde::{Deserialize, Serialize};

pub use self::{
    commission::{CommissionFacts, SellerFacts},
    contract::{Allocation, Contract, ContractLine, Payment},
    registration::{Customer, Qualification},
};
use crate::{
    ActorKind, Currency, EventId, Issued, Money, PartnerId, PaymentId, Personal, PolicyRef, Ppm,
    ProgramId, Published,
    command::commands,
    commission::{NotCalculated, Trace, Trigger},
    events::events,
    partner::Partner,
    program::{DealPolicy, KernelState, Program, Rulebook},
    refusal::{LONG, SHORT, refusals, text},
    time,
};

commands! {
    /// What can be asked of a deal.
    pub enum DealCommand {
        "registerDeal" => Register {
            program: ProgramId,
            partner: PartnerId,
            customer: Customer,
            product_lines: Vec<String>,
            territory: String,
            estimate: Money,
            expected_close: NaiveDate,
            /// The customer's problems (R53).
            problems: String,
            /// The criteria by which the customer selects (R53).
            criteria: String,
        },
        "assignResponsible" => AssignResponsible {},
        "qualifyDealByPartner" => QualifyByPartner {
            #[serde(default)]
            icp_match: Option<bool>,
            #[serde(default)]
            timeframe: Option<String>,
            #[serde(default)]
            budget: Option<Money>,
            #[serde(default)]
            decision_maker: Option<String>,
        },
        "returnDeal" => Return { reason: String, fields: Vec<String> },
        "qualifyDeal" => Qualify {},
        "requestApproval" => RequestApproval {},
        "approveDeal" => Approve {},
        "rejectDeal" => Reject { code: DealRejectionCode },
        "withdrawDeal" => Withdraw {},
        "expireProtection" => ExpireProtection {},
        "agreeShare" => AgreeShare { partner: PartnerId, share: Ppm },
        "signContract" => Sign { signed_on: NaiveDate, lines: Vec<ContractLine> },
        "changeContractStatus" => ChangeContractStatus { to: String },
        "recordPayment" => RecordPayment {
            payment: PaymentId,
            amount: Money,
            received_on: NaiveDate,
            /// Which lines it pays; by what each line still owes where absent.
            #[serde(default)]
            allocations: Option<Vec<Allocation>>,
        },
        "winDeal" => Win {},
        "loseDeal" => Lose { code: LossCode },
        "calculateCommission" => CalculateCommission {
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
            seller: String,
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
        },
        "deal-returned" => Returned { reason: String, fields: Vec<String> },
        "deal-qualified" => Qualified { verified_by: String, parameters_hash: String, policy_version: u32 },
        "approval-requested" => ApprovalRequested { route: Route, policy_version: u32 },
        "deal-approved" => Approved { by: String, route: Route, protected_until: DateTime<Utc>, policy_version: u32 },
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
        "commission-not-calculated" => CommissionNotCalculated { trigger: EventId, reason: NotCalculated },
    }
}

refusals! {
    /// Why a deal's command is refused.
    pub enum DealRefusal {
        "PROGRAM_NOT_OPEN" "this programme is not open; ask the vendor to open it" => ProgramNotOpen,
        "DEAL_POLICY_MISSING" "the programme has published no deal policy yet; ask the vendor to publish one" => NoPolicy,
        "PARTNER_NOT_IN_PROGRAM" "only an approved partner of this programme that has joined its network may register deals; join it first" => PartnerNotIn,
        "CERTIFICATE_REQUIRED" "only certified partners may register deals in this programme; have somebody certified first" => CertificateRequired { policy: PolicyRef },
        "FOREIGN_DEAL" "this deal belongs to another partner; ask for one of your own" => Foreign,
        "DEAL_ALREADY_REGISTERED" "this deal is registered already; register with a new id" => AlreadyRegistered,
        "DEAL_NOT_REGISTERED" "there is no such deal; register it first" => NotRegistered,
        "DEAL_ENDED" "this deal is {state}; register a new one" => Ended { state: &'static str },
        "QUALIFICATION_INCOMPLETE" "qualification still needs: {missing}" => QualificationIncomplete { missing: String, fields: Vec<String> },
        "DEAL_NOT_QUALIFIED_BY_PARTNER" "the partner has to qualify the deal first" => NotQualifiedByPartner,
        "DEAL_NOT_QUALIFIED" "the vendor has to qualify the deal first" => NotQualified,
        "DEAL_ALREADY_QUALIFIED" "this deal is qualified already; go on to its approval" => AlreadyQualified,
        "APPROVAL_ALREADY_REQUESTED" "this deal is approved or waits for approval already; wait, or go on to the contract" => AlreadyRequested,
        "APPROVER_IS_MEMBER" "a partner cannot qualify, return, approve or reject a deal; ask the vendor" => ApproverIsMember,
        "DEAL_NOT_APPROVED" "only an approved deal can go on; have it approved first" => NotApproved,
        "PROTECTION_RUNS" "protection runs until {until}; it cannot expire before" => ProtectionRuns { until: DateTime<Utc> },
        "PROTECTION_ENDED" "protection ended at {ended}; register the deal anew" => ProtectionEnded { ended: DateTime<Utc> },
        "CONTRACT_NOT_SIGNED" "record the signed contract first" => NotSigned,
        "CONTRACT_ALREADY_SIGNED" "the contract is signed already; record its status and payments" => AlreadySigned,
        "CONTRACT_STATUS_UNKNOWN" "no contract status {code} is configured; name one that is" => UnknownStatus { code: String },
        "CONTRACT_STATUS_TOO_EARLY" "status {code} can be set only when the deal is {needs}" => StatusTooEarly { code: String, needs: &'static str },
        "PAYMENT_ID_REUSED" "this payment is recorded already with other content; give every payment an id of its own" => PaymentReused,
        "PAYMENT_EXCEEDS_CONTRACT" "the customer owes {outstanding}; a payment cannot be more" => PaymentTooHigh { outstanding: Money },
        "PAYMENT_OUTSTANDING" "the customer still owes {outstanding}; the deal is won when it is paid" => Outstanding { outstanding: Money, policy: PolicyRef },
        "SHARES_EXCEED_WHOLE" "the shares of others would pass 100 %, or the partner would share with itself; agree on less" => SharesTooHigh,
        "COMMISSION_FACTS_MISSING" "what the calculation rests on was not loaded; try again" => FactsMissing,
        "COMMISSION_TRIGGER_UNKNOWN" "this deal has no such payment; record it first" => UnknownTrigger,
        "COMMISSION_UNCALCULABLE" "{problem}" => Uncalculable { problem: String },
    }
}

/// Whether approval is by policy or by a person (R45).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    Automatic,
    Manual,
}

/// Why somebody looks after a deal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssignmentRule {
    Territory,
    DefaultQueue,
}

/// Why the vendor rejects a deal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DealRejectionCode {
    NotAFit,
    ExistingCustomer,
    InsufficientQualification,
    Other,
}

/// Why a deal is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossCode {
    Competitor,
    NoBudget,
    NoDecision,
    Price,
    Other,
}

/// A deal before and after its registration.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Deal {
    #[default]
    Unregistered,
    Registered(Box<Case>),
}

/// What is true of a registered deal at every stage.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    pub program: ProgramId,
    pub partner: PartnerId,
    pub territory: String,
    pub estimate: Money,
    pub responsible: Option<String>,
    /// What others have of the commission; the partner has the rest.
    pub shares: Vec<(PartnerId, Ppm)>,
    pub stage: Stage,
    /// The triggers whose commission is settled one way or the other.
    pub calculated: BTreeSet<EventId>,
}

/// How far a deal has come, and what is true only there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Stage {
    Registered,
    PartnerQualified(Qualification),
    Returned,
    Qualified,
    PendingApproval,
    Approved { protected_until: DateTime<Utc> },
    Signed(Contract),
    Won(Contract),
    Rejected,
    Expired,
    Withdrawn,
    Lost,
}

/// What a deal's decisions may know of other aggregates.
#[derive(Clone, Debug, Default)]
pub struct DealFacts {
    pub program: Arc<Program>,
    /// The partner whose deal it is.
    pub partner: Option<Arc<Partner>>,
    /// Loaded for `calculateCommission` only.
    pub commission: Option<CommissionFacts>,
}

impl DealRefusal {
    fn field(&self) -> Vec<String> {
        match self {
            Self::QualificationIncomplete { fields, .. } => fields.clone(),
            Self::UnknownStatus { .. } | Self::StatusTooEarly { .. } => vec!["to".into()],
            Self::PaymentReused => vec!["payment".into()],
            Self::PaymentTooHigh { .. } => vec!["amount".into()],
            Self::SharesTooHigh => vec!["share".into()],
            Self::Invalid(_)
            | Self::ProgramNotOpen
            | Self::NoPolicy
            | Self::PartnerNotIn
            | Self::CertificateRequired { .. }
            | Self::Foreign
            | Self::AlreadyRegistered
            | Self::NotRegistered
            | Self::Ended { .. }
            | Self::NotQualifiedByPartner
            | Self::NotQualified
            | Self::AlreadyQualified
            | Self::AlreadyRequested
            | Self::ApproverIsMember
            | Self::NotApproved
            | Self::ProtectionRuns { .. }
            | Self::ProtectionEnded { .. }
            | Self::NotSigned
            | Self::AlreadySigned
            | Self::Outstanding { .. }
            | Self::FactsMissing
            | Self::UnknownTrigger
            | Self::Uncalculable { .. } => vec![],
        }
    }

    fn policy(&self) -> Option<PolicyRef> {
        if let Self::CertificateRequired { policy } | Self::Outstanding { policy, .. } = self {
            Some(policy.clone())
        } else {
            None
        }
    }
}

impl Stage {
    /// The word for an end that nothing follows.
    pub fn end(&self) -> Option<&'static str> {
        match self {
            Self::Rejected => Some("rejected"),
            Self::Expired => Some("expired"),
            Self::Withdrawn => Some("withdrawn"),
            Self::Lost => Some("lost"),
            Self::Registered
            | Self::PartnerQualified(_)
            | Self::Returned
            | Self::Qualified
            | Self::PendingApproval
            | Self::Approved { .. }
            | Self::Signed(_)
            | Self::Won(_) => None,
        }
    }

    /// The signed contract, from signature on.
    pub fn contract(&self) -> Option<&Contract> {
        if let Self::Signed(contract) | Self::Won(contract) = self { Some(contract) } else { None }
    }
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
        let rulebook = facts.program.rulebook().ok_or(DealRefusal::ProgramNotOpen)?;
        match (self, &issued.command) {
            (Self::Unregistered, DealCommand::Register { .. }) => {
                registration::register(issued, rulebook, facts.partner.as_deref())
            }
            (Self::Registered(_), DealCommand::Register { .. }) => {
                Err(DealRefusal::AlreadyRegistered)
            }
            (Self::Unregistered, _) => Err(DealRefusal::NotRegistered),
            (Self::Registered(case), _) => case.decide(issued, rulebook, facts.commission.as_ref()),
        }
    }

    fn evolve(&mut self, event: DealEvent) {
        match (&mut *self, event) {
            (_, DealEvent::Registered { program, partner, territory, estimate, .. }) => {
                *self = Self::Registered(Box::new(Case {
                    program,
                    partner,
                    territory,
                    estimate,
                    responsible: None,
                    shares: vec![],
                    stage: Stage::Registered,
                    calculated: BTreeSet::new(),
                }));
            }
            (Self::Registered(case), event) => case.evolve(event),
            (Self::Unregistered, _) => {} // Nothing happens to a deal before it is registered.
        }
    }
}

impl Case {
    fn decide(
        &self,
        issued: &Issued<DealCommand>,
        rulebook: &Rulebook,
        commission: Option<&CommissionFacts>,
    ) -> Result<Vec<DealEvent>, DealRefusal> {
        use DealCommand as Do;
        use DealRefusal as No;
        use Stage as S;
        let at = issued.at;
        if issued.by.is_foreign_to(self.partner) {
            return Err(No::Foreign);
        }
        let command = &issued.command;
        match (&self.stage, command) {
            // What an end repeats harmlessly, and what no end allows.
            (S::Withdrawn, Do::Withdraw {})
            | (S::Rejected, Do::Reject { .. })
            | (S::Expired, Do::ExpireProtection {})
            | (S::Lost, Do::Lose { .. }) => Ok(vec![]),
            (stage @ (S::Rejected | S::Expired | S::Withdrawn | S::Lost), _) => {
                Err(No::Ended { state: stage.end().unwrap_or("over") })
            }
            (_, Do::Register { .. }) => Err(No::AlreadyRegistered),
            (_, Do::Return { .. } | Do::Qualify {} | Do::Approve {} | Do::Reject { .. })
                if issued.by.kind == ActorKind::Member =>
            {
                Err(No::ApproverIsMember)
            }

            (_, Do::AssignResponsible {}) if self.responsible.is_some() => Ok(vec![]), // Already so.
            (_, Do::AssignResponsible {}) => {
                Ok(vec![registration::assign(&policy_at(rulebook, at)?.body, &self.territory)])
            }

            (
                S::Registered | S::Returned,
                Do::QualifyByPartner { icp_match, timeframe, budget, decision_maker },
            ) => {
                let parameters = (*icp_match, timeframe.as_ref(), *budget, decision_maker.as_ref());
                registration::qualify_by_partner(issued, parameters)
            }
            (
                S::PartnerQualified(_)
                | S::Qualified
                | S::PendingApproval
                | S::Approved { .. }
                | S::Signed(_)
                | S::Won(_),
                Do::QualifyByPartner { .. },
            ) => Err(No::AlreadyQualified),

            (S::PartnerQualified(_), Do::Return { reason, fields }) => {
                text("reason", reason, LONG)?;
                Ok(vec![DealEvent::Returned { reason: reason.clone(), fields: fields.clone() }])
            }
            (S::PartnerQualified(qualification), Do::Qualify {}) => {
                Ok(vec![DealEvent::Qualified {
                    verified_by: issued.by.id.clone(),
                    parameters_hash: qualification.hash.clone(),
                    policy_version: policy_at(rulebook, at)?.version,
                }])
            }
            (S::Registered | S::Returned, Do::Return { .. } | Do::Qualify {}) => {
                Err(No::NotQualifiedByPartner)
            }
            (
                S::Qualified | S::PendingApproval | S::Approved { .. } | S::Signed(_) | S::Won(_),
                Do::Return { .. } | Do::Qualify {},
            ) => Err(No::AlreadyQualified),

            (S::Qualified, Do::RequestApproval {}) => {
                let policy = policy_at(rulebook, at)?;
                let route = route(&policy.body, self.estimate);
                let requested =
                    DealEvent::ApprovalRequested { route, policy_version: policy.version };
                Ok(match route {
                    Route::Manual => vec![requested],
                    Route::Automatic => {
                        vec![requested, self.approved(issued, policy, route, rulebook)?]
                    }
                })
            }
            (
                S::Registered | S::Returned | S::PartnerQualified(_),
                Do::RequestApproval {} | Do::Approve {},
            ) => Err(No::NotQualified),
            (
                S::PendingApproval | S::Approved { .. } | S::Signed(_) | S::Won(_),
                Do::RequestApproval {},
            ) => Err(No::AlreadyRequested),
            (S::Qualified | S::PendingApproval, Do::Approve {}) => {
                let policy = policy_at(rulebook, at)?;
                Ok(vec![self.approved(issued, policy, Route::Manual, rulebook)?])
            }
            (S::Approved { .. }, Do::Approve {}) => Ok(vec![]), // Already so: a retry is harmless.
            (S::Signed(_) | S::Won(_), Do::Approve {}) => Err(No::AlreadySigned),

            (
                S::Registered
                | S::PartnerQualified(_)
                | S::Returned
                | S::Qualified
                | S::PendingApproval,
                Do::Reject { code },
            ) => Ok(vec![DealEvent::Rejected { code: *code }]),
            (S::Approved { .. }, Do::Reject { .. }) => Err(No::AlreadyRequested),
            (S::Signed(_) | S::Won(_), Do::Reject { .. } | Do::Withdraw {} | Do::Lose { .. }) => {
                Err(No::AlreadySigned)
            }
            (_, Do::Withdraw {}) => Ok(vec![DealEvent::Withdrawn {}]),
            (_, Do::Lose { code }) => Ok(vec![DealEvent::Lost { code: *code }]),

            (S::Approved { protected_until }, Do::ExpireProtection {}) if at < *protected_until => {
                Err(No::ProtectionRuns { until: *protected_until })
            }
            (S::Approved { .. }, Do::ExpireProtection {}) => {
                Ok(vec![DealEvent::ProtectionExpired {}])
            }
            (S::Signed(_) | S::Won(_), Do::ExpireProtection {}) => Ok(vec![]), // The contract came in time.
            (
                S::Registered
                | S::PartnerQualified(_)
                | S::Returned
                | S::Qualified
                | S::PendingApproval,
                Do::ExpireProtection {},
            ) => Err(No::NotApproved),

            (S::Signed(_) | S::Won(_), Do::AgreeShare { .. } | Do::Sign { .. }) => {
                Err(No::AlreadySigned)
            }
            (_, Do::AgreeShare { partner, share }) => self.agree_share(*partner, *share),

            (S::Approved { protected_until }, Do::Sign { .. }) if *protected_until <= at => {
                Err(No::ProtectionEnded { ended: *protected_until })
            }
            (S::Approved { .. }, Do::Sign { signed_on, lines }) => {
                contract::sign(lines, *signed_on, time::day_of(at, rulebook.zone))
            }
            (
                S::Registered
                | S::PartnerQualified(_)
                | S::Returned
                | S::Qualified
                | S::PendingApproval,
                Do::Sign { .. },
            ) => Err(No::NotApproved),

            (stage @ (S::Signed(contract) | S::Won(contract)), Do::ChangeContractStatus { to }) => {
                change_status(rulebook, contract, matches!(stage, S::Won(_)), to)
            }
            (
                S::Signed(contract) | S::Won(contract),
                Do::RecordPayment { payment, amount, received_on, allocations },
            ) => {
                let today = time::day_of(at, rulebook.zone);
                let allocations = allocations.as_deref();
                contract.receive(*payment, *amount, *received_on, allocations, today)
            }
            (S::Signed(contract), Do::Win {}) => {
                let policy = policy_at(rulebook, at)?;
                let outstanding = contract.outstanding();
                if policy.body.full_payment_to_win && outstanding.is_positive() {
                    return Err(No::Outstanding { outstanding, policy: policy_ref(policy) });
                }
                Ok(vec![DealEvent::Won { total: contract.total, paid: contract.paid }])
            }
            (S::Won(_), Do::Win {}) => Ok(vec![]), // Already so: a retry is harmless.
            (
                S::Signed(contract) | S::Won(contract),
                Do::CalculateCommission { trigger, payment },
            ) => {
                if self.calculated.contains(trigger) {
                    return Ok(vec![]); // Settled: a trigger earns once.
                }
                self.calculate(issued, rulebook, contract, (*trigger, *payment), commission)
            }
            (
                S::Registered
                | S::PartnerQualified(_)
                | S::Returned
                | S::Qualified
                | S::PendingApproval
                | S::Approved { .. },
                Do::ChangeContractStatus { .. }
                | Do::RecordPayment { .. }
                | Do::Win {}
                | Do::CalculateCommission { .. },
            ) => Err(No::NotSigned),
        }
    }

    fn approved(
        &self,
        issued: &Issued<DealCommand>,
        policy: &Published<DealPolicy>,
        route: Route,
        rulebook: &Rulebook,
    ) -> Result<DealEvent, DealRefusal> {
        let protected_until =
            time::after_days(issued.at, policy.body.protection_days, rulebook.zone)
                .ok_or(crate::refusal::Invalid::new("at", "lies beyond the calendar"))?;
        let by = match route {
            Route::Automatic => policy_ref(policy).id, // Whoever asked, it is the policy that approves.
            Route::Manual => issued.by.id.clone(),
        };
        Ok(DealEvent::Approved { by, route, protected_until, policy_version: policy.version })
    }

    fn agree_share(&self, partner: PartnerId, share: Ppm) -> Result<Vec<DealEvent>, DealRefusal> {
        if self.shares.contains(&(partner, share)) {
            return Ok(vec![]); // Already so.
        }
        let others = self.shares.iter().filter(|(other, _)| *other != partner);
        let taken: u64 = others.map(|(_, share)| u64::from(share.0)).sum();
        if partner == self.partner || taken + u64::from(share.0) > u64::from(Ppm::ONE.0) {
            return Err(DealRefusal::SharesTooHigh);
        }
        Ok(vec![DealEvent::ShareAgreed { partner, share }])
    }

    fn evolve(&mut self, event: DealEvent) {
        match event {
            DealEvent::Registered { .. } => {}
            DealEvent::ResponsibleAssigned { responsible, .. } => {
                self.responsible = Some(responsible)
            }
            DealEvent::QualifiedByPartner { icp_match, timeframe, budget, .. } => {
                self.stage =
                    Stage::PartnerQualified(Qualification::of(icp_match, timeframe, budget));
            }
            DealEvent::Returned { .. } => self.stage = Stage::Returned,
            DealEvent::Qualified { .. } => self.stage = Stage::Qualified,
            DealEvent::ApprovalRequested { .. } => self.stage = Stage::PendingApproval,
            DealEvent::Approved { protected_until, .. } => {
                self.stage = Stage::Approved { protected_until }
            }
            DealEvent::Rejected { .. } => self.stage = Stage::Rejected,
            DealEvent::Withdrawn {} => self.stage = Stage::Withdrawn,
            DealEvent::ProtectionExpired {} => self.stage = Stage::Expired,
            DealEvent::ShareAgreed { partner, share } => {
                self.shares.retain(|(other, _)| *other != partner);
                self.shares.push((partner, share));
            }
            DealEvent::Signed { lines, total, .. } => {
                self.stage = Stage::Signed(Contract::new(lines, total))
            }
            DealEvent::ContractStatusChanged { to, .. } => {
                if let Stage::Signed(contract) | Stage::Won(contract) = &mut self.stage {
                    contract.status = Some(to);
                }
            }
            DealEvent::PaymentReceived { payment, amount, allocations, received_on, .. } => {
                if let Stage::Signed(contract) | Stage::Won(contract) = &mut self.stage {
                    contract.received(payment, Payment { amount, allocations, received_on });
                }
            }
            DealEvent::Won { .. } => {
                if let Stage::Signed(contract) = &self.stage {
                    self.stage = Stage::Won(contract.clone());
                }
            }
            DealEvent::Lost { .. } => self.stage = Stage::Lost,
            DealEvent::CommissionCalculated { trigger, trace, .. } => {
                if let Stage::Signed(contract) | Stage::Won(contract) = &mut self.stage {
                    for line in &trace.input.lines {
                        contract.calculated_on(&line.id, line.net);
                    }
                }
                self.calculated.insert(trigger);
            }
            DealEvent::CommissionNotCalculated { trigger, .. } => {
                self.calculated.insert(trigger);
            }
        }
    }
}

impl Aggregate for Deal {
    const TYPE: &'static str = "deal";
    type Command = Issued<DealCommand>;
    type Event = DealEvent;
    type Error = DealRefusal;
    type Services = DealFacts;

    async fn handle(
        &mut self,
        command: Self::Command,
        facts: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.decide(&command, facts)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.evolve(event);
    }
}

/// Which way a deal is approved: a pure function of its estimate and the policy version (R45).
pub fn route(policy: &DealPolicy, estimate: Money) -> Route {
    let limit = policy.approve_up_to.iter().find(|limit| limit.currency == estimate.currency);
    match limit {
        Some(limit) if estimate.minor <= limit.minor => Route::Automatic,
        Some(_) | None => Route::Manual,
    }
}

fn change_status(
    rulebook: &Rulebook,
    contract: &Contract,
    won: bool,
    to: &str,
) -> Result<Vec<DealEvent>, DealRefusal> {
    text("to", to, SHORT)?;
    if contract.status.as_deref() == Some(to) {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    let status = rulebook
        .statuses
        .get(to)
        .ok_or_else(|| DealRefusal::UnknownStatus { code: to.to_owned() })?;
    let (reached, needs) = match status.kernel_state {
        KernelState::Signed => (true, "signed"),
        KernelState::Paid => (!contract.outstanding().is_positive(), "paid in full"),
        KernelState::Won => (won, "won"),
    };
    if !reached {
        return Err(DealRefusal::StatusTooEarly { code: to.to_owned(), needs });
    }
    Ok(vec![DealEvent::ContractStatusChanged {
        from: contract.status.clone(),
        to: to.to_owned(),
        calculates_commission: status.calculates_commission,
    }])
}

fn policy_at(
    rulebook: &Rulebook,
    at: DateTime<Utc>,
) -> Result<&Published<DealPolicy>, DealRefusal> {
    rulebook.deal_policy_at(at).ok_or(DealRefusal::NoPolicy)
}

fn policy_ref(policy: &Published<DealPolicy>) -> PolicyRef {
    PolicyRef { id: "deal-policy".into(), version: policy.version }
}

/// What a trigger is to the plan.
fn trigger_of(payment: Option<PaymentId>) -> Trigger {
    if payment.is_some() { Trigger::Payment } else { Trigger::ContractStatus }
}
