//! From the form to the decision.

use super::*;

#[test]
fn r1_an_application_needs_its_three_sections_and_is_kept_as_it_was_sent() {
    for section in ["competencies", "customer_portfolio", "strategic_goals"] {
        let path = format!("sections.{section}");
        for blank in ["", " \n"] {
            let outcome = decide(vec![], application_with(&path, json!(blank)));
            let missing = Invalid::new(&path, "is missing");
            assert_eq!(outcome, Err(missing.into()), "{section}");
        }
    }
    let PartnerCommand::Apply { sections: sent, .. } = apply(None) else { unreachable!() };
    let events = decide(vec![], apply(None)).expect("is whole");
    let [PartnerEvent::Application(ApplicationEvent::Applied { sections, .. })] = events.as_slice()
    else {
        unreachable!("{events:?}")
    };
    assert_eq!(sections.known(), Some(&sent));
}

#[test]
fn r5_an_application_names_at_least_one_contact() {
    let none = decide(vec![], application_with("contacts", json!([])));
    assert_eq!(none, Err(Invalid::new("contacts", "needs at least one entry").into()));
    assert_eq!(name_of(decide(vec![], apply(None))), "applied");
}

#[test]
fn an_application_is_made_once() {
    TestFramework::<Partner>::with(facts().into())
        .given(applied())
        .when(vendor("vera", "2025-01-10", apply(None)))
        .then_expect_error(PartnerRefusal::AlreadyApplied);
    TestFramework::<Partner>::with(facts().into())
        .given_no_previous_events()
        .when(vendor("vera", "2025-01-10", PartnerCommand::Approve { reason: None }))
        .then_expect_error(PartnerRefusal::NotApplied);
}

#[test]
fn r2_nothing_is_decided_before_both_findings_are_recorded() {
    let reject = || command("rejectApplication", json!({ "code": "other" }));
    let asked = [first(2), vec![command("requestInformation", json!({ "question": "Why?" }))]];
    for given in [applied(), under_review(), partner_events(asked.concat())] {
        for decision in [PartnerCommand::Approve { reason: None }, reject()] {
            assert_eq!(decide(given.clone(), decision), Err(PartnerRefusal::NotReviewed));
        }
    }
    for finding in ["sector_fit", "marketing_competence"] {
        let mut review = serde_json::to_value(record_review("passed")).expect("is JSON");
        review["recordReview"][finding] = json!(" ");
        let review = serde_json::from_value(review).expect("is a command");
        let missing = Invalid::new(finding, "is missing");
        assert_eq!(decide(under_review(), review), Err(missing.into()));
    }
    assert_eq!(name_of(decide(under_review(), record_review("passed"))), "review-recorded");
    assert_eq!(name_of(decide(reviewed("passed"), reject())), "application-rejected");
}

#[test]
fn r3_only_who_passed_review_is_interviewed_and_only_who_was_interviewed_is_approved() {
    let schedule = || command("scheduleInterview", json!({ "at": "2025-01-08T09:00:00Z" }));
    let hold =
        || command("recordInterview", json!({ "outcome": "recommended", "notes": "Knows us" }));
    let approve = || PartnerCommand::Approve { reason: None };
    assert_eq!(decide(under_review(), schedule()), Err(PartnerRefusal::NotReviewed));
    assert_eq!(decide(reviewed("failed"), schedule()), Err(PartnerRefusal::ReviewNotPassed));
    assert_eq!(name_of(decide(reviewed("passed"), schedule())), "interview-scheduled");

    let policy = program_policy_version(1);
    let not_held = Err(PartnerRefusal::InterviewNotHeld { policy });
    assert_eq!(decide(reviewed("passed"), approve()), not_held);
    assert_eq!(decide(partner_events(first(4)), approve()), not_held);
    assert_eq!(name_of(decide(partner_events(first(4)), hold())), "interview-held");
    let approval = |interview_held| ApplicationEvent::Approved {
        interview_held,
        reason: None,
        approved_at: at("2025-01-10"),
    };
    let held = PartnerEvent::Application(approval(true));
    assert_eq!(decide(interviewed(), approve()).expect("is allowed")[0], held);

    let unheld = PartnerEvent::Application(approval(false));
    let facts = without_interview();
    let outcome = decide_with(&facts, reviewed("passed"), "2025-01-10", approve());
    assert_eq!(outcome.expect("is allowed")[0], unheld);
    let outcome = decide_with(&facts, reviewed("failed"), "2025-01-10", approve());
    assert_eq!(outcome, Err(PartnerRefusal::ReviewNotPassed));
}

