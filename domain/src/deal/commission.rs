//! What a contract status or a payment earns: the facts at that instant, handed to the engine.

use std::sync::Arc;

use super::{Case, Contract, DealCommand, DealEvent, DealRefusal, trigger_of};
use crate::{
    EventId, Issued, Money, PartnerId, PaymentId, Ppm,
    commission::{Calculation, Input, Line, Node, NotCalculated, Seller, TriggerFacts, calculate},
    partner::Partner,
    program::Rulebook,
};

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
                reason: NotCalculated::PlanNotInForce,
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
            zone: rulebook.zone,
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
            tier: active.tier_at(issued.at),
            tier_from: None,
            certified: certified(&facts.state, issued),
            upline: facts.upline.iter().map(node).collect(),
        })
    }
}

fn certified(partner: &Partner, issued: &Issued<DealCommand>) -> bool {
    partner.active().is_some_and(|active| active.training.certified_at(issued.at))
}

/// The whole contract, or the part of it that the payment paid.
fn lines(
    contract: &Contract,
    trigger: EventId,
    payment: Option<PaymentId>,
) -> Result<Vec<Line>, DealRefusal> {
    let part = |id: &str, product_line: &str, net: Money| Line {
        id: id.to_owned(),
        product_line: product_line.to_owned(),
        net,
        source: Some(trigger),
    };
    let Some(payment) = payment else {
        return Ok(contract
            .lines
            .iter()
            .map(|line| part(&line.id, &line.product_line, line.net))
            .collect());
    };
    let payment = contract.payments.get(&payment).ok_or(DealRefusal::UnknownTrigger)?;
    let paid = |line: &str| payment.allocations.iter().find(|paid| paid.line == line);
    Ok(contract
        .lines
        .iter()
        .filter_map(|line| {
            paid(&line.id).map(|paid| part(&line.id, &line.product_line, paid.amount))
        })
        .collect())
}
