//! The handle to the read model as the rest of the program sees it: opened once, cloned freely.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use eventlog::Log;
use sea_orm::DbErr;
use tokio::sync::{Mutex, watch};
use tokio::time::{sleep, timeout};

use super::reader::{CatchUp, StepError, step};
use super::rebuild;
use crate::keep::namespace::{Namespace, Storage, Version};
use crate::keep::pointer::Pointer;

/// Events to a transaction.
const BATCH: u32 = 1000;

/// How long news may go unnoticed that nobody announces: events of other processes, another live namespace.
const NET: Duration = Duration::from_millis(500);

/// How often namespaces that nobody uses are looked for.
const SWEEP: Duration = Duration::from_secs(5);

/// How long another reader's batch may take before we look again.
const TURN: Duration = Duration::from_millis(5);

/// The views of one log. Clones share everything.
#[derive(Clone)]
pub struct Views {
    shared: Arc<Shared>,
}

struct Shared {
    version: Version,
    log: Log,
    storage: Storage,
    pointer: Pointer,
    current: watch::Sender<Arc<Namespace>>,
    position: watch::Sender<u64>,
    state: watch::Sender<ReaderState>,
    /// The namespace of another version of this program that answers instead of ours.
    successor: watch::Sender<Option<String>>,
    /// Held while a batch is folded, and while another namespace takes over.
    folding: Mutex<()>,
}

/// How the reader fares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReaderState {
    Running,
    /// The database cannot be reached; the reader tries again.
    Retrying {
        error: String,
    },
    /// An event stands in the way. The reader passes it by no means: the views or the log must be mended.
    Halted {
        position: u64,
        error: String,
    },
}

/// The views have not come as far as was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the views have come to position {position} only")]
pub struct Behind {
    pub position: u64,
}

/// Why the views could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenViewsError {
    #[error(
        "the views of {name} were built by another version of this program: run `accord rebuild`"
    )]
    Outdated { name: String },
    #[error("the views cannot be reached")]
    Unavailable(#[from] DbErr),
}

impl Views {
    /// Opens the live namespace, making an empty one where there is none.
    pub async fn open(log: &Log) -> Result<Self, OpenViewsError> {
        Self::open_as(log, Version::current()).await
    }

    /// The same as a program of another version.
    pub async fn open_as(log: &Log, version: Version) -> Result<Self, OpenViewsError> {
        let (storage, pointer) = rebuild::at(log)?;
        let live = match pointer.live().await? {
            Some(live) => live,
            None => {
                create_first(log, &storage, &pointer, &version).await?;
                pointer.live().await?.ok_or_else(|| DbErr::Custom("no namespace is live".into()))?
            }
        };
        if live.version != version.text() {
            return Err(OpenViewsError::Outdated { name: live.name });
        }
        let namespace = storage.open(&live.name, &version).await?;
        let position = namespace.position().await?;
        let shared = Shared {
            version,
            log: log.clone(),
            storage,
            pointer,
            current: watch::channel(Arc::new(namespace)).0,
            position: watch::channel(position).0,
            state: watch::channel(ReaderState::Running).0,
            successor: watch::channel(None).0,
            folding: Mutex::new(()),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The namespace that answers now. Ask again for every request: another one may take over.
    pub fn current(&self) -> Arc<Namespace> {
        self.shared.current.borrow().clone()
    }

    /// The position up to which the views are folded.
    pub fn position(&self) -> u64 {
        *self.shared.position.borrow()
    }

    /// The position, and news of every change of it.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.shared.position.subscribe()
    }

    pub fn state(&self) -> watch::Receiver<ReaderState> {
        self.shared.state.subscribe()
    }

    /// The namespace that answers instead of this program's, where another version of it has taken over: what is shown
    /// here is kept up for a while yet, and then thrown away.
    pub fn successor(&self) -> watch::Receiver<Option<String>> {
        self.shared.successor.subscribe()
    }

    /// Returns once the views hold everything up to `position`, so that whoever wrote reads what it wrote.
    pub async fn wait_for(&self, position: u64, at_most: Duration) -> Result<(), Behind> {
        let (mut reached, mut state) = (self.watch(), self.state());
        let in_the_way = |state: &ReaderState| matches!(state, ReaderState::Halted { position: at, .. } if *at <= position);
        let looked = timeout(at_most, async {
            tokio::select! {
                _ = reached.wait_for(|reached| *reached >= position) => {}
                _ = state.wait_for(in_the_way) => {} // Nobody waits for what does not come.
            }
        });
        drop(looked.await); // Whichever comes first, the position tells.
        let reached = self.position();
        if reached >= position { Ok(()) } else { Err(Behind { position: reached }) }
    }

    /// Follows the log until `shutdown`, goes over to what takes over, and sweeps up behind it. Several processes may do
    /// so at once: one at a time is at work on a namespace.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let work = async { tokio::join!(self.read(), self.follow_flips(), self.sweep()) };
        tokio::select! {
            biased;
            () = shutdown => {}
            _ = work => {}
        }
    }

