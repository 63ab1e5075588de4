//! Who joins below whom, and under which terms.

use super::*;

fn invited() -> Vec<PartnerEvent> {
    let mut events = approved();
    if let PartnerEvent::Application(ApplicationEvent::Applied { inviter, .. }) = &mut events[0] {
        *inviter = Some(BETA);
    }
    events
}

fn under(parent: Option<Vec<PartnerEvent>>) -> PartnerFacts {
    let parent = parent.map(|events| (BETA, Arc::new(after(events))));
    PartnerFacts { program: programme([]), parent, ..PartnerFacts::default() }
}

fn join(facts: &PartnerFacts) -> Outcome {
    decide_with(facts, invited(), "2025-01-10", PartnerCommand::Join {})
}

fn at_depth(depth: u32) -> Vec<PartnerEvent> {
    let parent = (depth > 0).then_some(ALFA);
    let (origin, referral_code) = (ApplicationSource::Web, "code".into());
    [
        approved(),
        vec![PartnerEvent::Network(NetworkEvent::Joined { parent, depth, origin, referral_code })],
    ]
    .concat()
}

#[test]
fn r81_whoever_has_a_superior_joins_after_it_and_whoever_has_none_may_join() {
    let refused = Err(PartnerRefusal::ParentNotJoined);
    assert_eq!(join(&under(Some(vec![]))), refused);
    assert_eq!(join(&under(Some(applied()))), refused);
    assert_eq!(join(&under(Some(approved()))), refused);
    assert_eq!(name_of(join(&under(Some(joined())))), "joined-network");
    assert_eq!(name_of(decide(approved(), PartnerCommand::Join {})), "joined-network");
}

