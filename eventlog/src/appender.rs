//! Group commit: the one task that appends takes whatever is waiting, writes it in one transaction, and answers everyone.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use crate::append::{Append, AppendError, Receipt};
use crate::clock::Clock;
use crate::engine::Writer;
use crate::fault::Cause;
use crate::log::Log;
use crate::queue::{Head, Job};
use crate::written::{WriteFault, Written};

/// At most this many appends share a transaction.
const BATCH: usize = 256;

impl Log {
    /// Adds events to the end of their streams and of the log, all or none. Once this has been called, dropping the
    /// future does not take the events back.
    pub async fn append(&self, append: Append) -> Result<Receipt, AppendError> {
        if append.own.events.is_empty() {
            return Err(AppendError::NoEvents);
        }
        let append = self.keys().seal(append).await?;
        let (answer, answered) = oneshot::channel();
        let closed = || Cause::new("the log has been closed");
        self.jobs()
            .send(Job { append, answer })
            .await
            .map_err(|_| AppendError::Unavailable(closed()))?;
        answered.await.unwrap_or_else(|_| Err(AppendError::UnknownOutcome(closed())))
    }
}

pub(crate) async fn run(
    mut writer: Writer,
    mut queue: mpsc::Receiver<Job>,
    mut closing: watch::Receiver<bool>,
    clock: Arc<dyn Clock>,
    head: Arc<Head>,
) {
    let mut jobs = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            biased;
            taken = queue.recv_many(&mut jobs, BATCH) => {
                if taken == 0 {
                    return; // Nobody is left who could append.
                }
            }
            _ = closing.wait_for(|closing| *closing), if !queue.is_closed() => {
                queue.close();
                continue;
            }
        }
        append_all(&mut writer, &mut jobs, &*clock, &head).await;
    }
}

async fn append_all(writer: &mut Writer, jobs: &mut Vec<Job>, clock: &dyn Clock, head: &Head) {
    let started = Instant::now();
    metrics::histogram!("accord_append_batch_size").record(jobs.len() as f64);
    let batch: Vec<&Append> = jobs.iter().map(|job| &job.append).collect();
    let answers = match writer.write(&batch, clock.now()).await {
        Ok(written) => told(written, head),
        Err(WriteFault::Refused(_)) if batch.len() > 1 => {
            one_by_one(writer, &batch, clock, head).await
        }
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
    writer: &mut Writer,
    batch: &[&Append],
    clock: &dyn Clock,
    head: &Head,
) -> Vec<Result<Receipt, AppendError>> {
    let mut answers = Vec::with_capacity(batch.len());
    for append in batch {
        match writer.write(&[append], clock.now()).await {
            Ok(written) => answers.extend(told(written, head)),
            Err(fault) => answers.push(Err(failure(fault))),
        }
    }
    answers
}

fn told(written: Written, head: &Head) -> Vec<Result<Receipt, AppendError>> {
    head.reached(written.head);
    written.answers
}

fn failure(fault: WriteFault) -> AppendError {
    tracing::warn!(?fault, "a batch was not appended");
    match fault {
        WriteFault::Refused(cause) | WriteFault::Lost(cause) => AppendError::Unavailable(cause),
        WriteFault::Unknown(cause) => AppendError::UnknownOutcome(cause),
    }
}
