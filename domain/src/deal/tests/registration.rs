//! Who may register a deal, and what a registration says.

use super::*;
use crate::{
    facts::{Decides, Streams, facts_of},
    world::now,
};

/// Answers no question.
struct Silent;

impl Streams for Silent {
    type Error = ();

    async fn load<A: cqrs_es::Aggregate>(&self, _: Uuid) -> Result<Arc<A>, ()> {
        Err(())
    }

    async fn load_until<A: cqrs_es::Aggregate>(&self, _: Uuid, _: u64) -> Result<Arc<A>, ()> {
        Err(())
    }

    async fn load_with<A: Decides>(
        &self,
        _: Uuid,
        _: impl FnOnce(&A) -> Vec<A::Event> + Send,
    ) -> Result<Arc<A>, ()> {
        Err(())
    }

    fn keyed(&self, _: &str) -> Uuid {
        Uuid::nil()
    }

    async fn is_unused(&self, _: &'static str, _: Uuid) -> Result<bool, ()> {
        Err(())
    }

    async fn own_event(&self, _: EventId) -> Result<Option<u64>, ()> {
        Err(())
    }
}

#[test]
fn a_stranger_is_kept_out_before_anybody_else_is_asked() {
    let ask = |by: Issued<DealCommand>| now(facts_of(&Deal::default(), &by, &Silent)).map(drop);
    assert_eq!(ask(alfa("2025-02-01", register())), Err(()), "the owner's needs facts");
    for by in [beta("2025-02-01", register()), stranger("2025-02-01", register())] {
        assert_eq!(ask(by), Ok(()));
    }
}

#[test]
fn a_deal_is_registered_once() {
    TestFramework::<Deal>::with(facts().into())
        .given(deal_at("registered"))
        .when(alfa("2025-02-02", register()))
        .then_expect_error(DealRefusal::AlreadyRegistered);
    TestFramework::<Deal>::with(facts().into())
        .given_no_previous_events()
        .when(alfa("2025-02-02", qualify_by_partner()))
        .then_expect_error(DealRefusal::NotRegistered);
}

#[test]
fn r44_the_policy_says_who_may_register_and_the_refusal_cites_it() {
    let mut strict = deal_policy();
    strict["certificate_required"] = json!(true);
    let program = programme([publish_deal_policy("2025-02-01T00:00:00Z", strict)]);
    let certified = PartnerEvent::Training(TrainingEvent::Certified {
        certificate: Uuid::nil(),
        person: MARIA,
        certification: "seller".into(),
        version: 1,
        valid_from: at("2025-01-10"),
        valid_until: Some(at("2025-03-01T00:00:00Z")),
    });
    let register = |on, certificate: Vec<PartnerEvent>| {
        let owner = Some(partner(certificate));
        let facts = DealFacts { program: program.clone(), partner: owner, ..DealFacts::default() };
        Deal::default().decide(&alfa(on, register()), &facts)
    };
    let policy = PolicyRef { id: "deal-policy".into(), version: 2 };
    let refused = Err(DealRefusal::CertificateRequired { policy });
    assert_eq!(names(register("2025-01-31T23:59:59.999Z", vec![])), ["deal-registered"]);
    assert_eq!(register("2025-02-01T00:00:00Z", vec![]), refused);
    let valid = vec![certified];
    assert_eq!(names(register("2025-02-28T23:59:59Z", valid.clone())), ["deal-registered"]);
    assert_eq!(register("2025-03-01T00:00:00Z", valid), refused);
}

#[test]
fn only_a_partner_in_the_network_registers_and_only_for_itself() {
    let register = |owner, by: Issued<DealCommand>| {
        let facts = DealFacts { program: programme([]), partner: owner, ..DealFacts::default() };
        handled(&mut Deal::default(), by, &facts)
    };
    let approved = after(partner_events(until_joined().into_iter().take(6)));
    let not_in = Err(DealRefusal::PartnerNotIn);
    assert_eq!(register(None, alfa("2025-02-01", super::register())), not_in);
    assert_eq!(register(Some(Arc::new(approved)), alfa("2025-02-01", super::register())), not_in);
    let elsewhere = register_with("program", json!(Uuid::nil()));
    assert_eq!(register(Some(partner([])), alfa("2025-02-01", elsewhere)), not_in);
    for by in [beta("2025-02-01", super::register()), stranger("2025-02-01", super::register())] {
        assert_eq!(register(Some(partner([])), by), not_in);
    }
}

#[test]
fn customers_are_recognised_however_they_are_written() {
    let keys = |customer: Value| {
        let outcome = decide(vec![], alfa("2025-02-01", register_with("customer", customer)));
        match outcome.expect("is allowed").as_slice() {
            [DealEvent::Registered { match_keys, .. }] => match_keys.clone(),
            other => unreachable!("{other:?}"),
        }
    };
    let expected = ["tax:pl5250001234", "domain:huta-stal.example", "name:hutastalsa/pl"];
    assert_eq!(keys(registration()["customer"].clone()), expected);
    for domain in [
        "huta-stal.example",
        "WWW.Huta-Stal.Example",
        " huta-stal.example. ",
        "http://huta-stal.example:8080/pl?x#y",
    ] {
        let customer = json!({
            "name": "HUTA STAL SA", "country": "PL", "tax_id": "pl5250001234", "domain": domain
        });
        assert_eq!(keys(customer), expected, "{domain}");
    }
    let blank = json!({ "name": "---", "country": "PL", "tax_id": "-", "domain": "www." });
    assert_eq!(keys(blank), [""; 0], "nothing makes all of them one customer");
}

