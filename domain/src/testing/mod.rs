//! What the domain's tests speak of: one programme, its people, and the days on which things happen.

mod history;

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::{Aggregate, event_sink::EventSink};
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::history::{history, sample};
use crate::{
    Actor, CommandId, Currency, Envelope, Event, EventId, Forbidden, Issued, Money, PartnerId,
    ProgramId, Recorded, Role, SubjectId,
    commands::Permitted,
    facts::Decides,
    partner::{Partner, PartnerCommand, PartnerEvent, PartnerFacts},
    program::{Program, ProgramCommand, ProgramEvent, ProgramPolicy, Screening, StandingPolicy},
    world::{World, now},
};

pub const PROGRAM: ProgramId = ProgramId(id(0x9));
/// The partner that most tests are about.
pub const ALFA: PartnerId = PartnerId(id(0xA));
/// Another partner.
pub const BETA: PartnerId = PartnerId(id(0xB));
/// A person of every partner here.
pub const MARIA: SubjectId = SubjectId(Uuid::from_u128(0x11));

/// An id as somebody outside would give it: of version 4.
pub const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number | 0x4000_8000_0000_0000_0000)
}

/// An instant, or noon in UTC of a day.
pub fn at(text: &str) -> DateTime<Utc> {
    let instant = if text.contains('T') { text.to_owned() } else { format!("{text}T12:00:00Z") };
    instant.parse().expect(text)
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

pub fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect(code)
}

pub fn eur(amount: &str) -> Money {
    Money::parse(amount, currency("EUR")).expect(amount)
}

pub fn cents(minor: i64) -> Money {
    Money::new(minor, currency("EUR"))
}

