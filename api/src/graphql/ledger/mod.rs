//! The general journal as GraphQL objects: double entry for every event that moves money.

mod edges;
mod lists;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use domain::ledger::Account;
use projections::journal_lines;
use uuid::Uuid;

pub use self::lists::JournalQueries;
use super::ground::{
    scalars::{CurrencyCode, Money, Position},
    show::{money, number, shown, shows},
};

shows! {
    /// One line of a journal entry.
    #[graphql(complex)]
    JournalLine of journal_lines as row given {
        let account = number(row.account)?;
        let amount = |minor: i64| (minor != 0).then(|| money(minor, &row.currency)).transpose();
    } {
        /// The account's number.
        account: u32 = account,
        /// The account's name.
        account_name: String = name(account),
        /// What was debited; null where the line is a credit.
        debit: Option<Money> = amount(row.debit_minor)?,
        /// What was credited; null where the line is a debit.
        credit: Option<Money> = amount(row.credit_minor)?,
        /// The wallet, for accounts that are kept wallet by wallet.
        wallet_id: Option<Uuid> = row.wallet,
        /// When it happened.
        occurred_at: DateTime<Utc>,
        /// The place in the log of the event.
        position: Position,
        /// The entry that it belongs to.
        entry: Option<JournalEntry> = Some(JournalEntry {
            entry_id: row.entry,
            occurred_at: row.occurred_at,
            position: shown(row.position)?,
            event: row.event_id,
        }),
        #[graphql(skip)]
        partner: Uuid,
    }
}

/// What one event means in double entry. Its debits and credits are equal.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct JournalEntry {
    /// The entry's UUID.
    pub entry_id: Uuid,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The place in the log of the event.
    pub position: Position,
    #[graphql(skip)]
    event: Uuid,
}

shows! {
    /// The sums of one account in one currency.
    AccountBalance of (row: journal_lines::Balance) given { let account = number(row.account)?; } {
        /// The account's number.
        account: u32 = account,
        /// The account's name.
        account_name: String = name(account),
        /// The currency.
        currency: CurrencyCode = shown(row.currency.clone())?,
        /// Everything that was debited.
        debit: Money = money(row.debit(), &row.currency)?,
        /// Everything that was credited.
        credit: Money = money(row.credit(), &row.currency)?,
    }
}

fn name(number: u32) -> String {
    let account = Account::ALL.into_iter().find(|account| account.number() == number);
    account.map_or("unknown", Account::name).to_owned()
}
