//! One socket from its first message to its close frame: a single task that reads, runs and writes in turn.
//!
//! While a message waits to be written nothing else is polled, so a slow reader slows its own streams down and fills no
//! buffer of ours.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use futures::{FutureExt, StreamExt, stream, stream::BoxStream};
use tokio::time::{Instant, timeout};
use tokio_stream::StreamMap;

use super::{
    close::Close,
    message::{ClientMessage, ServerMessage},
};
use crate::{
    auth::{AuthFailure, Credentials, Principal},
    http::{
        answer::{Answer, AnswerKind},
        fault::Fault,
        limits::MAX_REQUEST_BYTES,
        operation::{Operation, answers, panicked},
        trace::TraceId,
        web::Web,
    },
};

pub(super) struct Connection {
    web: Arc<Web>,
    socket: WebSocket,
    operations: StreamMap<String, BoxStream<'static, Frame>>,
    heard_at: Instant,
}

/// What an operation has to say.
enum Frame {
    Answer(Answer, TraceId),
    Complete,
}

/// Why a connection ends.
enum End {
    /// The peer has left, or does not read any more: nobody to tell.
    Gone,
    /// The peer says goodbye, and waits to hear it back.
    Leaving,
    Close(Close),
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl Connection {
    pub(super) fn new(web: Arc<Web>, socket: WebSocket) -> Self {
        Self { web, socket, operations: StreamMap::new(), heard_at: Instant::now() }
    }

    /// `principal` is known already when the upgrade carried a token.
    pub(super) async fn run(mut self, principal: Option<Principal>) {
        metrics::gauge!("accord_sockets").increment(1);
        let serving = AssertUnwindSafe(self.serve(principal)).catch_unwind().await;
        let end = serving.unwrap_or_else(|panic| {
            panicked(&*panic, TraceId::new());
            Err(End::Close(Close::INTERNAL))
        });
        self.operations.clear();
        match end {
            Err(End::Close(close)) => self.close(close).await,
            Err(End::Leaving) => self.drain().await,
            Ok(()) | Err(End::Gone) => {}
        }
        metrics::gauge!("accord_sockets").decrement(1);
    }

    async fn serve(&mut self, principal: Option<Principal>) -> Result<(), End> {
        let shutdown = self.web.shutdown.clone();
        let waiting = timeout(self.web.timings.init, self.initialise(principal));
        let principal = tokio::select! {
            () = shutdown.cancelled() => return Err(Close::GOING_AWAY.into()),
            initialised = waiting => initialised.map_err(|_| Close::INIT_TIMEOUT)??,
        };
        self.converse(principal).await
    }

    /// Waits for `connection_init` and acknowledges it.
    async fn initialise(&mut self, principal: Option<Principal>) -> Result<Principal, End> {
        let shown = loop {
            match receive(&mut self.socket).await? {
                None | Some(ClientMessage::Pong | ClientMessage::Complete(_)) => {}
                Some(ClientMessage::Ping(payload)) => {
                    self.send(&ServerMessage::Pong { payload }).await?
                }
                Some(ClientMessage::Subscribe(..)) => return Err(Close::UNAUTHORIZED.into()),
                Some(ClientMessage::Init(shown)) => break shown,
            }
        };
        let principal = match principal {
            Some(principal) if shown == Credentials::default() => principal,
            Some(_) | None => authenticate(&self.web, &shown).await?,
        };
        self.send(&ServerMessage::ConnectionAck).await?;
        Ok(principal)
    }

    async fn converse(&mut self, principal: Principal) -> Result<(), End> {
        let shutdown = self.web.shutdown.clone();
        let expiry = tokio::time::sleep(self.watch(&principal)?);
        tokio::pin!(expiry);
        let mut keepalive = tokio::time::interval(self.web.timings.keepalive);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Err(Close::GOING_AWAY.into()),
                () = &mut expiry => expiry.as_mut().reset(Instant::now() + self.watch(&principal)?),
                _ = keepalive.tick() => self.keep_alive().await?,
                message = receive(&mut self.socket) => {
                    self.heard_at = Instant::now();
                    if let Some(message) = message? {
                        self.handle(message, &principal).await?;
                    }
                }
                Some((id, step)) = self.operations.next() => self.tell(&id, step).await?,
            }
        }
    }

    fn watch(&self, principal: &Principal) -> Result<Duration, Close> {
        self.web.watch(principal).ok_or(Close::EXPIRED)
    }

    /// A peer that answers nothing for three intervals is gone, whatever TCP believes.
    async fn keep_alive(&mut self) -> Result<(), End> {
        if self.heard_at.elapsed() > 3 * self.web.timings.keepalive {
            return Err(End::Gone);
        }
        self.write(Message::Ping(Default::default())).await
    }

    async fn handle(&mut self, message: ClientMessage, principal: &Principal) -> Result<(), End> {
        match message {
            ClientMessage::Init(_) => Err(Close::SECOND_INIT.into()),
            ClientMessage::Ping(payload) => self.send(&ServerMessage::Pong { payload }).await,
            ClientMessage::Pong => Ok(()),
            ClientMessage::Complete(id) => {
                self.operations.remove(&id); // Unknown ids are a race that the protocol allows.
                Ok(())
            }
            ClientMessage::Subscribe(id, _) if self.operations.contains_key(&id) => {
                Err(Close::id_taken(&id).into())
            }
            ClientMessage::Subscribe(id, parameters) => {
                let trace = TraceId::new();
                if self.operations.len() >= self.web.subscriptions_per_socket {
                    let answer = Answer::of_fault(&Fault::rate_limited());
                    return self.tell(&id, Frame::Answer(answer, trace)).await;
                }
                match Operation::prepare(&self.web, *parameters, trace) {
                    Ok(operation) => {
                        let now = self.web.authenticator.again(principal).await;
                        let operation = operation.for_principal(now.map_err(closed)?);
                        self.operations.insert(id, steps(&self.web, operation));
                        Ok(())
                    }
                    Err(refused) => self.tell(&id, Frame::Answer(refused, trace)).await,
                }
            }
        }
    }

    /// An operation that never ran, or was cut off, ends with `error`; one that ran ends with `complete`.
    async fn tell(&mut self, id: &str, step: Frame) -> Result<(), End> {
        match step {
            Frame::Answer(answer, trace) => match answer.kind {
                AnswerKind::Ran => {
                    self.send(&ServerMessage::Next { id, payload: answer.json(trace) }).await
                }
                AnswerKind::Refused | AnswerKind::TimedOut | AnswerKind::Panicked => {
                    self.operations.remove(id);
                    self.send(&ServerMessage::Error { id, payload: answer.errors(trace) }).await
                }
            },
            Frame::Complete => {
                self.operations.remove(id);
                self.send(&ServerMessage::Complete { id }).await
            }
        }
    }

    async fn send(&mut self, message: &ServerMessage<'_>) -> Result<(), End> {
        let text = serde_json::to_string(message).map_err(|_| Close::INTERNAL)?;
        self.write(Message::text(text)).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.web.timings.send, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn close(&mut self, close: Close) {
        tracing::debug!(?close, "closing the socket");
        if self.write(Message::Close(Some(close.frame()))).await.is_ok() {
            self.drain().await;
        }
    }

    /// Reads until both close frames are through: a connection torn down at once can take ours with it.
    async fn drain(&mut self) {
        let drained = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        if timeout(self.web.timings.close, drained).await.is_err() {
            tracing::debug!("the peer did not finish the closing handshake");
        }
    }
}

