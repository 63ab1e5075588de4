//! The room of accounts: read models of who can sign in, of their roles, and of when they could not use them.

pub mod absences;
pub mod grants;
pub mod user_accounts;

use crate::ground::{AtWork, Claim, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<user_accounts::Entity>::new(whole)),
        Box::new(Rows::<grants::Entity>::new(whole)),
        Box::new(Rows::<absences::Entity>::new(whole)),
    ]
}

pub(crate) const CLAIMS: &[Claim] = &[
    Claim {
        claim: "an account has a role for a partner, or for the vendor, once at a time",
        table: "grants",
        counterexamples: "SELECT a.last_position || '' AS subject, a.role AS detail
             FROM grants a JOIN grants b
                 ON b.account = a.account AND b.role = a.role AND b.id <> a.id
                     AND coalesce(CAST(b.partner AS text), '') = coalesce(CAST(a.partner AS text), '')
             WHERE a.valid_until IS NULL AND b.valid_until IS NULL",
    },
    Claim {
        claim: "nobody has a role of the vendor and one of a partner at a time",
        table: "grants",
        counterexamples: "SELECT a.last_position || '' AS subject, a.role || ' and ' || b.role AS detail
             FROM grants a JOIN grants b ON b.account = a.account
             WHERE a.valid_until IS NULL AND b.valid_until IS NULL
                 AND a.partner IS NULL AND b.partner IS NOT NULL",
    },
];
