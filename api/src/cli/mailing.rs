//! How mail is sent, from what was asked for on the command line (configuration).

use std::net::SocketAddr;

use anyhow::{Context, bail};
use domain::EmailAddress;
use mail::{Mailbox, Transport};

use super::Mail;
use crate::mailing::Settings;

/// What was asked for, of a process that listens there.
pub(super) fn settings(
    asked: &Mail,
    listening: SocketAddr,
    readable: bool,
) -> anyhow::Result<Settings> {
    let portal = asked.portal_url.clone().unwrap_or_else(|| format!("http://{listening}"));
    if !portal.starts_with("https://") && !portal.starts_with("http://") {
        bail!("{portal} is no address of a portal; write https://HOST with --portal-url");
    }
    let from = match &asked.mail_from {
        Some(from) => from.parse().with_context(|| format!("{from} with --mail-from"))?,
        None => EmailAddress::nobody(),
    };
    Ok(Settings {
        from: Mailbox::new("Accord", from),
        portal: portal.trim_end_matches('/').to_owned(),
        transport: transport(asked.smtp_url.as_deref())?,
        readable,
    })
}

#[cfg(feature = "smtp")]
fn transport(url: Option<&str>) -> anyhow::Result<Transport> {
    let Some(url) = url else { return Ok(Transport::Outbox) };
    Ok(Transport::Smtp(mail::Smtp::at(url)?))
}

#[cfg(not(feature = "smtp"))]
fn transport(url: Option<&str>) -> anyhow::Result<Transport> {
    if url.is_some() {
        bail!("this program was built without SMTP; build it with `cargo build --features smtp`");
    }
    Ok(Transport::Outbox)
}
