//! Striped locks (readers-writer): commands on one aggregate take turns, with those that rest on it where they must.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use futures::future::Either;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::append::Stream;

/// One command at a time for each aggregate in this process, so that neighbours do not make each other's work void.
pub(crate) struct Turns {
    stripes: Vec<RwLock<()>>,
    hasher: RandomState,
}

/// The streams that a command touches: those it writes, which it needs for itself, and those it only rests on, which
/// others may rest on as well.
pub(crate) type Touched = HashMap<Stream, Touch>;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Touch {
    Rests,
    Writes,
}

/// Nobody else comes between for as long as this is held.
pub(crate) type Turn<'t> = Vec<Either<RwLockReadGuard<'t, ()>, RwLockWriteGuard<'t, ()>>>;

impl Default for Turns {
    fn default() -> Self {
        Self { stripes: (0..1024).map(|_| RwLock::default()).collect(), hasher: RandomState::new() }
    }
}

impl Turns {
    /// Waits for the turns of all that is touched. Everybody goes in the order of the stripes and takes each once, so
    /// that of those who wait nobody has what one before it waits for.
    pub async fn take(&self, touched: &Touched) -> Turn<'_> {
        let mut stripes = BTreeMap::new();
        for (stream, touch) in touched {
            let stripe = self.hasher.hash_one(stream) as usize % self.stripes.len();
            let most = stripes.entry(stripe).or_insert(*touch);
            *most = (*most).max(*touch);
        }
        let mut turn = Turn::with_capacity(stripes.len());
        for (stripe, touch) in stripes {
            let stripe = &self.stripes[stripe];
            turn.push(match touch {
                Touch::Rests => Either::Left(stripe.read().await),
                Touch::Writes => Either::Right(stripe.write().await),
            });
        }
        turn
    }
}
