//! Layering: no files of a crate rest on each other in a circle, and arrows run down between its floors.

use std::path::PathBuf;

use super::{
    super::files::{root, rust_files},
    imports::Imports,
    source::Source,
};

/// Files that belong together, each told by how its name begins.
type Room = &'static [&'static str];

/// The rooms of a crate, or of a folder of one, floor by floor from the ground up. Files know those of their own room
/// and of the floors below.
#[rustfmt::skip] // A floor is a line.
const FLOORS: &[(&str, &str, &[&[Room]])] = &[("domain", "", &[
    &[&["bounds.rs", "commands.rs", "email.rs", "facts.rs", "guarded.rs", "ids.rs", "issued.rs", "language.rs", "linkage.rs", "money.rs", "origin.rs", "owned.rs", "permissions.rs", "personal.rs", "published.rs", "refusal.rs", "roles.rs", "tiers.rs", "time.rs", "words.rs"]],
    &[&["commission/"], &["reservation/"]],
    &[&["account/"]],
    &[&["program/"]],
    &[&["partner/"]],
    &[&["deal/"], &["wallet/"]],
    &[&["aggregates/"]],
    &[&["ledger.rs"], &["outcomes.rs", "reactions/"], &["mails.rs"]],
    &[&["world.rs"]],
]), ("eventlog", "", &[
    &[&["append.rs", "at_rest.rs", "clock.rs", "credential.rs", "event.rs", "fault.rs", "open_item.rs", "outgoing.rs", "personal.rs", "pools.rs", "private.rs", "schema.rs", "supervisor.rs", "verdict.rs", "written.rs"]],
    &[&["postgres/"], &["sqlite/"]],
    &[&["engine.rs"]],
    &[&["keys.rs", "kept.rs", "queue.rs", "skew.rs", "turns.rs", "watch.rs"]],
    &[&["log.rs"]],
    &[&["appender.rs", "checkpoints.rs", "credentials.rs", "disclosure.rs", "executor.rs", "follower.rs", "load.rs", "one_time.rs", "reader.rs", "repository.rs", "sessions.rs", "streams.rs"]],
    &[&["open.rs", "open_items.rs", "outbox.rs", "timekeeping.rs"]],
]), ("projections", "", &[
    &[&["ground/"]],
    &[&["account/"], &["audit/"], &["deal/"], &["glance/"], &["ledger/"], &["partner/"], &["program/"], &["wallet/"]],
    &[&["house/"]],
    &[&["keep/"]],
    &[&["work/"]],
]), ("api", "graphql/", &[
    &[&["ground/"]],
    &[
        &["account/mod.rs"], &["audit/mod.rs"], &["glance/mod.rs"], &["ledger/mod.rs"], &["outbox/mod.rs"], &["program/mod.rs"], &["wallet/mod.rs"],
        &["deal/mod.rs", "deal/commission.rs"],
        &["partner/mod.rs", "partner/application.rs", "partner/contact.rs", "partner/network.rs", "partner/screening.rs", "partner/training.rs"],
    ],
    &[
        &["account/edges.rs"], &["account/lists.rs"], &["account/mutations.rs"],
        &["audit/edges.rs"], &["audit/lists.rs"], &["audit/open.rs"],
        &["deal/edges.rs"], &["deal/lists.rs"], &["deal/mutations.rs"],
        &["glance/edges.rs"], &["glance/lists.rs"],
        &["ledger/edges.rs"], &["ledger/lists.rs"],
        &["partner/edges.rs"], &["partner/lists.rs"], &["partner/mutations.rs"], &["partner/standing.rs"], &["partner/waiting.rs"],
        &["program/edges.rs"], &["program/lists.rs"], &["program/mutations.rs"],
        &["wallet/edges.rs"], &["wallet/lists.rs"], &["wallet/mutations.rs"],
    ],
    &[&["subscription.rs"], &["viewer.rs"]],
    &[&["mod.rs"]],
])];

