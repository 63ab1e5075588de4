//! The outbox: what mail was caused, and what has become of it, for whoever looks after the installation.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{
    Language,
    mails::{MailKind, MailState},
};
use eventlog::{Log, MailPage, Outgoing};
use futures::FutureExt;
use mail::Message;
use uuid::Uuid;

use crate::{
    graphql::ground::{
        asked::Asked,
        beside::{Key, Part, most_counted, part, slice},
        failure::Failure,
        page::{Connection, answered, connection, page},
        scalars::Position,
        show::shows,
        total::Total,
        word::Word,
    },
    mailing::{Composed, MailFault, Mailing},
};

/// A mail of the outbox, with what it says where that is shown.
#[derive(Clone)]
pub struct Listed {
    mail: Outgoing,
    message: Option<Message>,
}

shows! {
    /// A mail that an event has caused. It is sent once or, where a process ends on the way, once more with the same
    /// Message-ID.
    Mail of (row: Listed) {
        /// The mail's UUID, which its Message-ID begins with.
        mail_id: Uuid = row.mail.id,
        /// What it is about.
        kind: Word<MailKind> = Word(row.mail.kind),
        /// What has become of it.
        state: Word<MailState> = Word(row.mail.state),
        /// The event that causes it.
        cause_id: Uuid = row.mail.event_id.0,
        /// That event's place in the log.
        cause_position: Position = Position(row.mail.position),
        /// What sort of thing knows the address, such as "partner".
        recipient_type: String = row.mail.recipient.aggregate_type().to_owned(),
        /// Its UUID.
        recipient_id: Uuid = row.mail.recipient.id(),
        /// When it was caused.
        since: DateTime<Utc> = row.mail.since,
        /// When it is tried next, where it waits.
        due_at: Option<DateTime<Utc>> = (row.mail.state == MailState::Waiting).then_some(row.mail.due_at),
        /// How often it was tried.
        tries: u32 = u32::try_from(row.mail.tries).unwrap_or(u32::MAX),
        /// When it was tried last.
        tried_at: Option<DateTime<Utc>> = row.mail.tried_at,
        /// When it was sent, given up or dropped.
        settled_at: Option<DateTime<Utc>> = row.mail.settled_at,
        /// Why it was not sent.
        problem: Option<String> = row.mail.problem,
        /// What it says: in a demonstration, where no mail leaves, and nowhere else.
        message: Option<MailMessage> = row.message.map(Into::into),
    }
}

/// What a mail says, with the links that work once.
#[derive(SimpleObject, Clone, Debug)]
pub struct MailMessage {
    /// Its Message-ID.
    pub message_id: String,
    /// Who sends it.
    pub from: String,
    /// Whom it is for.
    pub to: String,
    /// In which language it is written.
    pub language: Word<Language>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

impl From<Message> for MailMessage {
    fn from(message: Message) -> Self {
        Self {
            message_id: message.id.as_str().to_owned(),
            from: message.from.address.to_string(),
            to: message.to.address.to_string(),
            language: Word(message.language),
            subject: message.subject,
            text: message.text,
        }
    }
}

/// Queries of the outbox.
#[derive(Default)]
pub struct OutboxQueries;

#[Object]
impl OutboxQueries {
    /// The mail that events have caused, the oldest first. An operator has what failed sent again with `accord outbox retry`.
    async fn outbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what has become this.")] state: Option<Word<MailState>>,
        #[graphql(desc = "How many, counted from the beginning; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, counted from the end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Mail>>, Failure> {
        let asked = Asked::of(ctx)?;
        let wanted = page(ctx, first, after, last, before)?;
        let state = state.map(|Word(state)| state);
        let Part { after, before, last, most } = part(&wanted)?;
        let asked_for = MailPage { state, after, before, last, most };
        let mailing = &asked.sources.mailing;
        let rows = asked.sources.log.mail_page(asked_for).await;
        let rows = rows.map_err(|error| Failure::unavailable(&error))?;
        let mut listed = vec![];
        for mail in rows {
            let message = shown(mailing, &mail).await?;
            listed.push(Listed { mail, message });
        }
        let log = asked.sources.log.clone();
        let total = Total::of(move || count(log.clone(), state).boxed());
        let list = connection(slice(&wanted, listed, key), total)?;
        Ok(Some(answered(ctx, list)))
    }
}

/// What the mail says, where that is shown and there is something to say.
async fn shown(mailing: &Mailing, mail: &Outgoing) -> Result<Option<Message>, Failure> {
    if !mailing.is_readable() {
        return Ok(None);
    }
    match mailing.compose(mail).await {
        Ok(Composed::Ready(message)) => Ok(Some(*message)),
        Ok(Composed::Pointless(_)) => Ok(None),
        Err(error @ MailFault::Unavailable) => Err(Failure::unavailable(&error)),
        Err(MailFault::Broken(problem)) => {
            tracing::error!(id = %mail.id, problem, "a mail cannot be written");
            Ok(None)
        }
    }
}

fn key(row: &Listed) -> Key {
    (row.mail.since, row.mail.id)
}

/// How many there are, or one more than is counted.
async fn count(log: Log, state: Option<MailState>) -> Result<u64, Failure> {
    let all = MailPage { state, most: most_counted(), ..MailPage::default() };
    let mails = log.mail_page(all).await.map_err(|error| Failure::unavailable(&error))?;
    Ok(mails.len() as u64)
}
