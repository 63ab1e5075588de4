//! A wallet: one partner's money in one currency, from accrual over maturity to payout.

mod facts;
mod freeze;
mod guard;
mod lot;
mod payout;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::payout::Standing;
pub use self::{
    freeze::FreezeCode,
    lot::{Accrual, Lot},
    payout::{Payout, PayoutEnd, PayoutRejectionCode, PayoutStep},
};
use crate::{
    Actor, Currency, DetailsId, Home, Issued, LotId, Money, Owned, PartnerId, PayoutId, ProgramId,
    commands::commands,
    partner::Partner,
    program::Program,
    words::{events, refusals},
};

commands! {
    /// What can be asked of a wallet.
    pub enum WalletCommand {
        "accrueCommission" by [Policy] => Accrue { accrual: Accrual },
        "matureLot" by [Policy] => Mature { lot: LotId },
        "requestPayout" by [Owner] => RequestPayout { payout: PayoutId, amount: Money },
        "cancelPayout" by [Owner] => CancelPayout { payout: PayoutId },
        "rejectPayout" by [Finance] => RejectPayout { payout: PayoutId, code: PayoutRejectionCode, reason: String as PROSE },
        "approvePayout" by [Finance] => ApprovePayout { payout: PayoutId },
        "submitPayout" by [Finance] => SubmitPayout {
            payout: PayoutId,
            /// The provider's own key for this attempt, so that it can be asked what became of it.
            provider_key: String as LINE,
        },
        "settlePayout" by [Finance, Integration] => SettlePayout {
            payout: PayoutId,
            /// What the provider kept, paid by the vendor.
            fee: Money,
        },
        "freezeWallet" by [Finance, Policy] => Freeze { code: FreezeCode },
        "unfreezeWallet" by [Finance, Policy] => Unfreeze { code: FreezeCode },
    }
}

events! {
    /// What happened in a wallet.
    pub enum WalletEvent {
        "commission-accrued" => Accrued { accrual: Accrual },
        "commission-matured" => Matured { lot: LotId, amount: Money },
        "payout-requested" => PayoutRequested {
            payout: PayoutId,
            amount: Money,
            details_id: DetailsId,
            requested_by: Actor,
            policy_version: u32,
        },
        "payout-cancelled" => PayoutCancelled { payout: PayoutId, amount: Money },
        "payout-rejected" => PayoutRejected {
            payout: PayoutId,
            amount: Money,
            code: PayoutRejectionCode,
            reason: String,
        },
        "payout-approved" => PayoutApproved { payout: PayoutId, amount: Money, approved_by: String },
        "payout-submitted" => PayoutSubmitted { payout: PayoutId, amount: Money, attempt: u32, provider_key: String },
        "payout-paid" => PayoutPaid { payout: PayoutId, amount: Money, fee: Money },
        /// With what was available.
        "wallet-frozen" => Frozen { code: FreezeCode, amount: Money },
        /// What has become available in a frozen wallet waits with the rest.
        "funds-frozen" => FundsFrozen { amount: Money },
        /// With what is available again.
        "wallet-unfrozen" => Unfrozen { code: FreezeCode, amount: Money },
    }
}

