//! What must add up.

use eventlog::Append;
use projections::{
    Order, Page, Sight, by, journal_lines, list, rebuild, statement_lines, totals, wallets, wide,
};
use sea_orm::{ColumnTrait, Condition};
use serde_json::json;
use tests::{append_all, bypassing, places};
use uuid::Uuid;

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
            let debits: i128 = balances.iter().map(journal_lines::Balance::debit).sum();
            let credits: i128 = balances.iter().map(journal_lines::Balance::credit).sum();
            assert_eq!(debits, credits, "at {position}");
            moved = moved.max(debits);
        }
        assert!(moved > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_over_many_wallets_and_deals_go_beyond_64_bits_and_stay_exact() {
    const EACH: i64 = i64::MAX - 1;
    for place in places().await {
        let reading = Reading::at(&place).await;
        let program = Uuid::from_u128(9);
        let accruals = (1..=5).map(|number| accrued(program, Uuid::from_u128(number), EACH));
        append_all(&reading.log, accruals.collect()).await.expect("they are taken");
        reading.caught_up().await;
        let (namespace, all) = (reading.views.current(), 5 * i128::from(EACH));
        let balances = journal_lines::trial_balance(namespace.db(), Sight::All, None, None).await;
        let balances = balances.expect("they can be read");
        let sums = balances.iter().map(|balance| (balance.debit(), balance.credit()));
        assert_eq!(sums.collect::<Vec<_>>(), [(0, all), (all, 0)]);
        let (db, whose) = (namespace.db(), totals::Column::Whose);
        let totals = by::<totals::Entity>(db, &Sight::All, whose, &[program], &[]).await;
        let totals = totals.expect("they can be read");
        assert_eq!(wide(totals[0].accrued_billions, totals[0].accrued_rest), all);
        rebuild(&reading.log, |_| {}).await.expect("it is built, and what must add up does");
    }
}

/// The first lot of a wallet, larger than any command may bring about.
fn accrued(program: Uuid, partner: Uuid, minor: i64) -> Append {
    let currency = domain::Currency::from_code("EUR").expect("EUR");
    let amount = domain::Money::new(minor, currency);
    let wallet = domain::WalletId::of(domain::PartnerId(partner), currency);
    let accrual = json!({ "commission-accrued": { "accrual": {
        "lot": Uuid::now_v7(), "program": program, "partner": partner, "deal": Uuid::now_v7(),
        "trigger": Uuid::now_v7(), "kind": "new", "level": 0, "line": "1", "component": "new-sales",
        "plan_version": 1, "base": amount, "rate": 1_000_000, "amount": amount,
        "matures_at": "2100-01-01T00:00:00Z", "trace_hash": "0".repeat(64)
    } } });
    bypassing("wallet", wallet.0, "commission-accrued", &accrual.to_string())
}
