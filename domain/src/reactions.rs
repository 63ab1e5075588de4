//! When this happened, command that; and when an instant comes, command this.
//!
//! Both tables are pure. Command ids are derived from the causing event, so that an event seen twice, late, or beside
//! others causes one effect (E14).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Actor, Command, CommandId, DealId, Event, EventId, PartnerId, Recorded, WalletId,
    deal::{DealCommand, DealEvent},
    derived,
    partner::{PartnerCommand, PartnerEvent},
    wallet::{Accrual, WalletCommand, WalletEvent},
};

/// A command that an event causes, true at the same instant.
#[derive(Clone, PartialEq, Debug)]
pub struct Reaction {
    pub command_id: CommandId,
    pub command: Command,
}

/// A command that waits for its instant.
#[derive(Clone, PartialEq, Debug)]
pub struct Timer {
    pub id: Uuid,
    /// The instant that the command is true at.
    pub due_at: DateTime<Utc>,
    pub command_id: CommandId,
    pub command: Command,
}

/// What an event does to the schedule.
#[derive(Clone, PartialEq, Debug)]
#[allow(clippy::large_enum_variant, reason = "most changes set a timer, and none is kept")]
pub enum TimerChange {
    Set(Timer),
    Clear(Uuid),
}

/// In whose name reactions and timers act.
pub fn policy_actor() -> Actor {
    Actor::policy("reactor")
}

/// The commands that an event causes, in the order in which they are to run.
pub fn reactions(recorded: &Recorded) -> Vec<Reaction> {
    let cause = recorded.envelope.event_id;
    let partner = PartnerId(recorded.envelope.aggregate_id);
    let deal = DealId(recorded.envelope.aggregate_id);
    let partner = |command| Command::Partner(partner, command);
    let on_deal = |command| Command::Deal(deal, command);
    let commands = match &recorded.event {
        Event::Program(_) => vec![],
        Event::Partner(event) => match event.as_ref() {
            PartnerEvent::Approved { .. } => {
                vec![
                    partner(PartnerCommand::Join {}),
                    partner(PartnerCommand::AssignNextCourses {}),
                ]
            }
            PartnerEvent::TermsAccepted { .. } => vec![partner(PartnerCommand::Join {})],
            PartnerEvent::ModuleCompleted { person, .. } => vec![
                partner(PartnerCommand::AssignNextCourses {}),
                partner(PartnerCommand::IssueDueCertificates { person: *person }),
            ],
            PartnerEvent::ExamPassed { person, .. } => {
                vec![partner(PartnerCommand::IssueDueCertificates { person: *person })]
            }
            PartnerEvent::Applied { .. }
            | PartnerEvent::ReviewAssigned { .. }
            | PartnerEvent::InformationRequested { .. }
            | PartnerEvent::InformationSupplied { .. }
            | PartnerEvent::ReviewRecorded { .. }
            | PartnerEvent::InterviewScheduled { .. }
            | PartnerEvent::InterviewHeld { .. }
            | PartnerEvent::Rejected { .. }
            | PartnerEvent::Withdrawn {}
            | PartnerEvent::Joined { .. }
            | PartnerEvent::CourseAssigned { .. }
            | PartnerEvent::ExamFailed { .. }
            | PartnerEvent::Certified { .. }
            | PartnerEvent::PaymentDetailsSet { .. }
            | PartnerEvent::TierOverridden { .. } => vec![],
        },
        Event::Deal(event) => match event.as_ref() {
            DealEvent::Registered { .. } => vec![on_deal(DealCommand::AssignResponsible {})],
            DealEvent::Qualified { .. } => vec![on_deal(DealCommand::RequestApproval {})],
            DealEvent::ContractStatusChanged { calculates_commission: true, .. } => {
                vec![on_deal(DealCommand::CalculateCommission { trigger: cause, payment: None })]
            }
            DealEvent::PaymentReceived { payment, .. } => {
                vec![on_deal(DealCommand::CalculateCommission {
                    trigger: cause,
                    payment: Some(*payment),
                })]
            }
            DealEvent::CommissionCalculated { .. } => accruals(deal, event),
            DealEvent::ResponsibleAssigned { .. }
            | DealEvent::QualifiedByPartner { .. }
            | DealEvent::Returned { .. }
            | DealEvent::ApprovalRequested { .. }
            | DealEvent::Approved { .. }
            | DealEvent::Rejected { .. }
            | DealEvent::Withdrawn {}
            | DealEvent::ProtectionExpired {}
            | DealEvent::ShareAgreed { .. }
            | DealEvent::Signed { .. }
            | DealEvent::ContractStatusChanged { calculates_commission: false, .. }
            | DealEvent::Won { .. }
            | DealEvent::Lost { .. }
            | DealEvent::CommissionNotCalculated { .. } => vec![],
        },
        Event::Wallet(_) => vec![],
    };
    commands
        .into_iter()
        .enumerate()
        .map(|(index, command)| Reaction {
            command_id: CommandId(cause.causes(&format!("reaction/{}/{index}", command.name()))),
            command,
        })
        .collect()
}

