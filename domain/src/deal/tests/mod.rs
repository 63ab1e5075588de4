//! What may happen to a deal, in which order, and what it earns.

mod approval;
mod commission;
mod contract;
mod properties;
mod qualification;
mod registration;
mod standing;

use std::sync::{Arc, LazyLock};

use chrono::DateTime;
use cqrs_es::test::TestFramework;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    Actor, CommandId, Refusal, Role, Tier,
    commission::AccrualKind,
    partner::{PartnerEvent, TierEvent, TrainingEvent},
    program::ProgramCommand,
    refusal::Invalid,
    testing::*,
};

const GAMMA: PartnerId = PartnerId(Uuid::from_u128(0xC));

type Outcome = Result<Vec<DealEvent>, DealRefusal>;

fn facts() -> DealFacts {
    static USUAL: LazyLock<DealFacts> = LazyLock::new(|| facts_with([]));
    USUAL.clone()
}

/// The usual facts after these publications; Alfa sells alone.
fn facts_with(more: impl IntoIterator<Item = ProgramCommand>) -> DealFacts {
    DealFacts {
        program: programme(more),
        partner: Some(partner([])),
        earners: vec![(ALFA, partner([]))],
        commission: Some(CommissionFacts { sellers: vec![sells(ALFA, [], &[])] }),
    }
}

fn sells(
    partner: PartnerId,
    more: impl IntoIterator<Item = PartnerEvent>,
    upline: &[PartnerId],
) -> SellerFacts {
    let above = |id: &PartnerId| (*id, crate::testing::partner([]));
    let state = crate::testing::partner(more);
    SellerFacts { partner, state, upline: upline.iter().map(above).collect() }
}

fn command(name: &str, fields: Value) -> DealCommand {
    serde_json::from_value(json!({ name: fields })).expect(name)
}

fn registration() -> Value {
    json!({
        "program": PROGRAM,
        "partner": ALFA,
        "customer": {
            "name": "Huta Stal S.A.",
            "country": "PL",
            "tax_id": "PL 525-000-12-34",
            "domain": "https://www.huta-stal.example/"
        },
        "product_lines": ["carbon", "energy"],
        "territory": "PL",
        "estimate": { "amount": "12000.00", "currency": "EUR" },
        "expected_close": "2025-06-30",
        "problems": "No carbon accounts",
        "criteria": "Price and local support"
    })
}

/// The usual registration with another value at a path such as `customer.name`.
fn register_with(path: &str, value: Value) -> DealCommand {
    let mut fields = registration();
    *fields.pointer_mut(&format!("/{}", path.replace('.', "/"))).expect(path) = value;
    command("registerDeal", fields)
}

fn register() -> DealCommand {
    command("registerDeal", registration())
}

fn qualification() -> Value {
    json!({
        "icp_match": true,
        "timeframe": "Second quarter",
        "budget": { "amount": "15000.00", "currency": "EUR" },
        "decision_maker": "Jan Kowalski"
    })
}

fn qualify_by_partner() -> DealCommand {
    command("qualifyDealByPartner", qualification())
}

fn send_back() -> DealCommand {
    command("returnDeal", json!({ "reason": "Whose budget?", "fields": ["budget"] }))
}

fn sign() -> DealCommand {
    command(
        "signContract",
        json!({ "signed_on": "2025-02-10", "lines": [
            { "id": "1", "product_line": "carbon", "net": { "amount": "8000.00", "currency": "EUR" } },
            { "id": "2", "product_line": "energy", "net": { "amount": "2000.00", "currency": "EUR" } }
        ] }),
    )
}

fn set_status(to: &str) -> DealCommand {
    DealCommand::ChangeContractStatus { to: to.into() }
}

fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(number))
}

fn pay(number: u128, amount: &str) -> DealCommand {
    let (payment, amount, received_on) = (payment(number), eur(amount), day("2025-02-15"));
    DealCommand::RecordPayment { payment, amount, received_on, allocations: None }
}

fn pay_lines(number: u128, amount: &str, lines: &[(&str, &str)]) -> DealCommand {
    let (payment, amount, received_on) = (payment(number), eur(amount), day("2025-02-15"));
    let part =
        |(line, amount): &(&str, &str)| Allocation { line: (*line).into(), amount: eur(amount) };
    let allocations = Some(lines.iter().map(part).collect());
    DealCommand::RecordPayment { payment, amount, received_on, allocations }
}

