//! The same company twice: one application of a tax id at a time, and a sign where a web site is shared.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_one_partner_and_another_at_its_web_site_is_shown_to_the_reviewer() {
    for place in places().await {
        let telling = Telling::of(&place, "same-company").await;
        let history = telling.history().await;
        let told = |name: &str| {
            let of = history.iter().filter(|event| event.envelope.event_type == name);
            of.map(|event| event.envelope.command_id).collect::<Vec<_>>()
        };
        // Each in the append of the event that needed it: two by the first application, one by the last.
        let (applied, reserved) = (told("applied"), told("reserved"));
        assert_eq!(reserved, [applied[0], applied[0], applied[2]], "{place}");
        let withdrawn = told("application-withdrawn");
        assert_eq!(told("reservation-released"), [withdrawn[0]; 2], "{place}");
        telling.service.stop().await;
    }
}
