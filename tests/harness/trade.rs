//! A small trade (fixture): an open programme, and a partner of it that sells, has money, and says where it is paid.

use std::sync::Arc;

use api::{
    commands::{Commands, Outcome, Request},
    fault::Fault,
};
use domain::{Actor, Command, CommandId, Currency, PartnerId, WalletId, reactions::policy_actor};
use eventlog::{Clock, Log, SystemClock};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{owner, vendor};

/// The way into a log, and the ids of what is there.
#[derive(Clone)]
pub struct Trade {
    pub log: Log,
    pub commands: Commands,
    pub program: Uuid,
    pub partner: Uuid,
}

/// Where a partner is paid.
pub const IBANS: [&str; 2] = ["DE89370400440532013000", "PL61109010140000071219812874"];

impl Trade {
    /// A new one. Its partner may register deals, has 1000.00 EUR available, and gave the first of the accounts.
    pub async fn set_up(log: &Log) -> Self {
        let trade = Self::without_money(log).await;
        let lot = Uuid::now_v7();
        trade.accrue(lot, "2025-02-01T00:00:00Z").await;
        let mature = json!({ "lot": lot });
        trade.done("matureLot", trade.wallet(), policy_actor(), mature).await;
        trade
    }

    /// The same, and nothing has been earned.
    pub async fn without_money(log: &Log) -> Self {
        let commands = Commands::new(log.clone(), Arc::new(SystemClock));
        let (program, partner) = (Uuid::now_v7(), Uuid::now_v7());
        let trade = Self { log: log.clone(), commands, program, partner };
        let vera = |command| vendor("vera", command);
        trade
            .done(
                "openProgram",
                program,
                vera("openProgram"),
                json!({
                    "name": "Channel", "base_currency": "EUR",
                "policy": { "time_zone": "Europe/Warsaw", "interview_required": false, "max_network_depth": 3 }
                }),
            )
            .await;
        let terms =
            json!({ "document_hash": "a".repeat(64), "effective_from": "2025-01-01T00:00:00Z" });
        trade.done("publishTerms", program, vera("publishTerms"), terms).await;
        trade.publish_deal_policy(false).await;
        trade.publish_payout_policy("50.00").await;
        trade.candidate(partner, None, 1).await;
        trade.approve(partner).await;
        trade.done("joinNetwork", partner, policy_actor(), json!({})).await;
        trade.set_payment_details(IBANS[0]).await;
        trade
    }

    /// Somebody who has applied and passed review.
    pub async fn candidate(&self, partner: Uuid, inviter: Option<Uuid>, terms_version: u32) {
        let anna = owner("anna", partner);
        let application = self.application(inviter, terms_version);
        self.done("applyForProgram", partner, anna, application).await;
        let (vera, rita) = (vendor("vera", "assignReview"), vendor("rita", "recordReview"));
        self.done("assignReview", partner, vera, json!({ "reviewer": "rita" })).await;
        let review =
            json!({ "sector_fit": "Good", "marketing_competence": "Fair", "result": "passed" });
        self.done("recordReview", partner, rita, review).await;
    }

    /// What somebody applies with.
    pub fn application(&self, inviter: Option<Uuid>, terms_version: u32) -> Value {
        json!({
            "program": self.program, "company": { "name": "Alfa sp. z o.o.", "country": "PL" },
            "contacts": [{
                "person": Uuid::now_v7(), "first_name": "Anna", "last_name": "Nowak",
                "email": "anna@alfa.example"
            }],
            "sections": {
                "competencies": "Energy", "customer_portfolio": "Steel", "strategic_goals": "Growth"
            },
            "source": if inviter.is_some() { "referral" } else { "web" }, "inviter": inviter,
            "terms_version": terms_version
        })
    }

    /// Approves somebody who has passed review.
    pub async fn approve(&self, partner: Uuid) {
        let carla = vendor("carla", "approveApplication");
        self.done("approveApplication", partner, carla, json!({})).await;
    }

    /// Credits the partner with 1000.00 EUR, out of nothing.
    pub async fn accrue(&self, lot: Uuid, matures_at: &str) {
        let accrual = json!({
            "lot": lot, "program": self.program, "partner": self.partner, "deal": Uuid::now_v7(),
            "trigger": Uuid::now_v7(), "kind": "new", "level": 0, "line": "1",
            "component": "new-sales", "plan_version": 1, "base": eur("5000.00"), "rate": 200_000,
            "amount": eur("1000.00"), "matures_at": matures_at, "trace_hash": "0".repeat(64)
        });
        let (wallet, reactor) = (self.wallet(), policy_actor());
        self.done("accrueCommission", wallet, reactor, json!({ "accrual": accrual })).await;
    }

