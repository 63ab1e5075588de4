//! The calculation: from the facts of a sale and the plan in force to the legs that it pays, and why.

use crate::{Currency, Money, PartnerId, Ppm, time};

use super::apportion::{Apportionment, Claim, apportion};
use super::leg::{AccrualKind, Leg, lot};
use super::upline::{Walk, walk};
use super::{Candidate, Component, Input, Kind, Line, Rejection, Seller, Trace, Verdict};

/// Grows whenever the same input may come to another result or another trace.
pub const ENGINE_VERSION: u32 = 1;

/// What a trigger earns, with the trace of how and the trace's hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Calculation {
    /// At least one leg, in the trace.
    Earned { trace: Trace, trace_hash: String },
    /// No leg at all.
    Nothing { reason: NotCalculated, trace: Trace, trace_hash: String },
}

/// Why a trigger earns nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotCalculated {
    /// The plan covers another time than the trigger's.
    PlanNotInForce,
    /// The plan waits for another kind of trigger.
    OtherTrigger,
    /// The sale has no lines.
    NoLines,
    /// No component pays for any of the lines.
    NoComponentApplies,
    /// Some component pays, but nobody earns as much as one minor unit.
    LessThanOneUnit,
}

/// Why nothing can be calculated: the facts contradict each other, or the numbers are out of range.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalculationError {
    #[error("line {line} is there twice: give each line an id of its own")]
    LineTwice { line: String },
    #[error("line {line} is in {found}, the sale in {expected}: convert it first")]
    CurrencyMismatch { line: String, expected: Currency, found: Currency },
    #[error("line {line} has a net amount of {net}: record a refund for what goes back")]
    NegativeBase { line: String, net: Money },
    #[error("partner {partner} sells twice: add its shares up")]
    SellerTwice { partner: PartnerId },
    #[error("the sellers' shares are {total} parts per million of the sale: make them 1000000")]
    SharesNotWhole { total: u64 },
    #[error(
        "partner {partner} stands above itself, seen from seller {seller}: correct the network"
    )]
    UplineLoops { seller: PartnerId, partner: PartnerId },
    #[error("what component {component} pays for line {line} is larger than an amount can be")]
    Overflow { line: String, component: String },
    #[error("a hold of {days} days ends beyond the calendar: shorten it")]
    HoldBeyondCalendar { days: u32 },
    #[error("engine {traced} calculated this, and engine {running} cannot tell what it would say")]
    OtherEngine { traced: u32, running: u32 },
}

/// Calculates what the trigger earns.
///
/// A preview of a commission is this very function, called with facts that may come true and without recording what
/// it says. Every component that selects a line pays for it. Each seller earns on its share, and so does each
/// seller's upline: a partner above two sellers earns on both shares, each as a leg of its own, and so never twice on
/// the same part of the sale. A partner that sells and stands above a co-seller earns on its own share as seller and
/// on the other as upline. Legs are in the order of lines, components, levels and sellers' ids; none is zero.
pub fn calculate(mut input: Input) -> Result<Calculation, CalculationError> {
    input.check()?;
    input.sellers.sort_by_key(|seller| seller.partner);
    let not_due = not_due(&input);
    let candidates = if not_due.is_some() { vec![] } else { candidates(&input)? };
    let legs = legs(&input, &candidates)?;
    let nothing = not_due.or_else(|| nothing_of(&candidates, &legs));
    let trace = Trace { engine: ENGINE_VERSION, input, candidates, legs, nothing };
    let trace_hash = trace.hash();
    Ok(match nothing {
        None => Calculation::Earned { trace, trace_hash },
        Some(reason) => Calculation::Nothing { reason, trace, trace_hash },
    })
}

impl Calculation {
    /// What is earned; empty where nothing is.
    pub fn legs(&self) -> &[Leg] {
        &self.trace().legs
    }

    pub fn trace(&self) -> &Trace {
        match self {
            Calculation::Earned { trace, .. } | Calculation::Nothing { trace, .. } => trace,
        }
    }

    pub fn trace_hash(&self) -> &str {
        match self {
            Calculation::Earned { trace_hash, .. } | Calculation::Nothing { trace_hash, .. } => {
                trace_hash
            }
        }
    }
}

impl CalculationError {
    /// The code for a program; never changed.
    pub fn code(&self) -> &'static str {
        match self {
            CalculationError::LineTwice { .. } => "COMMISSION_LINE_TWICE",
            CalculationError::CurrencyMismatch { .. } => "COMMISSION_CURRENCY_MISMATCH",
            CalculationError::NegativeBase { .. } => "COMMISSION_NEGATIVE_BASE",
            CalculationError::SellerTwice { .. } => "COMMISSION_SELLER_TWICE",
            CalculationError::SharesNotWhole { .. } => "COMMISSION_SHARES_NOT_WHOLE",
            CalculationError::UplineLoops { .. } => "COMMISSION_UPLINE_LOOPS",
            CalculationError::Overflow { .. } => "COMMISSION_OVERFLOW",
            CalculationError::HoldBeyondCalendar { .. } => "COMMISSION_HOLD_BEYOND_CALENDAR",
            CalculationError::OtherEngine { .. } => "COMMISSION_OTHER_ENGINE",
        }
    }
}

