//! A history in which everything happens at least once, told in the public names of the commands.

use std::sync::LazyLock;

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{Command, WalletId, world::World};

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
        "addContact" | "changeContact" => json!({ "contact": {
            "person": Uuid::from_u128(0x12), "first_name": "Nina", "last_name": "Lang",
            "email": "nina@alfa.example"
        } }),
        "removeContact" => json!({ "person": Uuid::from_u128(0x12) }),
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
        "setPaymentDetails" => json!({
            "account_holder": "Alfa sp. z o.o.", "iban": "DE89370400440532013000"
        }),
        "overrideTier" => json!({ "to": "silver", "reason": "Took over a silver partner" }),
        "suspendPartner" => {
            json!({ "code": "under-investigation", "reason": "Two invoices differ" })
        }
        "reinstatePartner" => json!({ "reason": "They were of two customers" }),
        "noticeTermination" => json!({ "code": "partner-request", "reason": "We go another way" }),
        "freezeWallet" | "unfreezeWallet" => json!({ "code": "under-review" }),
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
        "publishProgramPolicy" => {
            in_json(publish_program_policy("2025-01-01", program_policy()), command)
        }
        "publishTerms" => in_json(publish_terms("2025-01-01"), command),
        "configureContractStatus" => in_json(configure_status("signed", true, "signed"), command),
        "draftCommissionPlan" => in_json(draft_plan("2025-01-01", None, percent(200_000)), command),
        "publishCommissionPlan" => json!({ "draft": "standard", "version": 1 }),
        "publishPayoutPolicy" => {
            in_json(publish_payout_policy("2025-01-01", &[super::eur("50.00")]), command)
        }
        "publishDealPolicy" => in_json(publish_deal_policy("2025-01-01", deal_policy()), command),
        "publishCourse" => in_json(publish_course("basics", 1, &["intro"]), command),
        "defineCertification" => json!({
            "certification": "seller", "courses": ["basics"], "exam": "seller-exam",
            "valid_for_months": 12
        }),
        "registerAccount" => json!({ "door": "administrator", "person": {
            "first_name": "Jan", "last_name": "Kowalski", "email": "jan@alfa.example"
        } }),
        "registerClient" => json!({ "name": "Learning system" }),
        "grantRole" | "revokeRole" => json!({ "role": "seller", "scope": { "partner": ALFA } }),
        "suspendAccount" => json!({ "reason": "Has left the company" }),
        "linkAccount" => json!({ "issuer": "https://id.example", "subject": "248289761001" }),
        "recordApiKey" => json!({ "key": Uuid::from_u128(0xAA), "name": "LMS, 2025" }),
        "recordApiKeyEnd" => json!({ "key": Uuid::from_u128(0xAA) }),
        "confirmEmail"
        | "reinstateAccount"
        | "closeAccount"
        | "recordPasswordChange"
        | "approveApplication"
        | "closeInformationRequest"
        | "escalateApplication"
        | "lapseApplication"
        | "recordMissedInterview"
        | "withdrawApplication"
        | "joinNetwork"
        | "revokeTermination"
        | "terminatePartner"
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

/// What happens in a world, each thing asked by somebody else.
#[derive(Default)]
struct Telling {
    world: World,
    events: Vec<Recorded>,
    asked: usize,
}

impl Telling {
    fn ask(&mut self, id: Uuid, on: &str, commands: &[&str]) {
        for command in commands {
            self.ask_with(id, on, command, json!({}));
        }
    }

    /// A command with the fields of its sample, but for these.
    fn ask_with(&mut self, id: Uuid, on: &str, command: &str, changes: Value) {
        let mut fields = sample(command);
        for (field, value) in changes.as_object().expect("is an object") {
            fields[field] = value.clone();
        }
        if command == "applyForProgram" {
            fields["company"]["tax_id"] = json!(format!("PL{:010}", id.as_u128() & 0xFFFF)); // A company of its own.
        }
        self.advance(on);
        self.asked += 1;
        let role = Command::roles(command).and_then(|roles| roles.each().next()).expect(command);
        let by = somebody(role, format!("person-{}", self.asked), id);
        let events = self.world.ask(by, at(on), command, id, fields);
        self.events.extend(events.expect(command));
    }

    fn advance(&mut self, until: &str) {
        self.events.extend(self.world.advance(at(until)));
    }
}

/// Somebody in a role; members are of the partner that is asked, or of Alfa where a deal or a wallet is.
fn somebody(role: Role, name: String, asked: Uuid) -> Actor {
    let partners = [ALFA.0, BETA.0, super::id(0xA1), super::id(0xA2), super::id(0xA3)];
    let partner = if partners.contains(&asked) { PartnerId(asked) } else { ALFA };
    let partner = role.is_member().then_some(partner);
    Actor { partner, ..Actor::of(role, name) }
}

