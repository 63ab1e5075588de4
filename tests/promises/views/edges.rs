//! What can be appended can be folded: histories of edge values, asked by the real road (property-based testing).

use api::clock::ManualClock;
use api::commands::{Cause, Outcome, Request};
use api::service::Service;
use chrono::{DateTime, TimeDelta, Utc};
use domain::bounds::MOST_MINOR;
use domain::{Actor, Command, CommandId, Currency, PartnerId, WalletId};
use projections::{ReaderState, rebuild};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tests::{Place, integration, owner, places, vendor};
use uuid::Uuid;

use super::ground::{PATIENCE, proof};
use super::values::{CURRENCIES, DAYS, INSTANTS, beyond, lines, money, within};

/// A leap day.
const TODAY: &str = "2024-02-29T12:00:00Z";

fn wallet(partner: Uuid, code: &str) -> Uuid {
    WalletId::of(PartnerId(partner), Currency::from_code(code).expect(code)).0
}

/// Somebody who asks for what is at the edge.
struct Teller {
    service: Service,
    rng: StdRng,
    /// Every id that names something.
    ids: Vec<Uuid>,
    lines: Vec<String>,
    asked: usize,
    anything_goes: bool,
}

impl Teller {
    async fn at(place: &Place, seed: u64) -> Self {
        let clock = ManualClock::at(TODAY.parse().expect("is an instant"));
        let service = Service::start_at(place.target.clone(), clock).await.expect("it starts");
        let mut rng = StdRng::seed_from_u64(seed);
        let lines = lines();
        let ids = vec![id(&mut rng)];
        Self { service, rng, ids, lines, asked: 0, anything_goes: false }
    }

    /// A text of one line at its edge, each in its turn.
    fn line(&mut self) -> String {
        self.asked += 1;
        self.lines[self.asked % self.lines.len()].clone()
    }

    fn day(&mut self) -> &'static str {
        self.asked += 1;
        DAYS[self.asked % DAYS.len()]
    }

    fn new_id(&mut self) -> Uuid {
        let new = id(&mut self.rng);
        self.ids.push(new);
        new
    }

    fn any_id(&mut self) -> Uuid {
        *self.ids.choose(&mut self.rng).expect("there are some")
    }

    /// What the vendor must do.
    async fn vera(&mut self, name: &str, id: Uuid, fields: Value) {
        self.ask(vendor("vera", name), name, id, fields).await;
    }

    /// Asks for what must be done, and now and then before it for the same with something out of bounds. Where anything
    /// goes, asks for something like it, and whatever comes of that is right.
    async fn ask(&mut self, by: Actor, name: &str, id: Uuid, fields: Value) {
        if self.anything_goes {
            let id = if self.rng.random_bool(0.2) { self.any_id() } else { id };
            let within = within(&fields, &self.ids, &mut self.rng);
            self.asked_once(by, name, id, &within).await;
            return;
        }
        if self.rng.random_bool(0.6)
            && let Some(beyond) = beyond(&fields, &mut self.rng)
        {
            let done = self.asked_once(by.clone(), name, id, &beyond).await;
            assert!(!done, "{name} is accepted with a value out of bounds: {beyond}");
        }
        if self.rng.random_bool(0.2) {
            let long = Actor { id: self.lines[0].repeat(20), ..by.clone() };
            assert!(!self.asked_once(long, name, id, &fields).await, "{name} by a long name");
        }
        assert!(self.asked_once(by, name, id, &fields).await, "{name} is refused: {fields}");
    }

    /// Whether it was done.
    async fn asked_once(&mut self, by: Actor, name: &str, id: Uuid, fields: &Value) -> bool {
        let Ok(command) = Command::parse(name, id, fields.clone()) else { return false };
        let command_id = CommandId(self::id(&mut self.rng));
        let (at, expected_version, cause) = (None, None, None::<Cause>);
        let request = Request { command_id, by, at, expected_version, cause, command };
        let outcome = self.service.ask(request).await;
        matches!(
            outcome.unwrap_or_else(|fault| panic!("{name}: {fault:?}: {fields}")),
            Outcome::Done(_)
        )
    }
}

