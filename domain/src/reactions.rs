//! The process manager's table: when this happened, command that; and when an instant comes, command this.
//!
//! Both tables are pure. Command ids are derived from the causing event, so that an event seen twice, late, or beside
//! others causes one effect (E14).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Actor, Command, CommandId, DealId, Event, EventId, Money, PartnerId, Recorded, Role, WalletId,
    deal::{DealCommand, DealEvent},
    derived, outcomes,
    partner::{ApplicationEvent, PartnerCommand, PartnerEvent, TermsEvent, deadlines},
    program::Deadline,
    wallet::{Accrual, WalletCommand, WalletEvent},
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
        Event::Program(_) => vec![],
        Event::Partner(event) => match event.as_ref() {
            PartnerEvent::Application(ApplicationEvent::Approved { .. })
            | PartnerEvent::Terms(TermsEvent::Accepted { .. }) => {
                vec![partner(PartnerCommand::Join {})]
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
        Event::Program(_) | Event::Reservation(_) => vec![],
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
            PartnerEvent::Contact(_)
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
            | WalletEvent::PayoutPaid { .. } => vec![],
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::testing::*;

    /// For each event type of the history: the commands that it causes, and what it does to the schedule.
    fn table() -> BTreeMap<String, (Vec<&'static str>, Vec<&'static str>)> {
        let row = |recorded: &Recorded| {
            let commands = reactions(recorded).iter().map(|caused| caused.command.name()).collect();
            let changes = timers(recorded)
                .iter()
                .map(|change| match change {
                    TimerChange::Set(timer) => timer.command.name(),
                    TimerChange::Clear(_) => "clear",
                })
                .collect();
            (recorded.envelope.event_type.clone(), (commands, changes))
        };
        history().iter().map(row).collect()
    }

    #[test]
    fn every_event_causes_what_the_table_says_and_nothing_else() {
        let causes: [(&str, &[&str]); 8] = [
            ("application-approved", &["joinNetwork"]),
            ("terms-accepted", &["joinNetwork"]),
            ("deal-registered", &["assignResponsible"]),
            ("deal-qualified", &["requestApproval"]),
            ("contract-status-changed", &["calculateCommission"]),
            ("payment-received", &["calculateCommission"]),
            ("commission-calculated", &["accrueCommission"; 4]),
            ("course-assigned", &[]),
        ];
        let causes = BTreeMap::from(causes);
        for (event_type, (commands, _)) in table() {
            let expected = causes.get(event_type.as_str()).copied().unwrap_or_default();
            assert_eq!(commands, expected, "{event_type}");
        }
    }

    #[test]
    fn every_event_sets_and_clears_what_the_table_says_and_nothing_else() {
        let changes: [(&str, &[&str]); 16] = [
            ("applied", &["escalateApplication"]),
            ("information-requested", &["escalateApplication", "lapseApplication"]),
            ("information-supplied", &["escalateApplication", "clear"]),
            ("information-request-closed", &["escalateApplication", "clear"]),
            ("review-recorded", &["clear"]),
            ("application-escalated", &["clear"]),
            ("application-withdrawn", &["clear", "clear"]),
            ("application-lapsed", &["clear", "clear"]),
            ("deal-approved", &["expireProtection"]),
            ("contract-signed", &["clear"]),
            ("deal-rejected", &["clear"]),
            ("deal-withdrawn", &["clear"]),
            ("deal-lost", &["clear"]),
            ("protection-expired", &["clear"]),
            ("commission-accrued", &["matureLot"]),
            ("commission-matured", &["clear"]),
        ];
        let changes = BTreeMap::from(changes);
        for (event_type, (_, found)) in table() {
            let expected = changes.get(event_type.as_str()).copied().unwrap_or_default();
            assert_eq!(found, expected, "{event_type}");
        }
    }

    #[test]
    fn an_event_seen_twice_causes_the_same_commands_under_the_same_ids() {
        for recorded in history() {
            assert_eq!(reactions(&recorded), reactions(&recorded));
            assert_eq!(timers(&recorded), timers(&recorded));
            let mut late = recorded.clone();
            late.envelope.position += 1_000;
            late.envelope.recorded_at = at("2030-01-01");
            assert_eq!(reactions(&late), reactions(&recorded), "also when it is seen late");
        }
    }

    #[test]
    fn what_events_and_instants_ask_for_is_for_them_to_ask() {
        for recorded in history() {
            let timers = timers(&recorded).into_iter().filter_map(|change| match change {
                TimerChange::Set(timer) => Some(timer.command),
                TimerChange::Clear(_) => None,
            });
            let caused = reactions(&recorded).into_iter().map(|reaction| reaction.command);
            for command in caused.chain(timers) {
                let roles = Command::roles(command.name()).expect("is known");
                assert!(roles.contains(policy_actor().role), "{}", command.name());
            }
        }
    }

    #[test]
    fn no_two_effects_share_a_command_id() {
        let mut seen = BTreeSet::new();
        for recorded in history() {
            for reaction in reactions(&recorded) {
                assert!(seen.insert(reaction.command_id), "{}", reaction.command.name());
            }
            for change in timers(&recorded) {
                if let TimerChange::Set(timer) = change {
                    assert!(seen.insert(timer.command_id), "{}", timer.command.name());
                }
            }
        }
        assert!(seen.len() > 20);
    }

    #[test]
    fn an_effect_is_found_again_by_its_id_with_its_instant() {
        for recorded in history() {
            for Reaction { command_id, command } in reactions(&recorded) {
                let then = recorded.envelope.occurred_at;
                assert_eq!(effect(&recorded, command_id), Some((then, command)));
            }
            for change in timers(&recorded) {
                if let TimerChange::Set(Timer { due_at, command_id, command, .. }) = change {
                    assert_eq!(effect(&recorded, command_id), Some((due_at, command)));
                }
            }
            assert_eq!(effect(&recorded, CommandId(Uuid::nil())), None);
        }
    }

    #[test]
    fn a_timer_is_due_when_its_event_said_and_what_ends_the_matter_clears_it() {
        let only = |event_type: &str, aggregate: Uuid| {
            let mut found = history().into_iter().filter(|recorded| {
                let envelope = &recorded.envelope;
                envelope.event_type == event_type && envelope.aggregate_id == aggregate
            });
            timers(&found.next().expect(event_type)).remove(0)
        };
        let deal = crate::testing::id(0xD1);
        let TimerChange::Set(protection) = only("deal-approved", deal) else { unreachable!() };
        assert_eq!(protection.due_at, at("2025-05-19T22:00:00Z"));
        assert_eq!(only("contract-signed", deal), TimerChange::Clear(protection.id));
        let wallet = WalletId::of(ALFA, currency("EUR")).0;
        let TimerChange::Set(maturity) = only("commission-accrued", wallet) else { unreachable!() };
        assert_eq!(maturity.due_at, at("2025-03-04T23:00:00Z"));
        let of_lots = |event_type| {
            let events = history().into_iter().filter(move |recorded| {
                let envelope = &recorded.envelope;
                envelope.event_type == event_type && envelope.aggregate_id == wallet
            });
            events.flat_map(|recorded| timers(&recorded)).map(|change| match change {
                TimerChange::Set(timer) => timer.id,
                TimerChange::Clear(id) => id,
            })
        };
        let set: BTreeSet<Uuid> = of_lots("commission-accrued").collect();
        assert_eq!(set, of_lots("commission-matured").collect());
    }

    #[test]
    fn every_leg_becomes_one_accrual_in_the_wallet_of_its_beneficiary() {
        for recorded in history() {
            let Event::Deal(event) = &recorded.event else { continue };
            let DealEvent::CommissionCalculated { trace, trace_hash, trigger, .. } = event.as_ref()
            else {
                continue;
            };
            let caused = reactions(&recorded);
            assert_eq!(caused.len(), trace.legs.len());
            for (reaction, leg) in caused.iter().zip(&trace.legs) {
                let Command::Wallet(wallet, WalletCommand::Accrue { accrual }) = &reaction.command
                else {
                    unreachable!("{}", reaction.command.name())
                };
                assert_eq!(*wallet, WalletId::of(leg.beneficiary, leg.amount.currency));
                assert_eq!((accrual.lot, accrual.amount), (leg.lot, leg.amount));
                assert_eq!((&accrual.trace_hash, accrual.trigger), (trace_hash, *trigger));
                assert_eq!(accrual.deal.0, recorded.envelope.aggregate_id);
            }
        }
    }
}
