//! Courses, exams and certificates.

use super::*;

/// The certification of sellers in a version of it.
fn seller_version(version: u32) -> PolicyRef {
    PolicyRef { id: "certification/seller".into(), version }
}

#[test]
fn r13_training_is_refused_by_the_version_of_the_course_or_the_certification_in_force() {
    let facts = facts_with([
        publish_course("advanced", 2, &["pricing", "law"]),
        ProgramCommand::DefineCertification {
            certification: "seller".into(),
            courses: vec!["basics".into()],
            exam: "another-exam".into(),
            valid_for_months: None,
        },
    ]);
    let version = |given, command| {
        let refused = decide_with(&facts, given, "2025-02-01", command).expect_err("is refused");
        Refusal::from(refused).policy.map(|policy| (policy.id, policy.version))
    };
    let assign = PartnerCommand::AssignCourse { course: "advanced".into() };
    assert_eq!(version(approved(), assign), Some(("course/advanced".into(), 2)));
    assert_eq!(version(approved(), issue()), Some(("certification/seller".into(), 2)));
}

#[test]
fn r10_courses_of_a_step_are_assigned_when_the_step_before_is_complete() {
    let opened = |given, command| courses(decide(given, command));
    let advanced = || PartnerCommand::AssignCourse { course: "advanced".into() };
    let locked = PartnerRefusal::CourseLocked {
        course: "advanced".into(),
        step: 2,
        first: "basics".into(),
        policy: PolicyRef { id: "course/advanced".into(), version: 1 },
    };
    assert_eq!(opened(interviewed(), PartnerCommand::Approve { reason: None }), ["basics"]);
    assert_eq!(decide(approved(), advanced()), Err(locked.clone()));
    let [first, last] = <[_; 2]>::try_from(trained()).expect("two modules");
    assert_eq!(opened(approved(), first.clone()), [""; 0]);
    let one_missing = approved_and([first]);
    assert_eq!(decide(one_missing.clone(), advanced()), Err(locked));
    assert_eq!(opened(one_missing, last), ["advanced"]);
    assert_eq!(decide(approved_and(trained()), advanced()), Ok(vec![]), "it is assigned");
}

#[test]
fn r22_a_completion_counts_only_for_an_assigned_module() {
    let refused = |course: &str, module: &str| {
        let (course, module) = (course.to_owned(), module.to_owned());
        Err(PartnerRefusal::ModuleNotAssigned { course, module })
    };
    let intro = || complete("basics", "intro", "1");
    assert_eq!(name_of(decide(approved(), intro())), "module-completed");
    let other = complete("advanced", "pricing", "1");
    assert_eq!(decide(approved(), other), refused("advanced", "pricing"));
    let unknown = complete("basics", "pricing", "1");
    assert_eq!(decide(approved(), unknown), refused("basics", "pricing"));
}

#[test]
fn r23_a_certificate_needs_all_modules_and_the_exam() {
    let issued = |done: Vec<PartnerCommand>| decide(approved_and(done), issue());
    let incomplete = |missing: &str| {
        Err(PartnerRefusal::Incomplete { missing: missing.to_owned(), policy: seller_version(1) })
    };
    assert_eq!(issued(trained()), incomplete("exam seller-exam"));
    let only_exam = incomplete("module intro of basics, module product of basics");
    assert_eq!(issued(vec![sit(true, "3")]), only_exam);
    let failed = [trained(), vec![sit(false, "3")]].concat();
    assert_eq!(issued(failed), incomplete("exam seller-exam"));
    let nothing = "module intro of basics, module product of basics, exam seller-exam";
    assert_eq!(issued(vec![]), incomplete(nothing));
    let service = ProgramCommand::DefineCertification {
        certification: "seller".into(),
        courses: vec!["service".into()],
        exam: "seller-exam".into(),
        valid_for_months: None,
    };
    let later = facts_with([publish_course("service", 3, &["care"]), service]);
    let unassigned = decide_with(&later, approved_and([sit(true, "3")]), "2025-01-10", issue());
    let missing = "course service (not assigned)".to_owned();
    let policy = seller_version(2);
    assert_eq!(unassigned, Err(PartnerRefusal::Incomplete { missing, policy }));
}

/// When a certificate of `events` is valid from; none where there is no certificate.
fn certified_from(events: &[PartnerEvent]) -> Option<DateTime<Utc>> {
    events.iter().find_map(|event| {
        let PartnerEvent::Training(TrainingEvent::Certified { valid_from, .. }) = event else {
            return None;
        };
        Some(*valid_from)
    })
}

