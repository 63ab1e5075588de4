//! How the journal is asked for, and its trial balance.

use async_graphql::Context;
use domain::ProgramId;
use projections::journal_lines;
use uuid::Uuid;

use super::{AccountBalance, JournalLine};
use crate::graphql::ground::{
    asked::Asked,
    failure::Failure,
    list::queries,
    scalars::{CurrencyCode, Position},
    show::shown,
};

queries! {
    /// Queries of the journal.
    JournalQueries;

    /// The lines of the journal, the latest first.
    list journal: journal_lines as JournalLine {
        filter JournalFilter, "Which lines; every part that is given must hold." {
            /// Of this programme.
            program: Uuid = is Program,
            /// Of the account with this number.
            account: u32 = is Account,
            /// Of this wallet.
            wallet: Uuid = is Wallet,
            /// In this currency.
            currency: CurrencyCode = is Currency,
            /// Of this entry.
            entry: Uuid = is Entry,
        }
        along Position usually Descending, "In which order of the log; the latest first where it is left out.";
    }

    more {
        /// The sums of every account. In every currency the debits and the credits are equal.
        async fn trial_balance(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Of this programme; of all where it is left out.")] program: Option<Uuid>,
            #[graphql(desc = "As it stood at this place in the log; as it is now where it is left out.")]
            at: Option<Position>,
            #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<Position>,
        ) -> Result<Option<Vec<AccountBalance>>, Failure> {
            let asked = Asked::at_least(ctx, min_position).await?;
            let (program, at) = (program.map(ProgramId), at.map(|at| at.0));
            let sight = asked.sight::<AccountBalance>();
            let sums = journal_lines::trial_balance(&asked.db(), sight, program, at).await?;
            shown(sums).map(Some)
        }
    }
}