    async fn read(&self) {
        let mut head = self.shared.log.head();
        loop {
            let target = *head.borrow_and_update();
            let pause = {
                let _folding = self.shared.folding.lock().await;
                self.turn(target).await
            };
            match pause {
                Pause::None => tokio::task::yield_now().await, // For whoever takes over.
                Pause::Short => sleep(TURN).await,
                Pause::UntilNews => drop(timeout(NET, head.changed()).await), // Whichever comes first.
                Pause::Long => sleep(NET).await,
            }
        }
    }

    async fn follow_flips(&self) {
        loop {
            if let Err(error) = self.notice_flip().await {
                tracing::warn!(%error, "the live namespace could not be looked up");
            }
            sleep(NET).await;
        }
    }

    async fn sweep(&self) {
        let Shared { log, storage, pointer, .. } = &*self.shared;
        loop {
            let (in_use, now) = (self.current().name().to_owned(), log.now());
            // By a wrong clock, what is being built would seem to have been left behind.
            if log.check_clock(now).is_ok()
                && let Err(error) = rebuild::sweep(storage, pointer, now, &in_use).await
            {
                tracing::warn!(%error, "namespaces that nobody uses could not be dropped");
            }
            sleep(SWEEP).await;
        }
    }

    /// Lets go of the database. Whatever is asked later fails.
    pub async fn close(&self) {
        if let Err(error) = self.current().close().await {
            tracing::warn!(%error, "the views were not closed in good order");
        }
    }

    async fn turn(&self, head: u64) -> Pause {
        let halted = matches!(&*self.shared.state.borrow(), ReaderState::Halted { .. });
        let limit = if halted { 1 } else { BATCH }; // It is the next one that stands in the way.
        match step(&self.current(), &self.shared.log, limit).await {
            Ok(CatchUp::Advanced(position)) => {
                self.reached(position);
                Pause::None
            }
            Ok(CatchUp::UpToDate(position)) => {
                self.reached(position);
                if head > position { Pause::Short } else { Pause::UntilNews }
            }
            Ok(CatchUp::Busy(position)) => {
                self.reached(position);
                Pause::Short
            }
            Err(error) => {
                self.failed(error);
                Pause::Long
            }
        }
    }

    fn reached(&self, position: u64) {
        self.shared.state.send_if_modified(|state| {
            std::mem::replace(state, ReaderState::Running) != ReaderState::Running
        });
        self.shared
            .position
            .send_if_modified(|reached| std::mem::replace(reached, position) != position);
    }

    fn failed(&self, error: StepError) {
        let state = match error.halts_at() {
            Some(position) => ReaderState::Halted { position, error: error.to_string() },
            None => ReaderState::Retrying { error: error.to_string() },
        };
        let news = self
            .shared
            .state
            .send_if_modified(|known| std::mem::replace(known, state.clone()) != state);
        if news {
            tracing::error!(?error, "the views do not go on");
        }
    }

    /// Goes over to another namespace once that one knows no less than the present one.
    async fn notice_flip(&self) -> Result<(), StepError> {
        let Shared { version, storage, pointer, current, .. } = &*self.shared;
        let Some(live) = pointer.live().await? else { return Ok(()) };
        let foreign = live.version != version.text();
        self.succeeded_by(foreign.then(|| live.name.clone()));
        if foreign || live.name == self.current().name() {
            return Ok(());
        }
        let next = storage.open(&live.name, version).await?;
        self.catch_up(&next).await?; // The present one answers and goes on meanwhile,
        let _folding = self.shared.folding.lock().await; // and stands still for the rest.
        self.catch_up(&next).await?;
        tracing::info!(name = live.name, "another namespace answers from now on");
        current.send_replace(Arc::new(next));
        Ok(())
    }

    async fn catch_up(&self, next: &Namespace) -> Result<(), StepError> {
        while next.position().await? < self.position() {
            if let CatchUp::Busy(_) = step(next, &self.shared.log, BATCH).await? {
                sleep(TURN).await;
            }
        }
        Ok(())
    }

    fn succeeded_by(&self, successor: Option<String>) {
        let news = self.shared.successor.send_if_modified(|known| {
            let news = *known != successor;
            known.clone_from(&successor);
            news
        });
        if let (true, Some(name)) = (news, successor) {
            tracing::error!(name, "another version of this program has taken over: end this one");
        }
    }
}

/// How long the reader rests.
enum Pause {
    None,
    Short,
    UntilNews,
    Long,
}

async fn create_first(
    log: &Log,
    storage: &Storage,
    pointer: &Pointer,
    version: &Version,
) -> Result<(), DbErr> {
    let name = pointer.reserve(version.text(), log.now()).await?;
    let namespace = storage.create(&name, version).await?;
    namespace.index().await?;
    namespace.close().await?;
    if !pointer.flip(&name, log.now(), true).await? {
        storage.drop(&name).await?; // Another process was first.
        pointer.forget(&name).await?;
    }
    Ok(())
}
