//! Account balances of the general ledger: one row an account, currency and, where it is kept by wallet, wallet.

use std::collections::BTreeSet;

use domain::ledger::EntryLine;
use sea_orm::entity::prelude::*;

use crate::ground::{Misfit, Placed, View, add_wide, table};

table! {
    "accounts" of Some(Column::Partner), stamped [last_position], found by ["wallet", "account, currency"];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Option<Uuid>,
        pub wallet: Option<Uuid>,
        /// The number in the chart of accounts.
        pub account: i64,
        pub currency: String,
        /// Whole billions of minor units, and the rest.
        pub debit_billions: i64,
        pub debit_rest: i64,
        pub credit_billions: i64,
        pub credit_rest: i64,
    }
}

impl View for Entity {
    fn keys(placed: &Placed) -> Vec<Uuid> {
        let keys: BTreeSet<Uuid> = lines(placed).map(|line| key(line, placed)).collect();
        keys.into_iter().collect()
    }

    fn fold(id: Uuid, row: &mut Option<Model>, placed: &Placed) -> Result<(), Misfit> {
        for line in lines(placed) {
            if !owns(id, row.as_ref(), line, placed) {
                continue;
            }
            let by_wallet = line.account.by_wallet();
            let row = row.get_or_insert(Model {
                id,
                program: placed.program()?,
                partner: placed.partner.filter(|_| by_wallet).map(|partner| partner.0),
                wallet: by_wallet.then_some(placed.aggregate()),
                account: line.account.number().into(),
                currency: line.amount.currency.code().to_owned(),
                ..Model::default()
            });
            let debit = (&mut row.debit_billions, &mut row.debit_rest);
            add_wide::<Entity>(debit, line.amount.minor.max(0))?;
            let credit = (&mut row.credit_billions, &mut row.credit_rest);
            add_wide::<Entity>(credit, (-line.amount.minor).max(0))?;
        }
        Ok(())
    }
}

/// The lines of the event's entry.
fn lines(placed: &Placed) -> impl Iterator<Item = &EntryLine> {
    placed.entry.iter().flat_map(|entry| &entry.lines)
}

/// Whether a line changes a row. Where there is one, its account and currency tell: programme and wallet are the same
/// for all lines of an event.
fn owns(id: Uuid, row: Option<&Model>, line: &EntryLine, placed: &Placed) -> bool {
    row.map_or_else(
        || key(line, placed) == id,
        |row| {
            row.account == i64::from(line.account.number())
                && row.currency == line.amount.currency.code()
        },
    )
}

/// The row that a line changes.
fn key(line: &EntryLine, placed: &Placed) -> Uuid {
    let program = placed.program.map_or(Uuid::nil(), |program| program.0);
    let owner = if line.account.by_wallet() { placed.aggregate() } else { program };
    let currency = line.amount.currency.code();
    domain::derived(owner, &format!("account/{}/{currency}", line.account.number()))
}
