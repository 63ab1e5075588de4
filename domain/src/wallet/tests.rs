//! What a wallet does with commission and payouts, and that its buckets always account for every unit.

use std::sync::{Arc, LazyLock};

use cqrs_es::{Aggregate, test::TestFramework};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Actor, PolicyRef, Refusal, program::ProgramCommand, testing::*};

const FIRST: PayoutId = PayoutId(Uuid::from_u128(0xF1));
const SECOND: PayoutId = PayoutId(Uuid::from_u128(0xF2));
const KNOWN_IBAN: &str = "DE89370400440532013000";

fn facts() -> WalletFacts {
    static USUAL: LazyLock<WalletFacts> = LazyLock::new(|| facts_with([]));
    USUAL.clone()
}

/// The usual facts after these publications.
fn facts_with(more: impl IntoIterator<Item = ProgramCommand>) -> WalletFacts {
    WalletFacts { program: programme(more), partner: Some(partner_paid_by("maria", 0xC0)) }
}

/// Alfa with bank details that `who` set by a command of this number.
fn partner_paid_by(who: &str, command: u128) -> Arc<Partner> {
    let joined = Partner::clone(&partner([]));
    let facts = crate::partner::PartnerFacts { program: programme([]), parent: None };
    let mut details = vendor(who, "2025-01-10", set_payment_details());
    details.command_id = crate::CommandId(Uuid::from_u128(command));
    let events = joined.decide(&details, &facts).expect("can be set");
    partner(events)
}

fn lot(number: u128) -> LotId {
    LotId(Uuid::from_u128(number))
}

/// The accrual of a lot that matures on the first of February.
fn accrual(number: u128, amount: Money) -> Accrual {
    Accrual {
        lot: lot(number),
        program: PROGRAM,
        partner: ALFA,
        deal: DealId(Uuid::from_u128(0xD)),
        trigger: event(number),
        kind: AccrualKind::New,
        level: 0,
        line: "1".into(),
        component: "new-sales".into(),
        plan_version: 1,
        base: Money { minor: amount.minor, ..amount },
        rate: Ppm::ONE,
        amount,
        matures_at: at("2025-02-01T00:00:00Z"),
        trace_hash: "c".repeat(64),
    }
}

fn accrued(number: u128, amount: &str) -> WalletEvent {
    WalletEvent::Accrued { accrual: accrual(number, eur(amount)) }
}

fn matured(number: u128, amount: &str) -> WalletEvent {
    WalletEvent::Matured { lot: lot(number), amount: eur(amount) }
}

/// A wallet in which so much has matured.
fn available(amount: &str) -> Vec<WalletEvent> {
    vec![accrued(1, amount), matured(1, amount)]
}

fn requested(payout: PayoutId, amount: &str) -> WalletEvent {
    requested_by("maria", payout, amount)
}

fn requested_by(who: &str, payout: PayoutId, amount: &str) -> WalletEvent {
    let partner = facts().partner.expect("is there");
    let details = partner.active().and_then(|active| active.payment_details.clone());
    WalletEvent::PayoutRequested {
        payout,
        amount: eur(amount),
        details_hash: details.expect("are set").hash,
        requested_by: who.into(),
        policy_version: 1,
    }
}

fn approved(payout: PayoutId, amount: &str) -> WalletEvent {
    WalletEvent::PayoutApproved { payout, amount: eur(amount), approved_by: "fiona".into() }
}

fn submitted(payout: PayoutId, amount: &str) -> WalletEvent {
    let provider_key = "key-1".into();
    WalletEvent::PayoutSubmitted { payout, amount: eur(amount), attempt: 1, provider_key }
}

fn paid(payout: PayoutId, amount: &str) -> WalletEvent {
    WalletEvent::PayoutPaid { payout, amount: eur(amount), fee: eur("0.00") }
}

fn cancelled(payout: PayoutId, amount: &str) -> WalletEvent {
    WalletEvent::PayoutCancelled { payout, amount: eur(amount) }
}

fn rejected(payout: PayoutId, amount: &str) -> WalletEvent {
    let (code, reason) = (PayoutRejectionCode::UnderReview, "Audit".into());
    WalletEvent::PayoutRejected { payout, amount: eur(amount), code, reason }
}

fn request(payout: PayoutId, amount: Money) -> WalletCommand {
    WalletCommand::RequestPayout { payout, amount }
}