/// What rules commission out before any line is looked at.
fn not_due(input: &Input) -> Option<NotCalculated> {
    if !input.plan.in_force(input.at) {
        Some(NotCalculated::PlanNotInForce)
    } else if input.plan.body.trigger != input.trigger.kind {
        Some(NotCalculated::OtherTrigger)
    } else if input.lines.is_empty() {
        Some(NotCalculated::NoLines)
    } else {
        None
    }
}

fn nothing_of(candidates: &[Candidate], legs: &[Leg]) -> Option<NotCalculated> {
    let rejected = |candidate: &Candidate| matches!(candidate.verdict, Verdict::Rejected(_));
    if !legs.is_empty() {
        None
    } else if candidates.iter().all(rejected) {
        Some(NotCalculated::NoComponentApplies)
    } else {
        Some(NotCalculated::LessThanOneUnit)
    }
}

fn candidates(input: &Input) -> Result<Vec<Candidate>, CalculationError> {
    let mut candidates = vec![];
    for line in &input.lines {
        for component in &input.plan.body.components {
            let overflow = || CalculationError::Overflow {
                line: line.id.clone(),
                component: component.id.clone(),
            };
            let verdict = judge(line, component, &input.sellers).ok_or_else(overflow)?;
            let (line, component) = (line.id.clone(), component.id.clone());
            candidates.push(Candidate { line, component, verdict });
        }
    }
    Ok(candidates)
}

/// The first test that rules the component out for the line, or else what it pays. `None` on overflow.
fn judge(line: &Line, component: &Component, sellers: &[Seller]) -> Option<Verdict> {
    if !component.lines.selects(&line.product_line) {
        return Some(Verdict::Rejected(Rejection::LineNotSelected));
    }
    if !line.net.is_positive() {
        return Some(Verdict::Rejected(Rejection::NothingSold));
    }
    let walks: Vec<Walk> = sellers.iter().map(|seller| walk(seller, &component.levels)).collect();
    let mut levels = vec![sellers_level(line, component, sellers)?];
    for level in &component.levels {
        let earners = sellers.iter().zip(&walks).filter_map(|(seller, walk)| {
            let beneficiary = walk.earner(level.distance)?;
            Some(Claim { seller: seller.partner, beneficiary, share: seller.share, factor: None })
        });
        let claims: Vec<Claim> = earners.collect();
        if !claims.is_empty() {
            let kind = AccrualKind::Override;
            levels.push(apportion(kind, level.distance, line.net, level.rate, &claims)?);
        }
    }
    levels.sort_by_key(|apportionment| apportionment.level);
    Some(Verdict::Pays { walks, levels })
}

fn sellers_level(line: &Line, component: &Component, sellers: &[Seller]) -> Option<Apportionment> {
    let kind = match component.kind {
        Kind::New => AccrualKind::New,
    };
    let claim = |seller: &Seller| Claim {
        seller: seller.partner,
        beneficiary: seller.partner,
        share: seller.share,
        factor: component.rate.factor(seller.tier),
    };
    let claims: Vec<Claim> = sellers.iter().map(claim).collect();
    apportion(kind, 0, line.net, component.rate.ppm(), &claims)
}

/// One leg for every part that is at least one minor unit.
fn legs(input: &Input, candidates: &[Candidate]) -> Result<Vec<Leg>, CalculationError> {
    let days = input.plan.body.hold.days;
    let matures_at = time::after_days(input.at, days, input.zone)
        .ok_or(CalculationError::HoldBeyondCalendar { days })?;
    let mut legs = vec![];
    for Candidate { line, component, verdict } in candidates {
        let Verdict::Pays { levels, .. } = verdict else { continue };
        let Some(base) = input.lines.iter().find(|sold| sold.id == *line).map(|sold| sold.net)
        else {
            continue;
        };
        for Apportionment { kind, level, rate, parts, .. } in levels {
            for part in parts.iter().filter(|part| part.amount.is_positive()) {
                legs.push(Leg {
                    lot: lot(input.trigger.event, *level, part.seller, line, component),
                    line: line.clone(),
                    component: component.clone(),
                    kind: *kind,
                    level: *level,
                    seller: part.seller,
                    beneficiary: part.beneficiary,
                    base,
                    share: part.share,
                    rate: *rate,
                    factor: part.factor,
                    exact: part.exact,
                    amount: part.amount,
                    matures_at,
                });
            }
        }
    }
    Ok(legs)
}
