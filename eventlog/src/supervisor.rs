//! Supervision (let it crash): a task that panics or ends is begun again, and whoever asks hears that it is down meanwhile.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Having run for this long a task works again.
const STEADY: Duration = Duration::from_secs(1);

/// The tasks of a process that must never end, and which of them are down. Clones share it.
#[derive(Clone, Default)]
pub struct Tasks {
    kept: Arc<Mutex<BTreeSet<&'static str>>>,
    down: Arc<watch::Sender<BTreeMap<&'static str, String>>>,
}

impl Tasks {
    /// All that are kept.
    pub fn kept(&self) -> BTreeSet<&'static str> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that do not work at the moment, each with what ended it, and news of every change.
    pub fn down(&self) -> watch::Receiver<BTreeMap<&'static str, String>> {
        self.down.subscribe()
    }

    /// Does `work` for as long as nobody has asked for `shutdown`, however often it ends; after that its end is the end.
    pub async fn keep<W: Future<Output = ()> + Send>(
        self,
        name: &'static str,
        shutdown: CancellationToken,
        mut work: impl FnMut() -> W + Send,
    ) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        let mut pause = FIRST_PAUSE;
        loop {
            let working = AssertUnwindSafe(work()).catch_unwind();
            tokio::pin!(working);
            let ended = tokio::select! {
                biased;
                ended = &mut working => ended,
                () = sleep(STEADY) => {
                    pause = FIRST_PAUSE;
                    self.down.send_if_modified(|down| down.remove(name).is_some());
                    working.await
                }
            };
            if shutdown.is_cancelled() {
                return;
            }
            let why = match &ended {
                Ok(()) => "it came to an end",
                Err(panic) => message(&**panic),
            };
            tracing::error!(task = name, why, "a task is down and will be begun again");
            metrics::counter!("accord_task_restarts_total", "task" => name).increment(1);
            self.down.send_modify(|down| drop(down.insert(name, why.to_owned())));
            shutdown.run_until_cancelled(sleep(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref().map(String::as_str)).unwrap_or("it panicked")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Panics, then ends, then works until it is told to stop.
    async fn third_time_lucky(begun: Arc<AtomicUsize>, shutdown: CancellationToken) {
        match begun.fetch_add(1, Ordering::Relaxed) {
            0 => panic!("the first time"),
            1 => {}
            _ => shutdown.cancelled().await,
        }
    }

    #[tokio::test]
    async fn a_task_that_panics_or_ends_is_down_until_it_works_again() {
        let (tasks, shutdown) = (Tasks::default(), CancellationToken::new());
        let (mut down, begun) = (tasks.down(), Arc::<AtomicUsize>::default());
        let all = tasks.clone();
        let kept = tokio::spawn({
            let (begun, asked) = (begun.clone(), shutdown.clone());
            let work = move || third_time_lucky(begun.clone(), asked.clone());
            tasks.keep("reader", shutdown.clone(), work)
        });
        for why in ["the first time", "it came to an end"] {
            let told = down.wait_for(|down| down.get("reader").is_some_and(|told| told == why));
            drop(told.await.expect("the task is kept"));
        }
        drop(down.wait_for(BTreeMap::is_empty).await.expect("the task is kept"));
        assert_eq!(all.kept(), BTreeSet::from(["reader"]));
        assert_eq!(begun.load(Ordering::Relaxed), 3);
        shutdown.cancel();
        kept.await.expect("an end that was asked for is one");
        assert_eq!(begun.load(Ordering::Relaxed), 3);
        assert!(down.borrow().is_empty());
    }
}
