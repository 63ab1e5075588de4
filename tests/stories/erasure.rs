//! Erasure: whose key is destroyed is forgotten (crypto-shredding), while the company's history stays.

use super::*;
use crate::promises::log::raw::Raw;

#[tokio::test(flavor = "multi_thread")]
async fn whose_key_is_destroyed_reads_as_erased_while_the_company_stays() {
    for place in places().await {
        let telling = Telling::of(&place, "erasure").await;
        let (nina, harbour) = (telling.story.id("nina"), telling.story.id("harbour"));
        let before = payloads(&telling.service).await;
        telling.service.stop().await;
        let destroyed = format!("DELETE FROM subject_keys WHERE subject = '{nina}'");
        Raw::of(&place).await.run(&destroyed).await.expect("keys may go");

        let service = start(&place, &telling.story).await;
        projections::rebuild(&service.log, |_| ()).await.expect("the views are rebuilt");
        service.stop().await;
        let service = start(&place, &telling.story).await;
        service.settle().await;
        let telling = Telling { service, ..telling };
        let query = format!(
            "{{ partner(partnerId: \"{harbour}\") {{ name stage contacts {{ person firstName lastName email }} }} }}"
        );
        let forgotten =
            json!({ "person": nina, "firstName": null, "lastName": null, "email": null });
        assert_eq!(
            telling.ask(Role::ChannelManager, &query).await["partner"],
            json!({ "name": "Harbour GmbH", "stage": "REVIEWED", "contacts": [forgotten] }),
            "{place}"
        );

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

async fn payloads(service: &Service) -> Vec<String> {
    let events = service.log.read_after(0, 10_000).await.expect("the log reads");
    events.into_iter().map(|event| event.payload).collect()
}
