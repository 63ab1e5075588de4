//! Deals: qualified, approved, signed and paid, each a moment of its own.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn r141_qualified_approved_signed_and_paid_are_four_moments() {
    for place in places().await {
        let telling = Telling::of(&place, "one-partner").await;
        let history = telling.history().await;
        let at = |name: &str| {
            let found = history.iter().find(|event| event.envelope.event_type == name);
            found.map(|event| event.envelope.occurred_at).expect(name)
        };
        let moments =
            ["deal-qualified", "deal-approved", "contract-signed", "payment-received"].map(at);
        assert!(moments.is_sorted_by(|earlier, later| earlier < later), "{place}: {moments:?}");
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn protection_ends_by_itself_at_the_instant_that_was_promised() {
    for place in places().await {
        let telling = Telling::of(&place, "deal").await;
        let history = telling.history().await;
        let of_the_large = |name: &str| {
            let large = telling.story.id("large");
            let found = history.iter().find(|event| {
                event.envelope.aggregate_id == large && event.envelope.event_type == name
            });
            found.expect(name).clone()
        };
        let (approved, expired) =
            (of_the_large("deal-approved"), of_the_large("protection-expired"));
        assert_eq!(expired.envelope.causation_id, Some(approved.envelope.event_id), "{place}");
        let promised = "2025-06-04T22:00:00Z".parse::<DateTime<Utc>>().expect("is an instant");
        assert_eq!(expired.envelope.occurred_at, promised, "{place}");
        telling.service.stop().await;
    }
}
