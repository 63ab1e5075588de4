//! A programme in memory: commands go in by public name, and out comes all that they bring about, with reactions and
//! timers (in-memory event store with its process manager).
//!
//! It decides as the service does, on facts of its own states: the histories of tests and of benchmarks are made here.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Actor, Command, CommandId, DealId, EVENT_VERSION, Envelope, Event, EventId, Invalid, Issued,
    PartnerId, ProgramId, Recorded, Refusal, WalletId,
    deal::{CommissionFacts, Deal, DealCommand, DealFacts, SellerFacts},
    derived,
    owned::keep_out_strangers,
    partner::{Partner, PartnerCommand, PartnerFacts},
    program::{DEEPEST_NETWORK, Program},
    reactions::{Timer, TimerChange, policy_actor, reactions, timers},
    wallet::{Wallet, WalletFacts},
};

/// All that has happened so far, as decisions need it.
#[derive(Default)]
pub struct World {
    root: Uuid,
    asked: u64,
    programs: BTreeMap<Uuid, Arc<Program>>,
    partners: BTreeMap<Uuid, Arc<Partner>>,
    deals: BTreeMap<Uuid, Arc<Deal>>,
    wallets: BTreeMap<Uuid, Arc<Wallet>>,
    /// The last sequence of each stream.
    versions: BTreeMap<Uuid, u64>,
    position: u64,
    /// What waits for its instant, by the timer's id.
    schedule: BTreeMap<Uuid, (Timer, Cause)>,
}

/// The event that a command comes of.
#[derive(Clone, Copy)]
struct Cause {
    event: EventId,
    correlation: Uuid,
}

impl World {
    /// Nothing has happened yet; command ids are derived from `root`.
    pub fn new(root: Uuid) -> Self {
        Self { root, ..Self::default() }
    }

    /// Carries out a command by its public name: its events and those that they cause, in the order of the log.
    pub fn ask(
        &mut self,
        by: Actor,
        at: DateTime<Utc>,
        name: &str,
        id: Uuid,
        fields: Value,
    ) -> Result<Vec<Recorded>, Refusal> {
        let command = Command::parse(name, id, fields)
            .map_err(|error| Invalid::new(error.path, error.problem))?;
        self.carry_out(by, at, command)
    }

    /// The same for a command as such.
    pub fn carry_out(
        &mut self,
        by: Actor,
        at: DateTime<Utc>,
        command: Command,
    ) -> Result<Vec<Recorded>, Refusal> {
        self.asked += 1;
        let command_id = CommandId(derived(self.root, &format!("asked {}", self.asked)));
        let recorded = self.decide(by, at, command_id, command, None)?;
        Ok(self.with_effects(recorded))
    }

    /// Lets time pass: every timer that is due by then, each at its instant.
    pub fn advance(&mut self, until: DateTime<Utc>) -> Vec<Recorded> {
        let mut recorded = vec![];
        let next = |schedule: &BTreeMap<Uuid, (Timer, Cause)>| {
            let due = schedule.values().filter(|(timer, _)| timer.due_at <= until);
            due.map(|(timer, _)| (timer.due_at, timer.id)).min()
        };
        while let Some((at, id)) = next(&self.schedule) {
            let Some((timer, cause)) = self.schedule.remove(&id) else { break };
            let events =
                self.decide(policy_actor(), at, timer.command_id, timer.command, Some(cause));
            recorded.extend(self.with_effects(events.unwrap_or_default())); // Refused is settled.
        }
        recorded
    }

    pub fn deal(&self, id: DealId) -> Arc<Deal> {
        self.deals.get(&id.0).cloned().unwrap_or_default()
    }

    pub fn partner(&self, id: PartnerId) -> Arc<Partner> {
        self.partners.get(&id.0).cloned().unwrap_or_default()
    }

    pub fn program(&self, id: ProgramId) -> Arc<Program> {
        self.programs.get(&id.0).cloned().unwrap_or_default()
    }

    pub fn wallet(&self, id: WalletId) -> Arc<Wallet> {
        self.wallets.get(&id.0).cloned().unwrap_or_default()
    }

