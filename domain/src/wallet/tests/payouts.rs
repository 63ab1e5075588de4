//! What becomes of a payout: asked for, approved, on its way, over (state machine), and by whom.

use super::*;

#[test]
fn r77_a_second_payout_is_refused_until_the_first_is_carried_out_rejected_or_cancelled() {
    let second = |step| {
        let more = vec![accrued(2, "50.00"), matured(2, "50.00")];
        alfa_does([payout_at(step), more].concat(), request(SECOND, eur("50.00")))
    };
    for step in ["requested", "approved", "submitted"] {
        assert_eq!(second(step), Err(WalletRefusal::PayoutOpen { payout: FIRST }), "{step}");
    }
    for step in ["paid", "cancelled", "rejected"] {
        assert_eq!(second(step), Ok(vec![requested(SECOND, "50.00")]), "{step}");
    }
}

#[test]
fn r79_the_balance_falls_by_exactly_the_requested_amount_when_the_payout_is_paid() {
    for step in ["requested", "approved", "submitted", "cancelled", "rejected"] {
        assert_eq!(balance(payout_at(step)), Some(10_000), "{step}");
    }
    let fee = eur("1.50");
    let command = WalletCommand::SettlePayout { payout: FIRST, fee };
    let settled = usually_does(payout_at("submitted"), command).expect("can be settled");
    let event = WalletEvent::PayoutPaid { payout: FIRST, amount: eur("60.00"), fee };
    assert_eq!(settled, vec![event]);
    assert_eq!(balance([payout_at("submitted"), settled].concat()), Some(4_000));
}

#[test]
fn a_payout_is_at_least_the_minimum_and_at_most_what_is_available() {
    let ask = |amount| alfa_does(available("100.00"), request(FIRST, eur(amount)));
    let policy = PolicyRef { id: "payout-policy".into(), version: 1 };
    let minimum = eur("50.00");
    assert_eq!(ask("49.99"), Err(WalletRefusal::BelowMinimum { minimum, policy }));
    assert_eq!(ask("50.00"), Ok(vec![requested(FIRST, "50.00")]));
    assert_eq!(ask("100.00"), Ok(vec![requested(FIRST, "100.00")]));
    let available = eur("100.00");
    assert_eq!(ask("100.01"), Err(WalletRefusal::ExceedsAvailable { available }));
}

#[test]
fn what_has_not_matured_cannot_be_asked_for() {
    let given = [available("60.00"), vec![accrued(2, "40.00")]].concat();
    let available = eur("60.00");
    let outcome = alfa_does(given, request(FIRST, eur("60.01")));
    assert_eq!(outcome, Err(WalletRefusal::ExceedsAvailable { available }));
}

#[test]
fn r13_a_payout_is_refused_by_the_policy_version_in_force_when_it_is_asked_for() {
    let facts = facts_with([publish_payout_policy("2025-03-01T00:00:00Z", &[eur("80.00")])]);
    let wallet = after::<Wallet>(available("100.00"));
    let ask = |on, amount| wallet.decide(&alfa(on, request(FIRST, eur(amount))), &facts);
    let cited = |outcome: Outcome| Refusal::from(outcome.expect_err("is refused")).policy;
    let version = |version| Some(PolicyRef { id: "payout-policy".into(), version });
    assert_eq!(cited(ask("2025-02-28T23:59:59Z", "49.00")), version(1));
    assert_eq!(cited(ask("2025-03-01T00:00:00Z", "49.00")), version(2));
    assert!(ask("2025-02-28T23:59:59Z", "50.00").is_ok());
    assert_eq!(cited(ask("2025-03-01T00:00:00Z", "50.00")), version(2));
    let yen = Accrual { amount: yen(100), base: yen(100), ..accrual(1, yen(100)) };
    let amount = yen.amount;
    let matured = WalletEvent::Matured { lot: lot(1), amount };
    let in_yen = after::<Wallet>([WalletEvent::Accrued { accrual: yen }, matured]);
    let closed = in_yen.decide(&alfa("2025-03-01", request(FIRST, amount)), &facts);
    assert_eq!(cited(closed), version(2));
}

#[test]
fn a_payout_needs_payment_details() {
    let facts = WalletFacts { program: programme([]), partner: Some(partner([])) };
    let wallet = after::<Wallet>(available("100.00"));
    let outcome = wallet.decide(&alfa("2025-03-01", request(FIRST, eur("60.00"))), &facts);
    assert_eq!(outcome, Err(WalletRefusal::NoDetails));
}

#[test]
fn whoever_asked_is_paid_or_set_the_account_does_not_send_a_payout_either() {
    let finance = |who: &str| Actor::of(Role::Finance, who);
    let partner = Some(partner_paid_by("sofia", 0xD0));
    let facts = WalletFacts { program: programme([]), partner };
    let fee = eur("0.00");
    for (step, command) in [
        ("approved", WalletCommand::SubmitPayout { payout: FIRST, provider_key: "key".into() }),
        ("submitted", WalletCommand::SettlePayout { payout: FIRST, fee }),
    ] {
        let does = |who: &str| {
            let by = issued(finance(who), "2025-03-01", command.clone());
            handled(&mut after::<Wallet>(payout_at(step)), by, &facts)
        };
        let contact = MARIA.0.to_string();
        assert_eq!(does("maria"), Err(WalletRefusal::MakerIsChecker { who: "maria".into() }));
        assert_eq!(does("sofia"), Err(WalletRefusal::SetterIsChecker { who: "sofia".into() }));
        assert_eq!(
            does(&contact),
            Err(WalletRefusal::BeneficiaryIsChecker { who: contact.clone() })
        );
        let by_another = does("fiona");
        assert!(
            !matches!(by_another, Err(WalletRefusal::BeneficiaryIsChecker { .. })),
            "{step}: {by_another:?}"
        );
    }
}

