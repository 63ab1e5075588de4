//! The composition root: the log, its views, the reactor and the timers, put together and taken apart in order.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use eventlog::{Clock, Log, Target};
use projections::{ReaderState, Views, schedule};
use tokio::{sync::watch, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    attempts::Patience,
    clock::{ManualClock, Own, StoryClock},
    commands::{Commands, Outcome, Request},
    effects::Effects,
    fault::Fault,
    health::Health,
    mailing::{self, Collector, Mailing, Sender},
    reactor::Reactor,
    timers::Timers,
};

/// With the drain of the web edge less than the half minute that a process is usually given.
const STOP: Duration = Duration::from_secs(10);

/// Everything that works between a database and the web edge.
pub struct Service {
    pub log: Log,
    pub views: Views,
    pub commands: Commands,
    pub mailing: Mailing,
    timers: Timers,
    reacted: watch::Receiver<u64>,
    collected: watch::Receiver<u64>,
    clock: Arc<dyn Clock>,
    /// Set where time stands still until a story moves it.
    by_hand: Option<ManualClock>,
    /// Whether a story has the log to itself: it was empty, and nobody serves it.
    own: Own,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Service {
    /// Starts with the clock of this machine: timers run by themselves.
    pub async fn start(target: Target) -> anyhow::Result<Self> {
        Self::start_by(target, Arc::new(eventlog::SystemClock)).await
    }

    /// Starts with this clock: timers run by themselves.
    pub async fn start_by(target: Target, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Self::start_mailing(target, clock, mailing::Settings::default()).await
    }

    /// The same, sending mail so.
    pub async fn start_mailing(
        target: Target,
        clock: Arc<dyn Clock>,
        mail: mailing::Settings,
    ) -> anyhow::Result<Self> {
        Self::with(target, clock, None, mail).await
    }

    /// Starts with a clock that only [`Service::advance`] moves. In a log that has begun already others' timers are left to
    /// whoever serves it, and so is the account of what has been reacted to.
    pub async fn start_at(target: Target, clock: ManualClock) -> anyhow::Result<Self> {
        let stamps = Arc::new(clock.clone());
        Self::with(target, stamps, Some(clock), mailing::Settings::default()).await
    }

    async fn with(
        target: Target,
        clock: Arc<dyn Clock>,
        by_hand: Option<ManualClock>,
        mail: mailing::Settings,
    ) -> anyhow::Result<Self> {
        let own = Own::default();
        let stamps: Arc<dyn Clock> = match &by_hand {
            Some(story) => Arc::new(StoryClock::of(story.clone(), own.clone())),
            None => clock.clone(),
        };
        let log = Log::open_migrated(target, stamps).await?;
        match &by_hand {
            Some(_) => own.set(*log.head().borrow() == 0 && !log.is_served().await?),
            None => log.serve().await?, // Before anything else: a story that begins now leaves the log to it.
        }
        let views = Views::open(&log).await?;
        let commands = Commands::new(log.clone(), clock.clone());
        let effects = Effects::new(log.clone(), commands.clone());
        let reactor = Reactor::new(log.clone(), effects.clone());
        let reactor = if by_hand.is_some() { reactor.accounting(own.clone()) } else { reactor };
        let (reacted, reactor) = (reactor.position(), Arc::new(reactor));
        let mailing = Mailing::new(log.clone(), mail);
        let collector = Arc::new(Collector::new(log.clone()));
        let collected = collector.position();
        let timers = Timers::new(log.clone(), views.clone(), commands.clone(), effects.clone());
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        let kept = || (log.tasks().clone(), shutdown.clone());
        let (keeper, asked) = kept();
        let reader = views.clone();
        tasks.spawn(keeper.keep("reader", asked.clone(), move || {
            let (reader, asked) = (reader.clone(), asked.clone());
            async move { reader.run(asked.cancelled()).await }
        }));
        let (keeper, asked) = kept();
        tasks.spawn(keeper.keep("reactor", asked.clone(), move || {
            let (reactor, asked) = (reactor.clone(), asked.clone());
            async move { reactor.run(asked).await }
        }));
        if by_hand.is_none() {
            let (keeper, asked) = kept();
            let timers = timers.clone();
            tasks.spawn(
                keeper.keep("timers", asked.clone(), move || timers.clone().run(asked.clone())),
            );
            let (keeper, asked) = kept();
            tasks.spawn(keeper.keep("open items", asked.clone(), move || {
                let (effects, asked) = (effects.clone(), asked.clone());
                async move { effects.retry(asked).await }
            }));
            let (keeper, asked) = kept();
            tasks.spawn(keeper.keep("outbox", asked.clone(), move || {
                let (collector, asked) = (collector.clone(), asked.clone());
                async move { collector.run(asked).await }
            }));
            if mailing.sends() {
                let (keeper, asked) = kept();
                let sender = Arc::new(Sender::new(mailing.clone()));
                tasks.spawn(keeper.keep("mail", asked.clone(), move || {
                    let (sender, asked) = (sender.clone(), asked.clone());
                    async move { sender.run(asked).await }
                }));
            }
            let (keeper, asked) = kept();
            let seeing = log.clone();
            tasks.spawn(
                keeper.keep("heartbeat", asked.clone(), move || {
                    let (seeing, asked) = (seeing.clone(), asked.clone());
                    async move {
                        asked.run_until_cancelled(seeing.keep_seen()).await.unwrap_or_default()
                    }
                }),
            );
        }
        Ok(Self {
            log,
            views,
            commands,
            mailing,
            timers,
            reacted,
            collected,
            clock,
            by_hand,
            own,
            shutdown,
            tasks,
        })
    }

    /// What tells whether all of it works.
    pub fn health(&self) -> Health {
        Health {
            log: self.log.clone(),
            views: self.views.clone(),
            reacted: self.reacted.clone(),
            collected: self.collected.clone(),
            clock: self.clock.clone(),
        }
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
        self.advance_story(then, &BTreeSet::new()).await;
    }

    /// The same for a story, which in a log that others use as well runs the timers that its own commands set going.
    pub(crate) async fn advance_story(&self, then: DateTime<Utc>, own: &BTreeSet<Uuid>) {
        self.settle().await;
        let Some(clock) = &self.by_hand else { return };
        self.share().await;
        let mut run = BTreeSet::new();
        loop {
            let is_own = |timer: &schedule::Model| {
                (self.own.is_set() || own.contains(&timer.correlation_id))
                    && !run.contains(&timer.id)
            };
            let Some(timer) = self.timers.next(then, is_own).await else { break };
            clock.move_to(timer.due_at);
            run.insert(timer.id);
            self.timers.run_one(timer, Patience::Endless).await;
            self.settle().await;
        }
        clock.move_to(then);
    }

    /// Leaves the log to whoever has begun to serve it meanwhile.
    async fn share(&self) {
        match self.log.is_served().await {
            Ok(false) => {}
            Ok(true) => self.own.set(false),
            Err(error) => tracing::warn!(%error, "nobody knows whether the log is served"),
        }
    }

    /// Stops reacting and viewing, lets what runs come to its end, and lets go of the database. Where that does not
    /// answer, what was being written is left to it: whoever asks again with the same id hears what became of it.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.close();
        let in_order = async {
            self.tasks.wait().await;
            self.views.close().await;
            self.log.close().await;
        };
        if timeout(STOP, in_order).await.is_err() {
            tracing::warn!("the database did not let go in time; it is left as it is");
        }
    }
}