    /// Follows events as the reactor follows the log: one after the other, what they cause at the end.
    fn with_effects(&mut self, mut recorded: Vec<Recorded>) -> Vec<Recorded> {
        let mut next = 0;
        while let Some(event) = recorded.get(next) {
            let Envelope { event_id, correlation_id, occurred_at, .. } = event.envelope;
            let cause = Cause { event: event_id, correlation: correlation_id };
            for change in timers(event) {
                match change {
                    TimerChange::Set(timer) => drop(self.schedule.insert(timer.id, (timer, cause))),
                    TimerChange::Clear(id) => drop(self.schedule.remove(&id)),
                }
            }
            for reaction in reactions(event) {
                let (id, command) = (reaction.command_id, reaction.command);
                let events = self.decide(policy_actor(), occurred_at, id, command, Some(cause));
                recorded.extend(events.unwrap_or_default()); // Refused is settled.
            }
            next += 1;
        }
        recorded
    }

    fn decide(
        &mut self,
        by: Actor,
        at: DateTime<Utc>,
        command_id: CommandId,
        command: Command,
        cause: Option<Cause>,
    ) -> Result<Vec<Recorded>, Refusal> {
        macro_rules! run {
            ($states:ident, $id:expr, $command:expr, $facts:expr) => {{
                let (target, facts) = ($id.0, $facts);
                let state = Arc::make_mut(self.$states.entry(target).or_default());
                let issued = Issued { by: by.clone(), target, at, command_id, command: $command };
                keep_out_strangers(state, &issued)?;
                let events = state.decide(&issued, &facts)?;
                events.iter().for_each(|event| state.apply(event.clone()));
                (target, events.into_iter().map(Event::from).collect::<Vec<_>>())
            }};
        }
        let (id, events) = match command {
            Command::Program(id, command) => run!(programs, id, command, ()),
            Command::Partner(id, command) => {
                run!(partners, id, command, self.partner_facts(id, &command))
            }
            Command::Deal(id, command) => run!(deals, id, command, self.deal_facts(id, &command)),
            Command::Wallet(id, command) => run!(wallets, id, command, self.wallet_facts(id)),
        };
        let version = self.versions.entry(id).or_default();
        let recorded = events.into_iter().enumerate().map(|(index, event)| {
            self.position += 1;
            *version += 1;
            let envelope = Envelope {
                event_id: EventId::of(command_id, index),
                position: self.position,
                aggregate_type: event.aggregate_type().into(),
                aggregate_id: id,
                sequence: *version,
                event_type: event.name().into(),
                event_version: EVENT_VERSION,
                occurred_at: at,
                recorded_at: at,
                actor: by.clone(),
                command_id,
                causation_id: cause.map(|cause| cause.event),
                correlation_id: cause.map_or(command_id.0, |cause| cause.correlation),
            };
            Recorded { envelope, event }
        });
        Ok(recorded.collect())
    }

    fn partner_facts(&self, id: PartnerId, command: &PartnerCommand) -> PartnerFacts {
        let partner = self.partner(id);
        let program = if let PartnerCommand::Apply { program, .. } = command {
            Some(*program)
        } else {
            partner.program()
        };
        PartnerFacts {
            program: program.map(|id| self.program(id)).unwrap_or_default(),
            parent: partner.inviter().map(|inviter| self.partner(inviter)),
        }
    }

    fn deal_facts(&self, id: DealId, command: &DealCommand) -> DealFacts {
        if let DealCommand::Register { program, partner, .. } = command {
            let (program, partner) = (self.program(*program), Some(self.partner(*partner)));
            return DealFacts { program, partner, commission: None };
        }
        let deal = self.deal(id);
        let Some(case) = deal.case() else { return DealFacts::default() };
        let seller = |(partner, _)| {
            let state = self.partner(partner);
            SellerFacts { partner, upline: self.upline(&state), state }
        };
        let sharer = if let DealCommand::AgreeShare { partner, .. } = command {
            Some(self.partner(*partner))
        } else {
            None
        };
        DealFacts {
            program: self.program(case.program),
            partner: sharer,
            commission: Some(CommissionFacts {
                sellers: case.sellers().into_iter().map(seller).collect(),
            }),
        }
    }

    fn wallet_facts(&self, id: WalletId) -> WalletFacts {
        let wallet = self.wallet(id);
        let Some(purse) = wallet.purse() else { return WalletFacts::default() };
        WalletFacts {
            program: self.program(purse.program),
            partner: Some(self.partner(purse.partner)),
        }
    }

    /// Everybody above a partner, nearest first.
    fn upline(&self, partner: &Partner) -> Vec<(PartnerId, Arc<Partner>)> {
        let above = |partner: &Partner| {
            let id = partner.active()?.place?.parent?;
            Some((id, self.partner(id)))
        };
        std::iter::successors(above(partner), |(_, partner)| above(partner))
            .take(DEEPEST_NETWORK as usize)
            .collect()
    }
}