#[test]
fn whether_an_interview_is_needed_is_for_the_policy_in_force_to_say() {
    let not_needed = ProgramPolicy { interview_required: false, ..program_policy() };
    let needed_again = publish_program_policy("2025-03-01", program_policy());
    let facts = facts_with([publish_program_policy("2025-02-01", not_needed), needed_again]);
    let approve = |at| {
        decide_with(&facts, reviewed("passed"), at, PartnerCommand::Approve { reason: None })
            .map(drop)
    };
    let refused_by =
        |version| Err(PartnerRefusal::InterviewNotHeld { policy: program_policy_version(version) });
    assert_eq!(approve("2025-02-01T11:59:59Z"), refused_by(1));
    assert_eq!(approve("2025-02-01T12:00:00Z"), Ok(()));
    assert_eq!(approve("2025-03-01T11:59:59Z"), Ok(()));
    assert_eq!(approve("2025-03-01T12:00:00Z"), refused_by(3));
    assert_eq!(approve("2024-12-31T12:00:00Z"), refused_by(1), "before its opening as at it");
}

#[test]
fn a_question_to_the_candidate_waits_for_its_answer() {
    let ask = || command("requestInformation", json!({ "question": "Which sectors?" }));
    let answer = || command("supplyInformation", json!({ "answer": "Steel" }));
    let asked = partner_events([first(2), vec![ask()]].concat());
    assert_eq!(decide(applied(), ask()), Err(PartnerRefusal::ReviewNotAssigned));
    let pending = Err(PartnerRefusal::InformationPending);
    assert_eq!(decide(asked.clone(), record_review("passed")), pending);
    assert_eq!(decide(asked.clone(), ask()), pending);
    assert_eq!(decide(under_review(), answer()), Err(PartnerRefusal::InformationNotRequested));
    assert_eq!(name_of(decide(asked, answer())), "information-supplied");
}

/// What somebody in the role of a channel manager does, where a channel manager who is called mara applied.
fn does(who: &str, given: usize, command: PartnerCommand) -> Outcome {
    let mut partner = Partner::default();
    for (index, command) in until_interviewed().into_iter().take(given).enumerate() {
        let mut command = usually("2025-01-10", command);
        if index == 0 {
            command.by = Actor::of(Role::ChannelManager, "mara");
        }
        handled(&mut partner, command, &facts()).expect("may");
    }
    let mut command = vendor(who, "2025-01-10", command);
    if let Some(who) = who.strip_prefix("for ") {
        (command.by.id, command.by.on_behalf_of) = ("vera".into(), Some(who.into()));
    }
    handled(&mut partner, command, &facts())
}

#[test]
fn whoever_applied_or_is_named_neither_reviews_nor_interviews_nor_decides() {
    let contact = MARIA.0.to_string();
    let reject = || command("rejectApplication", json!({ "code": "other" }));
    let [_, _, review, _, interview] = until_interviewed().try_into().expect("five steps");
    let checks =
        [(2, review), (4, interview), (5, PartnerCommand::Approve { reason: None }), (5, reject())];
    for (given, check) in checks {
        for own in ["mara", contact.as_str()] {
            let refused = Err(PartnerRefusal::ApplicantIsChecker { who: own.into() });
            assert_eq!(does(own, given, check.clone()), refused, "{}", check.name());
            assert_eq!(does(&format!("for {own}"), given, check.clone()), refused);
        }
        assert!(does("vera", given, check.clone()).is_ok(), "{}", check.name());
    }
    let names = |reviewer: &str| command("assignReview", json!({ "reviewer": reviewer }));
    for own in ["mara", contact.as_str()] {
        let refused = Err(PartnerRefusal::ApplicantIsChecker { who: own.into() });
        assert_eq!(does("vera", 1, names(own)), refused);
    }
    assert_eq!(name_of(does("mara", 1, names("rita"))), "review-assigned");
}

#[test]
fn nobody_gives_tier_exam_or_certificate_to_a_partner_of_their_own() {
    let tier = PartnerCommand::OverrideTier { to: Tier::Gold, reason: "Strategic".into() };
    let contact = MARIA.0.to_string();
    for command in [tier, sit(true, "9"), issue()] {
        let does = |who| {
            let given = approved_and(trained().into_iter().chain([sit(true, "3")]));
            let by = vendor(who, "2025-01-10", command.clone());
            handled(&mut after::<Partner>(given), by, &facts())
        };
        for own in ["maria", contact.as_str()] {
            let refused = Err(PartnerRefusal::BeneficiaryIsChecker { who: own.into() });
            assert_eq!(does(own), refused, "{}", command.name());
        }
        assert!(does("vera").is_ok(), "{}", command.name());
    }
}

