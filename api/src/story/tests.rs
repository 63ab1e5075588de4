//! What a story file may say, and how its errors read.

use serde_json::{Value, json};

use super::*;

fn parse(steps: Value) -> Result<Story, StoryError> {
    let text = json!({ "title": "t", "steps": steps }).to_string();
    Story::parse(Path::new("tale.json"), &text)
}

fn story(steps: Value) -> Story {
    parse(steps).expect("the story is well written")
}

fn error(steps: Value) -> String {
    parse(steps).expect_err("the story is wrong").to_string()
}

/// A step that is well written, with these fields changed.
fn step(changes: Value) -> Value {
    let mut step = json!({ "at": "2025-01-06T08:00:00Z", "by": "channel-manager vera", "do": "publishTerms",
        "on": "@program", "with": { "document_hash": "ab".repeat(32), "effective_from": "@now" } });
    for (field, value) in changes.as_object().expect("changes are fields") {
        step[field] = value.clone();
    }
    step
}

#[test]
fn an_error_names_file_line_and_field() {
    let text = r#"{
  "title": "t",
  "steps": [
    { "at": "2025-01-06T08:00:00Z", "by": "channel-manager vera", "do": "publishTerms", "on": "@p",
      "with": {
        "document_hash": 7,
        "effective_from": "2025-01-01T00:00:00Z" } },
    { "by": "channel-manager vera", "do": "approveDeal", "on": "@d",
      "then": [
        { "as": "finance fiona", "query": "{ viewer { role } }", "answer": {} },
        { "as": "finance fiona of @p",
          "query": "{ viewer { role } }", "answer": {} } ] }
  ]
}"#;
    let error = |text: &str| {
        Story::parse(Path::new("tale.json"), text).expect_err("the story is wrong").to_string()
    };
    let first = error(text);
    assert!(first.starts_with("tale.json:6: steps.0.with.document_hash: invalid type"), "{first}");
    let second = error(&text.replace('7', &format!("\"{}\"", "ab".repeat(32))));
    assert_eq!(
        second,
        "tale.json:11: steps.1.then.1.as: members are of a partner, and nobody else is"
    );
    assert!(error("{").starts_with("tale.json:1:"));
}

#[test]
fn an_unknown_command_and_an_unknown_currency_are_named() {
    let dance = error(json!([step(json!({ "do": "dance" }))]));
    assert!(dance.contains("no command is called dance"), "{dance}");
    let money = error(json!([step(json!({ "on": "@p/XYZ" }))]));
    assert!(money.contains("XYZ is no currency"), "{money}");
}

#[test]
fn a_role_that_may_not_ask_is_an_error_unless_the_story_says_so() {
    let approve = |by: &str, refused: Value| {
        step(
            json!({ "by": by, "do": "approveDeal", "on": "@deal", "with": {}, "refused": refused }),
        )
    };
    let seller = "seller sam of @north";
    let found = error(json!([approve(seller, Value::Null)]));
    assert!(found.ends_with("steps.0.by: seller may not approveDeal"), "{found}");
    story(json!([approve(seller, json!("ROLE_FORBIDDEN"))]));
    let found = error(json!([approve("channel-manager vera", json!("ROLE_FORBIDDEN"))]));
    assert!(found.ends_with("steps.0.refused: channel-manager may approveDeal"), "{found}");
    let matures = json!({ "by": "integration bank", "do": "matureLot", "on": "@north/EUR", "with": { "lot": "@lot" } });
    let found = error(json!([step(matures)]));
    assert!(found.ends_with("integration may not matureLot"), "{found}");
}

#[test]
fn who_is_a_role_and_a_name_and_members_are_of_a_partner() {
    for by in ["vera", "king vera", "owner anna", "finance fiona of @north", "owner a b of @north"]
    {
        let found = error(json!([step(json!({ "by": by }))]));
        assert!(found.contains("steps.0.by"), "{found}");
    }
}

#[test]
fn dates_stand_around_the_step_and_steps_after_each_other() {
    let steps = story(json!([
        step(json!({})),
        step(json!({ "at": "+3d", "with": { "document_hash": "x", "effective_from": "@now-2h" } })),
        step(json!({ "at": null })),
    ]))
    .steps;
    let at: Vec<String> = steps.iter().map(|step| step.at.to_rfc3339()).collect();
    assert_eq!(at[0], "2025-01-06T08:00:00+00:00");
    assert_eq!(at[1], "2025-01-09T08:00:00+00:00");
    assert_eq!(at[2], at[1]);
    let body = steps[1].command.body().expect("is JSON");
    assert_eq!(body["command"]["publishTerms"]["effective_from"], "2025-01-09T06:00:00Z");
    for at in ["+3", "+d", "+3y", "soon"] {
        assert!(error(json!([step(json!({})), step(json!({ "at": at }))])).contains("steps.1.at"));
    }
    assert!(error(json!([step(json!({ "at": "+3d" }))])).contains("needs an instant of its own"));
}

