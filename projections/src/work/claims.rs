//! What must hold in every set of views, at whatever position; see section 8 of the domain's description.

use std::collections::BTreeMap;

use domain::commission::{Calculation, Leg, Trace};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use uuid::Uuid;

use crate::{commissions, lots};

/// Something that must hold and does not.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("{claim}, but not for {table} {key}: {detail}")]
    Claim { claim: &'static str, table: &'static str, key: String, detail: String },
    #[error("the views cannot be read")]
    Unavailable(#[from] DbErr),
}

/// A claim as a query for what contradicts it: its key, and what is there instead.
struct Claim {
    claim: &'static str,
    table: &'static str,
    counterexamples: &'static str,
}

#[derive(FromQueryResult)]
struct Counterexample {
    subject: String,
    detail: String,
}

/// Calculations to a query.
const TRACES: u64 = 500;

const CLAIMS: &[Claim] = &[
    Claim {
        claim: "positions are dense and every event has an id of its own",
        table: "events",
        counterexamples: "SELECT 'all' AS subject, count(*) || ' events up to position ' || max(position) AS detail
             FROM events HAVING count(*) <> coalesce(max(position), 0) OR count(DISTINCT event_id) <> count(*)",
    },
    Claim {
        claim: "every journal entry balances in each currency",
        table: "journal_lines",
        counterexamples: "SELECT min(position) || ' ' || currency AS subject,
                 sum(debit_minor) || ' against ' || sum(credit_minor) AS detail
             FROM journal_lines GROUP BY entry, currency HAVING sum(debit_minor) <> sum(credit_minor)",
    },
    Claim {
        claim: "the lines of an entry stand at one position, so that the trial balance is zero at every one",
        table: "journal_lines",
        counterexamples: "SELECT min(position) || '' AS subject, 'up to ' || max(position) AS detail
             FROM journal_lines GROUP BY entry HAVING min(position) <> max(position)",
    },
    Claim {
        claim: "accounts are the sums of their lines",
        table: "accounts",
        counterexamples: "SELECT a.account || ' ' || a.currency AS subject,
                 a.debit || '/' || a.credit || ' against ' || coalesce(l.debit, 0) || '/' || coalesce(l.credit, 0)
                     AS detail
             FROM (SELECT account, currency, sum(debit_minor) AS debit, sum(credit_minor) AS credit
                   FROM accounts GROUP BY account, currency) a
             LEFT JOIN (SELECT account, currency, sum(debit_minor) AS debit, sum(credit_minor) AS credit
                        FROM journal_lines GROUP BY account, currency) l
                 ON l.account = a.account AND l.currency = a.currency
             WHERE a.debit <> coalesce(l.debit, 0) OR a.credit <> coalesce(l.credit, 0)",
    },
    Claim {
        claim: "no bucket of a wallet is below zero",
        table: "wallets",
        counterexamples: "SELECT last_position || '' AS subject,
                 held_minor || ', ' || available_minor || ', ' || reserved_minor || ', ' || in_transit_minor AS detail
             FROM wallets WHERE held_minor < 0 OR available_minor < 0 OR reserved_minor < 0 OR in_transit_minor < 0",
    },
    Claim {
        claim: "the buckets of a wallet equal its accounts",
        table: "wallets",
        counterexamples: "SELECT w.last_position || ' account ' || b.account AS subject,
                 b.minor || ' against ' || coalesce(a.credit_minor - a.debit_minor, 0) AS detail
             FROM (SELECT id, 2010 AS account, held_minor AS minor FROM wallets
                   UNION ALL SELECT id, 2020, available_minor FROM wallets
                   UNION ALL SELECT id, 2030, reserved_minor FROM wallets
                   UNION ALL SELECT id, 2040, in_transit_minor FROM wallets) b
             JOIN wallets w ON w.id = b.id
             LEFT JOIN accounts a ON a.wallet = b.id AND a.account = b.account AND a.currency = w.currency
             WHERE b.minor <> coalesce(a.credit_minor - a.debit_minor, 0)",
    },
    Claim {
        claim: "the balance is what has matured and is not paid, and the sum of its history",
        table: "wallets",
        counterexamples: "SELECT w.last_position || '' AS subject,
                 w.balance_minor || ' against ' || coalesce(sum(l.amount_minor), 0) AS detail
             FROM wallets w LEFT JOIN statement_lines l ON l.wallet = w.id
             GROUP BY w.id, w.last_position, w.balance_minor, w.available_minor, w.reserved_minor, w.in_transit_minor
             HAVING w.balance_minor <> coalesce(sum(l.amount_minor), 0)
                 OR w.balance_minor <> w.available_minor + w.reserved_minor + w.in_transit_minor",
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
    Claim {
        claim: "the network is a forest: everybody stands one below a parent that has joined the same programme",
        table: "partners",
        counterexamples: "SELECT c.last_position || '' AS subject,
                 'depth ' || coalesce(c.depth, -1) || ' below ' || coalesce(p.depth, -1) AS detail
             FROM partners c LEFT JOIN partners p ON p.id = c.parent AND p.program = c.program
             WHERE c.joined_at IS NOT NULL
                 AND (CASE WHEN c.parent IS NULL THEN -1 ELSE p.depth END IS NULL
                      OR c.depth <> CASE WHEN c.parent IS NULL THEN 0 ELSE p.depth + 1 END)",
    },
    Claim {
        claim: "a deal is paid by its payments",
        table: "deals",
        counterexamples: "SELECT d.last_position || '' AS subject,
                 d.paid_minor || ' against ' || coalesce(sum(p.amount_minor), 0) AS detail
             FROM deals d LEFT JOIN payments p ON p.deal = d.id
             GROUP BY d.id, d.last_position, d.paid_minor HAVING d.paid_minor <> coalesce(sum(p.amount_minor), 0)",
    },
];

/// How many claims there are.
pub(crate) fn count() -> usize {
    CLAIMS.len() + 2 // Every trace, every accrual.
}

/// Checks every claim about rows and about traces; the first that does not hold is the error.
pub(crate) async fn check(db: &impl ConnectionTrait) -> Result<(), Broken> {
    check_rows(db).await?;
    check_traces(db).await
}

/// Checks every claim about how rows fit together.
pub(crate) async fn check_rows(db: &impl ConnectionTrait) -> Result<(), Broken> {
    for Claim { claim, table, counterexamples } in CLAIMS {
        // A limit beside the joins would have PostgreSQL hope for an early row, which a true claim never has.
        let sql =
            format!("WITH found AS MATERIALIZED ({counterexamples}) SELECT * FROM found LIMIT 1");
        let query = Statement::from_string(db.get_database_backend(), sql);
        if let Some(Counterexample { subject, detail }) =
            Counterexample::find_by_statement(query).one(db).await?
        {
            return Err(Broken::Claim { claim, table, key: subject, detail });
        }
    }
    Ok(())
}

/// Every calculation once more, and every accrual beside its leg.
async fn check_traces(db: &impl ConnectionTrait) -> Result<(), Broken> {
    let mut position = 0_i64;
    loop {
        let page = commissions::Entity::find()
            .filter(commissions::Column::Position.gt(position))
            .order_by_asc(commissions::Column::Position)
            .limit(TRACES)
            .all(db)
            .await?;
        let Some(last) = page.last() else { return Ok(()) };
        position = last.position;
        let mut legs = Legs::new();
        for commission in &page {
            legs.extend(reevaluated(commission)?);
        }
        let earned = legs.keys().copied().collect::<Vec<Uuid>>();
        for ids in earned.chunks(1000) {
            for lot in lots::Entity::find()
                .filter(lots::Column::Id.is_in(ids.iter().copied()))
                .all(db)
                .await?
            {
                check_lot(&lot, &legs)?;
            }
        }
    }
}

/// The legs of calculations by lot, each with the hash of its trace.
type Legs = BTreeMap<Uuid, (Leg, String)>;

/// The legs of a calculation that comes to the same result again.
fn reevaluated(row: &commissions::Model) -> Result<Legs, Broken> {
    let broken = |detail: String| Broken::Claim {
        claim: "every calculation comes to the same result from its trace alone",
        table: "commissions",
        key: row.id.to_string(),
        detail,
    };
    let (Some(trace), Some(hash)) = (&row.trace, &row.trace_hash) else { return Ok(Legs::new()) };
    let trace: Trace =
        serde_json::from_value(trace.clone()).map_err(|error| broken(error.to_string()))?;
    match trace.reevaluate() {
        Ok(Calculation::Earned { trace: again, trace_hash })
            if trace_hash == *hash && again.legs == trace.legs =>
        {
            Ok(trace.legs.into_iter().map(|leg| (leg.lot.0, (leg, hash.clone()))).collect())
        }
        Ok(Calculation::Earned { trace_hash, .. }) => {
            Err(broken(format!("{trace_hash} where {hash} is recorded")))
        }
        Ok(Calculation::Nothing { .. }) => Err(broken("it earns nothing".into())),
        Err(error) => Err(broken(error.to_string())),
    }
}

fn check_lot(lot: &lots::Model, legs: &Legs) -> Result<(), Broken> {
    let Some((leg, hash)) = legs.get(&lot.id) else { return Ok(()) };
    let same = lot.amount_minor == leg.amount.minor
        && lot.currency == leg.amount.currency.code()
        && lot.base_minor == leg.base.minor
        && lot.partner == leg.beneficiary.0
        && lot.level == i64::from(leg.level)
        && lot.trace_hash == *hash;
    if same {
        return Ok(());
    }
    let detail = format!("{} {} where its leg has {}", lot.amount_minor, lot.currency, leg.amount);
    Err(Broken::Claim {
        claim: "every accrual equals its leg",
        table: "lots",
        key: lot.id.to_string(),
        detail,
    })
}
