//! Who approves a deal, and how long that protects it.

use super::*;

fn request(estimate: &str) -> Outcome {
    let estimate = json!({ "amount": estimate, "currency": "EUR" });
    let way = [
        ("2025-02-01", register_with("estimate", estimate)),
        ("2025-02-01", qualify_by_partner()),
        ("2025-02-01", DealCommand::Qualify {}),
    ];
    usually_does(events_of(&facts(), way), DealCommand::RequestApproval {})
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
fn what_the_policy_approves_is_approved_by_the_policy() {
    let small = json!({ "amount": "10000.00", "currency": "EUR" });
    let way = [
        ("2025-02-01", register_with("estimate", small)),
        ("2025-02-01", qualify_by_partner()),
        ("2025-02-01", DealCommand::Qualify {}),
    ];
    let given = events_of(&facts(), way);
    let asked = decide(given, policy("2025-02-01", DealCommand::RequestApproval {}));
    let approved = DealEvent::Approved {
        approved_by: Actor::of(Role::Policy, "deal-policy"),
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
        assert_eq!(outcome, forbidden("owner", &command, "channel-manager"));
        assert_eq!(names(usually_does(deal_at("pending"), command)).len(), 1);
    }
}

fn manager(who: &str) -> Actor {
    Actor::of(Role::ChannelManager, who)
}

/// A deal that one registers and another qualifies for the partner, and what the vendor makes of it.
fn made_by(registers: Actor, qualifies: Actor, verified: bool) -> Vec<DealEvent> {
    let mut deal = Deal::default();
    let mut way = vec![(registers, register()), (qualifies, qualify_by_partner())];
    if verified {
        way.push((manager("vera"), DealCommand::Qualify {}));
    }
    let events = way.into_iter().map(|(by, command)| {
        handled(&mut deal, issued(by, "2025-02-01", command), &facts()).expect("may")
    });
    events.collect::<Vec<_>>().concat()
}

#[test]
fn whoever_registered_or_qualified_a_deal_neither_verifies_nor_approves_it() {
    let seller = Actor::member(Role::Seller, "sam", ALFA);
    let does = |verified, by: Actor, command| {
        let given = made_by(manager("mara"), seller.clone(), verified);
        decide(given, issued(by, "2025-02-02", command))
    };
    for (verified, command) in [(false, DealCommand::Qualify {}), (true, DealCommand::Approve {})] {
        for who in ["mara", "sam"] {
            let own = Err(DealRefusal::MakerIsChecker { who: who.into() });
            for by in [manager(who), Actor { on_behalf_of: Some(who.into()), ..manager("vera") }] {
                assert_eq!(does(verified, by, command.clone()), own);
            }
        }
        assert_eq!(names(does(verified, manager("vera"), command)).len(), 1);
    }
    assert_eq!(names(does(false, manager("mara"), send_back())), ["deal-returned"], "no approval");
}

/// A partner where somebody of this name has set the bank details as an owner.
fn paid_by(who: &str) -> Arc<crate::partner::Partner> {
    let mut details = usually("2025-01-10", set_payment_details());
    details.by.id = who.into();
    let set = partner([]).decide(
        &details,
        &crate::partner::PartnerFacts { program: programme([]), ..Default::default() },
    );
    partner(set.expect("can be set"))
}

/// Every command that is kept from who earns, with what must have happened before it.
fn kept_from_earners() -> [(Vec<DealEvent>, DealCommand); 6] {
    let share = DealCommand::AgreeShare { partner: GAMMA, share: Ppm(100_000) };
    [
        (deal_at("partner-qualified"), DealCommand::Qualify {}),
        (deal_at("pending"), DealCommand::Approve {}),
        (deal_at("partner-qualified"), share),
        (deal_at("signed"), set_status("signed")),
        (deal_at("signed"), pay(1, "10000.00")),
        (deal_at("signed"), DealCommand::Win {}),
    ]
}

#[test]
fn whoever_earns_on_a_deal_neither_checks_it_nor_sets_its_money_going() {
    let earners = vec![(ALFA, partner([])), (BETA, paid_by("boris")), (GAMMA, paid_by("gina"))];
    let facts = DealFacts { earners, ..facts() };
    let contact = MARIA.0.to_string();
    for (given, command) in kept_from_earners() {
        let does = |by: Actor| {
            let by = issued(by, "2025-02-20", command.clone());
            handled(&mut after::<Deal>(given.clone()), by, &facts)
        };
        let name = command.name();
        for own in [contact.as_str(), "boris", "gina"] {
            let refused = Err(DealRefusal::BeneficiaryIsChecker { who: own.into() });
            assert_eq!(does(manager(own)), refused, "{name}");
            let acting_for = Actor { on_behalf_of: Some(own.into()), ..manager("vera") };
            assert_eq!(does(acting_for), refused, "{name}");
        }
        let of_a_partner = Actor { partner: Some(ALFA), ..manager("otto") };
        let refused = Err(DealRefusal::BeneficiaryIsChecker { who: "otto".into() });
        assert_eq!(does(of_a_partner), refused, "{name}");
        let other = does(manager("vera"));
        assert!(
            !matches!(other, Err(DealRefusal::BeneficiaryIsChecker { .. })),
            "{name}: {other:?}"
        );
    }
}

#[test]
fn a_member_who_made_a_deal_is_of_its_partner_whether_that_knows_them_or_not() {
    let sam = Actor::member(Role::Seller, "sam", ALFA);
    let status = |who| issued(manager(who), "2025-02-20", set_status("delivered"));
    let signed = |registers: Actor| {
        let mut deal = after::<Deal>(made_by(registers, sam.clone(), true));
        for command in [DealCommand::RequestApproval {}, DealCommand::Approve {}, sign()] {
            handled(&mut deal, usually("2025-02-15", command), &facts()).expect("may");
        }
        deal
    };
    let own = Err(DealRefusal::BeneficiaryIsChecker { who: "sam".into() });
    let does = |who| handled(&mut signed(manager("mara")), status(who), &facts());
    assert_eq!(does("sam"), own);
    assert_eq!(names(does("mara")), ["contract-status-changed"], "registered it for the vendor");
}

#[test]
fn a_deal_is_not_shared_with_a_partner_one_of_whose_people_has_checked_it() {
    let share = |earner: &str| {
        let facts = DealFacts { earners: vec![(GAMMA, paid_by(earner))], ..facts() };
        let agree = DealCommand::AgreeShare { partner: GAMMA, share: Ppm(100_000) };
        let by = issued(manager("carla"), "2025-02-02", agree);
        handled(&mut after::<Deal>(deal_at("approved")), by, &facts)
    };
    let who = "vera".to_owned();
    assert_eq!(share("vera"), Err(DealRefusal::BeneficiaryIsChecker { who }), "she verified it");
    assert_eq!(names(share("gina")), ["share-agreed"]);

    // Nor with one for whose people somebody has checked it.
    let sam = Actor::member(Role::Seller, "sam", ALFA);
    let mut deal = after::<Deal>(made_by(manager("mara"), sam, false));
    let for_gina = Actor { on_behalf_of: Some("gina".into()), ..manager("carla") };
    let qualify = issued(for_gina, "2025-02-01", DealCommand::Qualify {});
    handled(&mut deal, qualify, &facts()).expect("may");
    let facts = DealFacts { earners: vec![(GAMMA, paid_by("gina"))], ..facts() };
    let agree = DealCommand::AgreeShare { partner: GAMMA, share: Ppm(100_000) };
    let shared = handled(&mut deal, issued(manager("vera"), "2025-02-02", agree), &facts);
    assert_eq!(shared, Err(DealRefusal::BeneficiaryIsChecker { who: "gina".into() }));
}

#[test]
fn r13_protection_refuses_by_the_policy_version_by_which_the_deal_was_approved() {
    let facts = facts_with([publish_deal_policy("2025-02-10T00:00:00Z", deal_policy())]);
    let approved = |instant| {
        let approve = vendor("vera", instant, DealCommand::Approve {});
        let told = after::<Deal>(deal_at("pending")).decide(&approve, &facts);
        [deal_at("pending"), told.expect("may approve")].concat()
    };
    for (instant, version) in [("2025-02-09", 1), ("2025-02-10", 2)] {
        let refused = |command: Issued<DealCommand>| {
            let refused = after::<Deal>(approved(instant)).decide(&command, &facts);
            let policy = Refusal::from(refused.expect_err("is refused")).policy;
            policy.map(|policy| (policy.id, policy.version))
        };
        let cited = Some(("deal-policy".to_owned(), version));
        assert_eq!(refused(policy("2025-03-01", DealCommand::ExpireProtection {})), cited);
        assert_eq!(refused(alfa("2026-03-01", sign())), cited);
    }
}

#[test]
fn a_signature_counts_up_to_the_instant_before_protection_ends() {
    let sign = |instant| decide(deal_at("approved"), alfa(instant, sign()));
    assert_eq!(names(sign("2025-05-01T21:59:59.999Z")), ["contract-signed"]);
    let ended = at(PROTECTED_UNTIL);
    let policy = super::super::policy_version(1);
    assert_eq!(sign(PROTECTED_UNTIL), Err(DealRefusal::ProtectionEnded { ended, policy }));
}

#[test]
fn protection_expires_at_its_instant_and_ends_the_deal() {
    let expire =
        |stage, instant| decide(deal_at(stage), policy(instant, DealCommand::ExpireProtection {}));
    let until = at(PROTECTED_UNTIL);
    let early = expire("approved", "2025-05-01T21:59:59.999Z");
    let policy = super::super::policy_version(1);
    assert_eq!(early, Err(DealRefusal::ProtectionRuns { until, policy }));
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