#[test]
fn a_day_stands_where_a_day_is_wanted_and_a_name_may_begin_like_a_date() {
    let names = names::Names::of("t");
    let now = "2025-01-31T23:00:00Z".parse().expect("is an instant");
    let mut value = json!(["@today", "@today+1d", "@now", "@nowhere", "today", "a@b"]);
    names.fill(&mut value, now).expect("is understood");
    let nowhere = names.id("nowhere");
    assert_eq!(
        value,
        json!(["2025-01-31", "2025-02-01", "2025-01-31T23:00:00+00:00", nowhere, "today", "a@b"])
    );
    let query = names.fill_query(r#"{ deal(dealId: "@d") @include(if: true) { id } }"#, now);
    let expected =
        format!(r#"{{ deal(dealId: "{}") @include(if: true) {{ id }} }}"#, names.id("d"));
    assert_eq!(query, Ok(expected));
}

#[test]
fn a_name_means_the_same_id_everywhere_in_one_story_and_another_in_the_next() {
    let story = |title: &str| {
        Story::parse(Path::new("t"), &format!(r#"{{"title":"{title}","steps":[]}}"#))
            .expect("parses")
    };
    assert_eq!(story("a").id("north"), story("a").id("north"));
    assert_ne!(story("a").id("north"), story("b").id("north"));
}

#[test]
fn a_step_keeps_its_id_where_others_come_in_between() {
    let ids = |steps: Value| -> Vec<CommandId> {
        story(steps).steps.iter().map(|step| step.command_id).collect()
    };
    let (terms, named) = (step(json!({})), step(json!({ "name": "second" })));
    let refused = step(json!({ "refused": "PROGRAM_NOT_OPEN" }));
    let elsewhere = step(json!({ "on": "@other" }));
    let before = ids(json!([terms, named, terms]));
    let after = ids(json!([refused, elsewhere, terms, refused, named, elsewhere, terms]));
    assert_eq!(before, [after[2], after[4], after[6]]);
    assert_eq!(after.iter().collect::<std::collections::HashSet<_>>().len(), after.len());
    assert!(error(json!([named, named])).contains("second is a step before this one"));
}

/// A story that opens with a step and goes on with a table of these rows and steps.
fn with_table(rows: Value, steps: Value) -> Result<Story, StoryError> {
    parse(json!([step(json!({})), { "for": rows, "steps": steps }, step(json!({ "at": "+2h" }))]))
}

#[test]
fn a_table_tells_its_steps_for_each_row_and_the_story_goes_by_its_times() {
    let rows = json!([{ "who": "a\"b", "day": "2", "ends": "well" }, { "who": "c", "day": "1", "ends": "ill" }]);
    let first = step(json!({ "at": "day <day>", "on": "@<who>", "by": "channel-manager v-<day>" }));
    let only = step(json!({ "at": "+1h", "on": "@<who>", "if": { "ends": ["ill", "worse"] } }));
    let steps = with_table(rows, json!([first, only])).expect("the story is well written").steps;
    let told: Vec<(String, String)> =
        steps.iter().map(|step| (step.at.to_rfc3339(), step.by.id.clone())).collect();
    let expected = [
        ("2025-01-06T08:00:00+00:00", "vera"),
        ("2025-01-06T10:00:00+00:00", "vera"), // What follows the table follows what stood before it.
        ("2025-01-07T08:00:00+00:00", "v-1"),
        ("2025-01-07T09:00:00+00:00", "vera"),
        ("2025-01-08T08:00:00+00:00", "v-2"),
    ];
    assert_eq!(told, expected.map(|(at, by)| (at.to_owned(), by.to_owned())));
    let names = names::Names::of("t");
    let on: Vec<Uuid> = steps[2..].iter().map(|step| step.command.target()).collect();
    assert_eq!(on, [names.id("c"), names.id("c"), names.id("a\"b")]);
}

#[test]
fn a_word_that_the_row_lacks_and_a_wrong_step_of_a_row_are_named() {
    let error = |steps: Value| {
        with_table(json!([{ "who": "a" }]), steps).expect_err("the story is wrong").to_string()
    };
    let lacks = error(json!([step(json!({})), step(json!({ "on": "@<whom>" }))]));
    assert!(lacks.ends_with("steps.1.steps.1.for: the row has no whom"), "{lacks}");
    let condition = error(json!([step(json!({ "if": { "ends": ["well"] } }))]));
    assert!(condition.ends_with("steps.1.steps.0.if: the row has no ends"), "{condition}");
    let open = error(json!([step(json!({ "on": "@<who" }))]));
    assert!(open.contains("a < without its >") || open.contains("the row has no"), "{open}");
    let dance = error(json!([step(json!({ "do": "<who>" }))]));
    assert!(
        dance.contains("steps.1.steps.0") && dance.contains("no command is called a"),
        "{dance}"
    );
    let text = "{\"title\": \"t\", \"steps\": [{\"for\": [{\"a\": \"b\"}],\n\"steps\": [\n{\"by\": \"<a>\",\n\"do\": \"x\", \"on\": \"@y\"}]}]}";
    let error = Story::parse(Path::new("tale.json"), text).expect_err("the story is wrong");
    assert!(error.to_string().starts_with("tale.json:3: steps.0.steps.0.at:"), "{error}");
}
