//! Double-entry bookkeeping: what each event means for the ledger; a pure function, one entry an event at most.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Event, Money, Recorded, commission::AccrualKind, wallet::WalletEvent};

/// An account of the vendor's chart that the programme posts to, with its number there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    Bank = 1010,
    WalletHeld = 2010,
    WalletAvailable = 2020,
    WalletReserved = 2030,
    PayoutsInTransit = 2040,
    WalletFrozen = 2050,
    CommissionNew = 5010,
    CommissionUpline = 5030,
    BankFees = 5210,
}

impl Account {
    pub const ALL: [Self; 9] = [
        Self::Bank,
        Self::WalletHeld,
        Self::WalletAvailable,
        Self::WalletReserved,
        Self::PayoutsInTransit,
        Self::WalletFrozen,
        Self::CommissionNew,
        Self::CommissionUpline,
        Self::BankFees,
    ];

    /// Its number in the chart.
    pub fn number(self) -> u32 {
        self as u32
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Bank => "Bank",
            Self::WalletHeld => "Wallet held",
            Self::WalletAvailable => "Wallet available",
            Self::WalletReserved => "Wallet reserved",
            Self::PayoutsInTransit => "Payouts in transit",
            Self::WalletFrozen => "Wallet frozen",
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
            | Self::PayoutsInTransit
            | Self::WalletFrozen => true,
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

/// The most lines of an entry.
pub const MOST_LINES: u64 = 4;

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
            lines.extend(transfer(A::BankFees, A::Bank, *fee));
            lines
        }
        WalletEvent::Frozen { amount, .. } | WalletEvent::FundsFrozen { amount } => {
            transfer(A::WalletAvailable, A::WalletFrozen, *amount)
        }
        WalletEvent::Unfrozen { amount, .. } => {
            transfer(A::WalletFrozen, A::WalletAvailable, *amount)
        }
    }
}

