//! Training: certificates come by themselves, and end.

use domain::Envelope;
use domain::partner::Partner;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn r23_r22_the_certificate_comes_by_itself_once_modules_and_exam_are_done() {
    for place in places().await {
        let telling = Telling::of(&place, "training").await;
        let partner = telling.story.id("mill");
        let (partner, _) = telling.service.log.load::<Partner>(partner).await.expect("loads");
        let history = telling.history().await;
        let envelopes = || history.iter().map(|event| &event.envelope);
        let certified = envelopes().find(|event| event.event_type == "certified");
        let certified = certified.expect("the certificate is issued");
        let same_append = |event: &&Envelope| event.command_id == certified.command_id;
        let together: Vec<&str> =
            envelopes().filter(same_append).map(|event| event.event_type.as_str()).collect();
        assert_eq!(together, ["exam-passed", "certified"], "{place}");
        let active = partner.active().expect("is approved");
        assert!(active.certified_at(certified.occurred_at));
        let a_year_later = certified.occurred_at + chrono::Duration::days(365);
        assert!(!active.certified_at(a_year_later), "{place}: the next came a day later");
        telling.service.stop().await;
    }
}
