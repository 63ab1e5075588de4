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
    if let Some(event) = placed.told() {
        of_application(event)
    } else if let Some(NetworkEvent::Joined { .. }) = placed.told() {
        Some(Count::Joined)
    } else if let Some(TrainingEvent::Certified { .. }) = placed.told() {
        Some(Count::Certificate)
    } else {
        of_deal(placed.told()?)
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

fn of_application(event: &ApplicationEvent) -> Option<Count> {
    match event {
        ApplicationEvent::Applied { .. } => Some(Count::Applied),
        ApplicationEvent::Approved { .. } => Some(Count::Approved),
        ApplicationEvent::ReviewAssigned { .. }
        | ApplicationEvent::InformationRequested { .. }
        | ApplicationEvent::InformationSupplied { .. }
        | ApplicationEvent::ReviewRecorded { .. }
        | ApplicationEvent::InterviewScheduled { .. }
        | ApplicationEvent::InterviewHeld { .. }
        | ApplicationEvent::Rejected { .. }
        | ApplicationEvent::Withdrawn {} => None,
    }
}

fn of_deal(event: &DealEvent) -> Option<Count> {
    match event {
        DealEvent::Registered { .. } => Some(Count::Registered),
        DealEvent::Qualified { .. } => Some(Count::Qualified),
        DealEvent::Approved { .. } => Some(Count::DealApproved),
        DealEvent::Signed { .. } => Some(Count::Signed),
        DealEvent::Won { .. } => Some(Count::Won),
        DealEvent::Lost { .. } => Some(Count::Lost),
        DealEvent::ResponsibleAssigned { .. }
        | DealEvent::QualifiedByPartner { .. }
        | DealEvent::Returned { .. }
        | DealEvent::ApprovalRequested { .. }
        | DealEvent::Rejected { .. }
        | DealEvent::Withdrawn {}
        | DealEvent::ProtectionExpired {}
        | DealEvent::ShareAgreed { .. }
        | DealEvent::ContractStatusChanged { .. }
        | DealEvent::PaymentReceived { .. }
        | DealEvent::CommissionCalculated { .. }
        | DealEvent::CommissionNotCalculated { .. } => None,
    }
}
