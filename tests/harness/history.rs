//! A history to fill a log with: one programme, a network three levels deep, deals, commissions and payouts, decided
//! by the real aggregates and the same for the same seed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use cqrs_es::{Aggregate, DomainEvent};
use domain::deal::{
    CommissionFacts, Deal, DealCommand, DealEvent, DealFacts, LossCode, SellerFacts,
};
use domain::partner::{Partner, PartnerCommand, PartnerEvent, PartnerFacts};
use domain::program::{Program, ProgramCommand};
use domain::reactions::{policy_actor, reactions};
use domain::wallet::{Wallet, WalletCommand, WalletEvent, WalletFacts};
use domain::{
    Actor, Command, CommandId, Currency, DealId, Envelope, Event, EventId, Issued, Money,
    PartnerId, PayoutId, ProgramId, Recorded, SubjectId, WalletId,
};
use eventlog::{Append, AppendError, Log, NewEvent, Part, Provenance};
use futures::StreamExt;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use uuid::Uuid;

/// How deep the network goes.
const DEEPEST: u32 = 3;

/// At least `events` events, as the appends that bring them about, in order.
pub fn history(events: usize, seed: u64) -> Vec<Append> {
    let mut world = World::new(seed);
    world.open_program();
    while world.events < events {
        world.go_on();
    }
    world.appends
}

