//! A durable follower of the log that puts what mail each event causes into the outbox (transactional outbox relay).

use domain::mails::mails;
use eventlog::{Log, OUTBOX, Outgoing, RawEvent};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    effects::{FIRST_PAUSE, wait},
    following::{checkpoint, understood},
};

const BATCH: u32 = 256;

/// Collects the mail of one process. Several may each do so: a mail has one id, which its event gives it.
pub(crate) struct Collector {
    log: Log,
    position: watch::Sender<u64>,
}

impl Collector {
    pub fn new(log: Log) -> Self {
        Self { log, position: watch::Sender::new(0) }
    }

    /// The position up to which all mail is in the outbox.
    pub fn position(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    /// Collects until `shutdown`. Only a log that cannot be understood stops it.
    pub async fn run(&self, shutdown: CancellationToken) {
        if shutdown.run_until_cancelled(self.follow()).await.is_some() {
            tracing::error!("no mail is collected any more: nobody will hear of what happens");
        }
    }

    async fn follow(&self) {
        let start = checkpoint(&self.log, OUTBOX).await;
        self.position.send_replace(start);
        let mut follower = self.log.follow(start);
        let mut pause = FIRST_PAUSE;
        loop {
            match follower.next(BATCH).await {
                Ok(batch) => {
                    pause = FIRST_PAUSE;
                    let last = batch.last().map(|event| event.envelope.position);
                    let Some(mail) = caused(batch) else { return };
                    self.keep(&mail).await;
                    if let Some(position) = last {
                        self.remember(position).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot read the log");
                    wait(&mut pause).await;
                }
            }
        }
    }

    /// However long that takes: whoever goes on forgets it.
    async fn keep(&self, mail: &[Outgoing]) {
        let mut pause = FIRST_PAUSE;
        while let Err(error) = self.log.add_mail(mail).await {
            tracing::warn!(%error, "mail cannot be put into the outbox");
            wait(&mut pause).await;
        }
    }

    /// Losing this costs a repetition, never a mail.
    async fn remember(&self, position: u64) {
        if let Err(error) = self.log.set_checkpoint(OUTBOX, position).await {
            tracing::warn!(%error, position, "the outbox's checkpoint was not written");
        }
        self.position.send_replace(position);
    }
}

/// The mail that events cause; none where one cannot be understood.
fn caused(batch: Vec<RawEvent>) -> Option<Vec<Outgoing>> {
    let mut caused = vec![];
    for raw in batch {
        let recorded = understood(raw)?;
        let notices = mails(&recorded).into_iter();
        caused.extend(notices.map(|notice| Outgoing::caused(notice, &recorded.envelope)));
    }
    Some(caused)
}