refusals! {
    /// Why a wallet's command is refused.
    pub enum WalletRefusal {
        "PROGRAM_NOT_OPEN" "this programme is not open; open it, or ask the vendor to" => ProgramNotOpen,
        "WALLET_EMPTY" "this wallet has never earned anything; wait for its first commission" => Empty,
        "WALLET_FOREIGN" "this wallet is another partner's, programme's or currency's; accrue to the one that the commission names" => Foreign,
        "LOT_ID_REUSED" at "lot" "lot {lot} exists already with other content" => LotReused { lot: LotId },
        "LOT_UNKNOWN" at "lot" "this wallet has no lot {lot}" => UnknownLot { lot: LotId },
        "LOT_NOT_DUE" "this lot matures at {matures_at}; wait until then" => NotDue { matures_at: DateTime<Utc> },
        "WALLET_OVERFLOW" "the wallet cannot hold that much" => Overflow,
        "WALLET_FROZEN" "this wallet is frozen; ask finance why, and what has to be settled first" => WalletFrozen,
        "PARTNER_SUSPENDED" "this partner is suspended; have the vendor reinstate it first" => PartnerSuspended,
        "PARTNER_TERMINATED" "the co-operation with this partner has ended; settle what is left with the vendor" => PartnerTerminated,
        "PAYOUT_POLICY_MISSING" "the programme has published no payout policy yet; ask the vendor to publish one" => NoPolicy,
        "PAYOUT_OPEN" "payout {payout} is not finished; cancel it or wait for it" => PayoutOpen { payout: PayoutId },
        "PAYOUT_ID_REUSED" at "payout" "this payout exists already; request with a new id" => PayoutReused,
        "PAYOUT_UNKNOWN" at "payout" "this wallet has no open payout {payout}; request one" => UnknownPayout { payout: PayoutId },
        "PAYOUT_BELOW_MINIMUM" at "amount" "the smallest payout is {minimum}; ask for that or more" => BelowMinimum { minimum: Money } by policy,
        "PAYOUT_CURRENCY_CLOSED" at "amount" "this programme pays out no {currency}; ask the vendor for a payout policy that does" => CurrencyClosed { currency: Currency } by policy,
        "PAYOUT_EXCEEDS_AVAILABLE" at "amount" "{available} is available; ask for that or less" => ExceedsAvailable { available: Money },
        "PAYMENT_DETAILS_MISSING" "set the partner's payment details first" => NoDetails,
        "PAYMENT_DETAILS_CHANGED" "the payment details changed after the request; reject it and let the partner ask again" => DetailsChanged,
        "PAYOUT_MAKER_IS_CHECKER" "{who} asked for this payout; somebody else must approve and send it" => MakerIsChecker { who: String },
        "PAYOUT_BENEFICIARY_IS_CHECKER" "{who} is one of the people of the partner that is paid; somebody else must approve and send it" => BeneficiaryIsChecker { who: String },
        "PAYOUT_DETAILS_SETTER_IS_CHECKER" "{who} set the payment details last; somebody else must approve and send it" => SetterIsChecker { who: String },
        "PAYOUT_NOT_APPROVED" "this payout is not approved; have it approved first" => NotApproved,
        "PAYOUT_ALREADY_APPROVED" "this payout is approved already; it can be rejected or submitted" => AlreadyApproved,
        "PAYOUT_NOT_SUBMITTED" "this payout has not been submitted; submit it first" => NotSubmitted,
        "PAYOUT_ALREADY_SUBMITTED" "this payout is on its way; wait for the provider's word" => Submitted,
    }
}

/// A wallet before and after its first accrual.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Wallet {
    #[default]
    Empty,
    Open(Box<Purse>),
}

/// What is true of a wallet that has earned something.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Purse {
    pub program: ProgramId,
    pub partner: PartnerId,
    pub buckets: Buckets,
    pub lots: BTreeMap<LotId, Lot>,
    /// At most one is open at a time (R77).
    pub payout: Option<Payout>,
    /// The payouts that are over.
    pub finished: BTreeMap<PayoutId, PayoutEnd>,
    /// Why nothing is paid out, where anything forbids it.
    pub frozen_for: BTreeSet<FreezeCode>,
}

/// Where the money stands, in minor units; never negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Buckets {
    pub currency: Currency,
    /// Accrued and not matured.
    pub held: i64,
    /// Matured and free.
    pub available: i64,
    /// Asked for, not yet sent.
    pub reserved: i64,
    /// Sent, not yet confirmed.
    pub in_transit: i64,
    /// Matured, and kept from being asked for.
    pub frozen: i64,
}

/// What a wallet's decisions may know of other aggregates.
#[derive(Clone, Debug, Default)]
pub struct WalletFacts {
    pub program: Arc<Program>,
    /// The partner whose wallet it is.
    pub partner: Option<Arc<Partner>>,
}

impl Buckets {
    fn empty(currency: Currency) -> Self {
        Self { currency, held: 0, available: 0, reserved: 0, in_transit: 0, frozen: 0 }
    }

    /// What the partner sees as its balance: matured and not yet paid (R74). `None` past 64 bits.
    pub fn balance(&self) -> Option<i64> {
        let free = self.available.checked_add(self.frozen)?;
        free.checked_add(self.reserved)?.checked_add(self.in_transit)
    }

    /// Gives back what was reserved.
    fn release(&mut self, amount: Money) {
        self.reserved -= amount.minor;
        self.available += amount.minor;
    }

    /// Sets aside what is available; gives it back where that is negative.
    fn freeze(&mut self, minor: i64) {
        self.available -= minor;
        self.frozen += minor;
    }

    /// Whether everything together still fits 64 bits after `more` is accrued.
    fn has_room_for(&self, more: i64) -> bool {
        let whole = self.balance().and_then(|balance| balance.checked_add(self.held));
        whole.and_then(|whole| whole.checked_add(more)).is_some()
    }
}

impl Wallet {
    pub fn purse(&self) -> Option<&Purse> {
        match self {
            Self::Empty => None,
            Self::Open(purse) => Some(purse),
        }
    }

    /// What the command brings about; nothing where its outcome already holds.
    pub fn decide(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        match (self, &issued.command) {
            (Self::Empty, WalletCommand::Accrue { accrual }) => {
                accrual.check()?;
                let earned = WalletEvent::Accrued { accrual: accrual.clone() };
                let frozen = facts.freezes_from_the_start(accrual.amount);
                Ok([earned].into_iter().chain(frozen).collect())
            }
            (Self::Empty, _) => Err(WalletRefusal::Empty),
            (Self::Open(purse), _) => {
                let events = purse.decide(issued, facts)?;
                purse.as_frozen(issued, facts, events)
            }
        }
    }