pub fn event(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

pub fn issued<C>(by: Actor, on: &str, command: C) -> Issued<C> {
    Issued {
        by,
        target: ALFA.0,
        at: at(on),
        dated: true,
        command_id: CommandId(Uuid::from_u128(0xC0)),
        command,
    }
}

/// By a person of the vendor, in the first of its roles that the command is for.
pub fn vendor<C: Permitted>(who: &str, on: &str, command: C) -> Issued<C> {
    let mut roles = command.roles().each().filter(|role| role.is_of_people());
    let role = roles.find(|role| !role.is_member()).unwrap_or(Role::ChannelManager);
    issued(Actor::of(role, who), on, command)
}

/// By whoever usually does it: in the first role that the command is for.
pub fn usually<C: Permitted>(on: &str, command: C) -> Issued<C> {
    let role = command.roles().each().next().expect("somebody may");
    let by = match role {
        Role::Owner => Actor::member(role, "maria", ALFA),
        Role::Seller => Actor::member(role, "sam", ALFA),
        Role::Specialist => Actor::member(role, "sven", ALFA),
        Role::ChannelManager => Actor::of(role, "vera"),
        Role::Finance => Actor::of(role, "fiona"),
        Role::Auditor => Actor::of(role, "arthur"),
        Role::Administrator => Actor::of(role, "ada"),
        Role::Integration => Actor::of(role, "lms"),
        Role::Policy => crate::reactions::policy_actor(),
    };
    issued(by, on, command)
}

/// By the owner of Alfa.
pub fn alfa<C>(on: &str, command: C) -> Issued<C> {
    issued(Actor::member(Role::Owner, "maria", ALFA), on, command)
}

/// By the owner of Beta.
pub fn beta<C>(on: &str, command: C) -> Issued<C> {
    issued(Actor::member(Role::Owner, "boris", BETA), on, command)
}

/// By somebody who has signed in and belongs to no partner.
pub fn stranger<C>(on: &str, command: C) -> Issued<C> {
    issued(Actor::of(Role::Owner, "stranger"), on, command)
}

/// What it is to be told that a role may not.
pub fn forbidden<T, E: From<Forbidden>>(
    role: &'static str,
    command: &impl Permitted,
    allowed: &str,
) -> Result<T, E> {
    Err(Forbidden { role, command: command.name(), allowed: allowed.into() }.into())
}

/// By the reactor.
pub fn policy<C>(on: &str, command: C) -> Issued<C> {
    issued(crate::reactions::policy_actor(), on, command)
}

/// The aggregate that these events make.
pub fn after<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> A {
    let mut aggregate = A::default();
    events.into_iter().for_each(|event| aggregate.apply(event));
    aggregate
}

/// The aggregate that these events make, written down after the first `cut` of them and read back.
pub fn folded_with_a_stop<A: Aggregate>(events: &[A::Event], cut: usize) -> A {
    let (before, rest) = events.split_at(cut);
    let halfway = bytes(&after::<A>(before.to_vec()));
    let mut aggregate: A = serde_json::from_slice(&halfway).expect("can be read back");
    rest.iter().for_each(|event| aggregate.apply(event.clone()));
    aggregate
}

/// What the framework that runs commands gets of this one; the events are applied to the aggregate.
pub fn handled<A: Decides<Facts: Clone>>(
    aggregate: &mut A,
    command: A::Command,
    facts: &A::Facts,
) -> Result<Vec<A::Event>, A::Error> {
    let sink = EventSink::default();
    now(aggregate.handle(command, &facts.clone().into(), &sink))?;
    Ok(now(sink.collect()))
}

/// The aggregate as bytes.
pub fn bytes<A: Aggregate>(aggregate: &A) -> Vec<u8> {
    serde_json::to_vec(aggregate).expect("an aggregate can be written down")
}

pub fn recorded(aggregate_id: Uuid, number: u128, event: Event) -> Recorded {
    let envelope = Envelope {
        event_id: self::event(number),
        position: 1,
        aggregate_type: event.aggregate_type().into(),
        aggregate_id,
        sequence: 1,
        event_type: event.name().into(),
        event_version: crate::EVENT_VERSION,
        occurred_at: at("2025-02-01"),
        recorded_at: at("2025-02-01"),
        actor: Actor::of(Role::ChannelManager, "vera"),
        command_id: CommandId(Uuid::from_u128(0xC0)),
        causation_id: None,
        correlation_id: Uuid::from_u128(0xC0),
    };
    Recorded { envelope, event }
}

pub fn open_program() -> ProgramCommand {
    ProgramCommand::Open {
        name: "Channel".into(),
        base_currency: currency("EUR"),
        policy: program_policy(),
    }
}

/// An interview is needed, and three levels may join below the top.
pub fn program_policy() -> ProgramPolicy {
    ProgramPolicy {
        time_zone: chrono_tz::Europe::Warsaw,
        interview_required: true,
        max_network_depth: 3,
        screening: Some(screening()),
        standing: StandingPolicy::default(),
    }
}

/// Two weeks to review, one to answer, a month until it lapses; three months after a rejection, a week after a withdrawal,
/// at once after a lapse.
pub fn screening() -> Screening {
    Screening {
        review_days: 14,
        answer_days: 7,
        lapse_days: 30,
        reapply_after_rejection_days: 90,
        reapply_after_withdrawal_days: 7,
        reapply_after_lapse_days: 0,
    }
}

pub fn publish_program_policy(from: &str, policy: ProgramPolicy) -> ProgramCommand {
    ProgramCommand::PublishProgramPolicy { effective_from: at(from), policy }
}

pub fn publish_terms(from: &str) -> ProgramCommand {
    ProgramCommand::PublishTerms { document_hash: "a".repeat(64), effective_from: at(from) }
}

/// A plan that pays the seller so many parts per million, by contract status.
pub fn percent(rate: u32) -> Value {
    json!({
        "trigger": "contract-status",
        "components": [{ "id": "new-sales", "rate": { "percent": rate } }],
        "hold": { "days": 14 }
    })
}

/// A draft of the usual name.
pub fn draft_plan(from: &str, until: Option<&str>, plan: Value) -> ProgramCommand {
    ProgramCommand::DraftCommissionPlan {
        draft: "standard".into(),
        effective_from: at(from),
        effective_until: until.map(at),
        plan: serde_json::from_value(plan).expect("is a plan"),
    }
}

/// Estimates up to 10 000 euros need no approval; Poland is Ewa's.
pub fn deal_policy() -> Value {
    json!({
        "certificate_required": false,
        "protection_days": 90,
        "approve_up_to": [{ "amount": "10000.00", "currency": "EUR" }],
        "full_payment_to_win": true,
        "territories": [{ "code": "PL", "name": "Poland" }, { "code": "DE", "name": "Germany" }],
        "product_lines": [
            { "code": "carbon", "name": "Carbon accounts" },
            { "code": "energy", "name": "Energy reports" }
        ],
        "responsible": [{ "territory": "PL", "employee": "ewa" }],
        "default_queue": "channel-desk"
    })
}

pub fn publish_deal_policy(from: &str, policy: Value) -> ProgramCommand {
    ProgramCommand::PublishDealPolicy {
        effective_from: at(from),
        policy: serde_json::from_value(policy).expect("is a deal policy"),
    }
}

pub fn publish_payout_policy(from: &str, minimum: &[Money]) -> ProgramCommand {
    ProgramCommand::PublishPayoutPolicy {
        effective_from: at(from),
        policy: crate::program::PayoutPolicy { minimum: minimum.to_vec() },
    }
}

pub fn publish_course(course: &str, step: u32, modules: &[&str]) -> ProgramCommand {
    ProgramCommand::PublishCourse {
        course: course.into(),
        area: "software".into(),
        modules: modules.iter().map(|module| (*module).to_owned()).collect(),
        step,
    }
}

pub fn configure_status(code: &str, calculates: bool, kernel_state: &str) -> ProgramCommand {
    ProgramCommand::ConfigureContractStatus {
        code: code.into(),
        calculates_commission: calculates,
        kernel_state: serde_json::from_value(json!(kernel_state)).expect("is a state"),
    }
}

/// The usual programme, open since the first of 2025, and these publications after it; what Adam drafts Vera publishes.
pub fn programme(more: impl IntoIterator<Item = ProgramCommand>) -> Arc<Program> {
    Arc::new(after(published(more)))
}

/// The events of [`programme`].
pub fn published(more: impl IntoIterator<Item = ProgramCommand>) -> Vec<ProgramEvent> {
    static USUAL: LazyLock<Vec<ProgramEvent>> = LazyLock::new(|| publish(vec![], usual()));
    publish(USUAL.clone(), more)
}

/// A world in which the programme has published what is usual, and nobody has applied yet.
pub fn opened() -> World {
    let mut world = World::new(Uuid::from_u128(1));
    for command in usual() {
        let fields = serde_json::to_value(&command).expect("is JSON")[command.name()].take();
        let by = vendor("vera", "2025-01-01", command.clone()).by;
        let asked = world.ask(by, at("2025-01-01"), command.name(), PROGRAM.0, fields);
        assert!(asked.is_ok(), "{asked:?}");
    }
    world
}

fn usual() -> [ProgramCommand; 10] {
    [
        open_program(),
        publish_terms("2025-01-01"),
        publish_deal_policy("2025-01-01", deal_policy()),
        publish_payout_policy("2025-01-01", &[eur("50.00")]),
        draft_plan("2025-01-01", None, percent(200_000)),
        configure_status("signed", true, "signed"),
        configure_status("delivered", false, "signed"),
        publish_course("basics", 1, &["intro", "product"]),
        publish_course("advanced", 2, &["pricing"]),
        ProgramCommand::DefineCertification {
            certification: "seller".into(),
            courses: vec!["basics".into()],
            exam: "seller-exam".into(),
            valid_for_months: Some(12),
        },
    ]
}

fn publish(
    mut events: Vec<ProgramEvent>,
    commands: impl IntoIterator<Item = ProgramCommand>,
) -> Vec<ProgramEvent> {
    let mut program = after::<Program>(events.clone());
    for command in commands {
        let draft = matches!(command, ProgramCommand::DraftCommissionPlan { .. });
        let command = if draft {
            vendor("adam", "2025-01-01", command)
        } else {
            usually("2025-01-01", command)
        };
        let told = handled(&mut program, command, &()).expect("can be published");
        for event in &told {
            if let ProgramEvent::CommissionPlanDrafted { draft } = event {
                let (draft, version) = (draft.draft.clone(), draft.version);
                let publish = ProgramCommand::PublishCommissionPlan { draft, version };
                let publish = vendor("vera", "2025-01-01", publish);
                let published = handled(&mut program, publish, &()).expect("can be published");
                events.extend([event.clone()].into_iter().chain(published));
            } else {
                events.push(event.clone());
            }
        }
    }
    events
}

/// An application, by invitation or not.
pub fn apply(inviter: Option<PartnerId>) -> PartnerCommand {
    serde_json::from_value(json!({ "applyForProgram": {
        "program": PROGRAM,
        "company": { "name": "Alfa sp. z o.o.", "country": "PL", "tax_id": "PL5260250274", "website": "https://alfa.example" },
        "contacts": [{
            "person": MARIA,
            "first_name": "Maria",
            "last_name": "Nowak",
            "email": "maria@alfa.example",
            "phone": "+48 22 123 45 67"
        }],
        "sections": {
            "competencies": "Energy audits",
            "customer_portfolio": "Forty manufacturers",
            "strategic_goals": "Ten new customers a year"
        },
        "source": if inviter.is_some() { "referral" } else { "web" },
        "inviter": inviter,
        "terms_version": 1
    }}))
    .expect("is an application")
}

/// From the application to the held interview.
pub fn until_interviewed() -> Vec<PartnerCommand> {
    let mut commands = vec![apply(None)];
    commands.extend(
        [
            json!({ "assignReview": { "reviewer": "rita" } }),
            json!({ "recordReview": { "sector_fit": "Good", "marketing_competence": "Fair", "result": "passed" } }),
            json!({ "scheduleInterview": { "at": "2025-01-08T09:00:00Z" } }),
            json!({ "recordInterview": { "outcome": "recommended", "notes": "Knows the market" } }),
        ]
        .map(|command| serde_json::from_value(command).expect("is a command")),
    );
    commands
}

/// From the application to the approval and into the network.
pub fn until_joined() -> Vec<PartnerCommand> {
    let mut commands = until_interviewed();
    commands.extend([PartnerCommand::Approve { reason: None }, PartnerCommand::Join {}]);
    commands
}

pub fn set_payment_details() -> PartnerCommand {
    PartnerCommand::SetPaymentDetails {
        account_holder: "Alfa sp. z o.o.".into(),
        iban: "DE89370400440532013000".into(),
    }
}

/// The events of these commands, each by whoever usually gives it, on 10 January 2025.
pub fn partner_events(commands: impl IntoIterator<Item = PartnerCommand>) -> Vec<PartnerEvent> {
    let facts = PartnerFacts { program: programme([]), ..PartnerFacts::default() };
    let mut partner = Partner::default();
    let mut events = vec![];
    for command in commands {
        let command = usually("2025-01-10", command);
        events.extend(handled(&mut partner, command, &facts).expect("can be done"));
    }
    events
}

/// Alfa in the network, after these events more.
pub fn partner(more: impl IntoIterator<Item = PartnerEvent>) -> Arc<Partner> {
    static JOINED: LazyLock<Vec<PartnerEvent>> = LazyLock::new(|| partner_events(until_joined()));
    Arc::new(after(JOINED.iter().cloned().chain(more)))
}
