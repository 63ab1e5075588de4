//! A frozen wallet: nothing goes out, nothing is lost, and all of it is available again afterwards.

use super::*;

const REVIEW: FreezeCode = FreezeCode::UnderReview;

fn frozen(amount: &str) -> WalletEvent {
    WalletEvent::Frozen { code: REVIEW, amount: eur(amount) }
}

fn unfrozen(amount: &str) -> WalletEvent {
    WalletEvent::Unfrozen { code: REVIEW, amount: eur(amount) }
}

fn funds_frozen(amount: &str) -> WalletEvent {
    WalletEvent::FundsFrozen { amount: eur(amount) }
}

/// The facts of a partner after these.
fn facts_after(standing: crate::partner::StandingEvent) -> WalletFacts {
    let paid = partner_paid_by("maria", 0xC0);
    let mut partner = Partner::clone(&paid);
    partner.apply(standing.into());
    WalletFacts { partner: Some(Arc::new(partner)), ..facts() }
}

fn suspended(freezes_wallets: bool) -> crate::partner::StandingEvent {
    crate::partner::StandingEvent::Suspended {
        code: crate::partner::SuspensionCode::Compliance,
        reason: "Audit".into(),
        suspended_at: at("2025-02-01"),
        freezes_wallets,
        currencies: BTreeSet::from([currency("EUR")]),
        policy_version: 1,
    }
}

fn terminated(freezes_wallets: bool) -> crate::partner::StandingEvent {
    crate::partner::StandingEvent::Terminated {
        code: crate::partner::TerminationCode::Breach,
        terminated_at: at("2025-02-01"),
        at_once: true,
        freezes_wallets,
        currencies: BTreeSet::from([currency("EUR")]),
        policy_version: 1,
    }
}

#[test]
fn a_frozen_wallet_keeps_what_is_available_and_what_becomes_so_until_nothing_freezes_it() {
    let does = |given: Vec<WalletEvent>, command| usually_does(given, command).expect("may");
    let freeze = || WalletCommand::Freeze { code: REVIEW };
    let requested = payout_at("requested");
    assert_eq!(does(requested.clone(), freeze()), [frozen("40.00")]);
    let given = [requested, vec![frozen("40.00"), accrued(2, "5.00")]].concat();
    assert_eq!(does(given.clone(), freeze()), [], "it is frozen already");
    let matured = does(given.clone(), WalletCommand::Mature { lot: lot(2) });
    assert_eq!(matured, [super::matured(2, "5.00"), funds_frozen("5.00")]);
    for (command, ended) in [
        (WalletCommand::CancelPayout { payout: FIRST }, cancelled(FIRST, "60.00")),
        (reject(FIRST), rejected(FIRST, "60.00")),
    ] {
        let ended = [ended, funds_frozen("60.00")];
        assert_eq!(does(given.clone(), command), ended);
        let given = [given.clone(), ended.to_vec()].concat();
        assert_eq!(balance(given.clone()), Some(10_000), "nothing is lost");
        assert_eq!(does(given, WalletCommand::Unfreeze { code: REVIEW }), [unfrozen("100.00")]);
    }
}

#[test]
fn of_two_freezes_the_last_one_to_end_sets_the_money_free() {
    let legal = FreezeCode::LegalOrder;
    let given = [available("100.00"), vec![frozen("100.00")]].concat();
    let second = usually_does(given.clone(), WalletCommand::Freeze { code: legal });
    let again = WalletEvent::Frozen { code: legal, amount: eur("0.00") };
    assert_eq!(second, Ok(vec![again.clone()]));
    let given = [given, vec![again]].concat();
    let end = |given: &[WalletEvent], code| {
        usually_does(given.to_vec(), WalletCommand::Unfreeze { code }).expect("may")
    };
    assert_eq!(end(&given, REVIEW), [unfrozen("0.00")]);
    let given = [given, vec![unfrozen("0.00")]].concat();
    assert_eq!(end(&given, REVIEW), []);
    let free = WalletEvent::Unfrozen { code: legal, amount: eur("100.00") };
    assert_eq!(end(&given, legal), [free]);
}

