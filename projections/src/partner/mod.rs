//! The room of partners: read models of their application, network and training.

pub mod application_findings;
pub mod application_forms;
pub mod certificates;
pub mod courses;
pub mod information_requests;
pub mod partner_words;
pub mod partners;
pub mod training;
pub mod waiting_applications;

use crate::ground::{AtWork, Claim, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<partners::Entity>::new(whole)),
        Box::new(Lines::of::<application_forms::Entity>()),
        Box::new(Rows::<information_requests::Entity>::new(whole)),
        Box::new(Lines::of::<application_findings::Entity>()),
        Box::new(Rows::<waiting_applications::Entity>::new(whole)),
        Box::new(Rows::<partner_words::Entity>::new(whole)),
        Box::new(Rows::<courses::Entity>::new(whole)),
        Box::new(Rows::<training::Entity>::new(whole)),
        Box::new(Rows::<certificates::Entity>::new(whole)),
    ]
}

pub(crate) const CLAIMS: &[Claim] = &[
    Claim {
        claim: "an application waits as long as it is not decided, and no longer",
        table: "partners",
        counterexamples: "SELECT p.last_position || '' AS subject,
                 p.stage || ' and ' || coalesce(w.waiting_for, 'waits for nobody') AS detail
             FROM partners p LEFT JOIN waiting_applications w ON w.id = p.id
             WHERE (w.id IS NULL)
                 <> (p.stage IN ('approved', 'suspended', 'terminated', 'rejected', 'withdrawn', 'lapsed'))",
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
];
