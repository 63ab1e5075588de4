//! Pages: every row exactly once, forwards and backwards, whatever comes meanwhile; and only what is in scope.

use std::collections::BTreeSet;

use domain::PartnerId;
use projections::page::PageError;
use projections::{Cursor, Order, Page, QueryError, Sight, by, by_page, deals, list, partners};
use sea_orm::{ColumnTrait, Condition};
use tests::{append_all, history, places};

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn pages_walk_every_row_once_in_both_directions_while_rows_come() {
    for place in places().await {
        let reading = Reading::with_history(&place, 900, 14).await;
        let there: BTreeSet<_> = walk(&reading, true, 50, None).await.into_iter().collect();
        assert!(there.len() > 20, "there is something to walk");
        for forwards in [true, false] {
            let seed = if forwards { 15 } else { 16 };
            let mut arrivals = history(200, seed);
            let walked = walk(&reading, forwards, 3, Some(&mut arrivals)).await;
            let once: BTreeSet<_> = walked.iter().copied().collect();
            assert_eq!(once.len(), walked.len(), "no row comes twice");
            assert!(once.is_superset(&there), "no row is left out");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_an_end_and_a_cursor_fits_one_order_only() {
    for place in places().await {
        let reading = Reading::with_history(&place, 300, 17).await;
        let namespace = reading.views.current();
        let list = async |by: deals::Column, page: Page| {
            let order = Order::<deals::Entity>::ascending(by);
            list(namespace.db(), &Sight::All, Condition::all(), order, &page).await
        };
        let first =
            list(deals::Column::RegisteredAt, Page::first(1, None)).await.expect("there are deals");
        let cursor = first.rows[0].0.clone();
        let other = list(deals::Column::CustomerName, Page::first(1, Some(cursor))).await;
        assert!(matches!(other, Err(QueryError::Page(PageError::ForeignCursor))));
        let nonsense =
            list(deals::Column::RegisteredAt, Page::first(1, Some(Cursor::new("x")))).await;
        assert!(matches!(nonsense, Err(QueryError::Page(PageError::ForeignCursor))));
        let long = list(deals::Column::RegisteredAt, Page::first(101, None)).await;
        assert!(matches!(long, Err(QueryError::Page(PageError::TooLong { asked: 101 }))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_sees_itself_its_network_or_nothing_as_its_scope_says() {
    for place in places().await {
        let reading = Reading::with_history(&place, 1200, 18).await;
        let namespace = reading.views.current();
        let db = namespace.db();
        let in_scope = async |sight: Sight| {
            let order = Order::<partners::Entity>::ascending(partners::Column::AppliedAt);
            list(db, &sight, Condition::all(), order, &Page::first(100, None))
                .await
                .expect("it can be read")
                .into_rows()
        };
        let all = in_scope(Sight::All).await;
        let child = all.iter().find(|row| row.depth == Some(2)).expect("the network is deep");
        let top = PartnerId(child.parent.expect("it has a parent"));
        let mut below = BTreeSet::from([top.0]);
        while let Some(next) = all.iter().find(|row| {
            !below.contains(&row.id) && row.parent.is_some_and(|parent| below.contains(&parent))
        }) {
            below.insert(next.id);
        }
        let ids = |rows: Vec<partners::Model>| {
            rows.into_iter().map(|row| row.id).collect::<BTreeSet<_>>()
        };
        assert_eq!(ids(in_scope(Sight::Network(top)).await), below);
        assert_eq!(ids(in_scope(Sight::Partner(top)).await), BTreeSet::from([top.0]));
        assert_eq!(ids(in_scope(Sight::None).await), BTreeSet::new());
        let (own, of) = (Sight::Partner(top), deals::Column::Partner);
        let foreign =
            by::<deals::Entity>(db, &own, of, &[child.id], &[]).await.expect("it can be read");
        assert_eq!(foreign, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_of_many_parents_are_each_cut_to_the_page_of_a_lone_list() {
    for place in places().await {
        let reading = Reading::with_history(&place, 900, 19).await;
        let namespace = reading.views.current();
        let db = namespace.db();
        let nobody = uuid::Uuid::nil();
        let order = Order::<deals::Entity>::descending(deals::Column::RegisteredAt);
        let page = Page::first(100, None);
        let some = list(db, &Sight::All, Condition::all(), order, &page).await;
        let some = some.expect("there are deals");
        let middle = some.rows[some.rows.len() / 2].0.clone();
        let sellers: BTreeSet<_> = some.rows.iter().map(|(_, row)| row.partner).collect();
        let parents: Vec<_> = sellers.iter().copied().chain([nobody]).collect();
        let column = deals::Column::Partner;
        let pages = [
            Page::first(1, None),
            Page::first(2, Some(middle.clone())),
            Page::last(2, Some(middle)),
            Page::last(100, None),
        ];
        for page in &pages {
            let each = by_page(db, &Sight::All, column, &parents, order, page).await;
            let each = each.expect("it can be read");
            assert_eq!(each.len(), parents.len());
            for (parent, slice) in each {
                let own = Condition::all().add(column.eq(parent));
                let lone = projections::list(db, &Sight::All, own, order, page).await;
                assert_eq!(slice, lone.expect("it can be read"));
                let whole = page.after.is_none() && page.before.is_none();
                assert!(!whole || slice.rows.is_empty() == (parent == nobody));
            }
        }
        let own = Sight::Partner(PartnerId(parents[0]));
        let in_sight = by_page(db, &own, column, &parents, order, &pages[0]).await;
        let in_sight = in_sight.expect("it can be read");
        let seen = in_sight.values().filter(|slice| !slice.rows.is_empty());
        assert_eq!(seen.count(), 1);
    }
}

/// The ids of all deals, page by page; after each page some of `arrivals` come.
async fn walk(
    reading: &Reading,
    forwards: bool,
    size: u64,
    mut arrivals: Option<&mut Vec<eventlog::Append>>,
) -> Vec<uuid::Uuid> {
    let namespace = reading.views.current();
    let mut ids = vec![];
    let mut place = None;
    loop {
        let page = if forwards { Page::first(size, place) } else { Page::last(size, place) };
        let order = Order::<deals::Entity>::descending(deals::Column::RegisteredAt);
        let slice = list(namespace.db(), &Sight::All, Condition::all(), order, &page).await;
        let slice = slice.expect("it can be read");
        let end = if forwards { slice.rows.last() } else { slice.rows.first() };
        place = end.map(|(cursor, _)| cursor.clone());
        ids.extend(slice.rows.iter().map(|(_, row)| row.id));
        if !(if forwards { slice.has_next } else { slice.has_previous }) {
            return ids;
        }
        if let Some(arrivals) = &mut arrivals {
            let some = arrivals.drain(..arrivals.len().min(9)).collect();
            append_all(&reading.log, some).await.expect("they are taken");
            reading.caught_up().await;
        }
    }
}
