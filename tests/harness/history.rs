//! A history to fill a log with: one programme, a network three levels deep, deals, commissions and payouts, decided
//! by the real aggregates in a [`World`] and the same for the same seed (test data generator).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::reactions::{Reaction, policy_actor, reactions};
use domain::world::World;
use domain::{Actor, CommandId, Currency, Deal, Money, Recorded, Role, Wallet};
use eventlog::{Append, Part, Provenance, Stream};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{integration, owner, vendor};
use crate::appends::{append, fingerprint};

/// How deep the network goes.
const DEEPEST: u32 = 3;

/// At least `events` events, as the appends that bring them about, in order.
pub fn history(events: usize, seed: u64) -> Vec<Append> {
    let mut teller = Teller::new(seed);
    teller.open_program();
    teller.register_people(seed);
    while teller.events < events {
        teller.go_on();
    }
    teller.appends
}

/// Decides what happens next.
struct Teller {
    rng: StdRng,
    world: World,
    now: DateTime<Utc>,
    events: usize,
    appends: Vec<Append>,
    /// The last sequence of each stream.
    versions: HashMap<Stream, u64>,
    program: Uuid,
    /// How far below the top each applicant stands or would stand.
    depths: BTreeMap<Uuid, u32>,
    /// Who may sell, in the order of joining.
    sellers: Vec<Uuid>,
    deals: usize,
    /// Deal, its partner, and how far it has come.
    open_deals: VecDeque<(Uuid, Uuid, u32)>,
}

