//! Erasure: whose key is destroyed is forgotten (crypto-shredding), while the company's history stays.

use domain::SubjectId;
use eventlog::Erasure;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn whose_key_is_destroyed_reads_as_erased_at_once_while_the_company_stays() {
    for place in places().await {
        let telling = Telling::of(&place, "erasure").await;
        let (nina, harbour) = (telling.story.id("nina"), telling.story.id("harbour"));
        let before = payloads(&telling.service).await;
        let query = format!(
            "{{ partner(partnerId: \"{harbour}\") {{ name stage contacts {{ person firstName lastName email }} }}
                events(filter: {{ types: [\"applied\"] }}) {{ nodes {{ payload }} }} }}"
        );
        let known = telling.ask(Role::Auditor, &query).await;
        assert_eq!(known["partner"]["contacts"][0]["email"], "nina@harbour.example", "{place}");

        let log = &telling.service.log;
        let erased = log.erase("partner", harbour, SubjectId(nina)).await;
        assert_eq!(erased.expect("it is taken"), Erasure::Done);
        let forgotten = telling.ask(Role::Auditor, &query).await;
        let contact = json!({ "person": nina, "firstName": null, "lastName": null, "email": null });
        assert_eq!(
            forgotten["partner"],
            json!({ "name": "Harbour GmbH", "stage": "REVIEWED", "contacts": [contact] }),
            "{place}"
        );
        let applied = &forgotten["events"]["nodes"][0]["payload"]["applied"];
        let details = json!({ "subject": nina, "erased": true });
        assert_eq!(applied["contacts"], json!([{ "details": details }]), "{place}");

        // The log has as many events as ever, none of which says who she is; telling the story again adds none. What was
        // written about the application stands under a key of its own.
        telling.tell(&telling.story).await;
        let after = payloads(&telling.service).await;
        assert_eq!(after.len(), before.len(), "{place}");
        for (said, stays) in
            [("Nowak", false), ("nina@harbour.example", false), ("writes well", true)]
        {
            assert!(before.concat().contains(said), "{place}: {said}");
            assert_eq!(after.concat().contains(said), stays, "{place}: {said}");
        }
        telling.service.stop().await;
    }
}

/// What the log says to whoever may know it.
async fn payloads(service: &Service) -> Vec<String> {
    let events = service.log.read_after(0, 10_000).await.expect("the log reads");
    let opened = service.log.open_events(events).await.expect("the keys are there");
    opened.into_iter().map(|event| event.expect("nothing is damaged").payload).collect()
}
