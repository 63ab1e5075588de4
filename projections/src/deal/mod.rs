//! The room of deals: read models of the pipeline, its contracts, payments and commission.

pub mod commissions;
pub mod deal_lines;
pub mod deal_words;
pub mod deals;
pub mod payments;

use crate::ground::{AtWork, Claim, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<deals::Entity>::new(whole)),
        Box::new(Lines::of::<deal_words::Entity>()),
        Box::new(Lines::of::<deal_lines::Entity>()),
        Box::new(Lines::of::<payments::Entity>()),
        Box::new(Lines::of::<commissions::Entity>()),
    ]
}

pub(crate) const CLAIMS: &[Claim] = &[
    Claim {
        claim: "a deal is paid by its payments",
        table: "deals",
        counterexamples: "SELECT d.last_position || '' AS subject,
                 d.paid_minor || ' against ' || coalesce(sum(p.amount_minor), 0) AS detail
             FROM deals d LEFT JOIN payments p ON p.deal = d.id
             GROUP BY d.id, d.last_position, d.paid_minor HAVING d.paid_minor <> coalesce(sum(p.amount_minor), 0)",
    },
];
