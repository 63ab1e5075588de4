//! What a refused effect means: an ordinary outcome, one that waits for something, or one that must not be.

use crate::{
    Command, Event,
    partner::{NetworkEvent, PartnerEvent, StandingEvent},
    wallet::WalletEvent,
    words::words,
};

words! {
    /// Why an effect of an event has not come.
    pub enum OpenKind {
        "waiting" => Waiting: "It waits for something else to happen, and is then tried again by itself.",
        "refused" => Refused: "It was refused and should not have been: somebody has to look at it.",
        "failed" => Failed: "It could not be decided: a fault of the program, or data that is damaged.",
    }
}

/// What it means that an effect was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// It has come to that in another way, or there is nothing left to do.
    Ordinary,
    /// It goes once more has happened to that aggregate.
    Waits(On),
    /// Somebody has to look at it.
    MustNotBe,
}

/// What an effect waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// The partner that invited the one which is to join.
    Inviter,
    /// The aggregate itself.
    Itself,
}

/// An effect, with those refusals that are no mistake. Any other must not be.
struct Row {
    effect: &'static str,
    ordinary: &'static [&'static str],
    waits: &'static [(&'static str, On)],
}

/// Of an application in which nobody has to act any more.
const DECIDED: [&str; 2] = ["APPLICATION_ENDED", "APPLICATION_ALREADY_DECIDED"];

const TABLE: [Row; 12] = [
    Row {
        effect: "joinNetwork",
        // Whoever accepts the terms joins by that, then or later.
        ordinary: &["TERMS_NOT_CURRENT", "PARTNER_STEP_TOO_EARLY", "PARTNER_TERMINATED"],
        waits: &[
            ("PARENT_NOT_JOINED", On::Inviter),
            ("PARENT_SUSPENDED", On::Inviter),
            ("PARTNER_SUSPENDED", On::Itself),
        ],
    },
    Row { effect: "escalateApplication", ordinary: &DECIDED, waits: &[] },
    Row { effect: "lapseApplication", ordinary: &DECIDED, waits: &[] },
    Row { effect: "assignResponsible", ordinary: &["DEAL_ENDED"], waits: &[] },
    Row {
        effect: "requestApproval",
        ordinary: &["APPROVAL_ALREADY_REQUESTED", "DEAL_ENDED"], // The vendor came first.
        waits: &[],
    },
    Row { effect: "calculateCommission", ordinary: &[], waits: &[] },
    Row {
        effect: "accrueCommission",
        ordinary: &[],
        waits: &[("WALLET_OVERFLOW", On::Itself)], // A payout makes room.
    },
    Row { effect: "expireProtection", ordinary: &["DEAL_ENDED"], waits: &[] },
    Row { effect: "matureLot", ordinary: &[], waits: &[] },
    Row {
        effect: "terminatePartner",
        ordinary: &["TERMINATION_NOT_NOTICED", "TERMINATION_NOTICE_RUNS"], // It was revoked.
        waits: &[],
    },
    // A partner need not have a wallet; one that begins later is frozen from the start.
    Row { effect: "freezeWallet", ordinary: &["WALLET_EMPTY"], waits: &[] },
    Row { effect: "unfreezeWallet", ordinary: &["WALLET_EMPTY"], waits: &[] },
];

/// What it means that this effect was refused with this code.
pub fn meaning(effect: &Command, code: &str) -> Meaning {
    let row = TABLE.iter().find(|row| row.effect == effect.name());
    let Some(row) = row else { return Meaning::MustNotBe };
    if row.ordinary.contains(&code) {
        return Meaning::Ordinary;
    }
    let waits = row.waits.iter().find(|(waits, _)| *waits == code);
    waits.map_or(Meaning::MustNotBe, |(_, on)| Meaning::Waits(*on))
}

