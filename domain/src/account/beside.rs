//! What is appended together: an application with the role of its owner, and what only one account may have.

use serde_json::{Value, json};

use super::*;
use crate::{
    Command, Partner, Reservation, bounds,
    testing::{at, id, opened, sample},
    world::World,
};

const ANNA: AccountId = AccountId(id(0xC1));
const BEA: AccountId = AccountId(id(0xC2));
const ALFA: PartnerId = PartnerId(id(0xA1));

type Outcome = Result<Vec<String>, &'static str>;

fn ask(world: &mut World, by: Actor, name: &str, target: Uuid, fields: Value) -> Outcome {
    let told = world.ask(by, at("2025-01-10"), name, target, fields);
    let names = told.map(|events| events.into_iter().map(|event| event.envelope.event_type));
    names.map(Iterator::collect).map_err(|refusal| refusal.code)
}

/// A programme, and accounts of people who have registered.
fn registered() -> World {
    let mut world = opened();
    for account in [ANNA, BEA] {
        let mut fields = sample("registerAccount");
        fields["door"] = json!("web");
        ask(&mut world, sign_up(account), "registerAccount", account.0, fields).expect("registers");
    }
    world
}

fn of(account: AccountId, name: &str, fields: Value, world: &mut World) -> Outcome {
    let roles = Command::roles(name).expect(name);
    let administrator = roles.contains(Role::Administrator);
    let by = if administrator { Actor::of(Role::Administrator, "vera") } else { sign_up(account) };
    ask(world, by, name, account.0, fields)
}

fn applies(account: AccountId, partner: PartnerId, world: &mut World) -> Outcome {
    let by = Actor::member(Role::Owner, account.to_string(), partner);
    let mut fields = sample("applyForProgram");
    fields["company"]["tax_id"] = Value::Null;
    ask(world, by, "applyForProgram", partner.0, fields)
}

fn owned(account: AccountId, world: &World) -> Vec<Seat> {
    let account = world.state::<Account>(account.0);
    account
        .holder()
        .map(|holder| holder.grants.iter().map(|grant| grant.seat).collect())
        .unwrap_or_default()
}

#[test]
fn r6_whoever_applies_owns_the_partner_by_the_same_append_with_the_account_that_registered() {
    let mut world = registered();
    let told = applies(ANNA, ALFA, &mut world).expect("applies");
    assert!(told.contains(&"applied".into()) && told.contains(&"role-granted".into()), "{told:?}");
    let seat = Seat { role: Role::Owner, scope: Scope::Partner(ALFA) };
    assert_eq!(owned(ANNA, &world), [seat]);
    assert_eq!(owned(BEA, &world), []);
    let account = world.state::<Account>(ANNA.0);
    let grant = account.holder().and_then(|holder| holder.grant(seat)).expect("is held");
    assert_eq!(grant.permissions, Permission::usual(Role::Owner));
}

#[test]
fn a_refused_application_makes_nobody_an_owner() {
    let mut world = registered();
    let by = Actor::member(Role::Owner, ANNA.to_string(), ALFA);
    let mut fields = sample("applyForProgram");
    fields["contacts"] = json!([]);
    assert_eq!(ask(&mut world, by, "applyForProgram", ALFA.0, fields), Err("INPUT_INVALID"));
    assert_eq!(owned(ANNA, &world), []);
}

#[test]
fn an_account_of_the_vendors_or_one_that_cannot_be_used_applies_for_nothing() {
    let unfit: [(&str, Value); 3] = [
        ("grantRole", json!({ "role": "finance", "scope": "vendor" })),
        ("suspendAccount", sample("suspendAccount")),
        ("closeAccount", json!({})),
    ];
    for (name, fields) in unfit {
        let mut world = registered();
        of(ANNA, name, fields, &mut world).expect(name);
        assert_eq!(applies(ANNA, ALFA, &mut world), Err("PARTNER_APPLICANT_UNFIT"), "{name}");
        assert_eq!(*world.state::<Partner>(ALFA.0), Partner::Unknown, "{name}");
        assert!(applies(BEA, ALFA, &mut world).is_ok(), "{name}");
    }
}

#[test]
fn an_account_owns_as_many_partners_as_it_may_have_roles() {
    let mut world = registered();
    let partner = |nth: usize| PartnerId(id(0x1000 + nth as u128));
    for nth in 0..bounds::MANY {
        assert!(applies(ANNA, partner(nth), &mut world).is_ok(), "{nth}");
    }
    let refused = applies(ANNA, partner(bounds::MANY), &mut world);
    assert_eq!(refused, Err("PARTNER_APPLICANT_UNFIT"));
    assert_eq!(owned(ANNA, &world).len(), bounds::MANY);
}

fn links(account: AccountId, issuer: &str, subject: &str, world: &mut World) -> Outcome {
    of(account, "linkAccount", json!({ "issuer": issuer, "subject": subject }), world)
}

#[test]
fn what_an_issuer_calls_somebody_opens_one_account_until_that_is_closed() {
    let mut world = registered();
    let (here, there) = ("https://id.example", "https://id.example/2");
    let linked = Ok(vec!["account-linked".to_owned(), "reserved".to_owned()]);
    assert_eq!(links(ANNA, here, "24", &mut world), linked);
    assert_eq!(links(ANNA, here, "24", &mut world), Ok(vec![]));
    assert_eq!(links(BEA, here, "24", &mut world), Err("ACCOUNT_LINK_TAKEN"));
    assert_eq!(links(ANNA, here, "25", &mut world), Err("ACCOUNT_ALREADY_LINKED"));
    assert_eq!(links(BEA, here, "25", &mut world), linked, "a refused link keeps nothing");
    assert_eq!(links(ANNA, there, "24", &mut world), linked, "another issuer, another person");
    let closed = of(ANNA, "closeAccount", json!({}), &mut world).expect("closes");
    assert_eq!(closed, ["account-closed", "reservation-released", "reservation-released"]);
    assert_eq!(of(BEA, "closeAccount", json!({}), &mut world).expect("closes").len(), 2);
    let cleo = AccountId(id(0xC3));
    of(cleo, "registerAccount", sample("registerAccount"), &mut world).expect("registers");
    assert_eq!(links(cleo, here, "24", &mut world), linked);
}

#[test]
fn a_link_is_found_by_the_name_that_its_reservation_is_keyed_from() {
    let mut world = registered();
    links(ANNA, "https://id.example", "24", &mut world).expect("is linked");
    let account = world.state::<Account>(ANNA.0);
    let held = account.holder().map(|holder| holder.links.values().copied().collect::<Vec<_>>());
    let named = derived(Uuid::from_u128(1), &link_name("https://id.example", "24"));
    assert_eq!(held, Some(vec![Some(named)]));
    assert_eq!(world.state::<Reservation>(named).holder, Some(ANNA.0));
}