#[test]
fn maker_checker_and_beneficiary_of_a_payout_differ() {
    let approve = |maker, by: Actor| {
        let given = [available("100.00"), vec![requested_by(maker, FIRST, "60.00")]].concat();
        let command = WalletCommand::ApprovePayout { payout: FIRST };
        decide(given, issued(by, "2025-03-01", command))
    };
    let finance = |who: &str| Actor::of(Role::Finance, who);
    let acting_for = |who: &str| Actor { on_behalf_of: Some(who.into()), ..finance("fiona") };
    let maker = |who: &str| Err(WalletRefusal::MakerIsChecker { who: who.into() });
    let setter = |who: &str| Err(WalletRefusal::SetterIsChecker { who: who.into() });
    let own = |who: &str| Err(WalletRefusal::BeneficiaryIsChecker { who: who.into() });
    assert_eq!(approve("maria", finance("fiona")), Ok(vec![approved(FIRST, "60.00")]));
    assert_eq!(approve("fiona", finance("fiona")), maker("fiona"));
    assert_eq!(approve("felix", acting_for("felix")), maker("felix"));
    let member = Actor::member(Role::Owner, "marek", ALFA);
    let command = WalletCommand::ApprovePayout { payout: FIRST };
    assert_eq!(approve("maria", member), forbidden("owner", &command, "finance"));
    let contact = MARIA.0.to_string();
    for (who, refused) in [("maria", setter("maria")), (&contact, own(&contact))] {
        assert_eq!(approve("felix", finance(who)), refused, "is of the partner, in another role");
        assert_eq!(approve("felix", acting_for(who)), refused);
    }
    let given = [available("100.00"), vec![requested_by("felix", FIRST, "60.00")]].concat();
    let partner = Some(partner_paid_by("sofia", 0xC0));
    let facts = WalletFacts { program: programme([]), partner };
    for by in [finance("sofia"), acting_for("sofia")] {
        let by = issued(by, "2025-03-01", command.clone());
        let outcome = handled(&mut after::<Wallet>(given.clone()), by, &facts);
        assert_eq!(outcome, setter("sofia"));
    }
}

#[test]
fn a_payout_goes_to_the_account_that_it_was_asked_for_to() {
    let changed =
        WalletFacts { partner: Some(partner_paid_by("maria", 0xC1)), program: programme([]) };
    for (step, command) in
        [("requested", WalletCommand::ApprovePayout { payout: FIRST }), ("approved", submit(FIRST))]
    {
        let wallet = after::<Wallet>(payout_at(step));
        let command = vendor("fiona", "2025-03-01", command);
        assert!(wallet.decide(&command, &facts()).is_ok(), "{step}");
        let outcome = wallet.decide(&command, &changed);
        assert_eq!(outcome, Err(WalletRefusal::DetailsChanged), "{step}");
    }
}

#[test]
fn every_step_of_a_payout_meets_every_command() {
    use WalletRefusal as No;
    let over = || No::UnknownPayout { payout: FIRST };
    let commands = || {
        [
            WalletCommand::CancelPayout { payout: FIRST },
            reject(FIRST),
            WalletCommand::ApprovePayout { payout: FIRST },
            submit(FIRST),
            settle(FIRST),
        ]
    };
    let ok = |event: WalletEvent| Ok(vec![event]);
    let table: [(&str, [Outcome; 5]); 6] = [
        (
            "requested",
            [
                ok(cancelled(FIRST, "60.00")),
                ok(rejected(FIRST, "60.00")),
                ok(approved(FIRST, "60.00")),
                Err(No::NotApproved),
                Err(No::NotSubmitted),
            ],
        ),
        (
            "approved",
            [
                ok(cancelled(FIRST, "60.00")),
                ok(rejected(FIRST, "60.00")),
                Err(No::AlreadyApproved),
                ok(submitted(FIRST, "60.00")),
                Err(No::NotSubmitted),
            ],
        ),
        (
            "submitted",
            [
                Err(No::Submitted),
                Err(No::Submitted),
                Err(No::Submitted),
                Err(No::Submitted),
                ok(paid(FIRST, "60.00")),
            ],
        ),
        ("cancelled", [Ok(vec![]), Err(over()), Err(over()), Err(over()), Err(over())]),
        ("rejected", [Err(over()), Ok(vec![]), Err(over()), Err(over()), Err(over())]),
        ("paid", [Err(over()), Err(over()), Err(over()), Err(over()), Ok(vec![])]),
    ];
    for (step, outcomes) in table {
        for (command, outcome) in commands().into_iter().zip(outcomes) {
            let name = command.name();
            assert_eq!(usually_does(payout_at(step), command), outcome, "{step} {name}");
        }
    }
}

#[test]
fn asking_again_for_the_same_payout_changes_nothing() {
    let ask = |step, amount| alfa_does(payout_at(step), request(FIRST, eur(amount)));
    assert_eq!(ask("requested", "60.00"), Ok(vec![]));
    assert_eq!(ask("requested", "50.00"), Err(WalletRefusal::PayoutOpen { payout: FIRST }));
    assert_eq!(ask("paid", "60.00"), Err(WalletRefusal::PayoutReused));
}