/// Longest file that can be read at a sitting.
const LINES: usize = 450;

fn sources(package: &str) -> PathBuf {
    root().join(package).join("src")
}

#[test]
fn no_files_rest_on_each_other_in_a_circle() {
    for package in ["domain", "eventlog", "projections", "mail", "api"] {
        let imports = Imports::of(&Source::of_folder(&sources(package)));
        let circles = imports.circles().into_iter();
        let named = circles.map(|circle| imports.within(&circle).join(", "));
        assert_eq!(named.collect::<Vec<_>>(), Vec::<String>::new(), "{package}: cut these");
    }
}

#[test]
fn arrows_run_down_between_the_floors_of_a_crate() {
    for (package, folder, floors) in FLOORS {
        let imports = Imports::of(&Source::of_folder(&sources(package))).within_folder(folder);
        assert_eq!(uphill(&imports, floors), Vec::<String>::new(), "{package} {folder}");
    }
}

#[test]
fn no_file_is_longer_than_can_be_read_at_a_sitting() {
    let files = rust_files().into_iter();
    let long = files.filter(|(_, text)| text.lines().count() > LINES).map(|(file, _)| file);
    assert_eq!(long.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn every_file_opens_with_a_sentence_that_says_what_it_is() {
    let files = rust_files().into_iter().filter(|(_, text)| !text.starts_with("//! "));
    assert_eq!(files.map(|(file, _)| file).collect::<Vec<_>>(), Vec::<String>::new());
}

/// Every arrow that runs up, or between rooms of one floor; and whatever stands on no floor, or on two.
fn uphill(imports: &Imports, floors: &[&[Room]]) -> Vec<String> {
    let place = |file: &str| {
        let rooms = floors.iter().enumerate().flat_map(|(floor, rooms)| {
            rooms.iter().enumerate().map(move |(room, names)| ((floor, room), *names))
        });
        let found: Vec<_> = rooms
            .filter(|(_, names)| names.iter().any(|name| file.starts_with(name)))
            .map(|(place, _)| place)
            .collect();
        if let [place] = found[..] { Some(place) } else { None }
    };
    let mut wrong = vec![];
    for (file, known) in imports.0.iter().filter(|(file, _)| *file != "lib.rs") {
        let Some(from) = place(file) else {
            wrong.push(format!("{file} stands on no floor, or on two"));
            continue;
        };
        let up = known.iter().filter(|other| {
            place(other).is_some_and(|to| to.0 > from.0 || (to.0 == from.0 && to != from))
        });
        wrong.extend(up.map(|other| format!("{file} -> {other}")));
    }
    let empty = floors.iter().flat_map(|rooms| rooms.iter()).flat_map(|names| names.iter());
    let stands = |name: &&&str| imports.0.keys().any(|file| file.starts_with(**name));
    wrong.extend(empty.filter(|name| !stands(name)).map(|name| format!("{name} is not there")));
    wrong
}

#[test]
fn an_arrow_up_or_across_and_a_file_without_a_floor_are_told() {
    let files = [
        ("lib.rs", "mod ground; mod house; mod left; mod right; mod shed;"),
        ("ground.rs", "use crate::house::Roof; pub struct Stone;"),
        ("left.rs", "pub struct Chair; pub fn rest(_: crate::ground::Stone) {}"),
        ("right.rs", "fn borrow() -> crate::left::Chair { todo!() }"),
        ("house.rs", "pub struct Roof(crate::left::Chair);"),
        ("shed.rs", ""),
    ];
    let source = Source::read("lib.rs", &|name| {
        files.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_owned())
    });
    let floors: &[&[Room]] =
        &[&[&["ground"]], &[&["left"], &["right"]], &[&["house"], &["garden"]]];
    assert_eq!(
        uphill(&Imports::of(&source), floors),
        [
            "ground.rs -> house.rs",
            "right.rs -> left.rs",
            "shed.rs stands on no floor, or on two",
            "garden is not there"
        ]
    );
}
