//! What each view folds the stories to (golden file): where other rows come of the same events, the version of the view
//! must be another one, or rows that were folded before would pass for those that would be folded now.

use std::collections::BTreeMap;

use domain::published::hash_of;
use projections::{Version, replay};
use serde::{Deserialize, Serialize};
use tests::told_open;

use super::super::promises::{log::raw::Raw, views::ground::rows};
use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/folds.json");

/// Of each story what happens in it and what each view makes of that, as hashes.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Folds {
    versions: BTreeMap<String, String>,
    stories: BTreeMap<String, Folded>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Folded {
    events: String,
    /// Those of views that have any.
    rows: BTreeMap<String, String>,
}

impl Folds {
    async fn of_all_stories() -> Self {
        let versions = Version::of_tables().into_iter();
        let versions = versions.map(|(table, version)| (table, version.text().to_owned()));
        let mut stories = BTreeMap::new();
        for name in all() {
            let folded = Folded::of(&name).await;
            stories.insert(name, folded);
        }
        Self { versions: versions.collect(), stories }
    }

    /// The views that fold events of `before` to other rows, and are of the same version.
    fn changed_since<'a>(&'a self, before: &'a Self) -> BTreeSet<&'a str> {
        let pairs =
            self.stories.iter().filter_map(|(name, now)| Some((now, before.stories.get(name)?)));
        let same = pairs.filter(|(now, before)| now.events == before.events);
        let views = same.flat_map(|(now, before)| {
            let views = now.rows.keys().chain(before.rows.keys());
            views.filter(|view| now.rows.get(*view) != before.rows.get(*view))
        });
        let version = |folds: &Self, view: &str| folds.versions.get(view).cloned();
        views
            .map(String::as_str)
            .filter(|view| version(self, view) == version(before, view))
            .collect()
    }
}

impl Folded {
    async fn of(story: &str) -> Self {
        let place = Place::sqlite(); // Both engines hold the same rows.
        place.log().await.close().await;
        // What is named under the log's secret has the same id in each run.
        let known = "UPDATE secrets SET secret = zeroblob(32)";
        Raw::of(&place).await.run(known).await.expect("there is a secret");
        let telling = Telling::of(&place, story).await;
        let log = &telling.service.log;
        let events = told_open(log).await.into_iter().map(|recorded| {
            let payload = recorded.event.payload().expect("is JSON");
            (format!("{:?}", recorded.envelope), payload)
        });
        let events = hash_of(&events.collect::<Vec<_>>()).expect("is JSON");
        let dir = tests::directory();
        let file = dir.path().join("views.sqlite");
        replay(log, *log.head().borrow(), &file, |_| {}).await.expect("it is written");
        let tables = rows(&file).await.into_iter().filter(|(_, rows)| !rows.is_empty());
        let rows = tables.map(|(table, rows)| (table, hash_of(&rows).expect("is JSON")));
        let folded = Self { events, rows: rows.collect() };
        telling.service.stop().await;
        folded
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_folds_the_same_events_to_other_rows_is_of_another_version() {
    let now = Folds::of_all_stories().await;
    let filled: BTreeSet<&String> =
        now.stories.values().flat_map(|story| story.rows.keys()).collect();
    let views: BTreeSet<&String> = now.versions.keys().collect();
    assert_eq!(filled, views, "every view has rows in some story");
    let before = std::fs::read_to_string(FILE);
    let before = before.ok().map(|text| serde_json::from_str(&text).expect("is of this form"));
    let changed = before.as_ref().map(|before| now.changed_since(before)).unwrap_or_default();
    assert!(changed.is_empty(), "count up `fold` in `table!` of {changed:?}, and run this again");
    if before.as_ref() != Some(&now) {
        let written = serde_json::to_string_pretty(&now).expect("is JSON") + "\n";
        std::fs::write(FILE, written).expect("it can be written");
        panic!("stories or views have changed: check in {FILE}, which has just been written anew");
    }
}
