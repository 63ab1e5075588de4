//! Courses, exams and certificates.

use super::*;

#[test]
fn r10_courses_of_a_step_are_assigned_when_the_step_before_is_complete() {
    let next = |given| courses(decide(given, PartnerCommand::AssignNextCourses {}));
    let advanced = || PartnerCommand::AssignCourse { course: "advanced".into() };
    let locked =
        PartnerRefusal::CourseLocked { course: "advanced".into(), step: 2, first: "basics".into() };
    assert_eq!(next(approved()), ["basics"]);
    assert_eq!(decide(approved(), advanced()), Err(locked.clone()));
    let one_missing = approved_and(trained().into_iter().take(2));
    assert_eq!(next(one_missing.clone()), [""; 0]);
    assert_eq!(decide(one_missing, advanced()), Err(locked));
    assert_eq!(next(approved_and(trained())), ["advanced"]);
    assert_eq!(courses(decide(approved_and(trained()), advanced())), ["advanced"]);
}

#[test]
fn r22_a_completion_counts_only_for_an_assigned_module() {
    let refused = |course: &str, module: &str| {
        let (course, module) = (course.to_owned(), module.to_owned());
        Err(PartnerRefusal::ModuleNotAssigned { course, module })
    };
    let assigned = || approved_and(trained().into_iter().take(1));
    let intro = || complete("basics", "intro", "1");
    assert_eq!(decide(approved(), intro()), refused("basics", "intro"));
    assert_eq!(name_of(decide(assigned(), intro())), "module-completed");
    let other = complete("advanced", "pricing", "1");
    assert_eq!(decide(assigned(), other), refused("advanced", "pricing"));
    let unknown = complete("basics", "pricing", "1");
    assert_eq!(decide(assigned(), unknown), refused("basics", "pricing"));
}

#[test]
fn r23_a_certificate_needs_all_modules_and_the_exam() {
    let issued = |done: Vec<PartnerCommand>| decide(approved_and(done), issue());
    let incomplete =
        |missing: &str| Err(PartnerRefusal::Incomplete { missing: missing.to_owned() });
    assert_eq!(issued(trained()), incomplete("exam seller-exam"));
    let only_exam = [trained()[..1].to_vec(), vec![sit(true, "3")]].concat();
    assert_eq!(issued(only_exam), incomplete("module intro of basics, module product of basics"));
    let failed = [trained(), vec![sit(false, "3")]].concat();
    assert_eq!(issued(failed), incomplete("exam seller-exam"));
    assert_eq!(name_of(issued([trained(), vec![sit(true, "3")]].concat())), "certified");
    assert_eq!(issued(vec![]), incomplete("course basics (not assigned), exam seller-exam"));
}

#[test]
fn what_one_person_completes_and_another_passes_certifies_nobody() {
    let mut exam = sit(true, "3");
    if let PartnerCommand::RecordExam { person, .. } = &mut exam {
        *person = NINA;
    }
    let with_nina = || {
        let mut events = approved_and(trained());
        if let PartnerEvent::Application(ApplicationEvent::Applied { contacts, .. }) =
            &mut events[0]
        {
            let mut nina = contacts[0].clone();
            nina.details.subject = NINA;
            contacts.push(nina);
        }
        events
    };
    let passed = decide(with_nina(), exam).expect("may sit");
    let given = [with_nina(), passed].concat();
    for person in [MARIA, NINA] {
        let due = decide(given.clone(), PartnerCommand::IssueDueCertificates { person });
        assert_eq!(due, Ok(vec![]));
    }
}

#[test]
fn the_vendor_issues_the_certificate_and_it_stands_on_the_partners_record() {
    let done = approved_and([trained(), vec![sit(true, "3")]].concat());
    let issued = decide(done.clone(), issue()).expect("has earned it");
    let [PartnerEvent::Training(TrainingEvent::Certified { person, certification, version, .. })] =
        issued.as_slice()
    else {
        unreachable!("{issued:?}")
    };
    assert_eq!((*person, certification.as_str(), *version), (MARIA, "seller", 1));
    let certified = |events| {
        let partner = after::<Partner>(events);
        partner.active().expect("is approved").training.certified_at(at("2025-01-10"))
    };
    assert!(!certified(done.clone()));
    assert!(certified([done, issued].concat()));
}

#[test]
fn r28_a_completion_records_the_version_that_was_completed() {
    let assigned = approved_and(trained().into_iter().take(1));
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
    let done = approved_and([trained(), vec![sit(true, "3"), issue()]].concat());
    let partner = after::<Partner>(done);
    let valid = |on| partner.active().expect("is approved").training.certified_at(at(on));
    assert!(!valid("2025-01-10T11:59:59Z"));
    assert!(valid("2025-01-10T12:00:00Z"));
    assert!(valid("2026-01-09T22:59:59Z"));
    assert!(!valid("2026-01-09T23:00:00Z"), "the tenth has begun in Warsaw");
}

#[test]
fn a_certificate_that_ran_out_is_renewed_by_a_new_exam_and_not_by_the_old_one() {
    let certified = || approved_and([trained(), vec![sit(true, "3"), issue()]].concat());
    let issue_on = |given, on| decide_with(&facts(), given, on, issue());
    assert_eq!(issue_on(certified(), "2025-12-31"), Ok(vec![]));
    let missing = "exam seller-exam".to_owned();
    assert_eq!(issue_on(certified(), "2026-02-01"), Err(PartnerRefusal::Incomplete { missing }));
    let due = PartnerCommand::IssueDueCertificates { person: MARIA };
    assert_eq!(decide_with(&facts(), certified(), "2026-02-01", due), Ok(vec![]));
    let again = decide_with(&facts(), certified(), "2026-01-20", sit(true, "4"));
    let given = [certified(), again.expect("may sit again")].concat();
    assert_eq!(name_of(issue_on(given, "2026-02-01")), "certified");
}

#[test]
fn a_new_version_of_a_course_adds_its_modules_to_what_is_missing() {
    let facts = facts_with([publish_course("basics", 1, &["intro", "product", "climate"])]);
    let assign = PartnerCommand::AssignCourse { course: "basics".into() };
    let given = approved_and([trained(), vec![sit(true, "3")]].concat());
    let assigned = decide_with(&facts, given.clone(), "2025-02-01", assign);
    let given = [given, assigned.expect("is published")].concat();
    let missing = "module climate of basics".to_owned();
    let outcome = decide_with(&facts, given, "2025-02-01", issue());
    assert_eq!(outcome, Err(PartnerRefusal::Incomplete { missing }));
}

#[test]
fn only_the_partners_own_people_train() {
    for command in [complete("basics", "intro", "1"), sit(true, "3"), issue()] {
        let mut written = serde_json::to_value(&command).expect("is JSON");
        written[command.name()]["person"] = json!(NINA);
        let command = serde_json::from_value(written).expect("is a command");
        let given = approved_and(trained().into_iter().take(1));
        assert_eq!(decide(given, command), Err(PartnerRefusal::UnknownPerson));
    }
    let due = PartnerCommand::IssueDueCertificates { person: NINA };
    assert_eq!(decide(approved(), due), Err(PartnerRefusal::UnknownPerson));
}

#[test]
fn bad_input_is_refused_by_its_field() {
    let fault = |command| {
        let given = approved_and(trained().into_iter().take(1));
        Refusal::from(decide(given, command).expect_err("is refused")).field.join(".")
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