/// Appends a history in its order.
pub async fn append_all(log: &Log, history: Vec<Append>) -> Result<(), AppendError> {
    let mut plain: Vec<Append> = vec![];
    for append in history {
        // Sealing takes its time, in which later events would overtake these.
        if append.own.events.iter().any(|event| event.payload.contains(r#""known""#)) {
            together(log, std::mem::take(&mut plain)).await?;
            log.append(append).await?;
        } else {
            plain.push(append);
        }
    }
    together(log, plain).await
}

async fn together(log: &Log, appends: Vec<Append>) -> Result<(), AppendError> {
    // Unconstrained, since one that is asked to yield would be overtaken.
    let queued = |append| tokio::task::unconstrained(log.append(append));
    let mut answers = futures::stream::iter(appends).map(queued).buffered(200);
    while let Some(answer) = answers.next().await {
        answer?;
    }
    Ok(())
}

struct World {
    rng: StdRng,
    now: DateTime<Utc>,
    events: usize,
    appends: Vec<Append>,
    program: ProgramId,
    rulebook: Arc<Program>,
    partners: BTreeMap<PartnerId, Member>,
    /// Who may sell, in the order of joining.
    sellers: Vec<PartnerId>,
    deals: BTreeMap<DealId, Deal>,
    open_deals: VecDeque<(DealId, PartnerId, u32)>,
    wallets: BTreeMap<WalletId, (Wallet, PartnerId)>,
    lots: VecDeque<(WalletId, WalletCommand, DateTime<Utc>)>,
    versions: BTreeMap<Uuid, u64>,
}

struct Member {
    state: Arc<Partner>,
    parent: Option<PartnerId>,
    depth: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        Self {
            program: ProgramId(id(&mut rng)),
            rng,
            now: "2025-01-01T08:00:00Z".parse().expect("is an instant"),
            events: 0,
            appends: vec![],
            rulebook: Arc::default(),
            partners: BTreeMap::new(),
            sellers: vec![],
            deals: BTreeMap::new(),
            open_deals: VecDeque::new(),
            wallets: BTreeMap::new(),
            lots: VecDeque::new(),
            versions: BTreeMap::new(),
        }
    }

    fn open_program(&mut self) {
        let from = self.now;
        let eur = |amount: &str| json!({ "amount": amount, "currency": "EUR" });
        let plan = json!({
            "trigger": "contract-status",
            "components": [{
                "id": "new-sales",
                "rate": { "times": { "rate": 200_000, "by_tier": { "gold": 1_100_000 } } },
                "levels": [{ "distance": 1, "rate": 50_000 }, { "distance": 2, "rate": 20_000 }],
            }],
            "hold": { "days": 14 },
        });
        for command in [
            json!({ "openProgram": { "name": "Accord One", "time_zone": "Europe/Warsaw", "base_currency": "EUR",
                "interview_required": true, "max_network_depth": DEEPEST } }),
            json!({ "publishTerms": { "document_hash": "ab".repeat(32), "effective_from": from } }),
            json!({ "configureContractStatus": { "code": "active", "calculates_commission": true, "kernel_state": "signed" } }),
            json!({ "publishCommissionPlan": { "effective_from": from, "author": "planner", "plan": plan } }),
            json!({ "publishPayoutPolicy": { "effective_from": from, "policy": { "minimum": [eur("10.00")] } } }),
            json!({ "publishDealPolicy": { "effective_from": from, "policy": { "certificate_required": true,
                "protection_days": 90, "full_payment_to_win": true, "default_queue": "inbox",
                "responsible": [{ "territory": "PL", "employee": "ewa" }] } } }),
            json!({ "publishCourse": { "course": "basics", "area": "sales", "modules": ["intro", "product"], "step": 1 } }),
            json!({ "defineCertification": { "certification": "seller", "courses": ["basics"], "exam": "final" } }),
        ] {
            let command: ProgramCommand = serde_json::from_value(command).expect("is a command");
            self.program(command);
        }
    }

    /// The next thing that happens.
    fn go_on(&mut self) {
        self.now += TimeDelta::minutes(self.rng.random_range(1..90));
        while self.lots.front().is_some_and(|(_, _, due)| *due <= self.now) {
            if let Some((wallet, command, _)) = self.lots.pop_front() {
                self.wallet(wallet, policy_actor(), None, command);
                self.pay_out(wallet);
            }
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
        let partner = PartnerId(id(&mut self.rng));
        let person = SubjectId(id(&mut self.rng));
        let above = if self.sellers.len() < 2 || self.rng.random_bool(0.2) {
            None
        } else {
            Some(self.sellers[self.rng.random_range(0..self.sellers.len())])
        };
        let parent = above.filter(|above| self.partners[above].depth < DEEPEST);
        let depth = parent.map_or(0, |parent| self.partners[&parent].depth + 1);
        self.partners.insert(partner, Member { state: Arc::default(), parent, depth });
        let number = self.partners.len();
        let company = json!({ "name": format!("Partner {number} GmbH"), "country": "DE" });
        let contact = json!({ "person": person, "first_name": "Ann", "last_name": format!("Lee {number}"),
            "email": format!("ann{number}@example.org") });
        let sections = json!({ "competencies": "crm", "customer_portfolio": "retail", "strategic_goals": "grow" });
        let source = |reference: &str| json!({ "source": "lms", "reference": reference });
        let refused = self.rng.random_bool(0.1);
        let vendor = || Actor::vendor("vera");
        self.partner(
            partner,
            Actor::member("ann", partner),
            json!({ "applyForProgram": { "program": self.program,
            "company": company, "contacts": [contact], "sections": sections, "source": "referral",
            "inviter": parent, "terms_version": 1 } }),
        );
        self.partner(partner, vendor(), json!({ "assignReview": { "reviewer": "rita" } }));
        let result = if refused { "failed" } else { "passed" };
        self.partner(
            partner,
            Actor::vendor("rita"),
            json!({ "recordReview": { "sector_fit": "good",
            "marketing_competence": "good", "result": result } }),
        );
        if refused {
            self.partner(
                partner,
                vendor(),
                json!({ "rejectApplication": { "code": "sector-mismatch" } }),
            );
            return;
        }
        self.partner(partner, vendor(), json!({ "scheduleInterview": { "at": self.now } }));
        self.partner(
            partner,
            vendor(),
            json!({ "recordInterview": { "outcome": "recommended", "notes": "fine" } }),
        );
        self.partner(partner, vendor(), json!({ "approveApplication": {} }));
        for module in ["intro", "product"] {
            self.partner(partner, Actor::integration("lms"), json!({ "completeModule": { "person": person,
                "course": "basics", "module": module, "content_version": 1, "score": 90, "source": source(module) } }));
        }
        self.partner(
            partner,
            Actor::integration("lms"),
            json!({ "recordExam": { "person": person, "exam": "final",
            "passed": true, "score": 80, "source": source("exam") } }),
        );
        self.partner(
            partner,
            Actor::member("ann", partner),
            json!({ "setPaymentDetails": {
            "account_holder": "Ann Lee", "iban": "DE89370400440532013000" } }),
        );
        if self.rng.random_bool(0.3) {
            self.partner(
                partner,
                vendor(),
                json!({ "overrideTier": { "to": "gold", "reason": "strategic" } }),
            );
        }
        self.sellers.push(partner);
    }

    fn register_deal(&mut self) {
        let partner = self.sellers[self.rng.random_range(0..self.sellers.len())];
        let deal = DealId(id(&mut self.rng));
        let number = self.deals.len();
        let territory = if self.rng.random_bool(0.5) { "PL" } else { "DE" };
        self.deals.insert(deal, Deal::default());
        self.deal(
            deal,
            partner,
            Actor::member("ann", partner),
            None,
            json!({ "registerDeal": {
            "program": self.program, "partner": partner,
            "customer": { "name": format!("Customer {number}"), "country": territory },
            "product_lines": ["cloud"], "territory": territory,
            "estimate": { "amount": "5000.00", "currency": "EUR" }, "expected_close": "2026-01-01",
            "problems": "slow\tand \\ old", "criteria": "price\nand speed" } }),
        );
        self.open_deals.push_back((deal, partner, 0));
    }

    /// Takes one deal a step further.
    fn move_deal(&mut self) {
        let Some((deal, partner, step)) = self.open_deals.pop_front() else { return };
        let member = Actor::member("ann", partner);
        let vendor = Actor::vendor("vera");
        let net = self.rng.random_range(100_000..2_000_000_i64);
        let roll = self.rng.random_range(0..100);
        let eur =
            |minor: i64| json!({ "amount": Money::new(minor, euro()).amount(), "currency": "EUR" });
        let today = self.now.date_naive() - TimeDelta::days(1);
        if roll < 3 && step < 4 {
            let lost = DealCommand::Lose { code: LossCode::Price };
            self.deal(deal, partner, vendor, None, serde_json::to_value(lost).expect("is JSON"));
            return;
        }
        match step {
            0 => self.deal(
                deal,
                partner,
                member,
                None,
                json!({ "qualifyDealByPartner": { "icp_match": true,
                "timeframe": "Q3", "budget": eur(net), "decision_maker": "Bob" } }),
            ),
            1 => self.deal(deal, partner, vendor, None, json!({ "qualifyDeal": {} })),
            2 => self.deal(deal, partner, vendor, None, json!({ "approveDeal": {} })),
            3 => self.deal(
                deal,
                partner,
                vendor,
                None,
                json!({ "signContract": { "signed_on": today, "lines": [
                { "id": "1", "product_line": "cloud", "net": eur(net) },
                { "id": "2", "product_line": "crm", "net": eur(50_000) }] } }),
            ),
            4 => self.deal(
                deal,
                partner,
                vendor,
                None,
                json!({ "changeContractStatus": { "to": "active" } }),
            ),
            5 => self.pay(deal, partner, today, 3),
            6 => self.pay(deal, partner, today, 1),
            _ => return self.deal(deal, partner, vendor, None, json!({ "winDeal": {} })),
        }
        self.open_deals.push_back((deal, partner, step + 1));
    }

    /// A payment of what is owed, divided by `parts`.
    fn pay(&mut self, deal: DealId, partner: PartnerId, on: NaiveDate, parts: i64) {
        let case = self.deals[&deal].case().expect("it is registered");
        let owed = case.stage.contract().expect("it is signed").outstanding();
        let amount = Money::new(owed.minor / parts, owed.currency);
        let payment = id(&mut self.rng);
        let received =
            json!({ "recordPayment": { "payment": payment, "amount": amount, "received_on": on } });
        self.deal(deal, partner, Actor::integration("erp"), None, received);
    }

    /// Asks for everything once there is enough, and mostly gets it.
    fn pay_out(&mut self, wallet: WalletId) {
        let (state, partner) = &self.wallets[&wallet];
        let (available, partner) =
            (state.purse().map_or(0, |purse| purse.buckets.available), *partner);
        if available < 1000
            || self.rng.random_bool(0.7)
            || state.purse().is_some_and(|purse| purse.payout.is_some())
        {
            return;
        }
        let payout = PayoutId(id(&mut self.rng));
        let amount = Money::new(available, euro());
        let member = Actor::member("ann", partner);
        self.wallet(wallet, member.clone(), None, WalletCommand::RequestPayout { payout, amount });
        match self.rng.random_range(0..10) {
            0 => return self.wallet(wallet, member, None, WalletCommand::CancelPayout { payout }),
            1 => {
                let (code, reason) =
                    (domain::wallet::PayoutRejectionCode::Other, "look again".into());
                let rejected = WalletCommand::RejectPayout { payout, code, reason };
                return self.wallet(wallet, Actor::vendor("finn"), None, rejected);
            }
            2 => return, // Still open.
            _ => self.wallet(
                wallet,
                Actor::vendor("finn"),
                None,
                WalletCommand::ApprovePayout { payout },
            ),
        }
        let submitted = WalletCommand::SubmitPayout { payout, provider_key: payout.to_string() };
        self.wallet(wallet, policy_actor(), None, submitted);
        let fee = Money::new(self.rng.random_range(0..2) * 25, euro());
        self.wallet(
            wallet,
            Actor::integration("bank"),
            None,
            WalletCommand::SettlePayout { payout, fee },
        );
    }

    fn program(&mut self, command: ProgramCommand) {
        let issued = self.issued(Actor::vendor("vera"), None, command);
        let events = self.rulebook.decide(&issued, &()).expect("the programme allows it");
        let mut state = (*self.rulebook).clone();
        events.iter().cloned().for_each(|event| state.apply(event));
        self.rulebook = Arc::new(state);
        self.append::<Program>(self.program.0, &issued, None, events, |event| {
            Event::Program(Box::new(event))
        });
    }

    fn partner(&mut self, partner: PartnerId, by: Actor, command: Value) {
        let command: PartnerCommand = serde_json::from_value(command).expect("is a command");
        self.on_partner(partner, by, None, command);
    }

    fn on_partner(
        &mut self,
        partner: PartnerId,
        by: Actor,
        cause: Option<(EventId, CommandId)>,
        command: PartnerCommand,
    ) {
        let issued = self.issued(by, cause, command);
        let parent =
            self.partners[&partner].parent.map(|parent| self.partners[&parent].state.clone());
        let facts = PartnerFacts { program: self.rulebook.clone(), parent };
        let member = self.partners.get_mut(&partner).expect("it is known");
        let events = member.state.decide(&issued, &facts).expect("the partner may");
        let state = Arc::make_mut(&mut member.state);
        events.iter().cloned().for_each(|event| state.apply(event));
        self.append::<Partner>(partner.0, &issued, cause, events, |event: PartnerEvent| {
            Event::Partner(Box::new(event))
        });
    }

    fn deal(
        &mut self,
        deal: DealId,
        partner: PartnerId,
        by: Actor,
        cause: Option<(EventId, CommandId)>,
        command: Value,
    ) {
        let command: DealCommand = serde_json::from_value(command).expect("is a command");
        self.on_deal(deal, partner, by, cause, command);
    }

    fn on_deal(
        &mut self,
        deal: DealId,
        partner: PartnerId,
        by: Actor,
        cause: Option<(EventId, CommandId)>,
        command: DealCommand,
    ) {
        let issued = self.issued(by, cause, command);
        let calculates = matches!(issued.command, DealCommand::CalculateCommission { .. });
        let facts = DealFacts {
            program: self.rulebook.clone(),
            partner: Some(self.partners[&partner].state.clone()),
            commission: calculates.then(|| self.commission_facts(partner)),
        };
        let state = self.deals.get_mut(&deal).expect("it is known");
        let events = state.decide(&issued, &facts).expect("the deal allows it");
        events.iter().cloned().for_each(|event| state.apply(event));
        self.append::<Deal>(deal.0, &issued, cause, events, |event: DealEvent| {
            Event::Deal(Box::new(event))
        });
    }

    fn wallet(
        &mut self,
        wallet: WalletId,
        by: Actor,
        cause: Option<(EventId, CommandId)>,
        command: WalletCommand,
    ) {
        let issued = self.issued(by, cause, command);
        let partner = if let WalletCommand::Accrue { accrual } = &issued.command {
            accrual.partner
        } else {
            self.wallets[&wallet].1
        };
        let facts = WalletFacts {
            program: self.rulebook.clone(),
            partner: Some(self.partners[&partner].state.clone()),
        };
        let (state, _) = self.wallets.entry(wallet).or_insert((Wallet::default(), partner));
        let events = state.decide(&issued, &facts).expect("the wallet allows it");
        events.iter().cloned().for_each(|event| state.apply(event));
        for event in &events {
            if let WalletEvent::Accrued { accrual } = event {
                self.lots.push_back((
                    wallet,
                    WalletCommand::Mature { lot: accrual.lot },
                    accrual.matures_at,
                ));
            }
        }
        self.append::<Wallet>(wallet.0, &issued, cause, events, |event: WalletEvent| {
            Event::Wallet(Box::new(event))
        });
    }

    fn commission_facts(&self, partner: PartnerId) -> CommissionFacts {
        let mut upline = vec![];
        let mut next = self.partners[&partner].parent;
        while let Some(above) = next {
            let member = &self.partners[&above];
            upline.push((above, member.state.clone()));
            next = member.parent;
        }
        CommissionFacts {
            sellers: vec![SellerFacts {
                partner,
                state: self.partners[&partner].state.clone(),
                upline,
            }],
        }
    }

    fn issued<C>(
        &mut self,
        by: Actor,
        cause: Option<(EventId, CommandId)>,
        command: C,
    ) -> Issued<C> {
        let command_id =
            cause.map_or_else(|| CommandId(id(&mut self.rng)), |(_, command_id)| command_id);
        Issued { by, target: Uuid::nil(), at: self.now, command_id, command }
    }

    /// Notes the events of a command, then lets the programme react to each of them.
    fn append<A: Aggregate>(
        &mut self,
        aggregate: Uuid,
        issued: &Issued<impl Clone>,
        cause: Option<(EventId, CommandId)>,
        events: Vec<A::Event>,
        wrap: impl Fn(A::Event) -> Event,
    ) {
        if events.is_empty() {
            return;
        }
        let version = self.versions.entry(aggregate).or_default();
        let expected = *version;
        *version += events.len() as u64;
        self.events += events.len();
        let mut fingerprint = [0; 32];
        fingerprint[..16].copy_from_slice(issued.command_id.0.as_bytes());
        let provenance = Provenance {
            command_id: issued.command_id,
            fingerprint,
            occurred_at: issued.at,
            actor: issued.by.clone(),
            causation_id: cause.map(|(event, _)| event),
            correlation_id: issued.command_id.0,
        };
        let new = |event: &A::Event| NewEvent {
            event_type: event.event_type(),
            event_version: 1,
            payload: serde_json::to_string(event).expect("an event has JSON"),
        };
        let own = Part {
            aggregate_type: A::TYPE,
            aggregate_id: aggregate,
            expected,
            events: events.iter().map(new).collect(),
        };
        self.appends.push(Append::alone(provenance.clone(), own));
        for (index, event) in events.into_iter().enumerate() {
            let envelope = Envelope {
                event_id: EventId::of(issued.command_id, index),
                position: 0,
                aggregate_type: A::TYPE.into(),
                aggregate_id: aggregate,
                sequence: expected + index as u64 + 1,
                event_type: event.event_type(),
                event_version: 1,
                occurred_at: issued.at,
                recorded_at: issued.at,
                actor: issued.by.clone(),
                command_id: issued.command_id,
                causation_id: provenance.causation_id,
                correlation_id: provenance.correlation_id,
            };
            self.react(&Recorded { envelope, event: wrap(event) });
        }
    }

    fn react(&mut self, recorded: &Recorded) {
        for reaction in reactions(recorded) {
            let cause = Some((recorded.envelope.event_id, reaction.command_id));
            match reaction.command {
                Command::Program(_, _) => {}
                Command::Partner(partner, command) => {
                    self.on_partner(partner, policy_actor(), cause, command)
                }
                Command::Deal(deal, command) => {
                    let partner = self.deals[&deal].case().expect("it is registered").partner;
                    self.on_deal(deal, partner, policy_actor(), cause, command);
                }
                Command::Wallet(wallet, command) => {
                    self.wallet(wallet, policy_actor(), cause, command)
                }
            }
        }
    }
}

fn id(rng: &mut StdRng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid()
}

fn euro() -> Currency {
    Currency::from_code("EUR").expect("is a currency")
}
