//! The composition root: the log, its views, the reactor and the timers, put together and taken apart in order.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eventlog::{Clock, Log, Target};
use projections::{ReaderState, Views};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::ManualClock,
    commands::{Commands, Outcome, Request},
    fault::Fault,
    http::Readiness,
    reactor::Reactor,
    timers::Timers,
};

/// Everything that works between a database and the web edge.
pub struct Service {
    pub log: Log,
    pub views: Views,
    pub commands: Commands,
    timers: Timers,
    reacted: watch::Receiver<u64>,
    /// Set where time stands still until a story moves it.
    clock: Option<ManualClock>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Service {
    /// Starts with the clock of this machine: timers run by themselves.
    pub async fn start(target: Target) -> anyhow::Result<Self> {
        Self::with(target, Arc::new(eventlog::SystemClock), None).await
    }

    /// Starts with a clock that only [`Service::advance`] moves.
    pub async fn start_at(target: Target, clock: ManualClock) -> anyhow::Result<Self> {
        Self::with(target, Arc::new(clock.clone()), Some(clock)).await
    }

    async fn with(
        target: Target,
        clock: Arc<dyn Clock>,
        by_hand: Option<ManualClock>,
    ) -> anyhow::Result<Self> {
        let log = Log::open_migrated(target, clock.clone()).await?;
        let views = Views::open(&log).await?;
        let commands = Commands::new(log.clone(), clock.clone());
        let reactor = Reactor::new(log.clone(), commands.clone());
        let reacted = reactor.position();
        let timers = Timers::new(views.clone(), commands.clone(), clock);
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn({
            let (views, shutdown) = (views.clone(), shutdown.clone());
            async move { views.run(shutdown.cancelled()).await }
        });
        tasks.spawn(reactor.run(shutdown.clone()));
        if by_hand.is_none() {
            tasks.spawn(timers.clone().run(shutdown.clone()));
        }
        Ok(Self { log, views, commands, timers, reacted, clock: by_hand, shutdown, tasks })
    }

    /// Ready where the log answers and the views follow it.
    pub fn readiness(&self) -> Readiness {
        let (log, views) = (self.log.clone(), self.views.clone());
        Arc::new(move || {
            let (log, state) = (log.clone(), views.state());
            Box::pin(async move {
                log.checkpoint("reactor")
                    .await
                    .map_err(|_| "the log cannot be reached".to_owned())?;
                match &*state.borrow() {
                    ReaderState::Running => Ok(()),
                    ReaderState::Retrying { .. } => Err("the views cannot be reached".to_owned()),
                    ReaderState::Halted { position, .. } => {
                        Err(format!("the views have halted before position {position}"))
                    }
                }
            })
        })
    }

    pub async fn ask(&self, request: Request) -> Result<Outcome, Fault> {
        self.commands.execute(request).await
    }

    /// Waits until every event has had its effects and stands in the views.
    ///
    /// Ends early where a part has stopped, which that part has reported.
    pub async fn settle(&self) {
        let head = self.log.head();
        let (mut reacted, mut viewed, mut state) =
            (self.reacted.clone(), self.views.watch(), self.views.state());
        loop {
            let target = *head.borrow();
            let reacted = reacted.wait_for(|position| *position >= target).await.is_ok();
            let viewed = tokio::select! {
                viewed = viewed.wait_for(|position| *position >= target) => viewed.is_ok(),
                _ = state.wait_for(|state| matches!(state, ReaderState::Halted { .. })) => false,
            };
            if *head.borrow() == target || !reacted || !viewed {
                return;
            }
        }
    }

    /// Moves the clock to `then`, stopping at every timer on the way. Without a clock to move it only settles.
    pub async fn advance(&self, then: DateTime<Utc>) {
        self.settle().await;
        let Some(clock) = &self.clock else { return };
        while let Some(timer) = self.timers.next(then).await {
            clock.move_to(timer.due_at);
            self.timers.run_one(timer).await;
            self.settle().await;
        }
        clock.move_to(then);
    }

    /// Stops reacting and viewing, lets what runs come to its end, and lets go of the database.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.views.close().await;
        self.log.close().await;
    }
}