#[test]
fn r82_the_network_grows_from_the_top_one_level_at_a_time() {
    let place = |outcome: Outcome| match outcome.expect("may join").as_slice() {
        [PartnerEvent::Network(NetworkEvent::Joined { parent, depth, .. })] => (*parent, *depth),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(place(decide(approved(), PartnerCommand::Join {})), (None, 0));
    assert_eq!(place(join(&under(Some(at_depth(0))))), (Some(BETA), 1));
    assert_eq!(place(join(&under(Some(at_depth(2))))), (Some(BETA), 3));
    assert_eq!(join(&under(Some(approved()))), Err(PartnerRefusal::ParentNotJoined));
}

#[test]
fn a_network_is_no_deeper_than_the_programme_allows() {
    assert_eq!(name_of(join(&under(Some(at_depth(2))))), "joined-network");
    let too_deep = PartnerRefusal::TooDeep { limit: 3, policy: program_policy_version(1) };
    assert_eq!(join(&under(Some(at_depth(3)))), Err(too_deep.clone()));
    assert_eq!(join(&under(Some(at_depth(u32::MAX)))), Err(too_deep));
}

#[test]
fn a_network_deepens_when_its_policy_says_so_and_whoever_has_joined_stays() {
    let joins = |levels: u32, at: &str| {
        let policy = ProgramPolicy { max_network_depth: levels, ..program_policy() };
        let program = programme([publish_program_policy("2025-02-01", policy)]);
        let facts = PartnerFacts { program, ..under(Some(at_depth(3))) };
        decide_with(&facts, invited(), at, PartnerCommand::Join {}).map(drop)
    };
    let too_deep = |limit, version| {
        Err(PartnerRefusal::TooDeep { limit, policy: program_policy_version(version) })
    };
    assert_eq!(joins(4, "2025-02-01T11:59:59Z"), too_deep(3, 1));
    assert_eq!(joins(4, "2025-02-01T12:00:00Z"), Ok(()));
    assert_eq!(joins(2, "2025-02-01T12:00:00Z"), too_deep(2, 2));
}

#[test]
fn a_superior_of_another_programme_is_none() {
    assert_eq!(join(&under(Some(elsewhere()))), Err(PartnerRefusal::ParentNotJoined));
}

/// A partner in the network of another programme.
fn elsewhere() -> Vec<PartnerEvent> {
    let mut elsewhere = joined();
    if let PartnerEvent::Application(ApplicationEvent::Applied { program, .. }) = &mut elsewhere[0]
    {
        *program = crate::ProgramId(Uuid::nil());
    }
    elsewhere
}

#[test]
fn an_inviter_is_a_partner_of_the_programme_or_a_candidate_that_may_become_one() {
    let by = |inviter| decide_with(&under(inviter), vec![], "2025-01-10", apply(Some(BETA)));
    for known in [applied(), interviewed(), approved(), joined()] {
        assert_eq!(name_of(by(Some(known))), "applied");
    }
    let withdrawn = partner_events([first(2), vec![PartnerCommand::Withdraw {}]].concat());
    for unknown in [None, Some(vec![]), Some(elsewhere()), Some(withdrawn)] {
        assert_eq!(by(unknown), Err(PartnerRefusal::UnknownInviter));
    }
    let nobody = decide_with(&under(None), vec![], "2025-01-10", apply(None));
    assert_eq!(name_of(nobody), "applied", "nobody has to invite");
}

#[test]
fn r88_a_referral_code_comes_with_joining_and_not_before() {
    let codes = |events: &[PartnerEvent]| {
        let code = |event: &PartnerEvent| {
            serde_json::to_value(event)
                .expect("is JSON")
                .pointer("/joined-network/referral_code")
                .cloned()
        };
        events.iter().filter_map(code).collect::<Vec<_>>()
    };
    assert!(codes(&approved()).is_empty());
    assert_eq!(codes(&joined()).len(), 1);
    assert_eq!(decide(joined(), PartnerCommand::Join {}), Ok(vec![]));
}

#[test]
fn r85_joining_needs_acceptance_of_the_terms_in_force() {
    let facts = facts_with([publish_terms("2025-02-01T00:00:00Z")]);
    let join = |given, on| decide_with(&facts, given, on, PartnerCommand::Join {});
    let policy = PolicyRef { id: "terms".into(), version: 2 };
    let not_current = PartnerRefusal::TermsNotCurrent { current: 2, policy };
    assert_eq!(name_of(join(approved(), "2025-01-31T23:59:59.999Z")), "joined-network");
    assert_eq!(join(approved(), "2025-02-01T00:00:00Z"), Err(not_current));
    let accept = PartnerCommand::AcceptTerms { version: 2 };
    let accepted = decide_with(&facts, approved(), "2025-02-01T00:00:00Z", accept);
    let given = [approved(), accepted.expect("may accept")].concat();
    assert_eq!(name_of(join(given, "2025-02-01T00:00:00Z")), "joined-network");
}

#[test]
fn r86_an_acceptance_refers_to_the_version_in_force_when_accepting() {
    let facts = facts_with([publish_terms("2025-02-01T00:00:00Z")]);
    let accept =
        |on, version| decide_with(&facts, approved(), on, PartnerCommand::AcceptTerms { version });
    let not_current = |version| {
        let policy = PolicyRef { id: "terms".into(), version };
        Err(PartnerRefusal::TermsNotCurrent { current: version, policy })
    };
    let document_hash = "a".repeat(64);
    let accepted = PartnerEvent::Terms(TermsEvent::Accepted {
        version: 2,
        document_hash,
        accepted_at: at("2025-02-01T00:00:00Z"),
    });
    assert_eq!(accept("2025-01-31T23:59:59.999Z", 2), not_current(1));
    assert_eq!(accept("2025-01-31T23:59:59.999Z", 1), Ok(vec![]));
    assert_eq!(accept("2025-02-01T00:00:00Z", 1), not_current(2));
    assert_eq!(accept("2025-02-01T00:00:00Z", 2), Ok(vec![accepted]));
    let old = decide_with(&facts, vec![], "2025-02-01T00:00:00Z", apply(None));
    assert_eq!(old, not_current(2));
}

#[test]
fn r13_outdated_terms_are_refused_by_the_version_in_force() {
    let facts = facts_with([publish_terms("2025-01-05")]);
    let outcome = decide_with(&facts, vec![], "2025-01-10", apply(None));
    let cited = Refusal::from(outcome.expect_err("is refused")).policy;
    assert_eq!(cited, Some(PolicyRef { id: "terms".into(), version: 2 }));
}
