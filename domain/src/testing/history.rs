//! A history in which everything happens at least once, told in the public names of the commands.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    Command, WalletId,
    deal::{CommissionFacts, Deal, DealFacts, SellerFacts},
    wallet::{Wallet, WalletFacts},
};

/// Fields with which each command is understood.
pub fn sample(command: &str) -> Value {
    let eur = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
    let payout = Uuid::from_u128(0xF1);
    let lms = |reference: &str| json!({ "source": "lms", "reference": reference });
    match command {
        "applyForProgram" => serde_json::to_value(apply(None)).expect("is JSON")[command].take(),
        "assignReview" => json!({ "reviewer": "rita" }),
        "requestInformation" => json!({ "question": "Which sectors do you serve?" }),
        "supplyInformation" => json!({ "answer": "Steel and cement" }),
        "recordReview" => json!({
            "sector_fit": "Good", "marketing_competence": "Fair", "result": "passed"
        }),
        "scheduleInterview" => json!({ "at": "2025-01-08T09:00:00Z" }),
        "recordInterview" => json!({ "outcome": "recommended", "notes": "Knows the market" }),
        "rejectApplication" => json!({ "code": "sector-mismatch" }),
        "acceptTerms" => json!({ "version": 2 }),
        "assignCourse" => json!({ "course": "basics" }),
        "completeModule" => json!({
            "person": MARIA, "course": "basics", "module": "intro", "content_version": 1,
            "score": 92, "source": lms("1001")
        }),
        "recordExam" => json!({
            "person": MARIA, "exam": "seller-exam", "passed": true, "score": 88,
            "source": lms("1004")
        }),
        "issueCertificate" => json!({ "person": MARIA, "certification": "seller" }),
        "issueDueCertificates" => json!({ "person": MARIA }),
        "setPaymentDetails" => json!({
            "account_holder": "Alfa sp. z o.o.", "iban": "DE89370400440532013000"
        }),
        "overrideTier" => json!({ "to": "silver", "reason": "Took over a silver partner" }),
        "registerDeal" => json!({
            "program": PROGRAM,
            "partner": ALFA,
            "customer": {
                "name": "Huta Stal S.A.", "country": "PL", "tax_id": "PL5250001234",
                "domain": "huta-stal.example"
            },
            "product_lines": ["carbon", "energy"],
            "territory": "PL",
            "estimate": eur("12000.00"),
            "expected_close": "2025-06-30",
            "problems": "No carbon accounts",
            "criteria": "Price and local support"
        }),
        "qualifyDealByPartner" => json!({
            "icp_match": true, "timeframe": "Second quarter", "budget": eur("15000.00"),
            "decision_maker": "Jan Kowalski"
        }),
        "returnDeal" => json!({ "reason": "Whose budget is it?", "fields": ["budget"] }),
        "rejectDeal" => json!({ "code": "existing-customer" }),
        "agreeShare" => json!({ "partner": BETA, "share": 400_000 }),
        "signContract" => json!({ "signed_on": "2025-02-10", "lines": [
            { "id": "1", "product_line": "carbon", "net": eur("8000.00") },
            { "id": "2", "product_line": "energy", "net": eur("1999.99") }
        ] }),
        "changeContractStatus" => json!({ "to": "signed" }),
        "recordPayment" => json!({
            "payment": Uuid::from_u128(0xE1), "amount": eur("9999.99"),
            "received_on": "2025-02-15"
        }),
        "loseDeal" => json!({ "code": "competitor" }),
        "calculateCommission" => json!({ "trigger": Uuid::from_u128(0x77) }),
        "accrueCommission" => json!({ "accrual": {
            "lot": Uuid::from_u128(0x1F), "program": PROGRAM, "partner": ALFA,
            "deal": Uuid::from_u128(0xD1), "trigger": Uuid::from_u128(0x77), "kind": "new",
            "level": 0, "line": "1", "component": "new-sales", "plan_version": 1,
            "base": eur("8000.00"), "rate": 200_000, "amount": eur("1600.00"),
            "matures_at": "2025-03-05T23:00:00Z", "trace_hash": "c".repeat(64)
        } }),
        "matureLot" => json!({ "lot": Uuid::from_u128(0x1F) }),
        "requestPayout" => json!({ "payout": payout, "amount": eur("600.00") }),
        "cancelPayout" | "approvePayout" => json!({ "payout": payout }),
        "rejectPayout" => json!({
            "payout": payout, "code": "payment-details", "reason": "The bank refuses the account"
        }),
        "submitPayout" => json!({ "payout": payout, "provider_key": "po-2025-0001" }),
        "settlePayout" => json!({ "payout": payout, "fee": eur("0.35") }),
        "openProgram" => in_json(open_program(), command),
        "publishTerms" => in_json(publish_terms("2025-01-01"), command),
        "configureContractStatus" => in_json(configure_status("signed", true, "signed"), command),
        "publishCommissionPlan" => {
            in_json(publish_plan("2025-01-01", None, percent(200_000)), command)
        }
        "publishPayoutPolicy" => {
            in_json(publish_payout_policy("2025-01-01", &[super::eur("50.00")]), command)
        }
        "publishDealPolicy" => in_json(publish_deal_policy("2025-01-01", deal_policy()), command),
        "publishCourse" => in_json(publish_course("basics", 1, &["intro"]), command),
        "defineCertification" => json!({
            "certification": "seller", "courses": ["basics"], "exam": "seller-exam",
            "valid_for_months": 12
        }),
        "approveApplication"
        | "withdrawApplication"
        | "joinNetwork"
        | "assignNextCourses"
        | "assignResponsible"
        | "qualifyDeal"
        | "requestApproval"
        | "approveDeal"
        | "withdrawDeal"
        | "expireProtection"
        | "winDeal" => json!({}),
        other => unreachable!("no sample of {other}"),
    }
}

