//! The state machine of a deal as a transition table: every stage meets every command.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ApprovalRoute, Contract, DealCommand, DealEvent, DealFacts, DealRefusal, Payment,
    Qualification, contract, policy_at, policy_ref, registration,
};
use crate::{
    Actor, EventId, Issued, Money, PartnerId, PolicyRef, Ppm, ProgramId, Published, Role,
    program::{DealPolicy, KernelState, Rulebook},
    refusal::Invalid,
    time,
};

/// What is true of a registered deal at every stage.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    pub program: ProgramId,
    pub partner: PartnerId,
    /// Who registered it, and who qualified it for the partner.
    pub makers: Vec<Actor>,
    /// Who verified it, and who approved it.
    pub checkers: Vec<Actor>,
    pub territory: String,
    pub estimate: Money,
    pub responsible: Option<String>,
    /// What others have of the commission; the partner has the rest.
    pub shares: Vec<(PartnerId, Ppm)>,
    pub state: DealState,
    /// The triggers whose commission is settled one way or the other.
    pub calculated: BTreeSet<EventId>,
}

/// How far a deal has come, and what is true only there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum DealState {
    Registered,
    PartnerQualified(Qualification),
    Returned,
    Qualified,
    PendingApproval,
    Approved { protected_until: DateTime<Utc>, policy_version: u32 },
    Signed(Contract),
    Won(Contract),
    Rejected,
    Expired,
    Withdrawn,
    Lost,
}

