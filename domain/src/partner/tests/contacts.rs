//! The people of a partner: added, changed, removed, and never none of them.

use super::*;

fn person(person: SubjectId, email: &str) -> Value {
    json!({ "contact": {
        "person": person, "first_name": "Nina", "last_name": "Lang", "email": email
    } })
}

fn add(who: SubjectId) -> PartnerCommand {
    command("addContact", person(who, "nina@alfa.example"))
}

fn change(who: SubjectId) -> PartnerCommand {
    command("changeContact", person(who, "n.lang@alfa.example"))
}

fn remove(person: SubjectId) -> PartnerCommand {
    PartnerCommand::RemoveContact { person }
}

fn and(mut given: Vec<PartnerEvent>, command: PartnerCommand) -> Vec<PartnerEvent> {
    given.extend(decide(given.clone(), command).expect("may"));
    given
}

#[test]
fn whoever_is_none_of_its_people_any_more_certifies_nobody() {
    let certified = |given: Vec<PartnerEvent>| {
        let partner = after::<Partner>(given);
        partner.active().expect("is approved").certified_at(at("2025-01-20"))
    };
    let done = ["intro", "product"].map(|module| complete("basics", module, module));
    let given = done.into_iter().chain([sit(true, "exam")]).fold(and(approved(), add(NINA)), and);
    assert!(certified(given.clone()));
    let without = and(given, remove(MARIA));
    assert!(!certified(without.clone()));
    assert!(certified(and(without, add(MARIA))), "the certificate is still hers");
}

#[test]
fn contacts_change_from_the_application_on_and_one_always_stays() {
    for given in [applied(), interviewed(), approved()] {
        assert_eq!(name_of(decide(given.clone(), change(MARIA))), "contact-changed");
        assert_eq!(decide(given.clone(), change(NINA)), Err(PartnerRefusal::UnknownContact));
        assert_eq!(decide(given.clone(), add(MARIA)), Err(PartnerRefusal::ContactThere));
        assert_eq!(decide(given.clone(), remove(NINA)), Err(PartnerRefusal::UnknownPerson));
        assert_eq!(decide(given.clone(), remove(MARIA)), Err(PartnerRefusal::LastContact));
        let two = and(given, add(NINA));
        assert_eq!(name_of(decide(two.clone(), change(NINA))), "contact-changed");
        let one = and(two, remove(MARIA));
        assert_eq!(decide(one.clone(), remove(MARIA)), Ok(vec![]), "already so");
        assert_eq!(decide(one.clone(), remove(NINA)), Err(PartnerRefusal::LastContact));
        assert_eq!(name_of(decide(one, add(MARIA))), "contact-added");
    }
    let ended = and(applied(), PartnerCommand::Withdraw {});
    let refusal = Refusal::from(decide(ended, add(NINA)).expect_err("is over"));
    assert_eq!(refusal.code, "APPLICATION_ENDED");
    assert_eq!(decide(vec![], add(NINA)), Err(PartnerRefusal::NotApplied));
}

#[test]
fn a_contact_without_an_address_is_refused_by_its_field() {
    for name in ["addContact", "changeContact"] {
        let who = if name == "addContact" { NINA } else { MARIA };
        let outcome = decide(approved(), command(name, person(who, "nina")));
        let refusal = Refusal::from(outcome.expect_err("is refused"));
        assert_eq!(
            (refusal.code, refusal.field.join(".")),
            ("INPUT_INVALID", "contact.email".into())
        );
    }
}

#[test]
fn a_partner_has_at_most_a_hundred_contacts() {
    let more = (0..99).map(|number| add(SubjectId(Uuid::from_u128(0x100 + number))));
    let full = approved_and(more);
    assert_eq!(decide(full.clone(), add(NINA)), Err(PartnerRefusal::TooManyContacts));
    let room = and(full, remove(MARIA));
    assert_eq!(name_of(decide(room, add(NINA))), "contact-added");
}

#[test]
fn only_whom_the_partner_names_trains_and_who_is_removed_still_checks_nothing_of_its_own() {
    let trained = |given| decide(given, complete("basics", "intro", "1"));
    let two = and(approved(), add(NINA));
    assert!(trained(two.clone()).is_ok());
    let without = and(two, remove(MARIA));
    assert_eq!(trained(without.clone()), Err(PartnerRefusal::UnknownPerson));
    let tier = PartnerCommand::OverrideTier { to: Tier::Gold, reason: "Strategic".into() };
    for own in [MARIA, NINA] {
        let own = own.0.to_string();
        let by = vendor(&own, "2025-01-10", tier.clone());
        let outcome = handled(&mut after::<Partner>(without.clone()), by, &facts());
        assert_eq!(outcome, Err(PartnerRefusal::BeneficiaryIsChecker { who: own }));
    }
}
