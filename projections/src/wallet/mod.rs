//! The room of wallets: read models of what is earned, held and paid out.

pub mod lots;
pub mod payouts;
pub mod statement_lines;
pub mod wallets;

use crate::ground::{AtWork, Claim, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<lots::Entity>::new(whole)),
        Box::new(Rows::<wallets::Entity>::new(whole).with_trail::<statement_lines::Entity>()),
        Box::new(Rows::<payouts::Entity>::new(whole)),
    ]
}

pub(crate) const CLAIMS: &[Claim] = &[
    Claim {
        claim: "no bucket of a wallet is below zero",
        table: "wallets",
        counterexamples: "SELECT last_position || '' AS subject,
                 held_minor || ', ' || available_minor || ', ' || reserved_minor || ', ' || in_transit_minor || ', ' || frozen_minor AS detail
             FROM wallets WHERE held_minor < 0 OR available_minor < 0 OR reserved_minor < 0 OR in_transit_minor < 0 OR frozen_minor < 0",
    },
    Claim {
        claim: "of a frozen wallet nothing is available, and of any other nothing is frozen",
        table: "wallets",
        counterexamples: "SELECT last_position || '' AS subject,
                 available_minor || ' and ' || frozen_minor || ' for ' || freezes || ' reasons' AS detail
             FROM wallets WHERE freezes < 0 OR (freezes > 0 AND available_minor <> 0) OR (freezes = 0 AND frozen_minor <> 0)",
    },
    Claim {
        claim: "the balance is what has matured and is not paid, and the sum of its history",
        table: "wallets",
        counterexamples: "SELECT w.last_position || '' AS subject,
                 w.balance_minor || ' against ' || coalesce(sum(l.amount_minor), 0) AS detail
             FROM wallets w LEFT JOIN statement_lines l ON l.wallet = w.id
             GROUP BY w.id, w.last_position, w.balance_minor, w.available_minor, w.reserved_minor, w.in_transit_minor,
                 w.frozen_minor
             HAVING w.balance_minor <> coalesce(sum(l.amount_minor), 0)
                 OR w.balance_minor <> w.available_minor + w.reserved_minor + w.in_transit_minor + w.frozen_minor",
    },
    Claim {
        claim: "each line of a statement carries the balance on from the one before",
        table: "statement_lines",
        counterexamples: "SELECT position || '' AS subject, balance_after_minor || ' against ' || running AS detail
             FROM (SELECT position, balance_after_minor,
                       sum(amount_minor) OVER (PARTITION BY wallet ORDER BY position) AS running
                   FROM statement_lines) s
             WHERE balance_after_minor <> running",
    },
    Claim {
        claim: "what is reserved or in transit are open payouts, one a wallet at most",
        table: "wallets",
        counterexamples: "SELECT w.last_position || '' AS subject,
                 w.reserved_minor || ' and ' || w.in_transit_minor || ' with ' || count(p.id) || ' open' AS detail
             FROM wallets w
             LEFT JOIN payouts p ON p.wallet = w.id AND p.state IN ('requested', 'approved', 'submitted')
             GROUP BY w.id, w.last_position, w.reserved_minor, w.in_transit_minor
             HAVING count(p.id) > 1
                 OR w.reserved_minor <> coalesce(sum(CASE WHEN p.state <> 'submitted' THEN p.amount_minor END), 0)
                 OR w.in_transit_minor <> coalesce(sum(CASE WHEN p.state = 'submitted' THEN p.amount_minor END), 0)",
    },
    Claim {
        claim: "what is held are lots that have not matured",
        table: "wallets",
        counterexamples: "SELECT w.last_position || '' AS subject,
                 w.held_minor || ' against ' || coalesce(sum(l.amount_minor), 0) AS detail
             FROM wallets w LEFT JOIN lots l ON l.wallet = w.id AND l.matured_at IS NULL
             GROUP BY w.id, w.last_position, w.held_minor HAVING w.held_minor <> coalesce(sum(l.amount_minor), 0)",
    },
    Claim {
        claim: "a lot is positive and matures whole, once",
        table: "lots",
        counterexamples: "SELECT min(l.last_position) || '' AS subject, l.amount_minor || ' with ' || count(s.id) AS detail
             FROM lots l LEFT JOIN statement_lines s ON s.lot = l.id
             GROUP BY l.id, l.amount_minor, l.matured_at
             HAVING l.amount_minor <= 0 OR count(s.id) <> CASE WHEN l.matured_at IS NULL THEN 0 ELSE 1 END
                 OR coalesce(sum(s.amount_minor), l.amount_minor) <> l.amount_minor",
    },
];
