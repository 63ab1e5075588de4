//! Sending what waits in the outbox, at least once (store and forward): with growing pauses, and for days at most.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ClosedList;
use eventlog::{Outgoing, Settled};
use mail::SendError;
use tokio_util::sync::CancellationToken;

use super::{Composed, MailFault, Mailing};
use crate::effects::{FIRST_PAUSE, wait};

/// How long a mail may wait although it is due.
const POLL: Duration = Duration::from_millis(500);

/// For how long a mail is nobody else's who sends: longer than a try takes, and than clocks may be apart.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// The pauses between the tries of a mail; each is twice the one before.
const FIRST: TimeDelta = TimeDelta::seconds(15);
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// Sends the mail of one process. Several may each do so.
pub(crate) struct Sender {
    mailing: Mailing,
}

impl Sender {
    pub fn new(mailing: Mailing) -> Self {
        Self { mailing }
    }

    /// Sends until `shutdown`; a mail that is on its way then is sent once more by whoever comes next.
    pub async fn run(&self, shutdown: CancellationToken) {
        let work = async {
            loop {
                if !self.send_next().await {
                    tokio::time::sleep(POLL).await;
                }
            }
        };
        shutdown.run_until_cancelled(work).await;
    }

    /// Tries the next mail that is due; tells whether there was one.
    async fn send_next(&self) -> bool {
        let log = &self.mailing.log;
        let now = log.now();
        if log.check_clock(now).is_err() {
            return false; // One that is ahead would give up what is not old at all.
        }
        let mail = match log.claim_mail(now, now + CLAIM).await {
            Ok(Some(mail)) => mail,
            Ok(None) => return false,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                return false;
            }
        };
        let settled = self.try_mail(&mail).await;
        let state = match &settled {
            Settled::Sent { .. } => "sent",
            Settled::Failed { .. } => "failed",
            Settled::Dropped { .. } => "dropped",
            Settled::Later { .. } => "later",
        };
        metrics::counter!("accord_mail_tries_total", "kind" => mail.kind.word(), "outcome" => state)
            .increment(1);
        let mut pause = FIRST_PAUSE;
        while let Err(error) = log.settle_mail(mail.id, &settled).await {
            tracing::warn!(%error, id = %mail.id, "what came of a mail cannot be written");
            wait(&mut pause).await;
        }
        true
    }

    async fn try_mail(&self, mail: &Outgoing) -> Settled {
        let log = &self.mailing.log;
        let message = match self.mailing.compose(mail).await {
            Ok(Composed::Ready(message)) => message,
            Ok(Composed::Pointless(problem)) => {
                return Settled::Dropped { at: log.now(), problem: problem.to_owned() };
            }
            Err(MailFault::Unavailable) => return later(mail, log.now(), "the log cannot be read"),
            Err(MailFault::Broken(problem)) => {
                tracing::error!(id = %mail.id, problem, "a mail cannot be written");
                return Settled::Failed { at: log.now(), problem };
            }
        };
        if mail.give_up_at <= log.now() {
            let problem = mail.problem.clone();
            let problem = problem.unwrap_or_else(|| "it has waited for too long".to_owned());
            return Settled::Failed { at: log.now(), problem };
        }
        match self.mailing.settings.transport.send(&message).await {
            Ok(()) => Settled::Sent { at: log.now() },
            Err(error @ SendError::Refused(_)) => {
                tracing::warn!(id = %mail.id, %error, "a mail has failed");
                Settled::Failed { at: log.now(), problem: error.to_string() }
            }
            Err(error @ (SendError::NotNow(_) | SendError::NoServer)) => {
                tracing::warn!(id = %mail.id, %error, "a mail is tried again later");
                later(mail, log.now(), &error.to_string())
            }
        }
    }
}

/// Tried again after a pause, or given up where that would be too late.
fn later(mail: &Outgoing, now: DateTime<Utc>, problem: &str) -> Settled {
    let due_at = now + pause(mail.tries);
    let problem = problem.to_owned();
    if due_at < mail.give_up_at {
        Settled::Later { due_at, problem }
    } else {
        Settled::Failed { at: now, problem }
    }
}

fn pause(tries: u64) -> TimeDelta {
    let doubled = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX).min(12);
    (FIRST * (1 << doubled)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let seconds = |tries| pause(tries).num_seconds();
        assert_eq!(
            [1, 2, 3, 8, 9, 10, u64::MAX].map(seconds),
            [15, 30, 60, 1920, 3600, 3600, 3600]
        );
    }
}