async fn authenticate(web: &Web, shown: &Credentials) -> Result<Principal, Close> {
    web.authenticator.authenticate(shown).await.map_err(closed)
}

fn closed(failure: AuthFailure) -> Close {
    tracing::debug!(?failure, "not authenticated");
    if failure == AuthFailure::Missing {
        Close::UNAUTHORIZED
    } else if failure == AuthFailure::Unavailable {
        Close::UNAVAILABLE
    } else {
        Close::FORBIDDEN
    }
}

/// The next message; `None` for a frame that only shows that the peer is there. Safe to cancel.
async fn receive(socket: &mut WebSocket) -> Result<Option<ClientMessage>, End> {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) if text.as_str().len() > MAX_REQUEST_BYTES => {
            Err(Close::TOO_BIG.into())
        }
        Some(Ok(Message::Text(text))) => Ok(ClientMessage::parse(text.as_str()).map(Some)?),
        Some(Ok(Message::Binary(_))) => Err(Close::bad_message("Invalid message: binary").into()),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Err(error)) if error.to_string().contains("too long") => Err(Close::TOO_BIG.into()),
        Some(Ok(Message::Close(_))) => Err(End::Leaving),
        Some(Err(_)) | None => Err(End::Gone),
    }
}

/// Everything that an operation will say, ending with `Complete`.
fn steps(web: &Web, operation: Operation) -> BoxStream<'static, Frame> {
    let trace = operation.trace;
    let answers = answers(web, operation).map(move |answer| Frame::Answer(answer, trace));
    answers.chain(stream::iter([Frame::Complete])).boxed()
}