#[test]
fn r23_the_certificate_stands_in_the_append_that_completes_it_and_never_dates_from_before() {
    let [intro, product] = <[_; 2]>::try_from(trained()).expect("two modules");
    let told = |order: [(PartnerCommand, &str); 3]| {
        let mut given = approved();
        let mut from = vec![];
        for (command, on) in order {
            let done = decide_with(&facts(), given.clone(), on, command).expect("may be told");
            from.push(certified_from(&done));
            given.extend(done);
        }
        from
    };
    let day = |on| Some(at(on));
    let exam = || sit(true, "3");
    let (early, late) = ("2025-02-01", "2025-06-01");
    let in_order = [(intro.clone(), early), (product.clone(), early), (exam(), late)];
    assert_eq!(told(in_order), [None, None, day(late)]);
    let module_last = [(exam(), late), (intro.clone(), early), (product.clone(), early)];
    assert_eq!(told(module_last), [None, None, day(late)], "not from before the exam");
    let exam_backdated = [(intro.clone(), late), (product.clone(), early), (exam(), early)];
    assert_eq!(told(exam_backdated), [None, None, day(late)], "nor from before a module");
    let module_late = [(exam(), early), (intro, early), (product, late)];
    assert_eq!(told(module_late), [None, None, day(late)]);
}

#[test]
fn what_one_person_completes_and_another_passes_certifies_nobody() {
    let mut exam = sit(true, "3");
    if let PartnerCommand::RecordExam { person, .. } = &mut exam {
        *person = NINA;
    }
    let mut with_nina = approved_and(trained());
    if let PartnerEvent::Application(ApplicationEvent::Applied { contacts, .. }) = &mut with_nina[0]
    {
        let mut nina = contacts[0].clone();
        nina.details.subject = NINA;
        contacts.push(nina);
    }
    assert_eq!(name_of(decide(with_nina.clone(), exam)), "exam-passed");
    assert_eq!(
        certified_from(&decide(with_nina, sit(true, "3")).expect("may sit")),
        Some(at("2025-01-10"))
    );
}

#[test]
fn the_certificate_stands_on_the_partners_record_and_is_issued_once() {
    let done = approved_and(trained());
    let passed = decide(done.clone(), sit(true, "3")).expect("may sit");
    let [
        _,
        PartnerEvent::Training(TrainingEvent::Certified { person, certification, version, .. }),
    ] = passed.as_slice()
    else {
        unreachable!("{passed:?}")
    };
    assert_eq!((*person, certification.as_str(), *version), (MARIA, "seller", 1));
    let certified = |events| {
        let partner = after::<Partner>(events);
        partner.active().expect("is approved").certified_at(at("2025-01-10"))
    };
    assert!(!certified(done.clone()));
    let with_it = [done, passed].concat();
    assert!(certified(with_it.clone()));
    assert_eq!(decide(with_it, issue()), Ok(vec![]), "the vendor need not issue it");
}

#[test]
fn a_certificate_that_was_defined_after_the_exam_is_issued_by_the_vendor() {
    let fitter = ProgramCommand::DefineCertification {
        certification: "fitter".into(),
        courses: vec!["basics".into()],
        exam: "seller-exam".into(),
        valid_for_months: None,
    };
    let given = approved_and([trained(), vec![sit(true, "3")]].concat());
    let issue = PartnerCommand::IssueCertificate { person: MARIA, certification: "fitter".into() };
    let issued = decide_with(&facts_with([fitter]), given, "2025-01-01", issue);
    let from = certified_from(&issued.expect("it is earned"));
    assert_eq!(from, Some(at("2025-01-10")), "the exam was then, whatever the vendor says");
}

#[test]
fn r28_a_completion_records_the_version_that_was_completed() {
    let assigned = approved();
    let facts = facts_with([publish_course("basics", 1, &["intro"])]);
    let newest = PartnerCommand::AssignCourse { course: "basics".into() };
    let newest = decide_with(&facts, assigned.clone(), "2025-01-10", newest);
    let newest = newest.expect("is published");
    assert!(matches!(
        newest.as_slice(),
        [PartnerEvent::Training(TrainingEvent::CourseAssigned { version: 2, .. })]
    ));
    for version in [1, 2] {
        let mut completed = complete("basics", "intro", "1");
        if let PartnerCommand::CompleteModule { content_version, .. } = &mut completed {
            *content_version = version;
        }
        let events = decide(assigned.clone(), completed).expect("is assigned");
        let [PartnerEvent::Training(TrainingEvent::ModuleCompleted { content_version, .. })] =
            events.as_slice()
        else {
            unreachable!("{events:?}")
        };
        assert_eq!(*content_version, version);
    }
}

