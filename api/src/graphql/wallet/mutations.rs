//! What can be asked of a wallet: payouts, by whoever asks for them and whoever pays them.

use domain::{Command, PayoutId, WalletId, wallet::WalletCommand};
use uuid::Uuid;

use super::Wallet;
use crate::graphql::{enums::PayoutRejectionCode, mutation::mutations, scalars::MoneyInput};

fn of(wallet: Uuid, command: WalletCommand) -> Command {
    Command::Wallet(WalletId(wallet), command)
}

mutations! {
    /// Mutations of wallets.
    WalletMutations changes wallet: Wallet;

    /// Asks for money out of a wallet. One request can be open at a time.
    request_payout(RequestPayoutInput) -> RequestPayoutPayload {
        /// The wallet.
        wallet_id: Uuid,
        /// The id that the payout shall have, a UUID of your choice; one is made where it is left out.
        payout: Option<Uuid>,
        /// How much.
        amount: MoneyInput,
    } => |input, from| of(input.wallet_id, WalletCommand::RequestPayout {
        payout: PayoutId(from.new_id(input.payout, "payout")),
        amount: input.amount.money("amount")?,
    });

    /// Takes a request for money back before it is on its way.
    cancel_payout(CancelPayoutInput) -> CancelPayoutPayload {
        /// The wallet.
        wallet_id: Uuid,
        /// The payout.
        payout: Uuid,
    } => |input, _from| of(input.wallet_id, WalletCommand::CancelPayout { payout: PayoutId(input.payout) });

    /// Rejects a request for money; it is available again.
    reject_payout(RejectPayoutInput) -> RejectPayoutPayload {
        /// The wallet.
        wallet_id: Uuid,
        /// The payout.
        payout: Uuid,
        /// Why.
        code: PayoutRejectionCode,
        /// Why, in words that the partner reads.
        reason: String,
    } => |input, _from| of(input.wallet_id, WalletCommand::RejectPayout {
        payout: PayoutId(input.payout),
        code: input.code.into(),
        reason: input.reason,
    });

    /// Approves a request for money. Whoever asked for it cannot approve it, nor can whoever set the bank details.
    approve_payout(ApprovePayoutInput) -> ApprovePayoutPayload {
        /// The wallet.
        wallet_id: Uuid,
        /// The payout.
        payout: Uuid,
    } => |input, _from| of(input.wallet_id, WalletCommand::ApprovePayout { payout: PayoutId(input.payout) });

    /// Sends an approved payout to the payment provider.
    submit_payout(SubmitPayoutInput) -> SubmitPayoutPayload {
        /// The wallet.
        wallet_id: Uuid,
        /// The payout.
        payout: Uuid,
        /// The provider's own key for this attempt, by which it can be asked what became of it.
        provider_key: String,
    } => |input, _from| of(input.wallet_id, WalletCommand::SubmitPayout {
        payout: PayoutId(input.payout),
        provider_key: input.provider_key,
    });

    /// Records that the provider has paid. The wallet's balance falls by exactly the amount.
    settle_payout(SettlePayoutInput) -> SettlePayoutPayload {
        /// The wallet.
        wallet_id: Uuid,
        /// The payout.
        payout: Uuid,
        /// What the provider kept; the vendor bears it.
        fee: MoneyInput,
    } => |input, _from| of(input.wallet_id, WalletCommand::SettlePayout {
        payout: PayoutId(input.payout),
        fee: input.fee.money("fee")?,
    });
}