fn reject(payout: PayoutId) -> WalletCommand {
    let (code, reason) = (PayoutRejectionCode::UnderReview, "Audit".into());
    WalletCommand::RejectPayout { payout, code, reason }
}

fn submit(payout: PayoutId) -> WalletCommand {
    WalletCommand::SubmitPayout { payout, provider_key: "key-1".into() }
}

fn settle(payout: PayoutId) -> WalletCommand {
    WalletCommand::SettlePayout { payout, fee: eur("0.00") }
}

/// A payout of 60 euros out of 100 at each of its steps and after each of its ends.
fn payout_at(step: &str) -> Vec<WalletEvent> {
    let rest = match step {
        "requested" => vec![],
        "approved" => vec![approved(FIRST, "60.00")],
        "submitted" => vec![approved(FIRST, "60.00"), submitted(FIRST, "60.00")],
        "paid" => {
            vec![approved(FIRST, "60.00"), submitted(FIRST, "60.00"), paid(FIRST, "60.00")]
        }
        "cancelled" => vec![cancelled(FIRST, "60.00")],
        "rejected" => vec![rejected(FIRST, "60.00")],
        other => unreachable!("no payout is {other}"),
    };
    [available("100.00"), vec![requested(FIRST, "60.00")], rest].concat()
}

type Outcome = Result<Vec<WalletEvent>, WalletRefusal>;

fn decide(given: Vec<WalletEvent>, command: Issued<WalletCommand>) -> Outcome {
    after::<Wallet>(given).decide(&command, &facts())
}

/// Asked by Alfa in March.
fn alfa_does(given: Vec<WalletEvent>, command: WalletCommand) -> Outcome {
    decide(given, alfa("2025-03-01", command))
}

/// Asked by finance in March.
fn finance_does(given: Vec<WalletEvent>, command: WalletCommand) -> Outcome {
    decide(given, vendor("fiona", "2025-03-01", command))
}

/// Held, available, reserved and in transit.
fn buckets(given: Vec<WalletEvent>) -> [i64; 4] {
    let wallet = after::<Wallet>(given);
    let buckets = wallet.purse().expect("has earned").buckets;
    [buckets.held, buckets.available, buckets.reserved, buckets.in_transit]
}

fn balance(given: Vec<WalletEvent>) -> Option<i64> {
    after::<Wallet>(given).purse().expect("has earned").buckets.balance()
}

#[test]
fn the_first_accrual_opens_the_wallet() {
    TestFramework::<Wallet>::with(facts())
        .given_no_previous_events()
        .when(policy("2025-01-18", WalletCommand::Accrue { accrual: accrual(1, eur("100.00")) }))
        .then_expect_events(vec![accrued(1, "100.00")]);
    TestFramework::<Wallet>::with(facts())
        .given_no_previous_events()
        .when(alfa("2025-03-01", request(FIRST, eur("100.00"))))
        .then_expect_error(WalletRefusal::Empty);
}

#[test]
fn money_moves_from_bucket_to_bucket_and_out() {
    assert_eq!(buckets(vec![accrued(1, "100.00")]), [10_000, 0, 0, 0]);
    assert_eq!(buckets(available("100.00")), [0, 10_000, 0, 0]);
    assert_eq!(buckets(payout_at("requested")), [0, 4_000, 6_000, 0]);
    assert_eq!(buckets(payout_at("approved")), [0, 4_000, 6_000, 0]);
    assert_eq!(buckets(payout_at("submitted")), [0, 4_000, 0, 6_000]);
    assert_eq!(buckets(payout_at("paid")), [0, 4_000, 0, 0]);
    assert_eq!(buckets(payout_at("cancelled")), [0, 10_000, 0, 0]);
    assert_eq!(buckets(payout_at("rejected")), [0, 10_000, 0, 0]);
}

#[test]
fn a_lot_accrues_once_and_its_id_stands_for_one_content() {
    let again = |accrual| {
        decide(vec![accrued(1, "100.00")], policy("2025-01-18", WalletCommand::Accrue { accrual }))
    };
    assert_eq!(again(accrual(1, eur("100.00"))), Ok(vec![]));
    assert_eq!(again(accrual(1, eur("100.01"))), Err(WalletRefusal::LotReused { lot: lot(1) }));
    assert_eq!(again(accrual(2, eur("100.00"))), Ok(vec![accrued(2, "100.00")]));
}

