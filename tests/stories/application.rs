//! Applications: judged on findings, and blind to everything else until they are approved.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn r2_r4_a_candidate_is_judged_on_both_findings_and_sees_its_application_only() {
    for place in places().await {
        let telling = Telling::of(&place, "application").await;
        let decided = |name: &'static str| {
            let of = telling.story.id(name);
            move |event: &&Recorded| {
                let envelope = &event.envelope;
                let ends =
                    ["application-approved", "application-rejected", "application-withdrawn"];
                envelope.aggregate_id == of && ends.contains(&envelope.event_type.as_str())
            }
        };
        let history = telling.history().await;
        for name in ["harbour", "quay", "dock"] {
            assert_eq!(history.iter().filter(decided(name)).count(), 1, "{place}: {name}");
        }
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_is_told_on_who_is_silent_lapses_and_who_was_not_taken_comes_again() {
    for place in places().await {
        let telling = Telling::of(&place, "screening").await;
        let history = telling.history().await;
        let of = |event_type: &str| {
            let told = |event: &&Recorded| event.envelope.event_type == event_type;
            history.iter().filter(told).count()
        };
        let told =
            ["applied", "application-escalated", "application-lapsed", "application-rejected"];
        assert_eq!(told.map(of), [4, 2, 1, 1], "{place}");
        telling.service.stop().await;
    }
}
