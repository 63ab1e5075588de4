//! Bank details and tiers of an approved partner.

use super::*;

#[test]
fn bank_details_are_named_by_an_id_that_nothing_in_them_has_a_part_in() {
    let set = |number, iban: &str| {
        let (account_holder, iban) = ("Alfa".into(), iban.into());
        let details = PartnerCommand::SetPaymentDetails { account_holder, iban };
        let mut command = alfa("2025-02-01", details);
        command.command_id = CommandId(Uuid::from_u128(number));
        let events = after::<Partner>(approved()).decide(&command, &facts()).expect("may");
        match events.as_slice() {
            [PartnerEvent::Bank(BankEvent::DetailsSet { details_id, set_by, .. })] => {
                assert_eq!(set_by.id, "maria");
                *details_id
            }
            other => unreachable!("{other:?}"),
        }
    };
    let (one, other) = ("DE89370400440532013000", "PL61109010140000071219812874");
    assert_eq!(set(1, one), set(1, other));
    assert_ne!(set(1, one), set(2, one), "the same account looks different each time");
}

#[test]
fn an_account_number_with_a_typing_error_is_refused() {
    let set = |iban: &str| {
        let (account_holder, iban) = ("Alfa".into(), iban.into());
        decide(approved(), PartnerCommand::SetPaymentDetails { account_holder, iban })
    };
    assert!(set("DE89370400440532013000").is_ok());
    assert!(set("PL61109010140000071219812874").is_ok());
    for wrong in [
        "",
        "DE8937040044053201300",
        "DE89370400440532013001",
        "DE98370400440532013000",
        "de89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "8937DE0400440532013000",
        "DE89370400440532013000é",
        &"9".repeat(35),
    ] {
        let refusal = Refusal::from(set(wrong).expect_err(wrong));
        assert_eq!(refusal.field, ["iban"], "{wrong}");
    }
}

#[test]
fn a_tier_holds_from_its_instant_on() {
    let to = |to, on| {
        let reason = "Acquired a gold partner".into();
        decide_with(&facts(), approved(), on, PartnerCommand::OverrideTier { to, reason })
    };
    let silver = to(Tier::Silver, "2025-02-01T00:00:00Z").expect("may");
    let partner = after::<Partner>([approved(), silver].concat());
    let tier = |on| partner.active().expect("is approved").tiers.at(at(on));
    assert_eq!(tier("2025-01-31T23:59:59Z"), Tier::Registered);
    assert_eq!(tier("2025-02-01T00:00:00Z"), Tier::Silver);
    assert_eq!(to(Tier::Registered, "2025-02-01"), Ok(vec![]));
}

#[test]
fn nobody_acts_for_another_partner() {
    let commands = [PartnerCommand::Withdraw {}, set_payment_details(), apply(None)];
    for given in [vec![], approved()] {
        for command in &commands {
            let mut partner = after::<Partner>(given.clone());
            let outcome = handled(&mut partner, beta("2025-02-01", command.clone()), &facts());
            assert_eq!(outcome, Err(PartnerRefusal::NotApplied), "as where there is none");
        }
    }
}
