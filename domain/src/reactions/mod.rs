//! The process manager's table: when this happened, command that; and when an instant comes, command this.
//!
//! Both tables are pure. Command ids are derived from the causing event, so that an event seen twice, late, or beside
//! others causes one effect (E14).

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Actor, Command, CommandId, Currency, DealId, Event, EventId, Money, PartnerId, Recorded, Role,
    WalletId,
    deal::{DealCommand, DealEvent},
    derived, outcomes,
    partner::{
        ApplicationEvent, PartnerCommand, PartnerEvent, StandingEvent, TermsEvent, deadlines,
    },
    program::Deadline,
    wallet::{Accrual, FreezeCode, WalletCommand, WalletEvent},
};

/// A command that an event causes, true at the same instant.
#[derive(Clone, PartialEq, Debug)]
pub struct Reaction {
    pub command_id: CommandId,
    pub command: Command,
}

impl Reaction {
    /// Whether it must be carried out whatever has happened since, or be an open item: what calculates is calculated, and
    /// what was earned is credited.
    pub fn must_come(&self) -> bool {
        outcomes::must_come(&self.command)
    }
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
    Actor::of(Role::Policy, "reactor")
}

/// The commands that an event causes, in the order in which they are to run.
pub fn reactions(recorded: &Recorded) -> Vec<Reaction> {
    let cause = recorded.envelope.event_id;
    let partner = PartnerId(recorded.envelope.aggregate_id);
    let deal = DealId(recorded.envelope.aggregate_id);
    let partner = |command| Command::Partner(partner, command);
    let on_deal = |command| Command::Deal(deal, command);
    let commands = match &recorded.event {
        Event::Program(_) | Event::Account(_) => vec![],
        Event::Partner(event) => match event.as_ref() {
            PartnerEvent::Application(ApplicationEvent::Approved { .. })
            | PartnerEvent::Terms(TermsEvent::Accepted { .. }) => {
                vec![partner(PartnerCommand::Join {})]
            }
            PartnerEvent::Standing(event) => {
                standing(PartnerId(recorded.envelope.aggregate_id), event)
            }
            PartnerEvent::Application(_)
            | PartnerEvent::Contact(_)
            | PartnerEvent::Network(_)
            | PartnerEvent::Training(_)
            | PartnerEvent::Bank(_)
            | PartnerEvent::Tier(_) => vec![],
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
        Event::Reservation(_) | Event::Wallet(_) => vec![],
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
        Event::Program(_) | Event::Account(_) | Event::Reservation(_) => vec![],
        Event::Partner(event) => match event.as_ref() {
            PartnerEvent::Application(event) => {
                let partner = PartnerId(aggregate);
                let timer = |(id, due, command): (Uuid, Option<Deadline>, PartnerCommand)| match due
                {
                    Some(due) => set(id, due.at, cause, Command::Partner(partner, command)),
                    None => TimerChange::Clear(id),
                };
                deadlines(aggregate, event).into_iter().map(timer).collect()
            }
            PartnerEvent::Standing(StandingEvent::TerminationNoticed { ends_at, .. }) => {
                let command = Command::Partner(PartnerId(aggregate), PartnerCommand::Terminate {});
                vec![set(termination(aggregate), *ends_at, cause, command)]
            }
            PartnerEvent::Standing(
                StandingEvent::TerminationRevoked {} | StandingEvent::Terminated { .. },
            ) => vec![TimerChange::Clear(termination(aggregate))],
            PartnerEvent::Standing(
                StandingEvent::Suspended { .. } | StandingEvent::Reinstated { .. },
            )
            | PartnerEvent::Contact(_)
            | PartnerEvent::Terms(_)
            | PartnerEvent::Network(_)
            | PartnerEvent::Training(_)
            | PartnerEvent::Bank(_)
            | PartnerEvent::Tier(_) => vec![],
        },
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
            | WalletEvent::PayoutPaid { .. }
            | WalletEvent::Frozen { .. }
            | WalletEvent::FundsFrozen { .. }
            | WalletEvent::Unfrozen { .. } => vec![],
        },
    }
}

/// Every command that an event causes or sets on the schedule: its id, the instant that it is true at, and itself.
pub fn effects(recorded: &Recorded) -> impl Iterator<Item = (CommandId, DateTime<Utc>, Command)> {
    let then = recorded.envelope.occurred_at;
    let caused = reactions(recorded).into_iter();
    let caused = caused.map(move |caused| (caused.command_id, then, caused.command));
    let set = timers(recorded).into_iter().filter_map(|change| match change {
        TimerChange::Set(timer) => Some((timer.command_id, timer.due_at, timer.command)),
        TimerChange::Clear(_) => None,
    });
    caused.chain(set)
}

/// The one of them under this id, with its instant.
pub fn effect(recorded: &Recorded, id: CommandId) -> Option<(DateTime<Utc>, Command)> {
    let found = effects(recorded).find(|(known, ..)| *known == id);
    found.map(|(_, at, command)| (at, command))
}

/// The money that the effect of this id is about, where it is about any.
pub fn amount(recorded: &Recorded, id: CommandId) -> Option<Money> {
    let (_, command) = effect(recorded, id)?;
    if let Command::Wallet(_, WalletCommand::Accrue { accrual }) = command {
        return Some(accrual.amount);
    }
    // What matures is what was credited.
    let WalletEvent::Accrued { accrual } = recorded.told()? else { return None };
    Some(accrual.amount)
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

/// What a partner's standing means for its money.
fn standing(partner: PartnerId, event: &StandingEvent) -> Vec<Command> {
    let code = FreezeCode::Standing;
    let (freezes, currencies) = match event {
        StandingEvent::Suspended { freezes_wallets: false, .. }
        | StandingEvent::TerminationNoticed { .. }
        | StandingEvent::TerminationRevoked {} => return vec![],
        StandingEvent::Suspended { freezes_wallets: true, currencies, .. } => (true, currencies),
        StandingEvent::Reinstated { currencies, .. } => (false, currencies),
        // Whoever leaves in peace is paid, also what a suspension kept from it.
        StandingEvent::Terminated { freezes_wallets, currencies, .. } => {
            (*freezes_wallets, currencies)
        }
    };
    let command = |currency: &Currency| {
        let command =
            if freezes { WalletCommand::Freeze { code } } else { WalletCommand::Unfreeze { code } };
        Command::Wallet(WalletId::of(partner, *currency), command)
    };
    currencies.iter().map(command).collect()
}

fn set(id: Uuid, due_at: DateTime<Utc>, cause: EventId, command: Command) -> TimerChange {
    let command_id = CommandId(cause.causes(&format!("timer/{}", command.name())));
    TimerChange::Set(Timer { id, due_at, command_id, command })
}

fn protection(deal: Uuid) -> Uuid {
    derived(deal, "timer/protection")
}

fn termination(partner: Uuid) -> Uuid {
    derived(partner, "timer/termination")
}

fn maturity(lot: Uuid) -> Uuid {
    derived(lot, "timer/maturity")
}
