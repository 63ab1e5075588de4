//! Concurrency limit of exports: each keeps a connection of the views, so few run at once, and of one person one.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::fault::Fault;
use crate::auth::Principal;

/// Exports that run at once.
const AT_ONCE: usize = 4;

/// Whose exports are under way: each by issuer and subject.
#[derive(Clone, Default)]
pub struct Exports(Arc<Mutex<HashSet<(String, String)>>>);

/// An export that is under way until this is dropped.
pub(super) struct Slot {
    exports: Exports,
    who: (String, String),
}

impl Exports {
    pub(super) fn begin(&self, principal: &Principal) -> Result<Slot, Fault> {
        let who = (principal.issuer.clone(), principal.subject.clone());
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.contains(&who) {
            return Err(Fault::exporting_already());
        }
        if running.len() >= AT_ONCE {
            return Err(Fault::unavailable("others are exporting lists; try again in a moment"));
        }
        running.insert(who.clone());
        Ok(Slot { exports: self.clone(), who })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut running = self.exports.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Role;

    fn by(subject: &str) -> Principal {
        Principal::usual(subject.into(), Role::Auditor, None)
    }

    #[test]
    fn one_person_exports_one_list_at_a_time_and_four_people_do_at_once() {
        let exports = Exports::default();
        let code =
            |subject: &str| exports.begin(&by(subject)).map(drop).map_err(|fault| fault.code());
        let first = exports.begin(&by("ada"));
        assert_eq!(code("ada"), Err("RATE_LIMITED"));
        let others = ["bea", "cleo", "dora"].map(|subject| exports.begin(&by(subject)));
        assert!(first.is_ok() && others.iter().all(Result::is_ok));
        assert_eq!(code("eve"), Err("UNAVAILABLE"));
        drop(first);
        assert_eq!(code("eve"), Ok(()));
        assert_eq!(code("ada"), Ok(()));
        assert_eq!(code("bea"), Err("RATE_LIMITED"));
    }
}