    pub(crate) fn evolve(&mut self, event: WalletEvent) {
        match (&mut *self, event) {
            (Self::Empty, WalletEvent::Accrued { accrual }) => {
                let mut purse = Purse {
                    program: accrual.program,
                    partner: accrual.partner,
                    buckets: Buckets::empty(accrual.amount.currency),
                    lots: BTreeMap::new(),
                    payout: None,
                    finished: BTreeMap::new(),
                    frozen_for: BTreeSet::new(),
                };
                purse.evolve(WalletEvent::Accrued { accrual });
                *self = Self::Open(Box::new(purse));
            }
            (Self::Open(purse), event) => purse.evolve(event),
            (Self::Empty, _) => {} // Nothing moves in a wallet that has earned nothing.
        }
    }
}

impl Purse {
    fn decide(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        use WalletCommand as Do;
        match &issued.command {
            Do::Accrue { accrual } => self.accrue(accrual),
            Do::Mature { lot } => self.mature(*lot, issued.at),
            Do::RequestPayout { payout, amount } => self.request(issued, facts, *payout, *amount),
            Do::CancelPayout { payout }
            | Do::RejectPayout { payout, .. }
            | Do::ApprovePayout { payout }
            | Do::SubmitPayout { payout, .. }
            | Do::SettlePayout { payout, .. } => match self.standing(*payout) {
                Some(Standing::Open(open)) => open.decide(issued, facts),
                Some(Standing::Over(end)) => end.decide(*payout, &issued.command),
                None => Err(WalletRefusal::UnknownPayout { payout: *payout }),
            },
            Do::Freeze { code } => self.freeze(&issued.by, *code),
            Do::Unfreeze { code } => self.unfreeze(&issued.by, *code),
        }
    }

    fn evolve(&mut self, event: WalletEvent) {
        let buckets = &mut self.buckets;
        match event {
            WalletEvent::Accrued { accrual } => {
                buckets.held += accrual.amount.minor;
                self.lots.insert(accrual.lot, Lot { accrual, matured: false });
            }
            WalletEvent::Matured { lot, amount } => {
                buckets.held -= amount.minor;
                buckets.available += amount.minor;
                if let Some(lot) = self.lots.get_mut(&lot) {
                    lot.matured = true;
                }
            }
            WalletEvent::PayoutRequested { payout, amount, details_id, requested_by, .. } => {
                buckets.available -= amount.minor;
                buckets.reserved += amount.minor;
                let step = PayoutStep::Requested;
                self.payout = Some(Payout { id: payout, amount, details_id, requested_by, step });
            }
            WalletEvent::PayoutCancelled { payout, amount } => {
                buckets.release(amount);
                self.finish(payout, PayoutEnd::Cancelled);
            }
            WalletEvent::PayoutRejected { payout, amount, .. } => {
                buckets.release(amount);
                self.finish(payout, PayoutEnd::Rejected);
            }
            WalletEvent::PayoutApproved { .. } => self.step(PayoutStep::Approved),
            WalletEvent::PayoutSubmitted { amount, .. } => {
                buckets.reserved -= amount.minor;
                buckets.in_transit += amount.minor;
                self.step(PayoutStep::Submitted);
            }
            WalletEvent::PayoutPaid { payout, amount, .. } => {
                buckets.in_transit -= amount.minor;
                self.finish(payout, PayoutEnd::Paid);
            }
            WalletEvent::Frozen { code, amount } => {
                buckets.freeze(amount.minor);
                self.frozen_for.insert(code);
            }
            WalletEvent::FundsFrozen { amount } => buckets.freeze(amount.minor),
            WalletEvent::Unfrozen { code, amount } => {
                buckets.freeze(-amount.minor);
                self.frozen_for.remove(&code);
            }
        }
    }

    fn step(&mut self, step: PayoutStep) {
        if let Some(open) = &mut self.payout {
            open.step = step;
        }
    }

    fn finish(&mut self, payout: PayoutId, end: PayoutEnd) {
        self.payout = None;
        self.finished.insert(payout, end);
    }
}

impl Owned for Wallet {
    const ID_IS_DERIVED: bool = true;

    fn founded(_: Uuid, event: &WalletEvent) -> Option<Home> {
        let WalletEvent::Accrued { accrual } = event else { return None };
        Some(Home { program: accrual.program, partner: Some(accrual.partner) })
    }

    fn owner(&self, issued: &Issued<WalletCommand>) -> Option<(PartnerId, WalletRefusal)> {
        let owner = match (self, &issued.command) {
            (Self::Open(purse), _) => purse.partner,
            (Self::Empty, WalletCommand::Accrue { accrual }) => accrual.partner,
            (Self::Empty, _) => return None,
        };
        Some((owner, WalletRefusal::Empty))
    }
}
