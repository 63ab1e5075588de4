//! The reference of refusal codes: each has a page that says what it means, why, and what to do.

use std::collections::BTreeSet;

use super::files::{read, root};

const SECTIONS: [&str; 3] = ["What it means", "Why", "What to do"];

#[test]
fn every_code_has_its_page_and_no_page_stands_without_its_code() {
    let folder = root().join("domain/refusals").read_dir().expect("is a folder");
    let names =
        folder.map(|page| page.expect("can be read").file_name().to_string_lossy().into_owned());
    let pages: BTreeSet<String> = names.collect();
    assert_eq!(pages, domain::codes().iter().map(|known| format!("{}.md", known.code)).collect());
}

#[test]
fn a_page_has_its_title_and_three_sections_that_say_something() {
    for known in domain::codes() {
        let mut parts = known.page.split("\n## ");
        assert_eq!(parts.next(), Some(format!("# {}\n", known.code).as_str()));
        let sections: Vec<(&str, &str)> =
            parts.filter_map(|part| part.split_once("\n\n")).collect();
        assert_eq!(
            sections.iter().map(|(title, _)| *title).collect::<Vec<_>>(),
            SECTIONS,
            "{}",
            known.code
        );
        assert!(sections.iter().all(|(_, text)| text.trim().ends_with('.')), "{}", known.code);
    }
}

#[test]
fn what_a_page_names_is_there() {
    let schema = read("api/schema.graphql");
    let words: BTreeSet<&str> = schema.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    for known in domain::codes() {
        let named = known.page.split('`').skip(1).step_by(2);
        let unknown: Vec<&str> = named
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_'))
            .filter(|word| {
                word.chars().next().is_some_and(char::is_alphabetic) && !words.contains(word)
            })
            .collect();
        assert_eq!(
            unknown,
            Vec::<&str>::new(),
            "{}: a command or a field is not called so",
            known.code
        );
    }
}
