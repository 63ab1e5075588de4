//! Deals of a partner that is suspended or has left: until the contract they stand still, after it they go on.

use super::*;
use crate::partner::{StandingEvent, SuspensionCode, TerminationCode};

fn standing_facts(events: impl IntoIterator<Item = StandingEvent>) -> DealFacts {
    let partner = Some(partner(events.into_iter().map(Into::into)));
    DealFacts { partner, ..facts() }
}

fn suspended() -> StandingEvent {
    StandingEvent::Suspended {
        code: SuspensionCode::Compliance,
        reason: "Audit".into(),
        suspended_at: at("2025-02-15"),
        freezes_wallets: true,
        currencies: BTreeSet::from([currency("EUR")]),
        policy_version: 1,
    }
}

fn terminated() -> StandingEvent {
    StandingEvent::Terminated {
        code: TerminationCode::Breach,
        terminated_at: at("2025-02-15"),
        at_once: true,
        freezes_wallets: false,
        currencies: BTreeSet::from([currency("EUR")]),
        policy_version: 1,
    }
}

fn reinstated() -> StandingEvent {
    StandingEvent::Reinstated { reason: "Done".into(), currencies: BTreeSet::new() }
}

fn does(facts: &DealFacts, stage: &str, command: DealCommand) -> Outcome {
    let given = if stage == "unregistered" { vec![] } else { deal_at(stage) };
    handled(&mut after::<Deal>(given), usually("2025-02-20", command), facts)
}

#[test]
fn what_brings_a_deal_on_needs_a_partner_that_may_sell() {
    let share = DealCommand::AgreeShare { partner: GAMMA, share: Ppm(100_000) };
    for (stage, command) in [
        ("unregistered", register()),
        ("registered", qualify_by_partner()),
        ("partner-qualified", DealCommand::Qualify {}),
        ("pending", DealCommand::Approve {}),
        ("approved", sign()),
        ("approved", share),
    ] {
        let outcome = |facts: &DealFacts| does(facts, stage, command.clone());
        let refused = outcome(&standing_facts([suspended()]));
        assert_eq!(refused, Err(DealRefusal::PartnerSuspended), "{}", command.name());
        let refused = outcome(&standing_facts([terminated()]));
        assert_eq!(refused, Err(DealRefusal::PartnerTerminated), "{}", command.name());
        assert!(outcome(&standing_facts([suspended(), reinstated()])).is_ok());
    }
}

#[test]
fn what_ends_a_deal_or_follows_from_its_contract_needs_none() {
    for event in [suspended(), terminated()] {
        let facts = standing_facts([event]);
        for (stage, command) in [
            ("pending", reject()),
            ("approved", DealCommand::Withdraw {}),
            ("approved", lose()),
            ("partner-qualified", send_back()),
            ("signed", set_status("signed")),
            ("signed", pay(1, "10000.00")),
        ] {
            assert_eq!(names(does(&facts, stage, command)).len(), 1, "{stage}");
        }
        assert_eq!(
            does(&facts, "approved", DealCommand::Approve {}),
            Ok(vec![]),
            "it is so already"
        );
    }
}

#[test]
fn nothing_of_a_partner_that_may_not_sell_is_approved_by_itself() {
    let small = json!({ "amount": "100.00", "currency": "EUR" });
    let way = [
        ("2025-02-01", register_with("estimate", small)),
        ("2025-02-01", qualify_by_partner()),
        ("2025-02-01", DealCommand::Qualify {}),
    ];
    let given = events_of(&facts(), way);
    let requested = |facts: &DealFacts| {
        let command = policy("2025-02-20", DealCommand::RequestApproval {});
        names(handled(&mut after::<Deal>(given.clone()), command, facts))
    };
    assert_eq!(requested(&facts()), ["approval-requested", "deal-approved"]);
    assert_eq!(requested(&standing_facts([suspended()])), ["approval-requested"]);
    assert_eq!(requested(&standing_facts([terminated()])), ["approval-requested"]);
}
