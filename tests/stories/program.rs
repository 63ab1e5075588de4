//! Programmes: what is published is in force from its day on, and nothing before it.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn how_a_programme_is_run_changes_on_the_day_that_was_announced() {
    for place in places().await {
        let telling = Telling::of(&place, "program").await;
        let harbour = telling.story.id("harbour");
        let history = telling.history().await;
        let approved = history.iter().find(|event| event.event.name() == "application-approved");
        let approved = approved.expect("the new version lets it be");
        assert_eq!(approved.envelope.aggregate_id, harbour, "{place}");
        telling.service.stop().await;
    }
}