/// Events of every type, each with a position, an event id and a stream of its own.
pub fn history() -> Vec<Recorded> {
    static HISTORY: LazyLock<Vec<Recorded>> = LazyLock::new(tell);
    HISTORY.clone()
}

fn tell() -> Vec<Recorded> {
    let mut told = Telling::default();
    for command in usual().into_iter().chain([publish_terms("2025-02-01T00:00:00Z")]) {
        let name = command.name();
        told.ask_with(PROGRAM.0, "2025-01-01", name, in_json(command, name));
    }
    told.ask(PROGRAM.0, "2025-01-01", &["publishProgramPolicy", "publishCommissionPlan"]);

    let reviewed = ["applyForProgram", "assignReview", "recordReview"];
    let approved = ["scheduleInterview", "recordInterview", "approveApplication"];
    let lms = |reference: &str| json!({ "source": "lms", "reference": reference });
    let asked = ["applyForProgram", "assignReview", "requestInformation", "supplyInformation"];
    let on = "2025-01-10";
    told.ask(ALFA.0, on, &[&asked[..], &["recordReview"], &approved, &["completeModule"]].concat());
    let product = json!({ "module": "product", "source": lms("1002") });
    told.ask_with(ALFA.0, on, "completeModule", product);
    let failed = json!({ "passed": false, "source": lms("1003") });
    told.ask_with(ALFA.0, on, "recordExam", failed);
    told.ask(ALFA.0, on, &["recordExam", "setPaymentDetails", "overrideTier"]);
    told.ask(BETA.0, on, &[reviewed, approved].concat());
    let other = super::id;
    told.ask(other(0xA1), on, &[&reviewed[..], &["rejectApplication"]].concat());
    let missed = ["requestInformation", "closeInformationRequest", "recordReview"];
    let missed =
        [&reviewed[..2], &missed, &["scheduleInterview", "recordMissedInterview"]].concat();
    told.ask(other(0xA3), on, &["applyForProgram", "assignReview", "requestInformation"]);
    told.ask(other(0xA2), on, &[&missed[..], &["withdrawApplication"]].concat());
    told.ask(ALFA.0, on, &["addContact", "changeContact", "removeContact"]);
    told.ask(ALFA.0, "2025-02-01", &["acceptTerms"]);

    let person = ["registerAccount", "confirmEmail", "recordPasswordChange", "linkAccount"];
    let standing =
        ["grantRole", "revokeRole", "suspendAccount", "reinstateAccount", "closeAccount"];
    told.ask(other(0xC1), on, &[&person[..], &standing].concat());
    told.ask(other(0xC2), on, &["registerClient", "recordApiKey", "recordApiKeyEnd"]);

    let on = "2025-02-19";
    let qualified = ["registerDeal", "qualifyDealByPartner", "qualifyDeal", "approveDeal"];
    let returned = ["registerDeal", "qualifyDealByPartner", "returnDeal"];
    let signed = ["agreeShare", "signContract", "changeContractStatus"];
    told.ask(other(0xD1), on, &[&returned[..], &qualified[1..], &signed].concat());
    // Set twice, a status earns nothing the second time.
    told.ask_with(other(0xD1), on, "changeContractStatus", json!({ "to": "delivered" }));
    told.ask(other(0xD1), on, &["changeContractStatus", "recordPayment", "winDeal"]);
    for (number, end) in (0xD2..).zip(["rejectDeal", "withdrawDeal", "loseDeal"]) {
        told.ask(other(number), on, &["registerDeal", end]);
    }
    told.ask(other(0xD5), on, &qualified);

    let (wallet, on) = (WalletId::of(ALFA, currency("EUR")).0, "2025-03-10");
    told.ask(wallet, on, &["requestPayout", "cancelPayout"]);
    let payouts = [
        (0xF2, &["requestPayout", "rejectPayout"][..]),
        (0xF3, &["requestPayout", "approvePayout", "submitPayout", "settlePayout"]),
    ];
    for (number, commands) in payouts {
        for command in commands {
            told.ask_with(wallet, on, command, json!({ "payout": other(number) }));
        }
    }
    told.advance("2025-06-01"); // Nobody signs the last deal while it is protected.

    let on = "2025-06-02";
    let some =
        json!({ "payout": other(0xF4), "amount": { "amount": "100.00", "currency": "EUR" } });
    told.ask_with(wallet, on, "requestPayout", some);
    told.ask(ALFA.0, on, &["suspendPartner"]);
    told.ask_with(wallet, on, "rejectPayout", json!({ "payout": other(0xF4) }));
    let standing = ["reinstatePartner", "noticeTermination", "revokeTermination"];
    told.ask(ALFA.0, on, &[&standing[..], &standing[1..2]].concat());
    told.advance("2025-08-01"); // The notice ends.
    told.events
}