#[test]
fn nobody_gives_a_tier_to_a_partner_that_stands_below_their_own() {
    let tier = PartnerCommand::OverrideTier { to: Tier::Gold, reason: "Strategic".into() };
    let mut details = usually("2025-01-10", set_payment_details());
    details.by.id = "boris".into();
    let set = handled(&mut after::<Partner>(approved()), details, &facts()).expect("may");
    let above: Arc<Partner> = Arc::new(after([approved(), set].concat()));
    let named = [application_with("contacts.0.person", json!(NINA))];
    let named = partner_events(named.into_iter().chain(first(6).into_iter().skip(1)));
    let named: Arc<Partner> = Arc::new(after(named));
    let upline = vec![(BETA, above), (PartnerId(id(0xC)), named)];
    let facts = PartnerFacts { upline, ..facts() };
    let does = |who: &str| {
        let by = vendor(who, "2025-01-10", tier.clone());
        handled(&mut after::<Partner>(approved()), by, &facts)
    };
    assert_eq!(does("boris"), Err(PartnerRefusal::BeneficiaryIsChecker { who: "boris".into() }));
    assert!(does("vera").is_ok());
    // Else whoever applies could shut out anybody of the vendor from all that stands below.
    assert!(does(&NINA.0.to_string()).is_ok(), "whom somebody above merely names");
}

#[test]
fn an_application_that_has_ended_stays_ended() {
    let withdrawn = partner_events([first(2), vec![PartnerCommand::Withdraw {}]].concat());
    let reject = command("rejectApplication", json!({ "code": "sector-mismatch" }));
    let rejected = partner_events([until_interviewed(), vec![reject]].concat());
    for given in [withdrawn, rejected] {
        let approve = decide(given.clone(), PartnerCommand::Approve { reason: None });
        let refusal = Refusal::from(approve.expect_err("is over"));
        assert_eq!(refusal.code, "APPLICATION_ENDED");
    }
}

#[test]
fn an_approval_is_final_and_can_be_repeated() {
    assert_eq!(decide(approved(), PartnerCommand::Approve { reason: None }), Ok(vec![]));
    let withdraw = decide(approved(), PartnerCommand::Withdraw {});
    assert_eq!(withdraw, Err(PartnerRefusal::AlreadyDecided));
}

#[test]
fn only_an_approved_partner_trains_joins_or_is_paid() {
    for command in [
        PartnerCommand::Join {},
        complete("basics", "intro", "1"),
        sit(true, "2"),
        issue(),
        set_payment_details(),
    ] {
        let name = command.name();
        assert_eq!(decide(interviewed(), command), Err(PartnerRefusal::NotApproved), "{name}");
    }
}

#[test]
fn bad_input_is_refused_by_its_field() {
    for (path, value) in [
        ("company.name", json!("")),
        ("company.name", json!("x".repeat(201))),
        ("company.name", json!("Alfa\u{0}")),
        ("company.country", json!("pl")),
        ("company.country", json!("POL")),
        ("company.tax_id", json!(" ")),
        ("company.website", json!("x".repeat(201))),
        ("sections.competencies", json!("x".repeat(8_001))),
        ("contacts.0.first_name", json!("")),
        ("contacts.0.last_name", json!("\u{7f}")),
        ("contacts.0.email", json!("maria")),
        ("contacts.0.email", json!("@alfa.example")),
        ("contacts.0.email", json!("maria@")),
        ("contacts.0.email", json!("maria@a@b")),
        ("contacts.0.email", json!("maria@alfa.example\nBcc: all@alfa.example")),
        ("contacts.0.phone", json!("")),
    ] {
        let outcome = decide(vec![], application_with(path, value.clone()));
        let refusal = Refusal::from(outcome.expect_err(path));
        assert_eq!((refusal.code, refusal.field.join(".").as_str()), ("INPUT_INVALID", path));
    }
    let longest = application_with("company.name", json!("x".repeat(200)));
    assert_eq!(name_of(decide(vec![], longest)), "applied");
    let PartnerCommand::Apply { contacts, .. } = apply(None) else { unreachable!() };
    let twice = application_with("contacts", json!([contacts[0], contacts[0]]));
    let refusal = Refusal::from(decide(vec![], twice).expect_err("is refused"));
    assert_eq!(refusal.field.join("."), "contacts.1.person");
}

#[test]
fn what_is_personal_stands_in_personal_fields_only() {
    let answers = [
        command("requestInformation", json!({ "question": "Secret question" })),
        command("supplyInformation", json!({ "answer": "Secret answer" })),
    ];
    let commands = [first(2), answers.into(), until_joined()[2..].to_vec()].concat();
    let commands = [commands, vec![set_payment_details()]].concat();
    let mut written = serde_json::to_value(partner_events(commands)).expect("is JSON");
    erase(&mut written);
    let left = written.to_string();
    for personal in [
        "Maria",
        "Nowak",
        "maria@alfa.example",
        "+48 22",
        "Energy audits",
        "Forty",
        "Ten new",
        "Secret question",
        "Secret answer",
        "Good",
        "Fair",
        "Knows the market",
        "DE8937",
    ] {
        assert!(!left.contains(personal), "{personal} in {left}");
    }
}

/// Takes out what is encrypted at rest.
fn erase(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("known");
            fields.values_mut().for_each(erase);
        }
        Value::Array(values) => values.iter_mut().for_each(erase),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
