//! What the partner says of a deal, and what the vendor makes of it.

use super::*;

#[test]
fn r49_a_missing_parameter_blocks_the_partners_qualification() {
    for missing in ["icp_match", "timeframe", "budget", "decision_maker"] {
        let mut fields = super::qualification();
        fields.as_object_mut().expect("is an object").remove(missing);
        let incomplete = command("qualifyDealByPartner", fields);
        let outcome = decide(deal_at("registered"), alfa("2025-02-02", incomplete));
        let fields = vec![missing.to_owned()];
        let missing = missing.to_owned();
        assert_eq!(outcome, Err(DealRefusal::QualificationIncomplete { missing, fields }));
    }
    let whole = decide(deal_at("registered"), alfa("2025-02-02", qualify_by_partner()));
    assert_eq!(names(whole), ["deal-qualified-by-partner"]);
}

#[test]
fn r50_the_vendor_returns_a_wrong_qualification_with_a_reason_or_approves_a_right_one() {
    let qualify = || DealCommand::Qualify {};
    let unqualified = Err(DealRefusal::NotQualifiedByPartner);
    for stage in ["registered", "returned"] {
        assert_eq!(usually_does(deal_at(stage), qualify()), unqualified, "{stage}");
        assert_eq!(usually_does(deal_at(stage), send_back()), unqualified, "{stage}");
        let again = decide(deal_at(stage), alfa("2025-02-20", qualify_by_partner()));
        assert_eq!(names(again), ["deal-qualified-by-partner"], "{stage}");
    }
    let given = || deal_at("partner-qualified");
    let no_reason = command("returnDeal", json!({ "reason": "", "fields": [] }));
    let missing = Invalid::new("reason", "is missing");
    assert_eq!(usually_does(given(), no_reason), Err(missing.into()));
    assert_eq!(names(usually_does(given(), send_back())), ["deal-returned"]);
    assert_eq!(names(usually_does(given(), qualify())), ["deal-qualified"]);
    for command in [qualify(), send_back()] {
        let by_partner = decide(given(), alfa("2025-02-20", command.clone()));
        assert_eq!(by_partner, forbidden("owner", &command, "channel-manager"));
    }
}

#[test]
fn the_vendor_verifies_what_the_partner_said_last() {
    let hash = |fields: Value| {
        let way = [
            ("2025-02-01", register()),
            ("2025-02-01", qualify_by_partner()),
            ("2025-02-01", send_back()),
            ("2025-02-01", command("qualifyDealByPartner", fields)),
            ("2025-02-01", DealCommand::Qualify {}),
        ];
        match events_of(&facts(), way).pop() {
            Some(DealEvent::Qualified { parameters_hash, .. }) => parameters_hash,
            other => unreachable!("{other:?}"),
        }
    };
    let mut sooner = super::qualification();
    sooner["timeframe"] = json!("This month");
    assert_eq!(hash(super::qualification()), hash(super::qualification()));
    assert_ne!(hash(super::qualification()), hash(sooner));
}

#[test]
fn who_decides_at_the_customer_is_personal() {
    let mut events = serde_json::to_value(deal_at("won")).expect("is JSON");
    let left = events.as_array_mut().expect("is a list");
    left.iter_mut().for_each(|event| {
        if let Some(person) = event.pointer_mut("/deal-qualified-by-partner/decision_maker") {
            person.as_object_mut().expect("is personal").remove("known");
        }
    });
    assert!(!events.to_string().contains("Kowalski"));
}
