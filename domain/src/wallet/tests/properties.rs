//! Property-based tests: whatever a wallet is asked, its buckets account for every unit.

use proptest::prelude::*;

use super::*;

/// Commands about a few lots and payouts, with amounts at the edges of what can be.
fn any_command() -> impl Strategy<Value = Issued<WalletCommand>> {
    let amount = prop_oneof![
        4 => 1i64..20_000,
        1 => prop::sample::select(vec![-MOST_MINOR - 1, -MOST_MINOR, -1, 0, MOST_MINOR, MOST_MINOR + 1]),
    ];
    let money = (amount, prop::sample::select(vec!["EUR", "EUR", "EUR", "EUR", "JPY"]))
        .prop_map(|(minor, code)| Money::new(minor, currency(code)));
    let payout = (0xF0u128..0xF4).prop_map(|id| PayoutId(Uuid::from_u128(id)));
    let text = prop::sample::select(vec!["Fine", "", "\u{7}"]).prop_map(str::to_owned);
    let accrue = (0u128..8, money.clone(), prop::bool::weighted(0.1)).prop_map(
        |(number, amount, foreign)| WalletCommand::Accrue {
            accrual: Accrual {
                partner: if foreign { BETA } else { ALFA },
                ..accrual(number, amount)
            },
        },
    );
    let command = prop_oneof![
        3 => accrue,
        3 => (0u128..8).prop_map(|number| WalletCommand::Mature { lot: lot(number) }),
        3 => (payout.clone(), money.clone())
            .prop_map(|(payout, amount)| WalletCommand::RequestPayout { payout, amount }),
        1 => payout.clone().prop_map(|payout| WalletCommand::CancelPayout { payout }),
        1 => (payout.clone(), text.clone()).prop_map(|(payout, reason)| {
            WalletCommand::RejectPayout { payout, code: PayoutRejectionCode::Other, reason }
        }),
        3 => payout.clone().prop_map(|payout| WalletCommand::ApprovePayout { payout }),
        3 => (payout.clone(), text).prop_map(|(payout, provider_key)| {
            WalletCommand::SubmitPayout { payout, provider_key }
        }),
        3 => (payout, money).prop_map(|(payout, fee)| WalletCommand::SettlePayout { payout, fee }),
        1 => any_freeze().prop_map(|code| WalletCommand::Freeze { code }),
        2 => any_freeze().prop_map(|code| WalletCommand::Unfreeze { code }),
    ];
    let by = prop::sample::select(vec![
        None,
        None,
        Some(Actor::member(Role::Owner, "boris", BETA)),
        Some(Actor::of(Role::Finance, "maria")),
    ]);
    let on = prop::sample::select(vec!["2025-01-15", "2025-02-15", "2025-03-15"]);
    (by, on, command).prop_map(|(by, on, command)| {
        let usual = usually(on, command);
        Issued { by: by.unwrap_or(usual.by.clone()), ..usual }
    })
}

fn any_freeze() -> impl Strategy<Value = FreezeCode> {
    prop::sample::select(vec![FreezeCode::UnderReview, FreezeCode::LegalOrder])
}

/// Every event that these commands bring about, and the wallet that they leave; each refusal changes nothing.
fn run(commands: Vec<Issued<WalletCommand>>) -> (Vec<WalletEvent>, Wallet) {
    let facts = facts();
    let mut wallet = Wallet::default();
    let mut events = vec![];
    for command in commands {
        let before = wallet.clone();
        match handled(&mut wallet, command, &facts) {
            Ok(more) => events.extend(more),
            Err(refusal) => {
                assert_eq!(wallet, before, "a refusal changes nothing: {refusal}");
            }
        }
    }
    (events, wallet)
}