impl Teller {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        Self {
            program: id(&mut rng),
            world: World::new(id(&mut rng)),
            rng,
            now: "2025-01-01T08:00:00Z".parse().expect("is an instant"),
            events: 0,
            appends: vec![],
            versions: HashMap::new(),
            depths: BTreeMap::new(),
            sellers: vec![],
            deals: 0,
            open_deals: VecDeque::new(),
        }
    }

    fn open_program(&mut self) {
        let from = self.now;
        let plan = json!({
            "trigger": "contract-status",
            "components": [{
                "id": "new-sales",
                "rate": { "times": { "rate": 200_000, "by_tier": { "gold": 1_100_000 } } },
                "levels": [{ "distance": 1, "rate": 50_000 }, { "distance": 2, "rate": 20_000 }],
            }],
            "hold": { "days": 14 },
        });
        let deals = json!({
            "certificate_required": true, "protection_days": 90, "full_payment_to_win": true,
            "territories": [{ "code": "PL", "name": "Poland" }, { "code": "DE", "name": "Germany" }],
            "product_lines": [{ "code": "cloud", "name": "Cloud" }, { "code": "crm", "name": "CRM" }],
            "default_queue": "inbox", "responsible": [{ "territory": "PL", "employee": "ewa" }],
        });
        for (command, fields) in [
            (
                "openProgram",
                json!({ "name": "Accord One", "base_currency": "EUR", "policy": {
                    "time_zone": "Europe/Warsaw", "interview_required": true, "max_network_depth": DEEPEST
                } }),
            ),
            ("publishTerms", json!({ "document_hash": "ab".repeat(32), "effective_from": from })),
            (
                "configureContractStatus",
                json!({ "code": "active", "calculates_commission": true, "kernel_state": "signed" }),
            ),
            (
                "draftCommissionPlan",
                json!({ "draft": "standard", "effective_from": from, "plan": plan }),
            ),
            (
                "publishPayoutPolicy",
                json!({ "effective_from": from, "policy": { "minimum": [eur(1_000)] } }),
            ),
            ("publishDealPolicy", json!({ "effective_from": from, "policy": deals })),
            (
                "publishCourse",
                json!({ "course": "basics", "area": "sales", "modules": ["intro", "product"], "step": 1 }),
            ),
            (
                "defineCertification",
                json!({ "certification": "seller", "courses": ["basics"], "exam": "final" }),
            ),
        ] {
            self.vera(command, self.program, fields);
        }
        let publish = json!({ "draft": "standard", "version": 1 });
        let other = vendor("carla", "publishCommissionPlan");
        self.ask(other, "publishCommissionPlan", self.program, publish);
    }

    /// People of the vendor with roles that come and go, besides the events that were asked for.
    fn register_people(&mut self, seed: u64) {
        let asked_for = self.events;
        let mut rng = StdRng::seed_from_u64(!seed); // So that what else happens is as it would be without them.
        let finance = json!({ "role": "finance", "scope": "vendor" });
        let auditor = json!({ "role": "auditor", "scope": "vendor" });
        let account = id(&mut rng);
        let person =
            json!({ "first_name": "Fiona", "last_name": "Lind", "email": "fiona@vendor.example" });
        for (command, fields) in [
            ("registerAccount", json!({ "door": "administrator", "person": person })),
            ("grantRole", finance.clone()),
            ("revokeRole", finance.clone()),
            ("grantRole", finance),
            ("grantRole", auditor),
            ("suspendAccount", json!({ "reason": "On leave" })),
            ("reinstateAccount", json!({})),
        ] {
            self.vera(command, account, fields);
        }
        self.events = asked_for;
    }

    /// The next thing that happens.
    fn go_on(&mut self) {
        self.now += TimeDelta::minutes(self.rng.random_range(1..90));
        let due = self.world.advance(self.now);
        let matured = due.iter().filter(|event| event.envelope.event_type == "commission-matured");
        let mut wallets: Vec<_> = matured.map(|event| event.envelope.aggregate_id).collect();
        wallets.dedup();
        self.note(due);
        for wallet in wallets {
            self.pay_out(wallet);
        }
        let roll = self.rng.random_range(0..100);
        if self.sellers.len() < 3 || (roll < 4 && self.open_deals.len() > self.sellers.len()) {
            self.recruit();
        } else if roll < 12 || self.open_deals.is_empty() {
            self.register_deal();
        } else {
            self.move_deal();
        }
    }

    fn recruit(&mut self) {
        let (partner, person) = (id(&mut self.rng), id(&mut self.rng));
        let above = if self.sellers.len() < 2 || self.rng.random_bool(0.2) {
            None
        } else {
            Some(self.sellers[self.rng.random_range(0..self.sellers.len())])
        };
        let parent = above.filter(|above| self.depths[above] < DEEPEST);
        self.depths.insert(partner, parent.map_or(0, |parent| self.depths[&parent] + 1));
        let number = self.depths.len();
        let source = |reference: &str| json!({ "source": "lms", "reference": reference });
        let member = || member(partner);
        let fields = json!({
            "program": self.program,
            "company": { "name": format!("Partner {number} GmbH"), "country": "DE",
                "tax_id": format!("DE{number:09}") },
            "contacts": [{ "person": person, "first_name": "Ann", "last_name": format!("Lee {number}"),
                "email": format!("ann{number}@example.org") }],
            "sections": { "competencies": "crm", "customer_portfolio": "retail", "strategic_goals": "grow" },
            "source": "referral", "inviter": parent, "terms_version": 1,
        });
        self.ask(member(), "applyForProgram", partner, fields);
        self.vera("assignReview", partner, json!({ "reviewer": "rita" }));
        if number.is_multiple_of(4) {
            self.vera("requestInformation", partner, json!({ "question": "Which sectors?" }));
            if number.is_multiple_of(8) {
                return; // Whoever does not answer waits for ever, as no policy says otherwise.
            }
            let answer = json!({ "answer": "Steel" });
            self.ask(member(), "supplyInformation", partner, answer);
        }
        let refused = self.rng.random_bool(0.1);
        let result = if refused { "failed" } else { "passed" };
        let review =
            json!({ "sector_fit": "good", "marketing_competence": "good", "result": result });
        self.ask(vendor("rita", "recordReview"), "recordReview", partner, review);
        if refused {
            return self.vera("rejectApplication", partner, json!({ "code": "sector-mismatch" }));
        }
        self.vera("scheduleInterview", partner, json!({ "at": self.now }));
        let interview = json!({ "outcome": "recommended", "notes": "fine" });
        self.vera("recordInterview", partner, interview);
        self.vera("approveApplication", partner, json!({}));
        for module in ["intro", "product"] {
            let done = json!({ "person": person, "course": "basics", "module": module, "content_version": 1,
                "score": 90, "source": source(module) });
            self.ask(integration("lms"), "completeModule", partner, done);
        }
        let exam = json!({ "person": person, "exam": "final", "passed": true, "score": 80, "source": source("exam") });
        self.ask(integration("lms"), "recordExam", partner, exam);
        let details = json!({ "account_holder": "Ann Lee", "iban": "DE89370400440532013000" });
        self.ask(member(), "setPaymentDetails", partner, details);
        if self.rng.random_bool(0.3) {
            let gold = json!({ "to": "gold", "reason": "strategic" });
            self.vera("overrideTier", partner, gold);
        }
        self.sellers.push(partner);
    }

    fn register_deal(&mut self) {
        let partner = self.sellers[self.rng.random_range(0..self.sellers.len())];
        let (deal, number) = (id(&mut self.rng), self.deals);
        let territory = if self.rng.random_bool(0.5) { "PL" } else { "DE" };
        self.deals += 1;
        let fields = json!({
            "program": self.program, "partner": partner,
            "customer": { "name": format!("Customer {number}"), "country": territory },
            "product_lines": ["cloud"], "territory": territory, "estimate": eur(500_000),
            "expected_close": "2026-01-01", "problems": "slow\tand \\ old", "criteria": "price\nand speed",
        });
        self.ask(member(partner), "registerDeal", deal, fields);
        self.open_deals.push_back((deal, partner, 0));
    }

    /// Takes one deal a step further.
    fn move_deal(&mut self) {
        let Some((deal, partner, step)) = self.open_deals.pop_front() else { return };
        let net = self.rng.random_range(100_000..2_000_000_i64);
        let roll = self.rng.random_range(0..100);
        let today = self.now.date_naive() - TimeDelta::days(1);
        let state = self.world.state::<Deal>(deal);
        if state.case().is_none_or(|case| case.state.end().is_some()) {
            return; // Protection has run out.
        }
        if roll < 3 && step < 4 {
            return self.vera("loseDeal", deal, json!({ "code": "price" }));
        }
        let lines = json!([{ "id": "1", "product_line": "cloud", "net": eur(net) },
            { "id": "2", "product_line": "crm", "net": eur(50_000) }]);
        match step {
            0 => self.ask(
                member(partner),
                "qualifyDealByPartner",
                deal,
                json!({ "icp_match": true,
                "timeframe": "Q3", "budget": eur(net), "decision_maker": "Bob" }),
            ),
            1 => self.vera("qualifyDeal", deal, json!({})),
            2 => self.vera("approveDeal", deal, json!({})),
            3 => self.vera("signContract", deal, json!({ "signed_on": today, "lines": lines })),
            4 => self.vera("changeContractStatus", deal, json!({ "to": "active" })),
            5 => self.pay(deal, today, 3),
            6 => self.pay(deal, today, 1),
            _ => return self.vera("winDeal", deal, json!({})),
        }
        self.open_deals.push_back((deal, partner, step + 1));
    }

    /// A payment of what is owed, divided by `parts`.
    fn pay(&mut self, deal: Uuid, on: NaiveDate, parts: i64) {
        let state = self.world.state::<Deal>(deal);
        let case = state.case().expect("it is registered");
        let owed = case.state.contract().expect("it is signed").outstanding();
        let payment = id(&mut self.rng);
        let received =
            json!({ "payment": payment, "amount": eur(owed.minor / parts), "received_on": on });
        self.ask(integration("erp"), "recordPayment", deal, received);
    }

    /// Asks for everything once there is enough, and mostly gets it.
    fn pay_out(&mut self, wallet: Uuid) {
        let state = self.world.state::<Wallet>(wallet);
        let purse = state.purse().expect("it has earned");
        let (available, partner) = (purse.buckets.available, purse.partner.0);
        if available < 1000 || self.rng.random_bool(0.7) || purse.payout.is_some() {
            return;
        }
        let payout = id(&mut self.rng);
        let amount = json!({ "payout": payout, "amount": eur(available) });
        self.ask(member(partner), "requestPayout", wallet, amount);
        let payout = json!({ "payout": payout });
        let with = |field: &str, value: Value| {
            let mut fields = payout.clone();
            fields[field] = value;
            fields
        };
        let finance = || Actor::of(Role::Finance, "finn");
        match self.rng.random_range(0..10) {
            0 => return self.ask(member(partner), "cancelPayout", wallet, payout),
            1 => {
                let mut rejected = with("code", json!("other"));
                rejected["reason"] = json!("look again");
                return self.ask(finance(), "rejectPayout", wallet, rejected);
            }
            2 => return, // Still open.
            _ => self.ask(finance(), "approvePayout", wallet, payout.clone()),
        }
        let key = with("provider_key", payout["payout"].clone());
        self.ask(finance(), "submitPayout", wallet, key);
        let fee = eur(self.rng.random_range(0..2) * 25);
        self.ask(integration("bank"), "settlePayout", wallet, with("fee", fee));
    }

    /// What the vendor does.
    fn vera(&mut self, command: &str, id: Uuid, fields: Value) {
        self.ask(vendor("vera", command), command, id, fields);
    }

    fn ask(&mut self, by: Actor, command: &str, id: Uuid, fields: Value) {
        let recorded = self.world.ask(by, self.now, command, id, fields);
        self.note(recorded.unwrap_or_else(|refusal| panic!("{command}: {refusal:?}")));
    }

    /// Notes what has happened as the appends that bring it about, a command each.
    fn note(&mut self, recorded: Vec<Recorded>) {
        self.events += recorded.len();
        let of_one_command =
            |a: &Recorded, b: &Recorded| a.envelope.command_id == b.envelope.command_id;
        self.appends.extend(recorded.chunk_by(of_one_command).map(append));
        for Recorded { envelope, event } in &recorded {
            let stream = (event.aggregate_type(), envelope.aggregate_id);
            self.versions.insert(stream, envelope.sequence);
        }
        let done: HashSet<CommandId> =
            recorded.iter().map(|recorded| recorded.envelope.command_id).collect();
        for cause in &recorded {
            for reaction in reactions(cause).into_iter().filter(Reaction::must_come) {
                if !done.contains(&reaction.command_id) {
                    self.appends.push(self.receipt(cause, reaction));
                }
            }
        }
    }

    /// What an effect leaves that had nothing to do.
    fn receipt(&self, cause: &Recorded, reaction: Reaction) -> Append {
        let (aggregate_type, aggregate_id) =
            (cause.event.aggregate_type(), reaction.command.target());
        let expected = self.versions.get(&(aggregate_type, aggregate_id)).copied();
        let own = Part {
            aggregate_type,
            aggregate_id,
            expected: expected.expect("an aggregate asks itself"),
            events: vec![],
        };
        let provenance = Provenance {
            command_id: reaction.command_id,
            fingerprint: fingerprint(reaction.command_id),
            occurred_at: cause.envelope.occurred_at,
            actor: policy_actor(),
            causation_id: Some(cause.envelope.event_id),
            correlation_id: cause.envelope.correlation_id,
        };
        Append::alone(provenance, own)
    }
}

fn member(partner: Uuid) -> Actor {
    owner("ann", partner)
}

fn eur(minor: i64) -> Value {
    json!(Money::new(minor, Currency::from_code("EUR").expect("is a currency")))
}

fn id(rng: &mut StdRng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}
