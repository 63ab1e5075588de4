//! What only one may have (a race for a unique key): of two who take it at the same instant one is refused.

use api::commands::Outcome;
use serde_json::{Value, json};
use tests::{Trade, actors::owner, places};
use uuid::Uuid;

use super::{account::whole, races::rivals};

const COMPANIES: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_apply_for_one_company_at_the_same_instant_one_is_refused() {
    for place in places().await {
        let log = place.log().await;
        for rival in rivals(&place, &log).await {
            let trade = Trade::without_money(&log).await;
            let other = trade.through(&rival);
            for number in 0..COMPANIES {
                let written = [format!("PL {number:010}"), format!("{number:010}")];
                let of = |tax_id: &str| {
                    let mut application: Value = trade.application(None, 1);
                    application["company"]["tax_id"] = json!(tax_id);
                    application
                };
                let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
                let (one, two) = futures::join!(
                    trade.ask("applyForProgram", first, owner("anna", first), of(&written[0])),
                    other.ask("applyForProgram", second, owner("bert", second), of(&written[1])),
                );
                let codes = [one, two].map(|outcome| match outcome {
                    Outcome::Done(_) => "done",
                    Outcome::Refused(refusal) => refusal.code,
                });
                let mut sorted = codes;
                sorted.sort_unstable();
                assert_eq!(sorted, ["COMPANY_ALREADY_APPLIED", "done"], "{place}: {number}");
            }
        }
        whole(&log).await;
    }
}