/// What an event sets on the schedule or takes off it.
pub fn timers(recorded: &Recorded) -> Vec<TimerChange> {
    let cause = recorded.envelope.event_id;
    let aggregate = recorded.envelope.aggregate_id;
    match &recorded.event {
        Event::Program(_) | Event::Partner(_) => vec![],
        Event::Deal(event) => match event.as_ref() {
            DealEvent::Approved { protected_until, .. } => {
                let command = Command::Deal(DealId(aggregate), DealCommand::ExpireProtection {});
                vec![set(protection(aggregate), *protected_until, cause, command)]
            }
            DealEvent::Signed { .. }
            | DealEvent::Rejected { .. }
            | DealEvent::Withdrawn {}
            | DealEvent::ProtectionExpired {}
            | DealEvent::Lost { .. } => vec![TimerChange::Clear(protection(aggregate))],
            DealEvent::Registered { .. }
            | DealEvent::ResponsibleAssigned { .. }
            | DealEvent::QualifiedByPartner { .. }
            | DealEvent::Returned { .. }
            | DealEvent::Qualified { .. }
            | DealEvent::ApprovalRequested { .. }
            | DealEvent::ShareAgreed { .. }
            | DealEvent::ContractStatusChanged { .. }
            | DealEvent::PaymentReceived { .. }
            | DealEvent::Won { .. }
            | DealEvent::CommissionCalculated { .. }
            | DealEvent::CommissionNotCalculated { .. } => vec![],
        },
        Event::Wallet(event) => match event.as_ref() {
            WalletEvent::Accrued { accrual } => {
                let command = Command::Wallet(
                    WalletId(aggregate),
                    WalletCommand::Mature { lot: accrual.lot },
                );
                vec![set(maturity(accrual.lot.0), accrual.matures_at, cause, command)]
            }
            WalletEvent::Matured { lot, .. } => vec![TimerChange::Clear(maturity(lot.0))],
            WalletEvent::PayoutRequested { .. }
            | WalletEvent::PayoutCancelled { .. }
            | WalletEvent::PayoutRejected { .. }
            | WalletEvent::PayoutApproved { .. }
            | WalletEvent::PayoutSubmitted { .. }
            | WalletEvent::PayoutPaid { .. } => vec![],
        },
    }
}

/// One accrual a leg, for the seller and everybody above (R70, R129).
fn accruals(deal: DealId, event: &DealEvent) -> Vec<Command> {
    let DealEvent::CommissionCalculated {
        program,
        trigger,
        plan_version,
        currency,
        trace,
        trace_hash,
    } = event
    else {
        return vec![];
    };
    let accrue = |leg: &crate::commission::Leg| {
        let accrual = Accrual {
            lot: leg.lot,
            program: *program,
            partner: leg.beneficiary,
            deal,
            trigger: *trigger,
            kind: leg.kind,
            level: leg.level,
            line: leg.line.clone(),
            component: leg.component.clone(),
            plan_version: *plan_version,
            base: leg.base,
            rate: leg.rate,
            amount: leg.amount,
            matures_at: leg.matures_at,
            trace_hash: trace_hash.clone(),
        };
        Command::Wallet(WalletId::of(leg.beneficiary, *currency), WalletCommand::Accrue { accrual })
    };
    trace.legs.iter().map(accrue).collect()
}

fn set(id: Uuid, due_at: DateTime<Utc>, cause: EventId, command: Command) -> TimerChange {
    let command_id = CommandId(cause.causes(&format!("timer/{}", command.name())));
    TimerChange::Set(Timer { id, due_at, command_id, command })
}

fn protection(deal: Uuid) -> Uuid {
    derived(deal, "timer/protection")
}

fn maturity(lot: Uuid) -> Uuid {
    derived(lot, "timer/maturity")
}
