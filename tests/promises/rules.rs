//! Traceability: the page of rules names every test that names a rule, and no other.

use std::collections::BTreeSet;

use super::files::{read, rust_files};

/// A rule and a test that names it.
type Proofs = BTreeSet<(String, String)>;

/// The rules that a test names, as in `r77_r79_one_open_payout`.
fn rules_in(test: &str) -> impl Iterator<Item = String> {
    let number = |part: &&str| {
        let digits = part.trim_start_matches(['r', 'e', 'm']);
        digits.len() + 1 == part.len() && digits.parse::<u32>().is_ok()
    };
    test.split('_').filter(number).map(str::to_uppercase)
}

fn named_by_tests() -> Proofs {
    let mut proofs = Proofs::new();
    for (_, text) in rust_files() {
        for after in text.split("fn ").skip(1) {
            let Some((name, _)) = after.split_once('(') else { continue };
            proofs.extend(rules_in(name).map(|rule| (rule, name.to_owned())));
        }
    }
    proofs
}

/// The page's lines: rule, sentence, proof.
fn lines() -> Vec<(String, String, String)> {
    let cells = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, rule, sentence, proof, _] = cells[..] else { return None };
        let numbered = rule.get(1..).is_some_and(|number| number.parse::<u32>().is_ok());
        numbered.then(|| (rule.to_owned(), sentence.to_owned(), proof.to_owned()))
    };
    read("RULES.md").lines().filter_map(cells).collect()
}

#[test]
fn the_page_names_the_tests_that_name_a_rule_and_says_not_yet_of_the_others() {
    let mut page = Proofs::new();
    for (rule, _, proof) in lines() {
        let tests: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        assert_eq!(proof == "not yet", tests.is_empty(), "{rule}: {proof}");
        page.extend(tests.into_iter().map(|test| (rule.clone(), test.to_owned())));
    }
    let tests = named_by_tests();
    let only = |one: &Proofs, other| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(only(&tests, &page), [], "tests that RULES.md does not name");
    assert_eq!(only(&page, &tests), [], "RULES.md names them, and no test is called so");
}

#[test]
fn every_rule_has_a_line_and_a_sentence() {
    let all = [('R', 141), ('E', 21), ('M', 20)];
    let all =
        all.iter().flat_map(|(letter, last)| (1..=*last).map(move |n| format!("{letter}{n}")));
    let lines = lines();
    assert_eq!(
        lines.iter().map(|(rule, ..)| rule.clone()).collect::<Vec<_>>(),
        all.collect::<Vec<_>>()
    );
    assert!(lines.iter().all(|(_, sentence, _)| sentence.ends_with('.')));
}

#[test]
fn a_tests_name_tells_its_rules() {
    let rules = |name| rules_in(name).collect::<Vec<_>>();
    assert_eq!(rules("r77_r79_one_open_payout"), ["R77", "R79"]);
    assert_eq!(rules("g1_r70_to_the_cent"), ["R70"]);
    assert_eq!(rules("m17_a_reader_of_e_and_rest_in_2026"), ["M17"]);
}
