//! GraphQL mutations of a wallet: payouts, by whoever asks for them and whoever pays them.

use domain::{
    PayoutId,
    wallet::{FreezeCode, PayoutRejectionCode, WalletCommand},
};
use uuid::Uuid;

use super::Wallet;
use crate::graphql::ground::{mutation::mutations, scalars::MoneyInput, word::Word};

mutations! {
    /// Mutations of wallets.
    WalletMutations asks WalletCommand of Wallet(WalletId) by wallet_id, "The wallet."; changes wallet: Wallet;

    /// Asks for money out of a wallet. One request can be open at a time.
    request_payout(RequestPayoutInput) -> RequestPayoutPayload {
        /// The id that the payout shall have, a UUID of your choice; one is made where it is left out.
        payout: Option<Uuid>,
        /// How much.
        amount: MoneyInput,
    } => |from| RequestPayout {
        payout: PayoutId(from.new_id(payout, "payout")),
        amount: amount.money("amount")?,
    };

    /// Takes a request for money back before it is on its way.
    cancel_payout(CancelPayoutInput) -> CancelPayoutPayload {
        /// The payout.
        payout: Uuid,
    } => CancelPayout { payout: PayoutId(payout) };

    /// Rejects a request for money; it is available again.
    reject_payout(RejectPayoutInput) -> RejectPayoutPayload {
        /// The payout.
        payout: Uuid,
        /// Why.
        code: Word<PayoutRejectionCode>,
        /// Why, in words that the partner reads. At most 8000 characters.
        reason: String,
    } => RejectPayout { payout: PayoutId(payout), code: code.0, reason };

    /// Approves a request for money. Whoever asked for it cannot approve it, nor can whoever set the bank details.
    approve_payout(ApprovePayoutInput) -> ApprovePayoutPayload {
        /// The payout.
        payout: Uuid,
    } => ApprovePayout { payout: PayoutId(payout) };

    /// Sends an approved payout to the payment provider.
    submit_payout(SubmitPayoutInput) -> SubmitPayoutPayload {
        /// The payout.
        payout: Uuid,
        /// The provider's own key for this attempt, by which it can be asked what became of it.
        /// At most 200 characters on one line.
        provider_key: String,
    } => SubmitPayout { payout: PayoutId(payout), provider_key };

    /// Records that the provider has paid. The wallet's balance falls by exactly the amount.
    settle_payout(SettlePayoutInput) -> SettlePayoutPayload {
        /// The payout.
        payout: Uuid,
        /// What the provider kept; the vendor bears it.
        fee: MoneyInput,
    } => SettlePayout { payout: PayoutId(payout), fee: fee.money("fee")? };

    /// Freezes a wallet: nothing is paid out of it. Commission goes on being credited.
    freeze_wallet(FreezeWalletInput) -> FreezeWalletPayload {
        /// Why.
        code: Word<FreezeCode>,
    } => Freeze { code: code.0 };

    /// Ends a freeze. Once nothing else freezes the wallet its money is available again.
    unfreeze_wallet(UnfreezeWalletInput) -> UnfreezeWalletPayload {
        /// Which freeze ends.
        code: Word<FreezeCode>,
    } => Unfreeze { code: code.0 };
}