/// The course of business, each value at an edge.
impl Teller {
    async fn open_program(&mut self) -> Uuid {
        let program = self.new_id();
        let from = INSTANTS[0];
        let name = self.line();
        self.vera(
            "openProgram",
            program,
            json!({
                "name": name, "base_currency": "KWD",
                "policy": { "time_zone": "Pacific/Kiritimati", "interview_required": false, "max_network_depth": 32 },
            }),
        )
        .await;
        let terms = json!({ "document_hash": "a".repeat(64), "effective_from": from });
        self.vera("publishTerms", program, terms).await;
        let status = json!({ "code": self.lines[0], "calculates_commission": true, "kernel_state": "signed" });
        self.vera("configureContractStatus", program, status).await;
        let (author, component) = (self.line(), self.line());
        let plan = json!({
            "trigger": "contract-status",
            "components": [{
                "id": component, "rate": { "percent": 700_000 },
                "levels": [{ "distance": 1, "rate": 300_000 }],
            }],
            "hold": { "days": 3650 },
        });
        let (drafts, draft) = (vendor(author, "draftCommissionPlan"), self.line());
        self.ask(drafts, "draftCommissionPlan", program, json!({
            "draft": draft, "effective_from": from, "effective_until": INSTANTS[2], "plan": plan,
        })).await;
        let publish = json!({ "draft": draft, "version": 1 });
        self.vera("publishCommissionPlan", program, publish).await;
        let minimum: Vec<Value> = CURRENCIES.map(|code| money(1, code)).into();
        let policy = json!({ "effective_from": from, "policy": { "minimum": minimum } });
        self.vera("publishPayoutPolicy", program, policy).await;
        let (employee, queue) = (self.line(), self.line());
        let code = |code: &String| json!({ "code": code, "name": code });
        let codes: Vec<Value> = self.lines.iter().map(code).collect();
        self.vera(
            "publishDealPolicy",
            program,
            json!({ "effective_from": from, "policy": {
            "certificate_required": false, "protection_days": 3650, "full_payment_to_win": true,
            "approve_up_to": [money(MOST_MINOR, "EUR")], "default_queue": queue,
            "territories": codes, "product_lines": codes,
            "responsible": [{ "territory": self.lines[1], "employee": employee }],
        } }),
        )
        .await;
        let course = json!({ "course": self.lines[2], "area": self.lines[1], "modules": self.lines, "step": 1 });
        self.vera("publishCourse", program, course).await;
        program
    }

    async fn join(&mut self, program: Uuid, inviter: Option<Uuid>) -> Uuid {
        let (partner, person) = (self.new_id(), self.new_id());
        let names: Vec<String> = (0..4).map(|_| self.line()).collect();
        let long = "🦀".repeat(8_000);
        let tax_id = format!("{:0>200}", self.asked); // At its edge, and nobody else's.
        let source = if inviter.is_some() { "referral" } else { "web" };
        self.ask(owner(&names[0], partner), "applyForProgram", partner, json!({
            "program": program,
            "company": { "name": names[0], "country": "KW", "tax_id": tax_id, "website": names[2] },
            "contacts": [{
                "person": person, "first_name": names[3], "last_name": names[0],
                "email": format!("{}@alfa.example", "m".repeat(64)), "phone": names[1],
            }],
            "sections": { "competencies": long, "customer_portfolio": "a\n\tb", "strategic_goals": names[2] },
            "source": source, "inviter": inviter, "terms_version": 1,
        })).await;
        let review =
            json!({ "sector_fit": long, "marketing_competence": "\tgood\n", "result": "passed" });
        let checker = names[2..].iter().find(|name| **name != names[0]); // Not the applicant.
        let checker = checker.map_or("rita".to_owned(), String::clone);
        for (name, fields) in [
            ("assignReview", json!({ "reviewer": checker })),
            ("recordReview", review),
            ("scheduleInterview", json!({ "at": INSTANTS[2] })),
            ("recordInterview", json!({ "outcome": "recommended", "notes": names[1] })),
            ("approveApplication", json!({})),
        ] {
            self.ask(vendor(&checker, name), name, partner, fields).await;
        }
        self.service.settle().await; // It joins, and its first course is assigned.
        let told = json!({ "source": names[0], "reference": names[1] });
        let lms = || integration("lms");
        self.ask(
            lms(),
            "completeModule",
            partner,
            json!({
                "person": person, "course": self.lines[2], "module": self.lines[0],
                "content_version": i32::MAX, "score": 100, "source": told,
            }),
        )
        .await;
        let (exam, told) = (self.line(), json!({ "source": names[0], "reference": names[2] }));
        let done =
            json!({ "person": person, "exam": exam, "passed": true, "score": 0, "source": told });
        self.ask(lms(), "recordExam", partner, done).await;
        let details = json!({ "account_holder": names[0], "iban": "DE89370400440532013000" });
        let owner = owner(&names[1], partner);
        self.ask(owner, "setPaymentDetails", partner, details).await;
        let gold = json!({ "to": "gold", "reason": "x\n".repeat(4_000) });
        self.vera("overrideTier", partner, gold).await;
        partner
    }

