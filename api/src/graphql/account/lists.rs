//! How accounts are asked for.

use domain::account::Door;
use projections::user_accounts::AccountState;

use super::Account;
use crate::graphql::ground::{list::queries, word::Word};

queries! {
    /// Queries of accounts.
    AccountQueries;

    one {
        /// An account by its UUID.
        account: Account by account_id, "The account's UUID.";
    }

    /// The accounts that there are, the latest first.
    list accounts: user_accounts as Account {
        filter AccountFilter, "Which accounts; every part that is given must hold." {
            /// In any of these states.
            states: Vec<Word<AccountState>> = any_of State,
            /// Of people who came by this door.
            door: Word<Door> = is Door,
        }
        stands RegisteredAt Descending;
    }
}
