//! Who approves a deal, and how long that protects it.

use super::*;

fn request(estimate: &str) -> Outcome {
    let estimate = json!({ "amount": estimate, "currency": "EUR" });
    let way = [
        ("2025-02-01", register_with("estimate", estimate)),
        ("2025-02-01", qualify_by_partner()),
        ("2025-02-01", DealCommand::Qualify {}),
    ];
    vendor_does(events_of(&facts(), way), DealCommand::RequestApproval {})
}

#[test]
fn r45_the_route_is_a_pure_function_of_the_deal_and_the_policy_version() {
    let policy = facts().program;
    let policy = policy.rulebook().and_then(|rulebook| rulebook.deal_policy_at(at("2025-02-01")));
    let policy = &policy.expect("is published").body;
    for (estimate, expected) in [
        ("0.01", ApprovalRoute::Automatic),
        ("10000.00", ApprovalRoute::Automatic),
        ("10000.01", ApprovalRoute::Manual),
    ] {
        assert_eq!(route(policy, eur(estimate)), expected);
        assert_eq!(route(policy, eur(estimate)), expected);
        let requested = DealEvent::ApprovalRequested { route: expected, policy_version: 1 };
        assert_eq!(request(estimate).expect("may ask")[0], requested);
    }
    assert_eq!(route(policy, Money::new(1, currency("USD"))), ApprovalRoute::Manual);
    assert_eq!(names(request("10000.00")), ["approval-requested", "deal-approved"]);
    assert_eq!(names(request("10000.01")), ["approval-requested"]);
}

#[test]
fn what_the_policy_approves_is_approved_by_the_policy_whoever_asks() {
    let small = json!({ "amount": "10000.00", "currency": "EUR" });
    let way = [
        ("2025-02-01", register_with("estimate", small)),
        ("2025-02-01", qualify_by_partner()),
        ("2025-02-01", DealCommand::Qualify {}),
    ];
    let given = events_of(&facts(), way);
    let asked = decide(given, alfa("2025-02-01", DealCommand::RequestApproval {}));
    let approved = DealEvent::Approved {
        by: "deal-policy".into(),
        route: ApprovalRoute::Automatic,
        protected_until: at(PROTECTED_UNTIL),
        policy_version: 1,
    };
    assert_eq!(asked.expect("may ask")[1], approved);
}

#[test]
fn no_member_approves_or_rejects_a_deal() {
    for command in [DealCommand::Approve {}, reject()] {
        let outcome = decide(deal_at("pending"), alfa("2025-02-01", command.clone()));
        assert_eq!(outcome, Err(DealRefusal::ApproverIsMember));
        assert_eq!(names(vendor_does(deal_at("pending"), command)).len(), 1);
    }
}

#[test]
fn a_signature_counts_up_to_the_instant_before_protection_ends() {
    let sign = |instant| decide(deal_at("approved"), alfa(instant, sign()));
    assert_eq!(names(sign("2025-05-01T21:59:59.999Z")), ["contract-signed"]);
    let ended = at(PROTECTED_UNTIL);
    assert_eq!(sign(PROTECTED_UNTIL), Err(DealRefusal::ProtectionEnded { ended }));
}

#[test]
fn protection_expires_at_its_instant_and_ends_the_deal() {
    let expire =
        |stage, instant| decide(deal_at(stage), policy(instant, DealCommand::ExpireProtection {}));
    let until = at(PROTECTED_UNTIL);
    let early = expire("approved", "2025-05-01T21:59:59.999Z");
    assert_eq!(early, Err(DealRefusal::ProtectionRuns { until }));
    assert_eq!(names(expire("approved", PROTECTED_UNTIL)), ["protection-expired"]);
    assert_eq!(expire("signed", PROTECTED_UNTIL), Ok(vec![]));
    assert_eq!(expire("expired", PROTECTED_UNTIL), Ok(vec![]));
    let late = decide(deal_at("expired"), alfa("2025-05-02", sign()));
    assert_eq!(late, Err(DealRefusal::Ended { state: "expired" }));
}

#[test]
fn protection_follows_the_policy_in_force_at_the_approval() {
    let mut short = deal_policy();
    short["protection_days"] = json!(1);
    let facts = facts_with([publish_deal_policy("2025-02-10T00:00:00Z", short)]);
    let until = |instant| {
        let approved = after::<Deal>(deal_at("pending"))
            .decide(&vendor("vera", instant, DealCommand::Approve {}), &facts);
        match approved.expect("may approve").as_slice() {
            [DealEvent::Approved { protected_until, policy_version, .. }] => {
                (*protected_until, *policy_version)
            }
            other => unreachable!("{other:?}"),
        }
    };
    assert_eq!(until("2025-02-09T12:00:00Z"), (at("2025-05-09T22:00:00Z"), 1));
    assert_eq!(until("2025-02-10T12:00:00Z"), (at("2025-02-10T23:00:00Z"), 2));
}