    async fn sell(&mut self, program: Uuid, partner: Uuid, code: &str) {
        let deal = self.new_id();
        let seller = owner(self.line(), partner);
        let (name, territory, domain) = (self.line(), self.line(), self.line());
        let most = || money(MOST_MINOR, code);
        let closes = self.day();
        self.ask(
            seller.clone(),
            "registerDeal",
            deal,
            json!({
                "program": program, "partner": partner,
                "customer": { "name": name, "country": "JP", "domain": domain },
                "product_lines": self.lines, "territory": territory, "estimate": most(),
                "expected_close": closes, "problems": "\n\t.", "criteria": "🦀".repeat(8_000),
            }),
        )
        .await;
        let known = json!({ "icp_match": false, "timeframe": name, "budget": most(), "decision_maker": territory });
        self.ask(seller.clone(), "qualifyDealByPartner", deal, known.clone()).await;
        let back = json!({ "reason": "🦀".repeat(8_000), "fields": self.lines });
        self.vera("returnDeal", deal, back).await;
        self.ask(seller, "qualifyDealByPartner", deal, known).await;
        self.vera("qualifyDeal", deal, json!({})).await;
        self.service.settle().await; // The small ones approve themselves.
        self.vera("approveDeal", deal, json!({})).await;
        let lines = json!([
            { "id": self.lines[0], "product_line": self.lines[1], "net": most() },
            { "id": self.lines[1], "product_line": self.lines[0], "net": money(1, code) },
        ]);
        let signed = json!({ "signed_on": DAYS[0], "lines": lines });
        self.vera("signContract", deal, signed).await;
        let status = json!({ "to": self.lines[0] });
        self.vera("changeContractStatus", deal, status).await;
        for (minor, line) in [(MOST_MINOR, 0), (1, 1)] {
            let payment = self.new_id();
            let parts = json!([{ "line": self.lines[line], "amount": money(minor, code) }]);
            self.ask(integration("erp"), "recordPayment", deal, json!({
                "payment": payment, "amount": money(minor, code), "received_on": DAYS[1], "allocations": parts,
            })).await;
        }
        self.vera("winDeal", deal, json!({})).await;
    }

    /// Everything of one deal, and the largest fee.
    async fn pay_out(&mut self, partner: Uuid, code: &str) {
        let (wallet, payout) = (wallet(partner, code), self.new_id());
        self.ids.push(wallet);
        let owner = owner("owner", partner);
        let of = |field: &str, value: Value| json!({ "payout": payout, field: value });
        let key = self.line();
        let amount = of("amount", money(1_000_000_000, code));
        self.ask(owner, "requestPayout", wallet, amount).await;
        self.ask(
            vendor("finn", "approvePayout"),
            "approvePayout",
            wallet,
            json!({ "payout": payout }),
        )
        .await;
        self.ask(
            vendor("finn", "submitPayout"),
            "submitPayout",
            wallet,
            of("provider_key", json!(key)),
        )
        .await;
        let fee = of("fee", money(MOST_MINOR, code));
        self.ask(integration("bank"), "settlePayout", wallet, fee).await;
    }

    /// Whether the views hold the whole log, are what it says, and are built anew the same.
    async fn holds(&self) {
        self.service.settle().await;
        let Service { log, views, .. } = &self.service;
        assert_eq!(*views.state().borrow(), ReaderState::Running);
        let head = *log.head().borrow();
        views.wait_for(head, PATIENCE).await.expect("the views hold all");
        let before = proof(log).await.unwrap_or_else(|error| panic!("{error}"));
        rebuild(log, |_| {}).await.unwrap_or_else(|error| panic!("{error}"));
        let after = proof(log).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(after.position, before.position);
        assert_eq!(after.position, head);
    }
}

fn id(rng: &mut StdRng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_accepted_is_folded_verified_and_built_anew_the_same() {
    let seed = std::env::var("ACCORD_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    for place in places().await {
        eprintln!("on {place}; to see this again: ACCORD_TEST_SEED={seed}");
        let mut teller = Teller::at(&place, seed).await;
        let program = teller.open_program().await;
        let top = teller.join(program, None).await;
        let seller = teller.join(program, Some(top)).await;
        for code in CURRENCIES {
            teller.sell(program, seller, code).await;
        }
        teller.anything_goes = true;
        for code in CURRENCIES.iter().cycle().take(12) {
            let joined = teller.join(program, Some(seller)).await;
            teller.sell(program, joined, code).await;
            teller.sell(program, top, code).await;
        }
        teller.anything_goes = false;
        teller.service.settle().await;
        let matured =
            TODAY.parse::<DateTime<Utc>>().expect("is an instant") + TimeDelta::days(3_660);
        teller.service.advance(matured).await;
        for code in CURRENCIES {
            teller.pay_out(top, code).await;
            teller.pay_out(seller, code).await;
        }
        teller.anything_goes = true;
        for code in CURRENCIES.iter().cycle().take(12) {
            teller.pay_out(top, code).await;
        }
        teller.holds().await;
        teller.service.stop().await;
    }
}
