//! Why a calculation is refused as a whole: contradictory facts, or arithmetic overflow.

use crate::{Currency, Money, PartnerId};

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
    #[error(
        "engine {traced} calculated this and engine {running} is running: use a build with engine {traced}"
    )]
    OtherEngine { traced: u32, running: u32 },
}
