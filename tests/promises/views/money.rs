//! What must add up.

use projections::{Order, Page, Sight, journal_lines, list, statement_lines, wallets};
use sea_orm::{ColumnTrait, Condition};
use tests::places;

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn r74_the_balance_is_the_sum_of_the_lines_of_its_statement() {
    for place in places().await {
        let reading = Reading::with_history(&place, 1500, 12).await;
        let namespace = reading.views.current();
        let (db, page) = (namespace.db(), Page::first(100, None));
        let order = Order::<wallets::Entity>::descending(wallets::Column::BalanceMinor);
        let wallets = list(db, &Sight::All, Condition::all(), order, &page).await;
        let wallets = wallets.expect("they can be read").into_rows();
        assert!(wallets.iter().any(|wallet| wallet.balance_minor > 0));
        for wallet in wallets {
            let of = Condition::all().add(statement_lines::Column::Wallet.eq(wallet.id));
            let mut sum = 0;
            let mut page = Page::first(7, None);
            loop {
                let place = statement_lines::Column::Position;
                let order = Order::<statement_lines::Entity>::ascending(place);
                let lines = list(db, &Sight::All, of.clone(), order, &page)
                    .await
                    .expect("they can be read");
                for (cursor, line) in &lines.rows {
                    sum += line.amount_minor;
                    assert_eq!(line.balance_after_minor, sum);
                    page.after = Some(cursor.clone());
                }
                if !lines.has_next {
                    break;
                }
            }
            assert_eq!(wallet.balance_minor, sum);
            assert_eq!(
                sum,
                wallet.available_minor + wallet.reserved_minor + wallet.in_transit_minor
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn debits_equal_credits_at_every_position() {
    for place in places().await {
        let reading = Reading::with_history(&place, 600, 13).await;
        let namespace = reading.views.current();
        let mut moved = 0;
        for position in 0..=reading.views.position() {
            let balances =
                journal_lines::trial_balance(namespace.db(), Sight::All, None, Some(position))
                    .await;
            let balances = balances.expect("they can be read");
            let debits: i64 = balances.iter().map(|balance| balance.debit_minor).sum();
            let credits: i64 = balances.iter().map(|balance| balance.credit_minor).sum();
            assert_eq!(debits, credits, "at {position}");
            moved = moved.max(debits);
        }
        assert!(moved > 0);
    }
}
