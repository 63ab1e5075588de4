//! What each event sets going, and what an instant does.

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
    let causes: [(&str, &[&str]); 11] = [
        ("application-approved", &["joinNetwork"]),
        ("terms-accepted", &["joinNetwork"]),
        ("deal-registered", &["assignResponsible"]),
        ("deal-qualified", &["requestApproval"]),
        ("contract-status-changed", &["calculateCommission"]),
        ("payment-received", &["calculateCommission"]),
        ("commission-calculated", &["accrueCommission"; 4]),
        ("course-assigned", &[]),
        ("partner-suspended", &["freezeWallet"]),
        ("partner-reinstated", &["unfreezeWallet"]),
        ("partner-terminated", &["unfreezeWallet"]),
    ];
    let causes = BTreeMap::from(causes);
    for (event_type, (commands, _)) in table() {
        let expected = causes.get(event_type.as_str()).copied().unwrap_or_default();
        assert_eq!(commands, expected, "{event_type}");
    }
}

#[test]
fn every_event_sets_and_clears_what_the_table_says_and_nothing_else() {
    let changes: [(&str, &[&str]); 19] = [
        ("applied", &["escalateApplication"]),
        ("information-requested", &["escalateApplication", "lapseApplication"]),
        ("information-supplied", &["escalateApplication", "clear"]),
        ("information-request-closed", &["escalateApplication", "clear"]),
        ("review-recorded", &["clear"]),
        ("application-escalated", &["clear"]),
        ("application-withdrawn", &["clear", "clear"]),
        ("application-lapsed", &["clear", "clear"]),
        ("termination-noticed", &["terminatePartner"]),
        ("termination-revoked", &["clear"]),
        ("partner-terminated", &["clear"]),
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