#[test]
fn a_wallet_takes_only_its_own_partners_money_in_its_own_currency() {
    let accrue = |accrual| {
        decide(vec![accrued(1, "1.00")], policy("2025-01-18", WalletCommand::Accrue { accrual }))
    };
    let own = accrual(2, eur("1.00"));
    assert!(accrue(own.clone()).is_ok());
    let of_beta = Accrual { partner: BETA, ..own.clone() };
    assert_eq!(accrue(of_beta), Err(WalletRefusal::Foreign));
    let elsewhere = Accrual { program: crate::ProgramId(Uuid::nil()), ..own };
    assert_eq!(accrue(elsewhere), Err(WalletRefusal::Foreign));
    let dollars = accrual(2, Money::new(100, currency("USD")));
    assert_eq!(accrue(dollars), Err(WalletRefusal::Foreign));
}

#[test]
fn a_wallet_holds_as_much_as_can_be_counted_and_no_more() {
    let full = vec![WalletEvent::Accrued { accrual: accrual(1, cents(i64::MAX - 1)) }];
    let accrue = |amount| WalletCommand::Accrue { accrual: accrual(2, cents(amount)) };
    assert!(decide(full.clone(), policy("2025-01-18", accrue(1))).is_ok());
    let outcome = decide(full, policy("2025-01-18", accrue(2)));
    assert_eq!(outcome, Err(WalletRefusal::Overflow));
}

#[test]
fn a_lot_matures_at_its_instant_and_not_before() {
    let mature = |instant| {
        let command = WalletCommand::Mature { lot: lot(1) };
        decide(vec![accrued(1, "100.00")], policy(instant, command))
    };
    let early = WalletRefusal::NotDue { matures_at: at("2025-02-01T00:00:00Z") };
    assert_eq!(mature("2025-01-31T23:59:59.999Z"), Err(early));
    assert_eq!(mature("2025-02-01T00:00:00Z"), Ok(vec![matured(1, "100.00")]));
}

#[test]
fn a_lot_matures_once_and_only_if_it_is_there() {
    let mature =
        |number| finance_does(available("1.00"), WalletCommand::Mature { lot: lot(number) });
    assert_eq!(mature(1), Ok(vec![]));
    assert_eq!(mature(2), Err(WalletRefusal::UnknownLot { lot: lot(2) }));
}

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
    let settled = finance_does(payout_at("submitted"), command).expect("can be settled");
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

fn yen(amount: i64) -> Money {
    Money::new(amount, currency("JPY"))
}

#[test]
fn a_payout_needs_payment_details() {
    let facts = WalletFacts { program: programme([]), partner: Some(partner([])) };
    let wallet = after::<Wallet>(available("100.00"));
    let outcome = wallet.decide(&alfa("2025-03-01", request(FIRST, eur("60.00"))), &facts);
    assert_eq!(outcome, Err(WalletRefusal::NoDetails));
}