fn in_json(command: ProgramCommand, name: &str) -> Value {
    serde_json::to_value(command).expect("is JSON")[name].take()
}

fn with(command: &str, field: &str, value: Value) -> (String, Value) {
    let mut fields = sample(command);
    fields[field] = value;
    (command.to_owned(), fields)
}

fn plain(commands: &[&str]) -> Vec<(String, Value)> {
    commands.iter().map(|command| ((*command).to_owned(), sample(command))).collect()
}

/// Every event of this history, each with a position, an event id and a stream of its own.
pub fn history() -> Vec<Recorded> {
    let programme = programme([publish_terms("2025-02-01T00:00:00Z")]);
    let mut all: Vec<(Uuid, Event)> = published([])
        .into_iter()
        .map(|event| (PROGRAM.0, Event::Program(Box::new(event))))
        .collect();

    let interview = ["scheduleInterview", "recordInterview", "approveApplication", "joinNetwork"];
    let asked = ["applyForProgram", "assignReview", "requestInformation", "supplyInformation"];
    let lms = |reference: &str| json!({ "source": "lms", "reference": reference });
    let (_, mut second) = with("completeModule", "module", json!("product"));
    second["source"] = lms("1002");
    let (_, mut failed) = with("recordExam", "passed", json!(false));
    failed["source"] = lms("1003");
    let whole = [
        plain(&asked),
        plain(&["recordReview"]),
        plain(&interview),
        plain(&["assignNextCourses", "completeModule"]),
        vec![("completeModule".into(), second), ("recordExam".into(), failed)],
        plain(&["recordExam", "issueDueCertificates", "setPaymentDetails", "overrideTier"]),
    ]
    .concat();
    let early: [&[&str]; 2] = [
        &["applyForProgram", "assignReview", "recordReview", "rejectApplication"],
        &["applyForProgram", "withdrawApplication"],
    ];
    let facts = PartnerFacts { program: programme.clone(), parent: None };
    let mut alfa = Partner::default();
    let mut partners = run(&mut alfa, &facts, ALFA.0, "2025-01-10", whole);
    let later = plain(&["acceptTerms"]);
    partners.extend(run(&mut alfa, &facts, ALFA.0, "2025-02-01", later));
    for (number, commands) in (0xA1..).zip(early) {
        let id = Uuid::from_u128(number);
        partners.extend(run(&mut Partner::default(), &facts, id, "2025-01-10", plain(commands)));
    }
    all.extend(partners.into_iter().map(|(id, event)| (id, Event::Partner(Box::new(event)))));

    let alfa = Arc::new(alfa);
    let sells = |id| SellerFacts { partner: id, state: alfa.clone(), upline: vec![] };
    let facts = DealFacts {
        program: programme.clone(),
        partner: Some(alfa.clone()),
        commission: Some(CommissionFacts { sellers: vec![sells(ALFA), sells(BETA)] }),
    };
    let won = [
        plain(&["registerDeal", "assignResponsible", "qualifyDealByPartner", "returnDeal"]),
        plain(&["qualifyDealByPartner", "qualifyDeal", "requestApproval", "approveDeal"]),
        plain(&["agreeShare", "signContract", "changeContractStatus", "calculateCommission"]),
        vec![with("calculateCommission", "trigger", json!(Uuid::from_u128(0x78)))],
        plain(&["recordPayment", "winDeal"]),
    ]
    .concat();
    let mut deals = run(&mut Deal::default(), &facts, Uuid::from_u128(0xD1), "2025-02-19", won);
    for (number, end) in (0xD2..).zip(["rejectDeal", "withdrawDeal", "loseDeal"]) {
        let id = Uuid::from_u128(number);
        let commands = plain(&["registerDeal", end]);
        deals.extend(run(&mut Deal::default(), &facts, id, "2025-02-19", commands));
    }
    let (id, mut expiring) = (Uuid::from_u128(0xD5), Deal::default());
    let approved = plain(&["registerDeal", "qualifyDealByPartner", "qualifyDeal", "approveDeal"]);
    deals.extend(run(&mut expiring, &facts, id, "2025-02-19", approved));
    deals.extend(run(&mut expiring, &facts, id, "2025-06-01", plain(&["expireProtection"])));
    all.extend(deals.into_iter().map(|(id, event)| (id, Event::Deal(Box::new(event)))));

    let facts = WalletFacts { program: programme, partner: Some(alfa) };
    let payout = |command, number: u128| with(command, "payout", json!(Uuid::from_u128(number)));
    let paid = [
        plain(&["accrueCommission", "matureLot", "requestPayout", "cancelPayout"]),
        vec![payout("requestPayout", 0xF2), payout("rejectPayout", 0xF2)],
        vec![payout("requestPayout", 0xF3), payout("approvePayout", 0xF3)],
        vec![payout("submitPayout", 0xF3), payout("settlePayout", 0xF3)],
    ]
    .concat();
    let id = WalletId::of(ALFA, currency("EUR")).0;
    let wallets = run(&mut Wallet::default(), &facts, id, "2025-03-10", paid);
    all.extend(wallets.into_iter().map(|(id, event)| (id, Event::Wallet(Box::new(event)))));

    (1..).zip(all).map(|(number, (id, event))| recorded(id, number, event)).collect()
}

