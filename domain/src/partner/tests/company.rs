//! The same company twice.

use super::*;
use crate::{Command, Recorded, Reservation, world::World};

/// What comes of an application of a company with this tax id and web site: the names of the events, or the code.
fn applies(
    world: &mut World,
    partner: u128,
    tax_id: Option<&str>,
    website: &str,
) -> Result<Vec<String>, &'static str> {
    let mut fields = sample("applyForProgram");
    fields["company"]["tax_id"] = json!(tax_id);
    fields["company"]["website"] = json!(website);
    ask(world, partner, "applyForProgram", fields)
}

fn ask(
    world: &mut World,
    partner: u128,
    name: &str,
    fields: Value,
) -> Result<Vec<String>, &'static str> {
    let id = crate::testing::id(partner);
    let role = Command::roles(name).and_then(|roles| roles.each().last()).expect(name);
    let by =
        Actor { partner: role.is_member().then_some(PartnerId(id)), ..Actor::of(role, "vera") };
    let told = world.ask(by, at("2025-01-10"), name, id, fields);
    let name_of = |recorded: Recorded| recorded.envelope.event_type;
    told.map(|events| events.into_iter().map(name_of).collect()).map_err(|refusal| refusal.code)
}

#[test]
fn a_company_applies_once_to_a_programme_however_its_tax_id_is_written() {
    let mut world = opened();
    let first = applies(&mut world, 0xA1, Some("PL5260250274"), "alfa.example");
    assert_eq!(first, Ok(vec!["applied".into(), "reserved".into(), "reserved".into()]));
    for tax_id in ["PL5260250274", "526-025-02-74", "pl 526 025 02 74"] {
        let second = applies(&mut world, 0xA2, Some(tax_id), "other.example");
        assert_eq!(second, Err("COMPANY_ALREADY_APPLIED"), "{tax_id}");
    }
    let neighbour = applies(&mut world, 0xA2, Some("526-025-02-75"), "other.example");
    assert_eq!(neighbour.map(|events| events.len()), Ok(3));
}

#[test]
fn a_refused_application_reserves_nothing() {
    let mut world = opened();
    applies(&mut world, 0xA1, Some("1"), "alfa.example").expect("applies");
    let refused = applies(&mut world, 0xA2, Some("1"), "beta.example");
    assert_eq!(refused, Err("COMPANY_ALREADY_APPLIED"));
    let other = applies(&mut world, 0xA3, Some("2"), "beta.example").expect("applies");
    assert_eq!(other.len(), 3, "the domain is free still: {other:?}");
}

#[test]
fn an_application_that_ends_frees_the_tax_id() {
    let reject = json!({ "code": "other" });
    let ends: [&[(&str, Value)]; 2] = [
        &[("withdrawApplication", json!({}))],
        &[
            ("assignReview", sample("assignReview")),
            ("recordReview", sample("recordReview")),
            ("rejectApplication", reject),
        ],
    ];
    for steps in ends {
        let mut world = opened();
        applies(&mut world, 0xA1, Some("1"), "alfa.example").expect("applies");
        for (name, fields) in steps {
            // Whoever applied judges nothing, so others do.
            let by = Command::roles(name).expect(name);
            let role = by.each().next().expect(name);
            let id = crate::testing::id(0xA1);
            let partner = role.is_member().then_some(PartnerId(id));
            let by = Actor { partner, ..Actor::of(role, "rita") };
            let told = world.ask(by, at("2025-01-11"), name, id, fields.clone()).expect(name);
            let released = told.iter().filter(|it| it.event.name() == "reservation-released");
            let last = *name == steps.last().expect("a step").0;
            assert_eq!(released.count(), if last { 2 } else { 0 }, "{name}");
        }
        let again = applies(&mut world, 0xA2, Some("1"), "alfa.example");
        assert_eq!(again.map(|events| events.len()), Ok(3));
    }
}

#[test]
fn another_company_at_the_same_domain_is_a_sign_and_no_refusal() {
    let mut world = opened();
    applies(&mut world, 0xA1, Some("1"), "https://alfa.example/de").expect("applies");
    let second = applies(&mut world, 0xA2, None, "www.ALFA.example");
    assert_eq!(second, Ok(vec!["applied".into()]));
    let sign = |partner: u128, world: &World| {
        let partner = world.state::<Partner>(crate::testing::id(partner));
        partner.file().expect("has applied").resembles
    };
    assert_eq!(sign(0xA1, &world), None);
    assert_eq!(sign(0xA2, &world), Some(PartnerId(crate::testing::id(0xA1))));
}

#[test]
fn a_tax_id_is_made_of_letters_and_digits_that_look_like_no_others() {
    let tax_id = |text: &str| {
        let invalid = decide(vec![], application_with("company.tax_id", json!(text)));
        invalid.map(drop).map_err(|refusal| Refusal::from(refusal).field.join("."))
    };
    for text in ["PL 526-025-02-74", "DE/811.907.980", "Ñ&A010101AB1", "1"] {
        assert_eq!(tax_id(text), Ok(()), "{text}");
    }
    for text in ["\u{420}L5260250274", "526_025", "--", "PL\u{200b}1"] {
        assert_eq!(tax_id(text), Err("company.tax_id".into()), "{text:?}");
    }
}

#[test]
fn of_a_company_without_tax_id_and_web_site_nothing_is_reserved() {
    let mut fields = sample("applyForProgram");
    fields["company"]["tax_id"].take();
    fields["company"]["website"].take();
    let mut world = opened();
    for partner in [0xA1, 0xA2] {
        assert_eq!(
            ask(&mut world, partner, "applyForProgram", fields.clone()),
            Ok(vec!["applied".into()])
        );
    }
    assert_eq!(*world.state::<Reservation>(Uuid::nil()), Reservation::default());
}
