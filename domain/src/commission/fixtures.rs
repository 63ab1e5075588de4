//! Test fixtures of the engine: sales and plans.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Currency, EventId, Money, PartnerId, Ppm, Published, Tier, largest_remainder};

use super::{
    Calculation, CalculationError, Component, ComponentKind, Compression, Eligibility, Input,
    Level, Line, Node, NothingEarned, Plan, Rate, Selector, Seller, Trigger, TriggerFacts,
    calculate,
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

/// Who is to earn what, as [`earned`] tells it.
pub fn amounts(paid: &[(PartnerId, &str)]) -> Vec<(PartnerId, String)> {
    paid.iter().map(|(partner, amount)| (*partner, (*amount).to_owned())).collect()
}

/// The one reason why nothing is earned.
pub fn nothing(input: Input) -> Option<NothingEarned> {
    match calculated(input) {
        Calculation::Earned { .. } => None,
        Calculation::Nothing { reason, .. } => Some(reason),
    }
}

pub fn refused(input: Input) -> CalculationError {
    calculate(input).expect_err("is refused")
}

/// Any sale that can be calculated: up to four co-sellers in a network of eight, up to three lines and components.
pub fn any_sale() -> impl Strategy<Value = Input> {
    let lines = prop::collection::vec((any_product_line(), 0..=10_000_000_000_000_i64), 1..=3);
    let components = prop::collection::vec(any_component(), 1..=3);
    (any_sellers(), lines, components, 0..=60_u32).prop_map(|(sellers, lines, components, days)| {
        let mut input = sale("0.00", &sellers, percent(0));
        let numbered = (1..).zip(lines);
        input.lines = numbered
            .map(|(number, (product_line, minor)): (u32, _)| {
                line(&number.to_string(), product_line, Money { minor, ..eur("0.00") })
            })
            .collect();
        let named = (1..).zip(components);
        input.plan.body.components = named
            .map(|(number, component): (u32, _)| Component { id: number.to_string(), ..component })
            .collect();
        input.plan.body.hold.days = days;
        input
    })
}

fn any_sellers() -> impl Strategy<Value = Vec<Seller>> {
    let network: Vec<PartnerId> =
        (1..=8).map(|number| PartnerId(Uuid::from_u128(number))).collect();
    let weights = prop::collection::vec(1..=1_000_u64, 1..=4);
    (Just(network).prop_shuffle(), weights).prop_flat_map(|(network, weights)| {
        let shares = largest_remainder(1_000_000, &weights).expect("weights are positive");
        let sellers = network.iter().zip(shares).map(|(partner, share)| {
            let others = network.iter().copied().filter(|other| other != partner);
            any_seller(
                *partner,
                u32::try_from(share).expect("is part of a million"),
                others.collect(),
            )
        });
        sellers.collect::<Vec<_>>()
    })
}

fn any_seller(
    partner: PartnerId,
    share: u32,
    others: Vec<PartnerId>,
) -> impl Strategy<Value = Seller> {
    let upline = prop::sample::subsequence(others, 0..=5).prop_shuffle();
    let certificates = prop::array::uniform5(any::<bool>());
    (any_tier(), upline, certificates).prop_map(move |(tier, upline, certificates)| {
        let nodes = upline.into_iter().zip(certificates);
        let nodes: Vec<Node> =
            nodes.map(|(partner, certified)| Node { partner, certified, source: None }).collect();
        seller(partner).with_share(share).of_tier(tier).under(&nodes)
    })
}

fn any_component() -> impl Strategy<Value = Component> {
    let lines = prop_oneof![
        Just(Selector::All),
        any_product_line().prop_map(|name| Selector::Only([name.to_owned()].into())),
    ];
    let factors = prop::collection::btree_map(any_tier(), (0..=3_000_000_u32).prop_map(Ppm), 0..=3);
    let rate = prop_oneof![
        any_rate().prop_map(Rate::Percent),
        (any_rate(), factors).prop_map(|(rate, by_tier)| Rate::Times { rate, by_tier }),
    ];
    let levels = prop::collection::vec((any_rate(), any_eligibility(), any_compression()), 0..=4);
    (lines, rate, levels).prop_map(|(lines, rate, levels)| {
        let counted = (1..).zip(levels);
        let levels = counted
            .map(|(distance, (rate, eligible, compression))| Level {
                distance,
                rate,
                eligible,
                compression,
            })
            .collect();
        Component { id: String::new(), kind: ComponentKind::New, lines, rate, levels }
    })
}

fn any_rate() -> impl Strategy<Value = Ppm> {
    (0..=1_000_000_u32).prop_map(Ppm)
}

fn any_product_line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["cloud", "crm"])
}

fn any_tier() -> impl Strategy<Value = Tier> {
    prop::sample::select(vec![Tier::Registered, Tier::Silver, Tier::Gold, Tier::Platinum])
}

fn any_eligibility() -> impl Strategy<Value = Eligibility> {
    prop::sample::select(vec![Eligibility::Anyone, Eligibility::Certified])
}

fn any_compression() -> impl Strategy<Value = Compression> {
    prop::sample::select(vec![Compression::Skip, Compression::Compress, Compression::Stop])
}
