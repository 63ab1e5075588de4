//! Aggregate figures (key performance indicators): what an event adds to a dashboard, one figure at most.

use domain::Money;
use domain::deal::DealEvent;
use domain::partner::{ApplicationEvent, NetworkEvent, TrainingEvent};
use domain::wallet::WalletEvent;

use crate::ground::Placed;

/// Something that is counted.
pub(crate) enum Count {
    Applied,
    Approved,
    Joined,
    Certificate,
    Registered,
    Qualified,
    DealApproved,
    Signed,
    Won,
    Lost,
}

/// Something that is summed.
pub(crate) enum Sum {
    Signed,
    Paid,
    Accrued,
    Matured,
    PaidOut,
}

pub(crate) fn counted(placed: &Placed) -> Option<Count> {
    if let Some(ApplicationEvent::Applied { .. }) = placed.told() {
        (placed.version() == 1).then_some(Count::Applied) // Who applies again is counted already.
    } else if let Some(ApplicationEvent::Approved { .. }) = placed.told() {
        Some(Count::Approved)
    } else if let Some(NetworkEvent::Joined { .. }) = placed.told() {
        Some(Count::Joined)
    } else if let Some(TrainingEvent::Certified { .. }) = placed.told() {
        Some(Count::Certificate)
    } else if let Some(DealEvent::Registered { .. }) = placed.told() {
        Some(Count::Registered)
    } else if let Some(DealEvent::Qualified { .. }) = placed.told() {
        Some(Count::Qualified)
    } else if let Some(DealEvent::Approved { .. }) = placed.told() {
        Some(Count::DealApproved)
    } else if let Some(DealEvent::Signed { .. }) = placed.told() {
        Some(Count::Signed)
    } else if let Some(DealEvent::Won { .. }) = placed.told() {
        Some(Count::Won)
    } else if let Some(DealEvent::Lost { .. }) = placed.told() {
        Some(Count::Lost)
    } else {
        None
    }
}

pub(crate) fn summed(placed: &Placed) -> Option<(Sum, Money)> {
    if let Some(DealEvent::Signed { total, .. }) = placed.told::<DealEvent>() {
        Some((Sum::Signed, *total))
    } else if let Some(DealEvent::PaymentReceived { amount, .. }) = placed.told::<DealEvent>() {
        Some((Sum::Paid, *amount))
    } else if let Some(WalletEvent::Accrued { accrual }) = placed.told::<WalletEvent>() {
        Some((Sum::Accrued, accrual.amount))
    } else if let Some(WalletEvent::Matured { amount, .. }) = placed.told::<WalletEvent>() {
        Some((Sum::Matured, *amount))
    } else if let Some(WalletEvent::PayoutPaid { amount, .. }) = placed.told::<WalletEvent>() {
        Some((Sum::PaidOut, *amount))
    } else {
        None
    }
}
