//! The ledger: what each event means in double entry. A pure function of the event, one entry an event at most.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Event, Money, Recorded, commission::AccrualKind, wallet::WalletEvent};

/// An account of the vendor's chart that the programme posts to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    Bank,
    WalletHeld,
    WalletAvailable,
    WalletReserved,
    PayoutsInTransit,
    CommissionNew,
    CommissionUpline,
    BankFees,
}

impl Account {
    pub const ALL: [Self; 8] = [
        Self::Bank,
        Self::WalletHeld,
        Self::WalletAvailable,
        Self::WalletReserved,
        Self::PayoutsInTransit,
        Self::CommissionNew,
        Self::CommissionUpline,
        Self::BankFees,
    ];

    /// Its number in the chart.
    pub fn number(self) -> u32 {
        match self {
            Self::Bank => 1010,
            Self::WalletHeld => 2010,
            Self::WalletAvailable => 2020,
            Self::WalletReserved => 2030,
            Self::PayoutsInTransit => 2040,
            Self::CommissionNew => 5010,
            Self::CommissionUpline => 5030,
            Self::BankFees => 5210,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Bank => "Bank",
            Self::WalletHeld => "Wallet held",
            Self::WalletAvailable => "Wallet available",
            Self::WalletReserved => "Wallet reserved",
            Self::PayoutsInTransit => "Payouts in transit",
            Self::CommissionNew => "Commission, new",
            Self::CommissionUpline => "Commission, upline",
            Self::BankFees => "Bank fees",
        }
    }

    /// Whether the account is kept wallet by wallet.
    pub fn by_wallet(self) -> bool {
        match self {
            Self::WalletHeld
            | Self::WalletAvailable
            | Self::WalletReserved
            | Self::PayoutsInTransit => true,
            Self::Bank | Self::CommissionNew | Self::CommissionUpline | Self::BankFees => false,
        }
    }
}

/// A journal entry; its lines add up to zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Derived from the event.
    pub id: Uuid,
    pub lines: Vec<EntryLine>,
}

/// One line of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntryLine {
    pub account: Account,
    /// Debit where positive, credit where negative.
    pub amount: Money,
}

/// The entry that an event makes; `None` where it moves no money.
pub fn entry(recorded: &Recorded) -> Option<Entry> {
    let Event::Wallet(event) = &recorded.event else { return None };
    let lines = lines(event);
    (!lines.is_empty()).then(|| Entry { id: recorded.envelope.event_id.causes("journal"), lines })
}

fn lines(event: &WalletEvent) -> Vec<EntryLine> {
    use Account as A;
    match event {
        WalletEvent::Accrued { accrual } => {
            let expense = match accrual.kind {
                AccrualKind::New => A::CommissionNew,
                AccrualKind::Override => A::CommissionUpline,
            };
            transfer(expense, A::WalletHeld, accrual.amount)
        }
        WalletEvent::Matured { amount, .. } => transfer(A::WalletHeld, A::WalletAvailable, *amount),
        WalletEvent::PayoutRequested { amount, .. } => {
            transfer(A::WalletAvailable, A::WalletReserved, *amount)
        }
        WalletEvent::PayoutCancelled { amount, .. }
        | WalletEvent::PayoutRejected { amount, .. } => {
            transfer(A::WalletReserved, A::WalletAvailable, *amount)
        }
        WalletEvent::PayoutApproved { .. } => vec![],
        WalletEvent::PayoutSubmitted { amount, .. } => {
            transfer(A::WalletReserved, A::PayoutsInTransit, *amount)
        }
        WalletEvent::PayoutPaid { amount, fee, .. } => {
            let mut lines = transfer(A::PayoutsInTransit, A::Bank, *amount);
            if fee.minor != 0 {
                lines.extend(transfer(A::BankFees, A::Bank, *fee));
            }
            lines
        }
    }
}

/// Debits one account and credits the other.
fn transfer(debit: Account, credit: Account, amount: Money) -> Vec<EntryLine> {
    let credited = Money { minor: -amount.minor, ..amount };
    vec![EntryLine { account: debit, amount }, EntryLine { account: credit, amount: credited }]
}
