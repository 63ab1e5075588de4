//! Leaving: suspended, reinstated, given notice, gone; what stops with it, and what is still paid.

use domain::partner::{Partner, Standing};
use domain::wallet::Wallet;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_sells_no_more_and_is_paid_what_it_earned_before() {
    for place in places().await {
        let telling = Telling::of(&place, "leaving").await;
        let history = telling.history().await;
        let ridge = telling.story.id("ridge");
        let of_ridge = |name: &str| {
            let of = history.iter().filter(|event| {
                event.envelope.aggregate_id == ridge && event.envelope.event_type == name
            });
            of.map(|event| event.envelope.actor.role).collect::<Vec<_>>()
        };
        assert_eq!(of_ridge("partner-suspended"), [Role::ChannelManager], "{place}");
        assert_eq!(of_ridge("termination-noticed"), [Role::Owner, Role::ChannelManager], "{place}");
        assert_eq!(of_ridge("partner-terminated"), [Role::Policy], "{place}: by itself");
        assert_eq!(of_ridge("certification-revoked"), [Role::Policy], "{place}: with it");
        let log = &telling.service.log;
        let (partner, _) = log.load::<Partner>(ridge).await.expect("loads");
        let standing = &partner.active().expect("was approved").standing;
        assert!(matches!(standing, Standing::Terminated { .. }), "{place}: {standing:?}");
        let wallet = telling.wallet_of("ridge").0;
        let (wallet, _) = log.load::<Wallet>(wallet).await.expect("loads");
        let buckets = wallet.purse().expect("has earned").buckets;
        let money = (buckets.available, buckets.reserved, buckets.frozen);
        assert_eq!(money, (0, 20_000, 0), "{place}: the last payout is on its way");
        telling.service.stop().await;
    }
}
