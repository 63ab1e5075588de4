//! What a wallet does with commission and payouts, and that its buckets always account for every unit.

mod freezing;
mod payouts;
mod properties;

use std::sync::{Arc, LazyLock};

use cqrs_es::{Aggregate, test::TestFramework};
use uuid::Uuid;

use super::*;
use crate::{
    Actor, DealId, PolicyRef, Ppm, Refusal, Role, bounds::MOST_MINOR, commission::AccrualKind,
    program::ProgramCommand, testing::*,
};

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
    let facts = crate::partner::PartnerFacts { program: programme([]), ..Default::default() };
    let mut details = usually("2025-01-10", set_payment_details());
    details.by.id = who.into();
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

fn yen(amount: i64) -> Money {
    Money::new(amount, currency("JPY"))
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
        details_id: details.expect("are set").id,
        requested_by: Actor::member(Role::Owner, who, ALFA),
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
    handled(&mut after::<Wallet>(given), command, &facts())
}

/// Asked by Alfa in March.
fn alfa_does(given: Vec<WalletEvent>, command: WalletCommand) -> Outcome {
    decide(given, alfa("2025-03-01", command))
}

/// Asked in March by whoever usually does.
fn usually_does(given: Vec<WalletEvent>, command: WalletCommand) -> Outcome {
    decide(given, usually("2025-03-01", command))
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
    TestFramework::<Wallet>::with(facts().into())
        .given_no_previous_events()
        .when(policy("2025-01-18", WalletCommand::Accrue { accrual: accrual(1, eur("100.00")) }))
        .then_expect_events(vec![accrued(1, "100.00")]);
    TestFramework::<Wallet>::with(facts().into())
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
        |number| usually_does(available("1.00"), WalletCommand::Mature { lot: lot(number) });
    assert_eq!(mature(1), Ok(vec![]));
    assert_eq!(mature(2), Err(WalletRefusal::UnknownLot { lot: lot(2) }));
}

#[test]
fn nobody_reaches_the_wallet_of_another_partner() {
    let ask = || request(FIRST, eur("60.00"));
    let outcome = |given, by| handled(&mut after::<Wallet>(given), by, &facts());
    let absent = Err(WalletRefusal::Empty);
    assert_eq!(outcome(available("100.00"), beta("2025-03-01", ask())), absent);
    assert_eq!(outcome(available("100.00"), stranger("2025-03-01", ask())), absent);
    let accrue = WalletCommand::Accrue { accrual: accrual(1, eur("1.00")) };
    let refused = forbidden("owner", &accrue, "policy");
    assert_eq!(outcome(vec![], beta("2025-03-01", accrue)), refused, "nor fills one");
}

#[test]
fn bad_input_is_refused_by_its_field() {
    let fault = |given, command| {
        let refusal = Refusal::from(usually_does(given, command).expect_err("is refused"));
        (refusal.code, refusal.field.join("."))
    };
    let ask = |amount| fault(available("100.00"), request(FIRST, amount));
    assert_eq!(ask(cents(0)), ("INPUT_INVALID", "amount".into()));
    assert_eq!(ask(cents(-MOST_MINOR)), ("INPUT_INVALID", "amount".into()));
    assert_eq!(ask(cents(MOST_MINOR)), ("PAYOUT_EXCEEDS_AVAILABLE", "amount".into()));
    assert_eq!(ask(cents(MOST_MINOR + 1)), ("INPUT_INVALID", "amount.amount".into()));
    assert_eq!(ask(yen(60)), ("INPUT_INVALID", "amount.currency".into()));
    let accrue = |accrual| fault(available("1.00"), WalletCommand::Accrue { accrual }).1;
    assert_eq!(accrue(accrual(2, cents(0))), "accrual.amount");
    assert_eq!(accrue(accrual(2, cents(-1))), "accrual.amount");
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
    assert_eq!(fee(cents(MOST_MINOR + 1)), "fee.amount");
    assert_eq!(fee(yen(0)), "fee");
}

#[test]
fn no_event_of_a_wallet_holds_bank_details() {
    let asked = alfa_does(available("100.00"), request(FIRST, eur("60.00"))).expect("can ask");
    let written = serde_json::to_string(&asked).expect("can be written");
    assert!(!written.contains(KNOWN_IBAN) && !written.contains("Alfa sp."), "{written}");
}