    /// Brings a deal to the contract status that earns commission; the rest is for whoever reacts.
    pub async fn earn(&self) {
        let manager = |who: &str| vendor(who, "approveDeal");
        let (vera, carla) = (|| manager("vera"), || manager("carla"));
        let plan = json!({
            "trigger": "contract-status", "hold": { "days": 14 },
            "components": [{ "id": "new-sales", "rate": { "percent": 200_000 } }]
        });
        let draft = json!({
            "draft": "standard", "effective_from": "2025-01-01T00:00:00Z", "plan": plan
        });
        self.done("draftCommissionPlan", self.program, manager("adam"), draft).await;
        let publish = json!({ "draft": "standard", "version": 1 });
        self.done("publishCommissionPlan", self.program, vera(), publish).await;
        let status =
            json!({ "code": "active", "calculates_commission": true, "kernel_state": "signed" });
        self.done("configureContractStatus", self.program, vera(), status).await;
        let deal = Uuid::now_v7();
        self.done("registerDeal", deal, self.member(), self.deal()).await;
        let qualified = json!({
            "icp_match": true, "timeframe": "Soon", "budget": eur("15000.00"),
            "decision_maker": "Jan Kowalski"
        });
        self.done("qualifyDealByPartner", deal, self.member(), qualified).await;
        self.done("qualifyDeal", deal, vera(), json!({})).await;
        self.done("approveDeal", deal, carla(), json!({})).await;
        let signed = json!({ "signed_on": "2025-02-10", "lines": [
            { "id": "1", "product_line": "carbon", "net": eur("8000.00") }
        ] });
        self.done("signContract", deal, vera(), signed).await;
        self.done("changeContractStatus", deal, vera(), json!({ "to": "active" })).await;
    }

    /// The same trade by way of another process.
    pub fn through(&self, log: &Log) -> Self {
        let commands = Commands::new(log.clone(), Arc::new(SystemClock));
        Self { log: log.clone(), commands, ..self.clone() }
    }

    /// The partner's wallet in euros.
    pub fn wallet(&self) -> Uuid {
        WalletId::of(PartnerId(self.partner), Currency::from_code("EUR").expect("EUR")).0
    }

    /// Somebody of the partner's.
    pub fn member(&self) -> Actor {
        owner("anna", self.partner)
    }

    pub async fn publish_deal_policy(&self, certificate_required: bool) {
        let policy = json!({
            "certificate_required": certificate_required, "protection_days": 90,
            "territories": [{ "code": "PL", "name": "Poland" }],
            "product_lines": [{ "code": "carbon", "name": "Carbon accounts" }],
            "full_payment_to_win": true, "default_queue": "channel-desk"
        });
        let fields = json!({ "effective_from": "2025-01-01T00:00:00Z", "policy": policy });
        self.done("publishDealPolicy", self.program, vendor("vera", "publishDealPolicy"), fields)
            .await;
    }

    pub async fn publish_payout_policy(&self, minimum: &str) {
        let policy = json!({ "minimum": [{ "amount": minimum, "currency": "EUR" }] });
        let fields = json!({ "effective_from": "2025-01-01T00:00:00Z", "policy": policy });
        self.done(
            "publishPayoutPolicy",
            self.program,
            vendor("vera", "publishPayoutPolicy"),
            fields,
        )
        .await;
    }

    pub async fn set_payment_details(&self, iban: &str) {
        let fields = json!({ "account_holder": "Alfa sp. z o.o.", "iban": iban });
        self.done("setPaymentDetails", self.partner, self.member(), fields).await;
    }

    pub async fn suspend(&self) {
        let fields = json!({ "code": "under-investigation", "reason": "Two invoices differ" });
        self.done("suspendPartner", self.partner, vendor("vera", "suspendPartner"), fields).await;
    }

    pub async fn reinstate(&self) {
        let fields = json!({ "reason": "They were of two customers" });
        let vera = vendor("vera", "reinstatePartner");
        self.done("reinstatePartner", self.partner, vera, fields).await;
    }

    /// Ends the co-operation at once, for a cause; what was earned is frozen.
    pub async fn terminate(&self) {
        let standing = json!({
            "notice_days": 30, "freeze_when_suspended": true, "freeze_when_terminated": true,
            "revoke_certificates": true
        });
        let policy = json!({
            "time_zone": "Europe/Warsaw", "interview_required": false, "max_network_depth": 3,
            "standing": standing
        });
        let policy = json!({ "effective_from": SystemClock.now(), "policy": policy });
        let by = |who, command| vendor(who, command);
        let publish = "publishProgramPolicy";
        self.done(publish, self.program, by("vera", publish), policy).await;
        let fields = json!({ "code": "fraud", "reason": "An order was forged" });
        let notice = "noticeTermination";
        self.done(notice, self.partner, by("vera", "suspendPartner"), fields).await;
        let carla = by("carla", "terminatePartner");
        self.done("terminatePartner", self.partner, carla, json!({})).await;
    }

    /// What registers a deal.
    pub fn deal(&self) -> Value {
        json!({
            "program": self.program, "partner": self.partner,
            "customer": { "name": "Huta Stal S.A.", "country": "PL" }, "product_lines": ["carbon"],
            "territory": "PL", "estimate": { "amount": "12000.00", "currency": "EUR" },
            "expected_close": "2027-06-30", "problems": "No accounts", "criteria": "Price"
        })
    }

    /// Asks for something, as a new request, until it is decided.
    pub async fn ask(&self, name: &str, id: Uuid, by: Actor, fields: Value) -> Outcome {
        let command = Command::parse(name, id, fields).expect(name);
        let command_id = CommandId(Uuid::now_v7());
        let (at, expected_version, cause) = (None, None, None);
        let request = Request { command_id, by, at, expected_version, cause, command };
        loop {
            match self.commands.execute(request.clone()).await {
                Err(Fault::Conflict) => {} // Too many came first.
                decided => return decided.expect(name),
            }
        }
    }

    /// Asks for what must not be refused.
    pub async fn done(&self, name: &str, id: Uuid, by: Actor, fields: Value) {
        let outcome = self.ask(name, id, by, fields).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{name}: {outcome:?}");
    }
}

fn eur(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}
