//! Commission accrual: the facts at the instant of a contract status or a payment, handed to the engine.

use std::sync::Arc;

use super::{Case, CommissionFacts, Contract, ContractLine, DealCommand, DealEvent, DealRefusal};
use crate::{
    EventId, Issued, Money, PartnerId, PaymentId, Ppm,
    commission::{
        Calculation, Input, Line, Node, NothingEarned, Seller, Trigger, TriggerFacts, calculate,
    },
    partner::Partner,
    program::Rulebook,
};

impl Case {
    /// Everybody who sold, with their shares; together they are the whole.
    pub fn sellers(&self) -> Vec<(PartnerId, Ppm)> {
        let shared: u32 = self.shares.iter().map(|(_, share)| share.0).sum();
        let own = (self.partner, Ppm(Ppm::ONE.0.saturating_sub(shared)));
        std::iter::once(own).chain(self.shares.iter().copied()).collect()
    }

    /// One event with every leg, or one that says why there is none (R66 to R70).
    ///
    /// The rulebook is the programme as it stood at the trigger's position, so that a plan published later does not
    /// apply, whatever it says about its own beginning.
    pub(super) fn calculate(
        &self,
        issued: &Issued<DealCommand>,
        rulebook: &Rulebook,
        contract: &Contract,
        (trigger, payment): (EventId, Option<PaymentId>),
        facts: Option<&CommissionFacts>,
    ) -> Result<Vec<DealEvent>, DealRefusal> {
        let facts = facts.ok_or(DealRefusal::FactsMissing)?;
        let kind = trigger_of(payment);
        let Some(plan) = rulebook.plan_at(issued.at) else {
            return Ok(vec![DealEvent::CommissionNotCalculated {
                trigger,
                reason: NothingEarned::PlanNotInForce,
            }]);
        };
        if plan.body.trigger != kind {
            return Ok(vec![]); // This plan waits for something else.
        }
        let calculation = calculate(Input {
            trigger: TriggerFacts { event: trigger, kind },
            at: issued.at,
            currency: contract.currency(),
            lines: lines(contract, trigger, payment)?,
            sellers: self
                .sellers()
                .into_iter()
                .map(|seller| facts.seller(seller, issued))
                .collect::<Result<_, _>>()?,
            plan: plan.clone(),
            zone: rulebook.zone_at(issued.at),
        })
        .map_err(|error| DealRefusal::Uncalculable { problem: error.to_string() })?;
        Ok(vec![match calculation {
            Calculation::Earned { trace, trace_hash } => DealEvent::CommissionCalculated {
                program: self.program,
                trigger,
                plan_version: plan.version,
                currency: contract.currency(),
                trace: Box::new(trace),
                trace_hash,
            },
            Calculation::Nothing { reason, .. } => {
                DealEvent::CommissionNotCalculated { trigger, reason }
            }
        }])
    }
}

impl CommissionFacts {
    fn seller(
        &self,
        (partner, share): (PartnerId, Ppm),
        issued: &Issued<DealCommand>,
    ) -> Result<Seller, DealRefusal> {
        let facts = self.sellers.iter().find(|seller| seller.partner == partner);
        let facts = facts.ok_or(DealRefusal::FactsMissing)?;
        let active = facts.state.active().ok_or(DealRefusal::FactsMissing)?;
        let node = |(partner, state): &(PartnerId, Arc<Partner>)| Node {
            partner: *partner,
            certified: certified(state, issued),
            source: None,
        };
        Ok(Seller {
            partner,
            share,
            share_from: None,
            tier: active.tiers.at(issued.at),
            tier_from: None,
            certified: certified(&facts.state, issued),
            upline: facts.upline.iter().map(node).collect(),
        })
    }
}

fn certified(partner: &Partner, issued: &Issued<DealCommand>) -> bool {
    partner.active().is_some_and(|active| active.certified_at(issued.at))
}

/// The whole contract, or the part of it that the payment paid; either way without what has earned already, so that
/// a status set twice, or a plan that changes from statuses to payments, pays for nothing twice.
fn lines(
    contract: &Contract,
    trigger: EventId,
    payment: Option<PaymentId>,
) -> Result<Vec<Line>, DealRefusal> {
    let payment = match payment {
        Some(id) => Some(contract.payments.get(&id).ok_or(DealRefusal::UnknownTrigger)?),
        None => None,
    };
    let due = |line: &ContractLine| match payment {
        None => line.net.minor,
        Some(payment) => {
            let paid = payment.allocations.iter().find(|paid| paid.line == line.id);
            paid.map_or(0, |paid| paid.amount.minor)
        }
    };
    let part = |line: &ContractLine| Line {
        id: line.id.clone(),
        product_line: line.product_line.clone(),
        net: Money { minor: due(line).min(contract.unearned(line).minor), ..line.net },
        source: Some(trigger),
    };
    Ok(contract.lines.iter().map(part).filter(|line| line.net.is_positive()).collect())
}

/// What a trigger is to the plan.
fn trigger_of(payment: Option<PaymentId>) -> Trigger {
    if payment.is_some() { Trigger::Payment } else { Trigger::ContractStatus }
}
