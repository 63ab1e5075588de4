//! Completeness of effects (reconciliation): what events ask for beside what has come of it, as the log alone has it.

use std::collections::BTreeMap;

use domain::deal::DealEvent;
use domain::wallet::{WalletCommand, WalletEvent};
use domain::{Command, CommandId, Money, Recorded, WalletId, reactions};
use eventlog::{Ids, NotCome};
use uuid::Uuid;

use crate::ground::Broken;

const DONE: &str = "every effect that must come of an event has come of it";

const LOT: &str = "every leg has one lot";

const LEG: &str = "every lot has its leg";

/// What [`Effects`] claims.
pub(crate) const CLAIMS: [&str; 3] = [DONE, LOT, LEG];

/// Sees the events of a log in their order. An effect stands after what asks for it.
pub(crate) struct Effects {
    /// How far the reactor says that it has come.
    reacted: u64,
    /// Effects that are somebody's to look at, and those of which somebody said that they never come.
    not_come: NotCome,
    due: BTreeMap<CommandId, Due>,
    legs: BTreeMap<Uuid, Leg>,
    broken: Option<Broken>,
    found: Found,
}

/// How many effects there were to see.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// Those that must come of the events up to the reactor's checkpoint, be it that nothing had to happen.
    pub due: u64,
    /// Those of them that have not, and are open items.
    pub open: u64,
    /// Those of them that have not, and somebody said that they never will.
    pub dismissed: u64,
    pub lots: u64,
}

/// An effect that has not come yet.
struct Due {
    position: u64,
    command: &'static str,
    target: Uuid,
}

/// What a partner earns, by the event that calculated it, and the command that is to credit it.
struct Leg {
    position: u64,
    wallet: WalletId,
    amount: Money,
    credited_by: Option<CommandId>,
}

impl Effects {
    pub fn new(reacted: u64, not_come: NotCome) -> Self {
        let (due, legs, found) = (BTreeMap::new(), BTreeMap::new(), Found::default());
        Self { reacted, not_come, due, legs, broken: None, found }
    }

    /// Whether nothing need have come of it.
    fn is_explained(&self, id: &CommandId) -> bool {
        self.not_come.open.contains(id) || self.not_come.dismissed.contains(id)
    }

    pub fn see(&mut self, recorded: &Recorded) {
        self.due.remove(&recorded.envelope.command_id);
        let position = recorded.envelope.position;
        let mut credits = BTreeMap::new();
        for reaction in reactions::reactions(recorded) {
            if let Command::Wallet(_, WalletCommand::Accrue { accrual }) = &reaction.command {
                credits.insert(accrual.lot, reaction.command_id);
            }
            if position <= self.reacted && reaction.must_come() {
                let (command, target) = (reaction.command.name(), reaction.command.target());
                let due = Due { position, command, target };
                self.due.insert(reaction.command_id, due);
                self.found.due += 1;
            }
        }
        if let Some(DealEvent::CommissionCalculated { trace, currency, .. }) = recorded.told() {
            for leg in &trace.legs {
                let wallet = WalletId::of(leg.beneficiary, *currency);
                let credited_by = credits.get(&leg.lot).copied();
                let earned = Leg { position, wallet, amount: leg.amount, credited_by };
                if self.legs.insert(leg.lot.0, earned).is_some() {
                    self.breaks(LOT, leg.lot.0, format!("two legs, the second at {position}"));
                }
            }
        }
        if let Some(WalletEvent::Accrued { accrual }) = recorded.told() {
            let (lot, wallet) = (accrual.lot.0, WalletId(recorded.envelope.aggregate_id));
            self.found.lots += 1;
            match self.legs.remove(&lot) {
                Some(leg) if leg.wallet == wallet && leg.amount == accrual.amount => {}
                Some(leg) => {
                    let (amount, at) = (accrual.amount, wallet.0);
                    let detail = format!(
                        "{amount} in {at} where its leg has {} for {}",
                        leg.amount, leg.wallet.0
                    );
                    self.breaks(LEG, lot, detail);
                }
                None => self.breaks(LEG, lot, format!("accrued at {position} without one")),
            }
        }
    }

    /// The effects of which no event tells: they may have found that it was so already, which their receipts say.
    pub fn silent(&self) -> Vec<(CommandId, Uuid)> {
        let silent = self.due.iter().filter(|(id, _)| !self.is_explained(id));
        silent.map(|(id, due)| (*id, due.target)).collect()
    }

    /// A receipt says that it was carried out.
    pub fn carried_out(&mut self, id: CommandId) {
        self.due.remove(&id);
    }

    /// The first that does not hold is the error.
    pub fn outcome(mut self) -> Result<Found, Broken> {
        let due = std::mem::take(&mut self.due);
        let among = |ids: &Ids| due.keys().filter(|id| ids.contains(id)).count() as u64;
        self.found.open = among(&self.not_come.open);
        self.found.dismissed = among(&self.not_come.dismissed);
        let missing = due.into_iter().find(|(id, _)| !self.is_explained(id));
        if let Some((id, Due { position, command, .. })) = missing {
            self.breaks(DONE, id.0, format!("{command}, which position {position} asks for"));
        }
        let explained = |leg: &Leg| leg.credited_by.is_some_and(|id| self.is_explained(&id));
        let mut without =
            self.legs.iter().filter(|(_, leg)| leg.position <= self.reacted && !explained(leg));
        if let Some((lot, leg)) = without.next() {
            let lot = *lot;
            let detail = format!("{} of position {} has none", leg.amount, leg.position);
            self.breaks(LOT, lot, detail);
        }
        self.broken.map_or(Ok(self.found), Err)
    }

    fn breaks(&mut self, claim: &'static str, key: Uuid, detail: String) {
        let key = key.to_string();
        self.broken.get_or_insert(Broken::Claim { claim, table: "events", key, detail });
    }
}
