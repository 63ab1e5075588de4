//! What must add up.

use projections::{Page, Scope, Sort, journal_lines, statement_lines, wallets};
use tests::places;

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn r74_the_balance_is_the_sum_of_the_lines_of_its_statement() {
    for place in places().await {
        let reading = Reading::with_history(&place, 1500, 12).await;
        let namespace = reading.views.current();
        let (db, page) = (namespace.db(), Page::first(100, None));
        let sort = Sort::descending(wallets::Order::Balance);
        let wallets = wallets::list(db, Scope::All, &wallets::Filter::default(), sort, &page).await;
        let wallets = wallets.expect("they can be read").into_rows();
        assert!(wallets.iter().any(|wallet| wallet.balance_minor > 0));
        for wallet in wallets {
            let filter = statement_lines::Filter {
                wallet: Some(domain::WalletId(wallet.id)),
                ..Default::default()
            };
            let mut sum = 0;
            let mut page = Page::first(7, None);
            loop {
                let sort = Sort::ascending(statement_lines::Order::Position);
                let lines = statement_lines::list(db, Scope::All, &filter, sort, &page)
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
                journal_lines::trial_balance(namespace.db(), Scope::All, None, Some(position))
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
