//! Payouts: four eyes, one account, and no cent more than there is.

use domain::wallet::WalletCommand;
use domain::{Command, CommandId, LotId, Money, PayoutId, derived};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_was_named_and_whoever_approved_was_another() {
    for place in places().await {
        let telling = Telling::of(&place, "payout").await;
        let history = telling.history().await;
        let actors = |name: &str| {
            let of = history.iter().filter(|event| event.envelope.event_type == name);
            of.map(|event| event.envelope.actor.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(actors("payout-requested"), ["anna"; 3], "{place}");
        assert_eq!(actors("payout-approved"), ["fiona"], "{place}");
        assert_eq!(actors("payout-paid"), ["felix"], "{place}");
        telling.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_faulty_commands_append_nothing() {
    for place in places().await {
        let telling = Telling::of(&place, "one-partner").await;
        let before = telling.history().await;
        let north = telling.wallet_of("north");
        let money = |minor| Money::new(minor, eur());
        let payout = PayoutId(derived(Uuid::nil(), "bad payout"));
        let bad = [
            WalletCommand::RequestPayout { payout, amount: money(0) },
            WalletCommand::RequestPayout { payout, amount: money(-1) },
            WalletCommand::RequestPayout { payout, amount: money(i64::MAX) },
            WalletCommand::RequestPayout {
                payout,
                amount: Money::new(100_000, Currency::from_code("USD").expect("USD")),
            },
            WalletCommand::Mature { lot: LotId(Uuid::nil()) },
            WalletCommand::SettlePayout { payout, fee: money(0) },
        ];
        for (index, command) in bad.into_iter().enumerate() {
            let request = Request {
                command_id: CommandId(derived(Uuid::nil(), &format!("bad {index}"))),
                by: if matches!(command, WalletCommand::RequestPayout { .. }) {
                    owner("anna", telling.story.id("north"))
                } else if matches!(command, WalletCommand::Mature { .. }) {
                    domain::reactions::policy_actor()
                } else {
                    vendor("fiona", command.name())
                },
                at: None,
                expected_version: None,
                cause: None,
                command: Command::Wallet(north, command),
            };
            let outcome = telling.service.ask(request).await.expect("is decided");
            assert!(matches!(outcome, Outcome::Refused(_)), "{place}: {index}: {outcome:?}");
        }
        assert_eq!(telling.history().await, before, "{place}");
        telling.service.stop().await;
    }
}