#[test]
fn nothing_is_asked_for_approved_or_sent_out_of_a_frozen_wallet_and_what_is_on_its_way_arrives() {
    let refused = Err(WalletRefusal::WalletFrozen);
    let with = |step: &str| [payout_at(step), vec![frozen("40.00")]].concat();
    let given = [available("100.00"), vec![frozen("0.00")]].concat();
    assert_eq!(alfa_does(given, request(FIRST, eur("60.00"))), refused);
    let approve = WalletCommand::ApprovePayout { payout: FIRST };
    assert_eq!(usually_does(with("requested"), approve), refused);
    assert_eq!(usually_does(with("approved"), submit(FIRST)), refused);
    assert_eq!(usually_does(with("submitted"), settle(FIRST)), Ok(vec![paid(FIRST, "60.00")]));
}

#[test]
fn who_is_suspended_or_has_left_is_paid_only_where_the_policy_does_not_freeze_that() {
    for (event, refusal) in [
        (suspended(true), Some(WalletRefusal::PartnerSuspended)),
        (suspended(false), None),
        (terminated(true), Some(WalletRefusal::PartnerTerminated)),
        (terminated(false), None),
    ] {
        let facts = facts_after(event);
        for (step, command) in [
            ("none", request(FIRST, eur("60.00"))),
            ("requested", WalletCommand::ApprovePayout { payout: FIRST }),
            ("approved", submit(FIRST)),
        ] {
            let given = if step == "none" { available("100.00") } else { payout_at(step) };
            let command = usually("2025-03-01", command);
            let outcome = handled(&mut after::<Wallet>(given), command, &facts);
            assert_eq!(outcome.err(), refusal, "{step}");
        }
    }
}

#[test]
fn a_wallet_that_begins_while_its_partner_is_frozen_begins_frozen() {
    let first = |facts: &WalletFacts| {
        let command = WalletCommand::Accrue { accrual: accrual(1, eur("100.00")) };
        handled(&mut Wallet::default(), policy("2025-03-01", command), facts)
    };
    let nothing = WalletEvent::Frozen { code: FreezeCode::Standing, amount: eur("0.00") };
    assert_eq!(first(&facts()), Ok(vec![accrued(1, "100.00")]));
    assert_eq!(first(&facts_after(suspended(false))), Ok(vec![accrued(1, "100.00")]));
    assert_eq!(first(&facts_after(suspended(true))), Ok(vec![accrued(1, "100.00"), nothing]));
}

#[test]
fn the_standing_is_for_the_policy_to_freeze_for_and_any_other_reason_for_people() {
    let field = |by: Issued<WalletCommand>| {
        let outcome = decide(available("100.00"), by).map_err(Refusal::from);
        outcome.map(|events| events.len()).map_err(|refusal| refusal.field.join("."))
    };
    for (code, of_policy) in [(FreezeCode::Standing, true), (REVIEW, false)] {
        let freeze = || WalletCommand::Freeze { code };
        let (policy, people) =
            (policy("2025-03-01", freeze()), vendor("fiona", "2025-03-01", freeze()));
        let refused = Err("code".to_owned());
        assert_eq!(field(policy), if of_policy { Ok(1) } else { refused.clone() });
        assert_eq!(field(people), if of_policy { refused } else { Ok(1) });
    }
}

#[test]
fn nobody_sets_their_own_money_free() {
    let given = [available("100.00"), vec![frozen("100.00")]].concat();
    let does = |who: &str| {
        let command = WalletCommand::Unfreeze { code: REVIEW };
        decide(given.clone(), issued(Actor::of(Role::Finance, who), "2025-03-01", command))
    };
    let own = Err(WalletRefusal::BeneficiaryIsChecker { who: "maria".into() });
    assert_eq!(does("maria"), own);
    assert_eq!(does("fiona"), Ok(vec![unfrozen("100.00")]));
}
