//! Sending through a mail server (SMTP), encrypted unless it is this very machine.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{Mailbox as Wire, MultiPart, header},
    transport::smtp::{self, client::Tls, response::Code},
};

use crate::message::{Mailbox, Message};
use crate::unsent::SendError;

/// How long one answer of the server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a mail may take from the connection to its end.
const ALL: Duration = Duration::from_secs(60);

/// A mail server.
#[derive(Clone)]
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

/// Why there can be no mail server of this address.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    #[error(
        "this is no address of a mail server; write smtps://USER:PASSWORD@HOST or smtp://HOST:PORT?tls=required"
    )]
    NotAUrl,
    #[error(
        "mail to {0} would cross the network in the clear; write smtps://, or smtp:// with ?tls=required"
    )]
    InTheClear(String),
}

/// A header that says that no person has written this, so that no machine answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Smtp {
    /// The server of this URL: `smtps://` begins encrypted, `smtp://` with `?tls=required` becomes so.
    pub fn at(url: &str) -> Result<Self, SmtpError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let builder = builder.map_err(|_| SmtpError::NotAUrl)?; // It may hold a password.
        let host = host(url);
        let encrypted = url.starts_with("smtps://") || url.contains("tls=required");
        if !encrypted && !["localhost", "127.0.0.1", "[::1]"].contains(&host) {
            return Err(SmtpError::InTheClear(host.to_owned()));
        }
        let builder = if encrypted { builder } else { builder.tls(Tls::None) };
        Ok(Self(builder.timeout(Some(PATIENCE)).build()))
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<(), SendError> {
        let wire = wire(message)?;
        match tokio::time::timeout(ALL, self.0.send(wire)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(refused(&error)),
            Err(_) => Err(SendError::NotNow("it does not answer".into())),
        }
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp") // Its inside holds a password.
    }
}

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// The host of a URL, without who signs in there.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or_default();
    }
    host.split(':').next().unwrap_or_default()
}

fn wire(message: &Message) -> Result<lettre::Message, SendError> {
    let impossible = |what: &str| SendError::Refused(format!("{what} cannot be written"));
    let mailbox = |mailbox: &Mailbox| {
        let address = mailbox.address.as_str().parse();
        address
            .map(|address| Wire::new(mailbox.name.clone(), address))
            .map_err(|_| impossible("an address"))
    };
    let mut builder = lettre::Message::builder()
        .from(mailbox(&message.from)?)
        .to(mailbox(&message.to)?)
        .subject(message.subject.as_str())
        .message_id(Some(message.id.as_str().to_owned()))
        .date_now()
        .header(AutoSubmitted);
    if let Some(reply_to) = &message.reply_to {
        builder = builder.reply_to(mailbox(reply_to)?);
    }
    let body = MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
    builder.multipart(body).map_err(|_| impossible("the mail"))
}

/// What it means that a mail was not sent. Who may not sign in may once somebody has mended that.
fn refused(error: &smtp::Error) -> SendError {
    match error.status() {
        Some(code) if error.is_permanent() && !of_the_sign_in(code) => {
            SendError::Refused(code.to_string())
        }
        Some(code) => SendError::NotNow(code.to_string()),
        None if error.is_timeout() => SendError::NotNow("it does not answer".into()),
        None if error.is_tls() => SendError::NotNow("it has no certificate that counts".into()),
        None if error.is_client() => SendError::NotNow("it cannot do what is asked of it".into()),
        None => SendError::NotNow("it cannot be reached".into()),
    }
}

/// 530 to 538 are about the sign-in and encryption, 421 and 554 at the greeting about the server.
fn of_the_sign_in(code: Code) -> bool {
    (530..540).contains(&u16::from(code))
}