fn calculate(trigger: u128, payment: Option<PaymentId>) -> DealCommand {
    DealCommand::CalculateCommission { trigger: event(trigger), payment }
}

fn reject() -> DealCommand {
    DealCommand::Reject { code: DealRejectionCode::NotAFit }
}

fn lose() -> DealCommand {
    DealCommand::Lose { code: LossCode::Price }
}

/// The events of these commands, each by whoever usually gives it, on these days; a day without a time is its noon.
fn events_of<'a>(
    facts: &DealFacts,
    commands: impl IntoIterator<Item = (&'a str, DealCommand)>,
) -> Vec<DealEvent> {
    let mut deal = Deal::default();
    let mut events = vec![];
    for (on, command) in commands {
        let name = command.name();
        events.extend(handled(&mut deal, usually(on, command), facts).expect(name));
    }
    events
}

/// A deal at one of its stages; approved at noon on 1 February 2025, so protected until 2 May in Warsaw begins.
fn deal_at(stage: &str) -> Vec<DealEvent> {
    let way = [
        ("registered", vec![register()]),
        ("partner-qualified", vec![qualify_by_partner()]),
        ("qualified", vec![DealCommand::Qualify {}]),
        ("pending", vec![DealCommand::RequestApproval {}]),
        ("approved", vec![DealCommand::Approve {}]),
        ("signed", vec![sign()]),
        ("won", vec![pay(1, "10000.00"), DealCommand::Win {}]),
    ];
    let (branch, last) = match stage {
        "returned" => ("partner-qualified", Some(send_back())),
        "rejected" => ("registered", Some(reject())),
        "withdrawn" => ("registered", Some(DealCommand::Withdraw {})),
        "lost" => ("registered", Some(lose())),
        on_the_way => (on_the_way, None),
    };
    if stage == "expired" {
        return [deal_at("approved"), vec![DealEvent::ProtectionExpired {}]].concat();
    }
    let position = way.iter().position(|(name, _)| *name == branch).expect(stage);
    let commands = way.into_iter().take(position + 1).flat_map(|(name, commands)| {
        let on = if matches!(name, "signed" | "won") { "2025-02-15" } else { "2025-02-01" };
        commands.into_iter().map(move |command| (on, command))
    });
    events_of(&facts(), commands.chain(last.map(|last| ("2025-02-01", last))))
}

const PROTECTED_UNTIL: &str = "2025-05-01T22:00:00Z";

fn decide(given: Vec<DealEvent>, command: Issued<DealCommand>) -> Outcome {
    handled(&mut after::<Deal>(given), command, &facts())
}

/// Asked on 20 February 2025 by whoever usually does.
fn usually_does(given: Vec<DealEvent>, command: DealCommand) -> Outcome {
    decide(given, usually("2025-02-20", command))
}

fn names(outcome: Outcome) -> Vec<&'static str> {
    outcome.expect("is allowed").iter().map(DealEvent::name).collect()
}

