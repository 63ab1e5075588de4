//! The journal: double entry for every event that moves money.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{ProgramId, WalletId, ledger::Account};
use projections::{Sort, journal_lines};
use uuid::Uuid;

use super::{
    audit::AuditEvent,
    connection::{Connection, OrderDirection, connection, cost, page},
    failure::Failure,
    loaders::LinesOfEvent,
    partner::Partner,
    request::Asked,
    scalars::{CurrencyCode, Money, Position},
    show::{Shows, currency, money, number},
};

/// One line of a journal entry.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct JournalLine {
    /// The account's number.
    pub account: u32,
    /// The account's name.
    pub account_name: String,
    /// What was debited; null where the line is a credit.
    pub debit: Option<Money>,
    /// What was credited; null where the line is a debit.
    pub credit: Option<Money>,
    /// The wallet, for accounts that are kept wallet by wallet.
    pub wallet_id: Option<Uuid>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The place in the log of the event.
    pub position: Position,
    #[graphql(skip)]
    entry: Uuid,
    #[graphql(skip)]
    event: Uuid,
    #[graphql(skip)]
    partner: Uuid,
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

/// The sums of one account in one currency.
#[derive(SimpleObject, Clone, Debug)]
pub struct AccountBalance {
    /// The account's number.
    pub account: u32,
    /// The account's name.
    pub account_name: String,
    /// The currency.
    pub currency: CurrencyCode,
    /// Everything that was debited.
    pub debit: Money,
    /// Everything that was credited.
    pub credit: Money,
}

/// Which lines; every part that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct JournalFilter {
    /// Of this programme.
    program: Option<Uuid>,
    /// Of the account with this number.
    account: Option<u32>,
    /// Of this wallet.
    wallet: Option<Uuid>,
    /// In this currency.
    currency: Option<CurrencyCode>,
    /// Of this entry.
    entry: Option<Uuid>,
}

/// Queries of the journal.
#[derive(Default)]
pub struct JournalQueries;

fn name(number: u32) -> String {
    let account = Account::ALL.into_iter().find(|account| account.number() == number);
    account.map_or("unknown", Account::name).to_owned()
}

impl Shows for JournalLine {
    type Row = journal_lines::Model;

    fn show(row: journal_lines::Model) -> Result<Self, Failure> {
        let account = number(row.account)?;
        let amount = |minor: i64| (minor != 0).then(|| money(minor, &row.currency)).transpose();
        Ok(Self {
            account,
            account_name: name(account),
            debit: amount(row.debit_minor)?,
            credit: amount(row.credit_minor)?,
            wallet_id: row.wallet,
            occurred_at: row.occurred_at,
            position: Position(row.position.cast_unsigned()),
            entry: row.entry,
            event: row.event_id,
            partner: row.partner,
        })
    }
}

impl Shows for AccountBalance {
    type Row = journal_lines::Balance;

    fn show(row: journal_lines::Balance) -> Result<Self, Failure> {
        let account = number(row.account)?;
        Ok(Self {
            account,
            account_name: name(account),
            currency: CurrencyCode(currency(&row.currency)?),
            debit: money(row.debit_minor, &row.currency)?,
            credit: money(row.credit_minor, &row.currency)?,
        })
    }
}

#[ComplexObject]
impl JournalLine {
    /// The entry that it belongs to.
    async fn entry(&self) -> Option<JournalEntry> {
        Some(JournalEntry {
            entry_id: self.entry,
            occurred_at: self.occurred_at,
            position: self.position,
            event: self.event,
        })
    }

    /// The partner whose money it is.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>, Failure> {
        Asked::of(ctx)?.partner(self.partner).await
    }
}

#[ComplexObject]
impl JournalEntry {
    /// Its lines.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Option<Vec<JournalLine>>, Failure> {
        JournalLine::show_all(Asked::of(ctx)?.load(LinesOfEvent(self.event)).await?).map(Some)
    }

    /// The event that made it. Null where you may not read the audit trail.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<AuditEvent>, Failure> {
        AuditEvent::find(Asked::of(ctx)?, self.event).await
    }
}

#[Object]
impl JournalQueries {
    /// The lines of the journal, the latest first.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the schema")]
    async fn journal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all where it is left out.")] filter: Option<JournalFilter>,
        #[graphql(desc = "In which order of the log; the latest first where it is left out.")]
        direction: Option<OrderDirection>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Connection<JournalLine>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let page = page(first, after, last, before)?;
        let filter = filter.unwrap_or_default();
        let filter = journal_lines::Filter {
            program: filter.program.map(ProgramId),
            account: filter.account,
            wallet: filter.wallet.map(WalletId),
            currency: filter.currency.map(|currency| currency.0.code().to_owned()),
            entry: filter.entry,
        };
        let direction = direction.unwrap_or(OrderDirection::Descending).into();
        let sort = Sort { by: journal_lines::Order::Position, direction };
        let slice =
            journal_lines::list(&asked.db(), asked.scope::<JournalLine>(), &filter, sort, &page)
                .await?;
        connection(slice).map(Some)
    }

    /// The sums of every account. In every currency the debits and the credits are equal.
    async fn trial_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this programme; of all where it is left out.")] program: Option<Uuid>,
        #[graphql(
            desc = "As it stood at this place in the log; as it is now where it is left out."
        )]
        at: Option<Position>,
        #[graphql(desc = "Answer no earlier than this place in the log.")] min_position: Option<
            Position,
        >,
    ) -> Result<Option<Vec<AccountBalance>>, Failure> {
        let asked = Asked::at_least(ctx, min_position).await?;
        let (program, at) = (program.map(ProgramId), at.map(|at| at.0));
        let scope = asked.scope::<AccountBalance>();
        AccountBalance::show_all(
            journal_lines::trial_balance(&asked.db(), scope, program, at).await?,
        )
        .map(Some)
    }
}