#[test]
fn r30_a_record_of_the_learning_system_counts_once() {
    let told = approved_and([trained(), vec![sit(true, "3"), sit(false, "4")]].concat());
    for again in [complete("basics", "intro", "1"), sit(true, "3"), sit(false, "4")] {
        assert_eq!(decide(told.clone(), again), Ok(vec![]));
    }
    assert_eq!(name_of(decide(told.clone(), complete("basics", "intro", "5"))), "module-completed");
    assert_eq!(name_of(decide(told, sit(true, "6"))), "exam-passed");
}

#[test]
fn a_certificate_is_valid_to_the_instant_before_it_runs_out() {
    let done = approved_and([trained(), vec![sit(true, "3")]].concat());
    let partner = after::<Partner>(done);
    let valid = |on| partner.active().expect("is approved").certified_at(at(on));
    assert!(!valid("2025-01-10T11:59:59Z"));
    assert!(valid("2025-01-10T12:00:00Z"));
    assert!(valid("2026-01-09T22:59:59Z"));
    assert!(!valid("2026-01-09T23:00:00Z"), "the tenth has begun in Warsaw");
}

#[test]
fn a_certificate_that_ran_out_is_renewed_by_a_new_exam_and_not_by_the_old_one() {
    let certified = || approved_and([trained(), vec![sit(true, "3")]].concat());
    let issue_on = |given, on| decide_with(&facts(), given, on, issue());
    assert_eq!(issue_on(certified(), "2025-12-31"), Ok(vec![]));
    let missing = "exam seller-exam".to_owned();
    let policy = seller_version(1);
    let refused = Err(PartnerRefusal::Incomplete { missing, policy });
    assert_eq!(issue_on(certified(), "2026-02-01"), refused);
    let again = decide_with(&facts(), certified(), "2026-01-20", sit(true, "4"));
    assert_eq!(certified_from(&again.expect("may sit again")), Some(at("2026-01-20")));
    let early = decide_with(&facts(), certified(), "2025-06-01", sit(true, "4"));
    let given = [certified(), early.expect("may sit again")].concat();
    assert_eq!(issue_on(given.clone(), "2025-06-01"), Ok(vec![]), "the first one is valid");
    assert_eq!(name_of(issue_on(given, "2026-02-01")), "certified");
}

#[test]
fn a_new_version_of_a_course_adds_its_modules_to_what_is_missing() {
    let facts = facts_with([publish_course("basics", 1, &["intro", "product", "climate"])]);
    let assign = PartnerCommand::AssignCourse { course: "basics".into() };
    let given = approved_and(trained());
    let assigned = decide_with(&facts, given.clone(), "2025-02-01", assign);
    let given = [given, assigned.expect("is published")].concat();
    let passed = decide_with(&facts, given.clone(), "2025-02-01", sit(true, "3"));
    let given = [given, passed.expect("may sit")].concat();
    let missing = "module climate of basics".to_owned();
    let outcome = decide_with(&facts, given, "2025-02-01", issue());
    assert_eq!(outcome, Err(PartnerRefusal::Incomplete { missing, policy: seller_version(1) }));
}

#[test]
fn only_the_partners_own_people_train() {
    for command in [complete("basics", "intro", "1"), sit(true, "3"), issue()] {
        let mut written = serde_json::to_value(&command).expect("is JSON");
        written[command.name()]["person"] = json!(NINA);
        let command = serde_json::from_value(written).expect("is a command");
        assert_eq!(decide(approved(), command), Err(PartnerRefusal::UnknownPerson));
    }
}

#[test]
fn bad_input_is_refused_by_its_field() {
    let fault = |command| {
        Refusal::from(decide(approved(), command).expect_err("is refused")).field.join(".")
    };
    let with = |field: &str, value: Value| {
        let mut written = serde_json::to_value(sit(true, "3")).expect("is JSON");
        *written.pointer_mut(&format!("/recordExam/{field}")).expect(field) = value;
        fault(serde_json::from_value(written).expect("is a command"))
    };
    assert_eq!(with("exam", json!("")), "exam");
    assert_eq!(with("score", json!(101)), "score");
    assert_eq!(with("source/source", json!(" ")), "source.source");
    assert_eq!(with("source/reference", json!("x".repeat(201))), "source.reference");
    let course = PartnerCommand::AssignCourse { course: "sales".into() };
    assert_eq!(fault(course), "course");
}
