//! Group commit: the one task that appends takes whatever is waiting, writes it in one transaction, and answers everyone.
//!
//! Everybody is answered within a bound, whatever becomes of the database: "not done" who has waited too long for a turn,
//! "unknown" who was being written when the time was over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::append::{Append, AppendError, Receipt};
use crate::engine::Writer;
use crate::fault::Cause;
use crate::log::Log;
use crate::queue::{Head, Health, Job};
use crate::watch::Watch;
use crate::written::{WriteFault, Written};

/// At most this many appends share a transaction.
const BATCH: usize = 256;

/// How long an append may wait for its turn.
const TURN: Duration = Duration::from_secs(5);

/// How long the database may take for a batch. The server gives up before this and says so, as long as it can be heard.
const WRITE: Duration = Duration::from_secs(8);

/// How long after a write that failed we look whether it would go now, where nobody appends.
const PROBE: Duration = Duration::from_millis(500);

impl Log {
    /// Adds events to the end of their streams and of the log, all or none. Once this has been called, dropping the
    /// future does not take the events back.
    pub async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        let waits = self.health().wait();
        let not_taken = || AppendError::Unavailable(Cause::new("the log takes nothing"));
        let sealed = timeout(TURN, self.keys().seal(append)).await;
        let append = sealed.map_err(|_| not_taken())??;
        let (answer, answered) = oneshot::channel();
        let job = Job { append, answer, waits };
        self.jobs().send_timeout(job, TURN).await.map_err(|_| not_taken())?;
        let stopped = || Cause::new("whoever appends has stopped");
        answered.await.unwrap_or_else(|_| Err(AppendError::UnknownOutcome(stopped())))
    }
}

/// Who appends, with what waits for it. Works on from where it was after a panic, whose batch hears "unknown".
pub(crate) struct Appender {
    pub writer: Writer,
    pub queue: mpsc::Receiver<Job>,
    pub closing: CancellationToken,
    pub clock: Arc<Watch>,
    pub head: Arc<Head>,
    pub health: Arc<Health>,
}

impl Appender {
    pub async fn run(&mut self) {
        let mut jobs = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                taken = self.queue.recv_many(&mut jobs, BATCH) => {
                    if taken == 0 {
                        return; // Nobody is left who could append.
                    }
                    self.append_all(&mut jobs).await;
                }
                () = self.closing.cancelled(), if !self.queue.is_closed() => self.queue.close(),
                () = sleep(PROBE), if self.health.is_failing() => {
                    let reached = timeout(WRITE, self.writer.probe()).await;
                    self.health.fares(!matches!(reached, Ok(Ok(()))));
                }
            }
        }
    }

    async fn append_all(&mut self, jobs: &mut Vec<Job>) {
        for late in jobs.extract_if(.., |job| job.waits.since.elapsed() > TURN) {
            let cause = Cause::new("the log did not take it in time");
            drop(late.answer.send(Err(AppendError::Unavailable(cause))));
        }
        if jobs.is_empty() {
            return;
        }
        let now = match self.clock.now() {
            Ok(now) => now,
            Err(skew) => {
                let not_now = || AppendError::Unavailable(Cause::new(skew));
                return jobs.drain(..).for_each(|job| drop(job.answer.send(Err(not_now()))));
            }
        };
        let started = Instant::now();
        metrics::histogram!("accord_append_batch_size").record(jobs.len() as f64);
        let batch: Vec<&Append> = jobs.iter().map(|job| &job.append).collect();
        let answers = match self.write(&batch, now).await {
            Ok(answers) => answers,
            Err(WriteFault::Refused(_)) if batch.len() > 1 => self.one_by_one(&batch, now).await,
            Err(fault) => vec![Err(failure(fault)); batch.len()],
        };
        metrics::histogram!("accord_append_seconds").record(started.elapsed().as_secs_f64());
        for (job, answer) in jobs.drain(..).zip(answers) {
            if matches!(answer, Err(AppendError::Conflict)) {
                metrics::counter!("accord_append_conflicts_total").increment(1);
            }
            drop(job.answer.send(answer)); // Whoever asked may have gone; the events stay.
        }
    }

    /// What the database refuses in one append must not fail those that came with it.
    async fn one_by_one(
        &mut self,
        batch: &[&Append],
        now: DateTime<Utc>,
    ) -> Vec<Result<Receipt, AppendError>> {
        let mut answers = Vec::with_capacity(batch.len());
        for append in batch {
            match self.write(&[append], now).await {
                Ok(answer) => answers.extend(answer),
                Err(fault) => {
                    let goes_on = matches!(fault, WriteFault::Refused(_));
                    answers.push(Err(failure(fault)));
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        let not_tried = AppendError::Unavailable(Cause::new("one before it was not appended"));
        answers.resize(batch.len(), Err(not_tried));
        answers
    }

    async fn write(
        &mut self,
        batch: &[&Append],
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Receipt, AppendError>>, WriteFault> {
        let written = timeout(WRITE, self.writer.write(batch, now)).await;
        let late = |_| Err(WriteFault::Unknown(Cause::new("the database did not answer in time")));
        let written = written.unwrap_or_else(late);
        self.health.fares(matches!(written, Err(WriteFault::Lost(_) | WriteFault::Unknown(_))));
        let Written { answers, head } = written?;
        self.head.reached(head);
        Ok(answers)
    }
}

fn failure(fault: WriteFault) -> AppendError {
    tracing::warn!(?fault, "a batch was not appended");
    match fault {
        WriteFault::Refused(cause) => AppendError::Impossible(cause),
        WriteFault::Lost(cause) => AppendError::Unavailable(cause),
        WriteFault::Unknown(cause) => AppendError::UnknownOutcome(cause),
    }
}