/// The events of these commands on one aggregate, each asked by somebody else.
fn run<A, C>(
    aggregate: &mut A,
    facts: &A::Services,
    id: Uuid,
    on: &str,
    commands: Vec<(String, Value)>,
) -> Vec<(Uuid, A::Event)>
where
    A: Aggregate<Command = Issued<C>>,
    C: From<Command>,
{
    let mut events = vec![];
    for (index, (name, fields)) in commands.into_iter().enumerate() {
        let command = Command::parse(&name, id, fields).expect(&name);
        let mut command = vendor(&format!("vendor-{index}"), on, C::from(command));
        command.command_id = CommandId(Uuid::from_u128(id.as_u128() + index as u128));
        events.extend(handled(aggregate, command, facts).expect(&name));
    }
    events.into_iter().map(|event| (id, event)).collect()
}

impl From<Command> for PartnerCommand {
    fn from(command: Command) -> Self {
        let Command::Partner(_, command) = command else {
            unreachable!("{} is not for a partner", command.name())
        };
        command
    }
}

impl From<Command> for crate::deal::DealCommand {
    fn from(command: Command) -> Self {
        let Command::Deal(_, command) = command else {
            unreachable!("{} is not for a deal", command.name())
        };
        command
    }
}

impl From<Command> for crate::wallet::WalletCommand {
    fn from(command: Command) -> Self {
        let Command::Wallet(_, command) = command else {
            unreachable!("{} is not for a wallet", command.name())
        };
        command
    }
}
