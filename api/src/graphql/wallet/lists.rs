//! How wallets and payouts are asked for.

use projections::payouts::PayoutState;
use uuid::Uuid;

use super::{Payout, Wallet};
use crate::graphql::ground::{list::queries, scalars::CurrencyCode, word::Word};

queries! {
    /// Queries of wallets.
    WalletQueries;

    one {
        /// A wallet by its UUID. Null where there is none, and where you may not see it.
        wallet: Wallet by wallet_id, "The wallet's UUID.";
    }

    /// The wallets that you may see, the greatest balance first.
    list wallets: wallets as Wallet {
        filter WalletFilter, "Which wallets; every part that is given must hold." {
            /// Of this programme.
            program: Uuid = is Program,
            /// Of this partner.
            partner: Uuid = is Partner,
            /// In this currency.
            currency: CurrencyCode = is Currency,
        }
        stands BalanceMinor Descending;
    }

    /// The payouts that you may see, the latest request first: for finance the list to work through.
    list payouts: payouts as Payout {
        filter PayoutFilter, "Which payouts; every part that is given must hold." {
            /// Of this programme.
            program: Uuid = is Program,
            /// Of this partner.
            partner: Uuid = is Partner,
            /// In any of these states.
            states: Vec<Word<PayoutState>> = any_of State,
        }
        stands RequestedAt Descending;
    }
}
