//! The scheduler of data-loader batches: one starts when no resolver of the request can go on without it.

use std::pin::pin;
use std::task::{Context, Poll};

use futures::{
    FutureExt, Stream, StreamExt,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Takes the batches of one request.
#[derive(Clone)]
pub struct Spawner(UnboundedSender<BoxFuture<'static, ()>>);

/// Holds and runs the batches of one request.
pub struct Batches {
    queue: UnboundedReceiver<BoxFuture<'static, ()>>,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

pub fn batches() -> (Spawner, Batches) {
    let (spawner, queue) = unbounded_channel();
    (Spawner(spawner), Batches { queue, running: FuturesUnordered::new() })
}

impl Spawner {
    pub fn spawn(&self, batch: BoxFuture<'static, ()>) {
        drop(self.0.send(batch)); // The request is over where nobody takes it.
    }
}

impl Batches {
    /// Runs `work` to its end and its batches beside it.
    pub async fn drive<T>(mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        futures::future::poll_fn(|context| self.poll(context, |context| work.poll_unpin(context)))
            .await
    }

    /// The same for work that goes on.
    pub fn drive_stream<T: Send + 'static>(
        mut self,
        mut work: BoxStream<'static, T>,
    ) -> impl Stream<Item = T> + Send {
        futures::stream::poll_fn(move |context| {
            self.poll(context, |context| work.poll_next_unpin(context))
        })
    }

    /// Lets the work go first, so that all its wishes are in the queue before any batch takes them.
    fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        mut work: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        loop {
            if let Poll::Ready(done) = work(context) {
                return Poll::Ready(done);
            }
            let mut moved = false;
            while let Poll::Ready(Some(batch)) = self.queue.poll_recv(context) {
                self.running.push(batch);
                moved = true;
            }
            while let Poll::Ready(Some(())) = self.running.poll_next_unpin(context) {
                moved = true;
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_waits_for_its_batch_comes_to_its_end() {
        let (spawner, batches) = batches();
        let answer = batches
            .drive(async move {
                let (tell, told) = tokio::sync::oneshot::channel();
                spawner.spawn(Box::pin(async move {
                    tokio::task::yield_now().await;
                    tell.send(7).expect("somebody waits for it");
                }));
                told.await
            })
            .await;
        assert_eq!(answer, Ok(7));
    }
}
