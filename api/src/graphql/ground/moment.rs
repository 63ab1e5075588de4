//! One moment a request: every read of it goes to one namespace of views, whatever takes over meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use projections::{Namespace, Reading, Views};
use sea_orm::DbErr;

/// The namespace that a request reads, from its first field to its last.
pub struct Moment {
    views: Views,
    /// Whether they stand still for it, so that everything that it reads is true at one position.
    still: bool,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    namespace: Option<Arc<Namespace>>,
    /// How it is read, where it stands still.
    reading: Option<Reading>,
    /// Where the views stood at least when the request read them first.
    first: Option<u64>,
}

impl Moment {
    pub fn new(views: Views) -> Self {
        Self { views, still: false, held: Mutex::default() }
    }

    /// One at which the views stand still from the first read on.
    pub fn still(views: Views) -> Self {
        Self { still: true, ..Self::new(views) }
    }

    /// The views as they answer this request; the first to ask settles which.
    pub fn db(&self) -> Reading {
        let namespace = self.namespace();
        if !self.still {
            return Reading::live(&namespace);
        }
        let still = || Reading::still(&namespace);
        self.held().reading.get_or_insert_with(still).clone()
    }

    /// Reads whatever is live from now on: what has been waited for stands there.
    pub fn renew(&self) {
        self.held().namespace = None;
    }

    /// Begins anew: every event of a stream has a moment of its own.
    pub fn begin(&self) {
        *self.held() = Held::default();
    }

    /// Whether what is read holds everything up to `position`, which the live views do already.
    pub async fn reaches(&self, position: u64) -> Result<bool, DbErr> {
        let held = self.held().namespace.clone();
        match held.filter(|held| !Arc::ptr_eq(held, &self.views.current())) {
            Some(replaced) => Ok(replaced.position().await? >= position),
            None => Ok(true),
        }
    }

    /// The first and the last position at which views were read, where any were.
    pub async fn read(&self) -> Result<Option<(u64, u64)>, DbErr> {
        let (first, namespace, reading) = {
            let held = self.held();
            (held.first, held.namespace.clone(), held.reading.clone())
        };
        if let Some(reading) = reading {
            let position = reading.position().await?;
            return Ok(Some((position, position)));
        }
        let (Some(first), Some(namespace)) = (first, namespace) else { return Ok(None) };
        Ok(Some((first, namespace.position().await?)))
    }

    fn namespace(&self) -> Arc<Namespace> {
        let mut held = self.held();
        if let Some(namespace) = &held.namespace {
            return namespace.clone();
        }
        // The position first: another namespace takes over only once it has come as far.
        held.first.get_or_insert_with(|| self.views.position());
        held.namespace.insert(self.views.current()).clone()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