#[test]
fn r48_the_first_matching_rule_or_the_default_queue_looks_after_a_deal() {
    let assigned = |territory: &str| {
        let given =
            events_of(&facts(), [("2025-02-01", register_with("territory", json!(territory)))]);
        usually_does(given, DealCommand::AssignResponsible {})
    };
    let (responsible, rule) = ("ewa".into(), AssignmentRule::Territory);
    let by_rule = DealEvent::ResponsibleAssigned { responsible, rule };
    assert_eq!(assigned("PL"), Ok(vec![by_rule.clone()]));
    let (responsible, rule) = ("channel-desk".into(), AssignmentRule::DefaultQueue);
    assert_eq!(assigned("DE"), Ok(vec![DealEvent::ResponsibleAssigned { responsible, rule }]));
    let again = [deal_at("registered"), vec![by_rule]].concat();
    assert_eq!(usually_does(again, DealCommand::AssignResponsible {}), Ok(vec![]));
}

#[test]
fn r13_what_is_not_published_is_refused_by_the_policy_version_in_force_which_names_what_is() {
    let mut wider = deal_policy();
    wider["territories"] = json!([{ "code": "FR", "name": "France" }]);
    wider["product_lines"] = json!([{ "code": "water", "name": "Water" }]);
    wider["responsible"] = json!([]);
    let facts = facts_with([publish_deal_policy("2025-03-01T00:00:00Z", wider)]);
    let told = |instant, path, value| {
        let register = alfa(instant, register_with(path, value));
        let refusal = Refusal::from(Deal::default().decide(&register, &facts).expect_err(path));
        let version = refusal.policy.map(|policy| policy.version);
        (refusal.code, refusal.field.join("."), refusal.message, version)
    };
    let (before, after) = ("2025-02-28T23:59:59Z", "2025-03-01T00:00:00Z");
    let (code, field, message, version) = told(before, "territory", json!("FR"));
    assert_eq!((code, field.as_str(), version), ("TERRITORY_UNKNOWN", "territory", Some(1)));
    assert_eq!(message, "no territory FR is published; choose one of PL, DE");
    let (code, field, message, version) = told(before, "product_lines", json!(["carbon", "water"]));
    assert_eq!((code, version), ("PRODUCT_LINE_UNKNOWN", Some(1)));
    assert_eq!(field, "product_lines.1");
    assert_eq!(message, "no product line water is published; choose one of carbon, energy");
    let (code, _, message, version) = told(after, "territory", json!("PL"));
    assert_eq!((code, version), ("TERRITORY_UNKNOWN", Some(2)));
    assert_eq!(message, "no territory PL is published; choose one of FR");
}

#[test]
fn bad_input_is_refused_by_its_field() {
    for (path, value, field) in [
        ("customer.name", json!(""), "customer.name"),
        ("customer.name", json!("x".repeat(201)), "customer.name"),
        ("customer.country", json!("Poland"), "customer.country"),
        ("customer.tax_id", json!("\u{0}"), "customer.tax_id"),
        ("customer.domain", json!(""), "customer.domain"),
        ("product_lines", json!([]), "product_lines"),
        ("product_lines", json!(vec!["x"; 101]), "product_lines"),
        ("product_lines", json!(["a", ""]), "product_lines.1"),
        ("product_lines", json!(["a", "b", "a"]), "product_lines.2"),
        ("territory", json!(" "), "territory"),
        ("estimate", json!({ "amount": "0", "currency": "EUR" }), "estimate"),
        ("estimate", json!({ "amount": "-1.00", "currency": "EUR" }), "estimate"),
        ("estimate", json!({ "amount": "100000000000.01", "currency": "EUR" }), "estimate.amount"),
        ("expected_close", json!("-5000-01-01"), "expected_close"),
        ("expected_close", json!("+10000-01-01"), "expected_close"),
        ("problems", json!("x".repeat(8_001)), "problems"),
        ("criteria", json!("\u{7}"), "criteria"),
    ] {
        let outcome = decide(vec![], alfa("2025-02-01", register_with(path, value)));
        let refusal = Refusal::from(outcome.expect_err(path));
        assert_eq!((refusal.code, refusal.field.join(".").as_str()), ("INPUT_INVALID", field));
    }
    let most = json!({ "amount": "100000000000.00", "currency": "EUR" });
    let outcome = decide(vec![], alfa("2025-02-01", register_with("estimate", most)));
    assert_eq!(names(outcome), ["deal-registered"]);
}