impl DealState {
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

impl Case {
    pub(super) fn decide(
        &self,
        issued: &Issued<DealCommand>,
        rulebook: &Rulebook,
        facts: &DealFacts,
    ) -> Result<Vec<DealEvent>, DealRefusal> {
        use DealCommand as Do;
        use DealRefusal as No;
        use DealState as S;
        let at = issued.at;
        let command = &issued.command;
        match (&self.state, command) {
            // What an end repeats harmlessly, and what no end allows.
            (S::Withdrawn, Do::Withdraw {})
            | (S::Rejected, Do::Reject { .. })
            | (S::Expired, Do::ExpireProtection {})
            | (S::Lost, Do::Lose { .. }) => Ok(vec![]),
            (stage @ (S::Rejected | S::Expired | S::Withdrawn | S::Lost), _) => {
                Err(No::Ended { state: stage.end().unwrap_or("over") })
            }
            (_, Do::Register { .. }) => Err(No::AlreadyRegistered),
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
                Ok(vec![DealEvent::Returned { reason: reason.clone(), fields: fields.clone() }])
            }
            (S::PartnerQualified(qualification), Do::Qualify {}) => {
                Ok(vec![DealEvent::Qualified {
                    verified_by: issued.by.clone(),
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
                let route = match facts.partner_may_sell(at) {
                    Ok(()) => route(&policy.body, self.estimate),
                    Err(_) => ApprovalRoute::Manual, // It waits for somebody, who waits for the partner.
                };
                let requested =
                    DealEvent::ApprovalRequested { route, policy_version: policy.version };
                Ok(match route {
                    ApprovalRoute::Manual => vec![requested],
                    ApprovalRoute::Automatic => {
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
                Ok(vec![self.approved(issued, policy, ApprovalRoute::Manual, rulebook)?])
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

            (S::Approved { protected_until: until, policy_version }, Do::ExpireProtection {})
                if at < *until =>
            {
                Err(No::ProtectionRuns {
                    until: *until,
                    policy: super::policy_version(*policy_version),
                })
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

            (S::Approved { protected_until: ended, policy_version }, Do::Sign { .. })
                if *ended <= at =>
            {
                Err(No::ProtectionEnded {
                    ended: *ended,
                    policy: super::policy_version(*policy_version),
                })
            }
            (S::Approved { .. }, Do::Sign { signed_on, lines }) => {
                let today = time::day_of(at, rulebook.zone_at(at));
                let (policies, policy) = (&rulebook.deal_policies, policy_at(rulebook, at)?);
                contract::sign(lines, *signed_on, today, policies, policy)
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
                let today = time::day_of(at, rulebook.zone_at(at));
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
                let commission = facts.commission.as_ref();
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
        route: ApprovalRoute,
        rulebook: &Rulebook,
    ) -> Result<DealEvent, DealRefusal> {
        let protected_until =
            time::after_days(issued.at, policy.body.protection_days, rulebook.zone_at(issued.at))
                .ok_or(Invalid::new("at", "lies beyond the calendar"))?;
        let approved_by = match route {
            // Whoever asked, it is the policy that approves.
            ApprovalRoute::Automatic => Actor::of(Role::Policy, policy_ref(policy).id),
            ApprovalRoute::Manual => issued.by.clone(),
        };
        Ok(DealEvent::Approved {
            approved_by,
            route,
            protected_until,
            policy_version: policy.version,
        })
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

    pub(super) fn evolve(&mut self, event: DealEvent) {
        match event {
            DealEvent::Registered { .. } => {}
            DealEvent::ResponsibleAssigned { responsible, .. } => {
                self.responsible = Some(responsible)
            }
            DealEvent::QualifiedByPartner {
                icp_match, timeframe, budget, qualified_by, ..
            } => {
                if !self.makers.contains(&qualified_by) {
                    self.makers.push(qualified_by);
                }
                self.state =
                    DealState::PartnerQualified(Qualification::of(icp_match, timeframe, budget));
            }
            DealEvent::Returned { .. } => self.state = DealState::Returned,
            DealEvent::Qualified { verified_by, .. } => {
                self.checkers.push(verified_by);
                self.state = DealState::Qualified;
            }
            DealEvent::ApprovalRequested { .. } => self.state = DealState::PendingApproval,
            DealEvent::Approved { approved_by, protected_until, policy_version, .. } => {
                self.checkers.push(approved_by);
                self.state = DealState::Approved { protected_until, policy_version };
            }
            DealEvent::Rejected { .. } => self.state = DealState::Rejected,
            DealEvent::Withdrawn {} => self.state = DealState::Withdrawn,
            DealEvent::ProtectionExpired {} => self.state = DealState::Expired,
            DealEvent::ShareAgreed { partner, share } => {
                self.shares.retain(|(other, _)| *other != partner);
                self.shares.push((partner, share));
            }
            DealEvent::Signed { lines, total, .. } => {
                self.state = DealState::Signed(Contract::new(lines, total))
            }
            DealEvent::ContractStatusChanged { to, .. } => {
                if let DealState::Signed(contract) | DealState::Won(contract) = &mut self.state {
                    contract.status = Some(to);
                }
            }
            DealEvent::PaymentReceived { payment, amount, allocations, received_on, .. } => {
                if let DealState::Signed(contract) | DealState::Won(contract) = &mut self.state {
                    contract.received(payment, Payment { amount, allocations, received_on });
                }
            }
            DealEvent::Won { .. } => {
                if let DealState::Signed(contract) = &self.state {
                    self.state = DealState::Won(contract.clone());
                }
            }
            DealEvent::Lost { .. } => self.state = DealState::Lost,
            DealEvent::CommissionCalculated { trigger, trace, .. } => {
                if let DealState::Signed(contract) | DealState::Won(contract) = &mut self.state {
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

/// Which way a deal is approved: a pure function of its estimate and the policy version (R45).
pub fn route(policy: &DealPolicy, estimate: Money) -> ApprovalRoute {
    let limit = policy.approve_up_to.iter().find(|limit| limit.currency == estimate.currency);
    match limit {
        Some(limit) if estimate.minor <= limit.minor => ApprovalRoute::Automatic,
        Some(_) | None => ApprovalRoute::Manual,
    }
}

fn change_status(
    rulebook: &Rulebook,
    contract: &Contract,
    won: bool,
    to: &str,
) -> Result<Vec<DealEvent>, DealRefusal> {
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
        let policy = PolicyRef { id: format!("contract-status/{to}"), version: status.version };
        return Err(DealRefusal::StatusTooEarly { code: to.to_owned(), needs, policy });
    }
    Ok(vec![DealEvent::ContractStatusChanged {
        from: contract.status.clone(),
        to: to.to_owned(),
        calculates_commission: status.calculates_commission,
    }])
}