/// Every stage meets every command; a name is the event that comes of it, a code the refusal, nothing a repetition.
#[test]
fn every_stage_meets_every_command() {
    const STAGES: [&str; 12] = [
        "registered",
        "partner-qualified",
        "returned",
        "qualified",
        "pending",
        "approved",
        "signed",
        "won",
        "rejected",
        "expired",
        "withdrawn",
        "lost",
    ];
    let met = |command: &DealCommand| {
        let outcome = |stage: &str| match usually_does(deal_at(stage), command.clone()) {
            Ok(events) => events.first().map_or("", DealEvent::name),
            Err(refusal) => Refusal::from(refusal).code,
        };
        STAGES.map(outcome)
    };
    let (ended, early, signed) = ("DEAL_ENDED", "DEAL_NOT_APPROVED", "CONTRACT_ALREADY_SIGNED");
    let (unsaid, done) = ("DEAL_NOT_QUALIFIED_BY_PARTNER", "DEAL_ALREADY_QUALIFIED");
    let (unqualified, asked) = ("DEAL_NOT_QUALIFIED", "APPROVAL_ALREADY_REQUESTED");
    let unsigned = "CONTRACT_NOT_SIGNED";
    let before_signature = |name, at_signed, at_won| {
        let e = ended;
        [name, name, name, name, name, name, at_signed, at_won, e, e, e, e]
    };
    let said = "deal-qualified-by-partner";
    assert_eq!(
        met(&qualify_by_partner()),
        [said, done, said, done, done, done, done, done, ended, ended, ended, ended]
    );
    let returned = "deal-returned";
    assert_eq!(
        met(&send_back()),
        [unsaid, returned, unsaid, done, done, done, done, done, ended, ended, ended, ended]
    );
    let qualified = "deal-qualified";
    assert_eq!(
        met(&DealCommand::Qualify {}),
        [unsaid, qualified, unsaid, done, done, done, done, done, ended, ended, ended, ended]
    );
    let (u, requested) = (unqualified, "approval-requested");
    assert_eq!(
        met(&DealCommand::RequestApproval {}),
        [u, u, u, requested, asked, asked, asked, asked, ended, ended, ended, ended]
    );
    let approved = "deal-approved";
    assert_eq!(
        met(&DealCommand::Approve {}),
        [u, u, u, approved, approved, "", signed, signed, ended, ended, ended, ended]
    );
    let rejected = "deal-rejected";
    assert_eq!(
        met(&reject()),
        [
            rejected, rejected, rejected, rejected, rejected, asked, signed, signed, "", ended,
            ended, ended
        ]
    );
    let mut withdrawn = before_signature("deal-withdrawn", signed, signed);
    withdrawn[10] = "";
    assert_eq!(met(&DealCommand::Withdraw {}), withdrawn);
    let mut lost = before_signature("deal-lost", signed, signed);
    lost[11] = "";
    assert_eq!(met(&lose()), lost);
    assert_eq!(
        met(&DealCommand::ExpireProtection {}),
        [early, early, early, early, early, "PROTECTION_RUNS", "", "", ended, "", ended, ended]
    );
    let share = DealCommand::AgreeShare { partner: BETA, share: Ppm(100_000) };
    assert_eq!(met(&share), before_signature("share-agreed", signed, signed));
    assert_eq!(
        met(&sign()),
        [
            early,
            early,
            early,
            early,
            early,
            "contract-signed",
            signed,
            signed,
            ended,
            ended,
            ended,
            ended
        ]
    );
    let status = "contract-status-changed";
    assert_eq!(met(&set_status("signed")), before_signature(unsigned, status, status));
    let too_much = "PAYMENT_EXCEEDS_CONTRACT";
    assert_eq!(met(&pay(2, "1.00")), before_signature(unsigned, "payment-received", too_much));
    assert_eq!(met(&DealCommand::Win {}), before_signature(unsigned, "PAYMENT_OUTSTANDING", ""));
    let calculated = "commission-calculated";
    assert_eq!(met(&calculate(9, None)), before_signature(unsigned, calculated, calculated));
    assert_eq!(met(&register()), ["DEAL_ALREADY_REGISTERED"; 12]);
}

#[test]
fn nobody_touches_the_deal_of_another_partner() {
    for command in [qualify_by_partner(), DealCommand::Withdraw {}, sign(), lose()] {
        for by in [beta("2025-02-20", command.clone()), stranger("2025-02-20", command)] {
            let outcome = handled(&mut after::<Deal>(deal_at("registered")), by, &facts());
            assert_eq!(outcome, Err(DealRefusal::NotRegistered), "as where there is none");
        }
    }
}

#[test]
fn r141_qualified_approved_signed_and_paid_are_four_moments_with_an_event_each() {
    let mut deal = after::<Deal>(deal_at("partner-qualified"));
    let mut moment = |on: &str, command| {
        let events = handled(&mut deal, usually(on, command), &facts()).expect("may");
        events.iter().map(DealEvent::name).collect::<Vec<_>>()
    };
    assert_eq!(moment("2025-02-02", DealCommand::Qualify {}), ["deal-qualified"]);
    assert_eq!(moment("2025-02-03", DealCommand::Approve {}), ["deal-approved"]);
    assert_eq!(moment("2025-02-14", sign()), ["contract-signed"]);
    assert_eq!(moment("2025-02-15", pay(1, "10000.00")), ["payment-received"]);
}

#[test]
fn a_command_at_the_end_of_the_calendar_never_panics() {
    for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        for stage in ["registered", "pending", "approved", "signed", "won"] {
            for command in [DealCommand::Approve {}, sign(), pay(2, "1.00"), calculate(9, None)] {
                let mut command = usually("2025-02-01", command);
                command.at = instant;
                let _ = decide(deal_at(stage), command);
            }
        }
    }
}