/// Whether what waits for the aggregate may go once this has happened to it.
pub fn frees(event: &Event) -> bool {
    match event {
        Event::Partner(event) => match event.as_ref() {
            PartnerEvent::Network(NetworkEvent::Joined { .. })
            | PartnerEvent::Standing(
                StandingEvent::Reinstated { .. } | StandingEvent::Terminated { .. },
            ) => true,
            PartnerEvent::Standing(
                StandingEvent::Suspended { .. }
                | StandingEvent::TerminationNoticed { .. }
                | StandingEvent::TerminationRevoked {},
            )
            | PartnerEvent::Application(_)
            | PartnerEvent::Contact(_)
            | PartnerEvent::Terms(_)
            | PartnerEvent::Training(_)
            | PartnerEvent::Bank(_)
            | PartnerEvent::Tier(_) => false,
        },
        Event::Wallet(event) => match event.as_ref() {
            WalletEvent::PayoutPaid { .. } => true,
            WalletEvent::Accrued { .. }
            | WalletEvent::Matured { .. }
            | WalletEvent::PayoutRequested { .. }
            | WalletEvent::PayoutCancelled { .. }
            | WalletEvent::PayoutRejected { .. }
            | WalletEvent::PayoutApproved { .. }
            | WalletEvent::PayoutSubmitted { .. }
            | WalletEvent::Frozen { .. }
            | WalletEvent::FundsFrozen { .. }
            | WalletEvent::Unfrozen { .. } => false,
        },
        Event::Program(_) | Event::Account(_) | Event::Deal(_) | Event::Reservation(_) => false,
    }
}

/// Whether no refusal of this effect is ordinary: it comes, or is left open.
pub fn must_come(effect: &Command) -> bool {
    let row = TABLE.iter().find(|row| row.effect == effect.name());
    row.is_none_or(|row| row.ordinary.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        reactions::{TimerChange, reactions, timers},
        testing::*,
    };

    #[test]
    fn every_effect_of_an_event_or_an_instant_has_a_row_and_nothing_else_has() {
        let mut effects = BTreeSet::new();
        for recorded in history() {
            effects.extend(reactions(&recorded).iter().map(|caused| caused.command.name()));
            for change in timers(&recorded) {
                if let TimerChange::Set(timer) = change {
                    effects.insert(timer.command.name());
                }
            }
        }
        assert_eq!(TABLE.map(|row| row.effect).into_iter().collect::<BTreeSet<_>>(), effects);
    }

    #[test]
    fn the_table_names_codes_that_there_are() {
        let known: BTreeSet<&str> = crate::codes().iter().map(|code| code.code).collect();
        for Row { effect, ordinary, waits } in TABLE {
            for code in ordinary.iter().chain(waits.iter().map(|(code, _)| code)) {
                assert!(known.contains(code), "{effect}: {code}");
            }
        }
    }

    #[test]
    fn what_the_table_does_not_name_must_not_be() {
        let effect = |name: &str| Command::parse(name, ALFA.0, sample(name)).expect(name);
        let meant = |name, code| meaning(&effect(name), code);
        assert_eq!(meant("joinNetwork", "PARENT_NOT_JOINED"), Meaning::Waits(On::Inviter));
        assert_eq!(meant("joinNetwork", "TERMS_NOT_CURRENT"), Meaning::Ordinary);
        assert_eq!(meant("joinNetwork", "PARTNER_STEP_TOO_EARLY"), Meaning::Ordinary);
        assert_eq!(meant("joinNetwork", "NETWORK_TOO_DEEP"), Meaning::MustNotBe);
        assert_eq!(meant("accrueCommission", "WALLET_OVERFLOW"), Meaning::Waits(On::Itself));
        assert_eq!(meant("accrueCommission", "WALLET_FOREIGN"), Meaning::MustNotBe);
        assert_eq!(meant("accrueCommission", "DEAL_ENDED"), Meaning::MustNotBe);
        assert_eq!(meant("expireProtection", "DEAL_ENDED"), Meaning::Ordinary);
        assert_eq!(meant("matureLot", "LOT_NOT_DUE"), Meaning::MustNotBe);
        let must_come = ["calculateCommission", "accrueCommission", "matureLot", "joinNetwork"];
        let must_come = must_come.map(|name| super::must_come(&effect(name)));
        assert_eq!(must_come, [true, true, true, false]);
    }
}
