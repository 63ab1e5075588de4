//! The room of the general ledger: the journal in double entry, and its accounts.

pub mod accounts;
pub mod journal_lines;

use crate::ground::{AtWork, Claim, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Lines::of::<journal_lines::Entity>()),
        Box::new(Rows::<accounts::Entity>::new(whole)),
    ]
}

pub(crate) const CLAIMS: &[Claim] = &[
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
        counterexamples: "SELECT account || ' ' || currency AS subject,
                 'debits by ' || debit || ' and credits by ' || credit || ' minor units' AS detail
             FROM (SELECT a.account, a.currency,
                       (a.debits - coalesce(l.debits, 0)) * 1000000000 + a.debit - coalesce(l.debit, 0) AS debit,
                       (a.credits - coalesce(l.credits, 0)) * 1000000000 + a.credit - coalesce(l.credit, 0) AS credit
                   FROM (SELECT account, currency, sum(debit_billions) AS debits, sum(debit_rest) AS debit,
                             sum(credit_billions) AS credits, sum(credit_rest) AS credit
                         FROM accounts GROUP BY account, currency) a
                   LEFT JOIN (SELECT account, currency,
                                  sum(debit_minor / 1000000000) AS debits, sum(debit_minor % 1000000000) AS debit,
                                  sum(credit_minor / 1000000000) AS credits, sum(credit_minor % 1000000000) AS credit
                              FROM journal_lines GROUP BY account, currency) l
                       ON l.account = a.account AND l.currency = a.currency) differences
             WHERE debit <> 0 OR credit <> 0",
    },
];