#[test]
fn m12_maker_checker_and_beneficiary_of_a_payout_differ() {
    let approve = |maker, by: Actor| {
        let given = [available("100.00"), vec![requested_by(maker, FIRST, "60.00")]].concat();
        let command = WalletCommand::ApprovePayout { payout: FIRST };
        decide(given, issued(by, "2025-03-01", command))
    };
    let acting_for = |who: &str| Actor { on_behalf_of: Some(who.into()), ..Actor::vendor("fiona") };
    let maker = |who: &str| Err(WalletRefusal::MakerIsChecker { who: who.into() });
    let setter = Err(WalletRefusal::SetterIsChecker { who: "maria".into() });
    assert_eq!(approve("maria", Actor::vendor("fiona")), Ok(vec![approved(FIRST, "60.00")]));
    assert_eq!(approve("fiona", Actor::vendor("fiona")), maker("fiona"));
    assert_eq!(approve("felix", acting_for("felix")), maker("felix"));
    let beneficiary = Err(WalletRefusal::BeneficiaryIsChecker);
    assert_eq!(approve("maria", Actor::member("marek", ALFA)), beneficiary);
    assert_eq!(approve("felix", Actor::vendor("maria")), setter);
    assert_eq!(approve("felix", acting_for("maria")), setter);
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
            assert_eq!(finance_does(payout_at(step), command), outcome, "{step} {name}");
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

#[test]
fn nobody_reaches_the_wallet_of_another_partner() {
    let ask = || request(FIRST, eur("60.00"));
    let outcome = |given, by| handled(&mut after::<Wallet>(given), by, &facts());
    let absent = Err(WalletRefusal::Empty);
    assert_eq!(outcome(available("100.00"), beta("2025-03-01", ask())), absent);
    assert_eq!(outcome(available("100.00"), stranger("2025-03-01", ask())), absent);
    let accrue = WalletCommand::Accrue { accrual: accrual(1, eur("1.00")) };
    assert_eq!(outcome(vec![], beta("2025-03-01", accrue)), absent);
}

#[test]
fn bad_input_is_refused_by_its_field() {
    let fault = |given, command| {
        let refusal = Refusal::from(finance_does(given, command).expect_err("is refused"));
        (refusal.code, refusal.field.join("."))
    };
    let ask = |amount| fault(available("100.00"), request(FIRST, amount));
    assert_eq!(ask(cents(0)), ("INPUT_INVALID", "amount".into()));
    assert_eq!(ask(cents(i64::MIN)), ("INPUT_INVALID", "amount".into()));
    assert_eq!(ask(cents(i64::MAX)), ("PAYOUT_EXCEEDS_AVAILABLE", "amount".into()));
    assert_eq!(ask(yen(60)), ("INPUT_INVALID", "amount.currency".into()));
    let accrue = |accrual| fault(available("1.00"), WalletCommand::Accrue { accrual }).1;
    assert_eq!(accrue(accrual(2, cents(0))), "accrual.amount");
    assert_eq!(accrue(accrual(2, cents(i64::MIN))), "accrual.amount");
    let mixed = Accrual { base: yen(100), ..accrual(2, eur("1.00")) };
    assert_eq!(accrue(mixed), "accrual.base.currency");
    let reason = |reason: &str| {
        let (payout, code) = (FIRST, PayoutRejectionCode::Other);
        let command = WalletCommand::RejectPayout { payout, code, reason: reason.into() };
        fault(payout_at("requested"), command).1
    };
    assert_eq!(reason(""), "reason");
    assert_eq!(reason("\u{0}"), "reason");
    assert_eq!(reason(&"x".repeat(8_001)), "reason");
    let key = |key: &str| {
        let command = WalletCommand::SubmitPayout { payout: FIRST, provider_key: key.into() };
        fault(payout_at("approved"), command).1
    };
    assert_eq!(key(" "), "provider_key");
    assert_eq!(key(&"k".repeat(201)), "provider_key");
    let fee =
        |fee| fault(payout_at("submitted"), WalletCommand::SettlePayout { payout: FIRST, fee }).1;
    assert_eq!(fee(cents(-1)), "fee");
    assert_eq!(fee(yen(0)), "fee");
}

#[test]
fn no_event_of_a_wallet_holds_bank_details() {
    let asked = alfa_does(available("100.00"), request(FIRST, eur("60.00"))).expect("can ask");
    let written = serde_json::to_string(&asked).expect("can be written");
    assert!(!written.contains(KNOWN_IBAN) && !written.contains("Alfa sp."), "{written}");
}

/// Commands about a few lots and payouts, with amounts at the edges of what can be.
fn any_command() -> impl Strategy<Value = Issued<WalletCommand>> {
    let amount = prop_oneof![
        4 => 1i64..20_000,
        1 => prop::sample::select(vec![i64::MIN, -1, 0, i64::MAX / 2, i64::MAX]),
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
    ];
    let by = prop::sample::select(vec![
        Actor::member("maria", ALFA),
        Actor::member("boris", BETA),
        Actor::vendor("fiona"),
        Actor::vendor("felix"),
    ]);
    let on = prop::sample::select(vec!["2025-01-15", "2025-02-15", "2025-03-15"]);
    (by, on, command).prop_map(|(by, on, command)| issued(by, on, command))
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
            | WalletEvent::PayoutSubmitted { .. } => {}
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
            let Buckets { held, available, reserved, in_transit, .. } = purse.buckets;
            prop_assert!([held, available, reserved, in_transit].iter().all(|bucket| *bucket >= 0));
            let [accrued, matured, paid] = totals(&events[..=index]);
            let balance = i128::from(purse.buckets.balance().expect("can be counted"));
            prop_assert_eq!(i128::from(held), accrued - matured);
            prop_assert_eq!(balance, matured - paid, "the balance is the sum of its history");
            let open = purse.payout.as_ref().map_or(0, |open| open.amount.minor);
            prop_assert_eq!(reserved + in_transit, open, "only the open payout is set aside");
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
                | WalletEvent::PayoutSubmitted { .. } => {}
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
