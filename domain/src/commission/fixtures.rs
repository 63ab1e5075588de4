//! Sales and plans for this module's tests.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Currency, EventId, Money, PartnerId, Ppm, Published, Tier};

use super::{
    Calculation, CalculationError, Input, Line, Node, NotCalculated, Plan, Seller, Trigger,
    TriggerFacts, calculate,
};

pub const A: PartnerId = PartnerId(Uuid::from_u128(0xA));
pub const B: PartnerId = PartnerId(Uuid::from_u128(0xB));
pub const C: PartnerId = PartnerId(Uuid::from_u128(0xC));
pub const D: PartnerId = PartnerId(Uuid::from_u128(0xD));
pub const E: PartnerId = PartnerId(Uuid::from_u128(0xE));

pub fn eur(amount: &str) -> Money {
    Money::parse(amount, currency("EUR")).expect(amount)
}

pub fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect(code)
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect(text)
}

pub fn event(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

/// A partner that sold alone.
pub fn seller(partner: PartnerId) -> Seller {
    Seller {
        partner,
        share: Ppm::ONE,
        share_from: None,
        tier: Tier::Registered,
        tier_from: None,
        certified: true,
        upline: vec![],
    }
}

impl Seller {
    pub fn with_share(self, share: u32) -> Self {
        Self { share: Ppm(share), ..self }
    }

    pub fn of_tier(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    pub fn under(self, upline: &[Node]) -> Self {
        Self { upline: upline.to_vec(), ..self }
    }
}

pub fn certified(partner: PartnerId) -> Node {
    Node { partner, certified: true, source: None }
}

pub fn uncertified(partner: PartnerId) -> Node {
    Node { partner, certified: false, source: None }
}

pub fn line(id: &str, product_line: &str, net: Money) -> Line {
    Line { id: id.into(), product_line: product_line.into(), net, source: None }
}

/// A plan on contract status with these components.
pub fn plan(components: Value) -> Plan {
    serde_json::from_value(json!({ "trigger": "contract-status", "components": components }))
        .expect("is a plan")
}

/// A plan that pays the seller so much of everything.
pub fn percent(rate: u32) -> Plan {
    plan(json!([{ "id": "new-sales", "rate": { "percent": rate } }]))
}

/// Version 1 of the plan, in force since the start of 2025.
pub fn published(body: Plan) -> Published<Plan> {
    Published {
        version: 1,
        effective_from: at("2025-01-01T00:00:00Z"),
        effective_until: None,
        body_hash: crate::published::hash_of(&body).expect("is plain JSON"),
        body,
        author: "author".into(),
        approved_by: "approver".into(),
    }
}

/// One line of `net`, sold by `sellers` on 10 January 2025 at noon in UTC.
pub fn sale(net: &str, sellers: &[Seller], plan: Plan) -> Input {
    Input {
        trigger: TriggerFacts { event: event(1), kind: Trigger::ContractStatus },
        at: at("2025-01-10T12:00:00Z"),
        currency: currency("EUR"),
        lines: vec![line("1", "cloud", eur(net))],
        sellers: sellers.to_vec(),
        plan: published(plan),
        zone: chrono_tz::Europe::Warsaw,
    }
}

pub fn calculated(input: Input) -> Calculation {
    calculate(input).expect("can be calculated")
}

/// Who earns what, leg by leg.
pub fn earned(input: Input) -> Vec<(PartnerId, String)> {
    let calculation = calculated(input);
    calculation.legs().iter().map(|leg| (leg.beneficiary, leg.amount.amount())).collect()
}

/// The one reason why nothing is earned.
pub fn nothing(input: Input) -> Option<NotCalculated> {
    match calculated(input) {
        Calculation::Earned { .. } => None,
        Calculation::Nothing { reason, .. } => Some(reason),
    }
}

pub fn refused(input: Input) -> CalculationError {
    calculate(input).expect_err("is refused")
}