/// Accrued, matured and paid in all, wide enough for any history.
fn totals(events: &[WalletEvent]) -> [i128; 3] {
    let mut totals = [0; 3];
    for event in events {
        match event {
            WalletEvent::Accrued { accrual } => totals[0] += i128::from(accrual.amount.minor),
            WalletEvent::Matured { amount, .. } => totals[1] += i128::from(amount.minor),
            WalletEvent::PayoutPaid { amount, .. } => totals[2] += i128::from(amount.minor),
            WalletEvent::PayoutRequested { .. }
            | WalletEvent::PayoutCancelled { .. }
            | WalletEvent::PayoutRejected { .. }
            | WalletEvent::PayoutApproved { .. }
            | WalletEvent::PayoutSubmitted { .. }
            | WalletEvent::Frozen { .. }
            | WalletEvent::FundsFrozen { .. }
            | WalletEvent::Unfrozen { .. } => {}
        }
    }
    totals
}

proptest! {
    #[test]
    fn the_buckets_account_for_every_unit(commands in prop::collection::vec(any_command(), 0..40)) {
        let (events, _) = run(commands);
        let mut wallet = Wallet::default();
        for (index, event) in events.iter().enumerate() {
            wallet.apply(event.clone());
            let purse = wallet.purse().expect("has earned");
            let Buckets { held, available, reserved, in_transit, frozen, .. } = purse.buckets;
            let buckets = [held, available, reserved, in_transit, frozen];
            prop_assert!(buckets.iter().all(|bucket| *bucket >= 0));
            prop_assert!(frozen == 0 || !purse.frozen_for.is_empty());
            let [accrued, matured, paid] = totals(&events[..=index]);
            let balance = i128::from(purse.buckets.balance().expect("can be counted"));
            prop_assert_eq!(i128::from(held), accrued - matured);
            prop_assert_eq!(balance, matured - paid, "the balance is the sum of its history");
            let open = purse.payout.as_ref().map_or(0, |open| open.amount.minor);
            prop_assert_eq!(reserved + in_transit, open, "only the open payout is set aside");
        }
    }

    #[test]
    fn while_a_wallet_is_frozen_nothing_can_be_asked_for_and_nothing_goes_out(
        commands in prop::collection::vec(any_command(), 0..60)
    ) {
        let facts = facts();
        let mut wallet = Wallet::default();
        for command in commands {
            let frozen = wallet.purse().is_some_and(|purse| !purse.frozen_for.is_empty());
            let events = handled(&mut wallet, command, &facts).unwrap_or_default();
            let Some(purse) = wallet.purse().filter(|_| frozen) else { continue };
            let moved = |event: &WalletEvent| matches!(
                event,
                WalletEvent::PayoutRequested { .. }
                    | WalletEvent::PayoutApproved { .. }
                    | WalletEvent::PayoutSubmitted { .. }
            );
            prop_assert!(!events.iter().any(moved), "{:?}", events);
            prop_assert!(purse.frozen_for.is_empty() || purse.buckets.available == 0);
        }
    }

    #[test]
    fn at_most_one_payout_is_open_and_each_ends_once(
        commands in prop::collection::vec(any_command(), 0..40)
    ) {
        let (mut open, mut over) = (None, std::collections::BTreeSet::new());
        for event in run(commands).0 {
            match event {
                WalletEvent::PayoutRequested { payout, .. } => {
                    prop_assert_eq!(open.replace(payout), None);
                }
                WalletEvent::PayoutPaid { payout, .. }
                | WalletEvent::PayoutCancelled { payout, .. }
                | WalletEvent::PayoutRejected { payout, .. } => {
                    prop_assert_eq!(open.take(), Some(payout));
                    prop_assert!(over.insert(payout), "{} ended twice", payout);
                }
                WalletEvent::Accrued { .. }
                | WalletEvent::Matured { .. }
                | WalletEvent::PayoutApproved { .. }
                | WalletEvent::PayoutSubmitted { .. }
                | WalletEvent::Frozen { .. }
                | WalletEvent::FundsFrozen { .. }
                | WalletEvent::Unfrozen { .. } => {}
            }
        }
    }

    #[test]
    fn m16_folding_a_prefix_and_the_rest_equals_folding_all(
        commands in prop::collection::vec(any_command(), 0..40),
        cut: prop::sample::Index,
    ) {
        let (events, wallet) = run(commands);
        prop_assert_eq!(bytes(&after::<Wallet>(events.clone())), bytes(&wallet));
        let cut = cut.index(events.len() + 1);
        prop_assert_eq!(folded_with_a_stop::<Wallet>(&events, cut), wallet);
    }
}
