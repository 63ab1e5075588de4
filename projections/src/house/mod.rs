//! The catalogue of the read model: all rooms, whose an event is, and what must hold between rooms.

pub mod homes;
pub(crate) mod traces;

use std::sync::Arc;

use crate::ground::shape::Shape;
use crate::ground::{AtWork, Claim};
use crate::{account, audit, deal, glance, ledger, partner, program, wallet};

/// What a room holds; `views` with `whole` for a namespace that is empty and stays in memory until it is taken.
struct Room {
    name: &'static str,
    views: fn(whole: bool) -> Vec<Box<dyn AtWork>>,
    claims: &'static [Claim],
}

const ROOMS: &[Room] = &[
    Room { name: "account", views: account::views, claims: account::CLAIMS },
    Room { name: "program", views: program::views, claims: &[] },
    Room { name: "partner", views: partner::views, claims: partner::CLAIMS },
    Room { name: "deal", views: deal::views, claims: deal::CLAIMS },
    Room { name: "wallet", views: wallet::views, claims: wallet::CLAIMS },
    Room { name: "ledger", views: ledger::views, claims: ledger::CLAIMS },
    Room { name: "glance", views: glance::views, claims: &[] },
    Room { name: "audit", views: audit::views, claims: audit::CLAIMS },
];

/// Every view but [`homes`].
pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    ROOMS.iter().flat_map(|room| (room.views)(whole)).collect()
}

/// The subject that the house itself has.
pub(crate) const HOUSE: &str = "house";

/// What every table looks like, with the subject that it is of.
pub(crate) fn shapes_by_subject() -> Vec<(&'static str, Arc<Shape>)> {
    let homes = (HOUSE, Arc::new(Shape::of::<homes::Entity>()));
    let rooms = ROOMS.iter().flat_map(|room| {
        let shapes = (room.views)(true).into_iter().flat_map(|view| view.shapes());
        shapes.map(|shape| (room.name, shape)).collect::<Vec<_>>()
    });
    std::iter::once(homes).chain(rooms).collect()
}

/// What every table looks like.
pub(crate) fn shapes() -> Vec<Arc<Shape>> {
    shapes_by_subject().into_iter().map(|(_, shape)| shape).collect()
}

/// How many claims each subject makes of its rows, and the house of what lies between rooms and of traces.
pub(crate) fn claims_by_subject() -> impl Iterator<Item = (&'static str, usize)> {
    let house = (HOUSE, CLAIMS.len() + traces::CLAIMS.len());
    std::iter::once(house).chain(ROOMS.iter().map(|room| (room.name, room.claims.len())))
}

/// The name of every table.
pub fn tables() -> Vec<String> {
    shapes().iter().map(|shape| shape.table.clone()).collect()
}

/// What every room claims of its rows, and what must hold between rooms.
pub(crate) fn claims() -> impl Iterator<Item = &'static Claim> {
    ROOMS.iter().flat_map(|room| room.claims).chain(CLAIMS)
}

const CLAIMS: &[Claim] = &[
    Claim {
        claim: "the buckets of a wallet equal its accounts",
        table: "wallets",
        counterexamples: "SELECT w.last_position || ' account ' || b.account AS subject,
                 b.minor || ' against ' || coalesce(a.minor, 0) AS detail
             FROM (SELECT id, 2010 AS account, held_minor AS minor FROM wallets
                   UNION ALL SELECT id, 2020, available_minor FROM wallets
                   UNION ALL SELECT id, 2030, reserved_minor FROM wallets
                   UNION ALL SELECT id, 2040, in_transit_minor FROM wallets
                   UNION ALL SELECT id, 2050, frozen_minor FROM wallets) b
             JOIN wallets w ON w.id = b.id
             LEFT JOIN (SELECT wallet, account, currency,
                            (credit_billions - debit_billions) * 1000000000 + credit_rest - debit_rest AS minor
                        FROM accounts) a
                 ON a.wallet = b.id AND a.account = b.account AND a.currency = w.currency
             WHERE b.minor <> coalesce(a.minor, 0)",
    },
];