/// Debits one account and credits the other; nothing where nothing moves.
fn transfer(debit: Account, credit: Account, amount: Money) -> Vec<EntryLine> {
    if amount.minor == 0 {
        return vec![];
    }
    let credited = Money { minor: -amount.minor, ..amount };
    vec![EntryLine { account: debit, amount }, EntryLine { account: credit, amount: credited }]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cqrs_es::Aggregate;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{
        Currency, DealId, LotId, PayoutId, Ppm,
        testing::*,
        wallet::{Accrual, FreezeCode, PayoutRejectionCode, Wallet},
    };

    /// What every account holds, debits positive; wide enough for any history.
    type Balances = BTreeMap<(Account, Currency), i128>;

    fn of(event: WalletEvent) -> Option<Entry> {
        entry(&recorded(Uuid::from_u128(1), 7, Event::Wallet(Box::new(event))))
    }

    fn post(balances: &mut Balances, event: WalletEvent) {
        for line in of(event).map(|entry| entry.lines).unwrap_or_default() {
            let balance = balances.entry((line.account, line.amount.currency)).or_default();
            *balance += i128::from(line.amount.minor);
        }
    }

    fn payout() -> PayoutId {
        PayoutId(Uuid::from_u128(0xF1))
    }

    fn accrued(number: u128, kind: AccrualKind, amount: Money) -> WalletEvent {
        let accrual = Accrual {
            lot: LotId(Uuid::from_u128(number)),
            program: PROGRAM,
            partner: ALFA,
            deal: DealId(Uuid::from_u128(0xD)),
            trigger: event(number),
            kind,
            level: 0,
            line: "1".into(),
            component: "new-sales".into(),
            plan_version: 1,
            base: amount,
            rate: Ppm::ONE,
            amount,
            matures_at: at("2025-02-01"),
            trace_hash: "c".repeat(64),
        };
        WalletEvent::Accrued { accrual }
    }

    /// One event of each kind that moves so much.
    fn moves(amount: Money, fee: Money) -> Vec<(WalletEvent, Vec<(Account, Money)>)> {
        use Account as A;
        let back = Money { minor: -amount.minor, ..amount };
        let fee_back = Money { minor: -fee.minor, ..fee };
        let lot = LotId(Uuid::from_u128(1));
        let payout = payout();
        let (code, reason) = (PayoutRejectionCode::Other, "Audit".to_owned());
        let requested = WalletEvent::PayoutRequested {
            payout,
            amount,
            details_id: crate::DetailsId(Uuid::from_u128(2)),
            requested_by: crate::Actor::of(crate::Role::Owner, "maria"),
            policy_version: 1,
        };
        let key = "key".to_owned();
        let between = |debit, credit| vec![(debit, amount), (credit, back)];
        let frozen = || between(A::WalletAvailable, A::WalletFrozen);
        let paid = vec![
            (A::PayoutsInTransit, amount),
            (A::Bank, back),
            (A::BankFees, fee),
            (A::Bank, fee_back),
        ];
        vec![
            (accrued(1, AccrualKind::New, amount), between(A::CommissionNew, A::WalletHeld)),
            (
                accrued(1, AccrualKind::Override, amount),
                between(A::CommissionUpline, A::WalletHeld),
            ),
            (WalletEvent::Matured { lot, amount }, between(A::WalletHeld, A::WalletAvailable)),
            (requested, between(A::WalletAvailable, A::WalletReserved)),
            (
                WalletEvent::PayoutCancelled { payout, amount },
                between(A::WalletReserved, A::WalletAvailable),
            ),
            (
                WalletEvent::PayoutRejected { payout, amount, code, reason },
                between(A::WalletReserved, A::WalletAvailable),
            ),
            (WalletEvent::PayoutApproved { payout, amount, approved_by: "fiona".into() }, vec![]),
            (
                WalletEvent::PayoutSubmitted { payout, amount, attempt: 1, provider_key: key },
                between(A::WalletReserved, A::PayoutsInTransit),
            ),
            (WalletEvent::PayoutPaid { payout, amount, fee }, paid),
            (WalletEvent::Frozen { code: FreezeCode::Standing, amount }, frozen()),
            (WalletEvent::FundsFrozen { amount }, frozen()),
            (
                WalletEvent::Unfrozen { code: FreezeCode::Standing, amount },
                between(A::WalletFrozen, A::WalletAvailable),
            ),
        ]
    }

    #[test]
    fn each_event_is_posted_as_the_chart_says_and_balances() {
        for (event, expected) in moves(eur("60.00"), eur("0.35")) {
            let name = event.name();
            let lines = of(event).map(|entry| entry.lines).unwrap_or_default();
            assert!(lines.len() as u64 <= MOST_LINES, "{name}");
            let posted: Vec<_> = lines.iter().map(|line| (line.account, line.amount)).collect();
            assert_eq!(posted, expected, "{name}");
            assert_eq!(posted.iter().map(|(_, amount)| amount.minor).sum::<i64>(), 0, "{name}");
        }
    }

    #[test]
    fn a_payout_without_a_fee_posts_none() {
        let paid =
            WalletEvent::PayoutPaid { payout: payout(), amount: eur("60.00"), fee: cents(0) };
        assert_eq!(of(paid).expect("moves money").lines.len(), 2);
    }

    #[test]
    fn the_largest_amounts_can_be_posted() {
        for (event, _) in moves(cents(i64::MAX), cents(i64::MAX)) {
            let lines = of(event).map(|entry| entry.lines).unwrap_or_default();
            assert_eq!(lines.iter().map(|line| i128::from(line.amount.minor)).sum::<i128>(), 0);
        }
    }

    #[test]
    fn only_what_moves_money_is_posted_and_each_event_once() {
        let history = history();
        let mut ids = std::collections::BTreeSet::new();
        for recorded in &history {
            let posted = entry(recorded);
            assert_eq!(posted, entry(recorded), "an entry is a pure function of its event");
            assert!(posted.is_none() || matches!(recorded.event, Event::Wallet(_)));
            assert!(posted.is_none_or(|entry| ids.insert(entry.id)), "two events share an entry");
        }
        let moves = |recorded: &&Recorded| {
            matches!(recorded.event, Event::Wallet(_))
                && recorded.envelope.event_type != "payout-approved"
        };
        let moving = history.iter().filter(moves).count();
        assert!(moving > 8);
        assert_eq!(ids.len(), moving, "every event of a wallet but the approval");
    }

    #[test]
    fn every_account_has_a_number_of_its_own() {
        let numbers: std::collections::BTreeSet<_> = Account::ALL.map(Account::number).into();
        assert_eq!(numbers.len(), Account::ALL.len());
    }

    /// What may happen next in a wallet and how much of it: an accrual, a maturity, or the payout's next step.
    fn any_history() -> impl Strategy<Value = Vec<(u8, i64)>> {
        prop::collection::vec((0u8..10, 1i64..10_000), 0..80)
    }

    /// A history in which every event is possible after those before it.
    fn possible(steps: Vec<(u8, i64)>) -> Vec<WalletEvent> {
        let mut held = std::collections::VecDeque::new();
        let mut available = 0;
        let mut open: Option<(u8, Money)> = None;
        let mut frozen = None;
        let mut events = vec![];
        for (number, (step, minor)) in (1u128..).zip(steps) {
            let amount = cents(minor);
            let payout = payout();
            let event = match (step, open) {
                (0 | 1, _) => {
                    let kind = [AccrualKind::New, AccrualKind::Override][usize::from(step)];
                    held.push_back((LotId(Uuid::from_u128(number)), amount));
                    accrued(number, kind, amount)
                }
                (2 | 3, _) => {
                    let Some((lot, amount)) = held.pop_front() else { continue };
                    available += amount.minor;
                    WalletEvent::Matured { lot, amount }
                }
                (8 | 9, _) if events.is_empty() => continue, // There is no wallet yet.
                (8 | 9, _) => {
                    let code = FreezeCode::UnderReview;
                    if let Some(amount) = frozen.take() {
                        available += amount;
                        WalletEvent::Unfrozen { code, amount: cents(amount) }
                    } else {
                        let amount = std::mem::take(&mut available);
                        frozen = Some(amount);
                        WalletEvent::Frozen { code, amount: cents(amount) }
                    }
                }
                (_, None) if minor <= available => {
                    available -= minor;
                    open = Some((0, amount));
                    moves(amount, cents(0)).swap_remove(3).0
                }
                (4, Some((0, amount))) => {
                    available += amount.minor;
                    open = None;
                    WalletEvent::PayoutCancelled { payout, amount }
                }
                (_, Some((0, amount))) => {
                    open = Some((1, amount));
                    moves(amount, cents(0)).swap_remove(7).0
                }
                (_, Some((_, amount))) => {
                    open = None;
                    WalletEvent::PayoutPaid { payout, amount, fee: cents(minor % 100) }
                }
                (_, None) => continue,
            };
            events.push(event);
        }
        events
    }

    proptest! {
        #[test]
        fn the_accounts_sum_to_zero_and_the_wallets_equal_its_buckets(steps in any_history()) {
            let mut wallet = Wallet::default();
            let mut balances = Balances::new();
            for event in possible(steps) {
                post(&mut balances, event.clone());
                wallet.apply(event);
                prop_assert_eq!(balances.values().sum::<i128>(), 0, "the trial balance");
                let buckets = wallet.purse().expect("has earned").buckets;
                for (account, bucket) in [
                    (Account::WalletHeld, buckets.held),
                    (Account::WalletAvailable, buckets.available),
                    (Account::WalletReserved, buckets.reserved),
                    (Account::PayoutsInTransit, buckets.in_transit),
                    (Account::WalletFrozen, buckets.frozen),
                ] {
                    let owed = balances.get(&(account, currency("EUR"))).copied().unwrap_or(0);
                    prop_assert_eq!(-owed, i128::from(bucket), "{:?}", account);
                }
            }
        }
    }
}
