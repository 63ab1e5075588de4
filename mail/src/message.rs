//! A mail as it is sent: addresses, headers, plain text and HTML (RFC 5322 message, before its encoding).

use domain::{EmailAddress, Language};
use uuid::Uuid;

use crate::letter::{Argument, Letter};
use crate::texts::{TextError, write};

/// Most characters of a header's text.
const HEADER: usize = 200;

/// An address with the name of whoever has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    pub name: Option<String>,
    pub address: EmailAddress,
}

/// The Message-ID: the same however often the mail is sent, so that mail programs show it once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageId(String);

/// A mail that can be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub id: MessageId,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Mailbox,
    pub language: Language,
    /// On one line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mailbox {
    pub fn new(name: &str, address: EmailAddress) -> Self {
        let name = one_line(name);
        Self { name: (!name.is_empty()).then_some(name), address }
    }
}

impl MessageId {
    /// Of the mail of this id, from whoever has this address.
    pub fn of(mail: Uuid, from: &EmailAddress) -> Self {
        Self(format!("<{mail}@{}>", from.host()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Message {
    /// Writes the mail of this id.
    pub fn write(
        mail: Uuid,
        letter: &Letter,
        language: Language,
        from: Mailbox,
        to: Mailbox,
    ) -> Result<Self, TextError> {
        let written = write(letter, language)?;
        let html = html(&written.text, letter, language);
        let id = MessageId::of(mail, &from.address);
        let (subject, text) = (one_line(&written.subject), written.text);
        Ok(Self { id, from, reply_to: None, to, language, subject, text, html })
    }
}

/// What stands in a header: a line break in it would begin another header.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(HEADER).collect()
}

/// The text as HTML: its paragraphs, and our own link as one. Whatever people have written stays text.
fn html(text: &str, letter: &Letter, language: Language) -> String {
    let link = letter.arguments().into_iter().find_map(|(name, argument)| match argument {
        Argument::Text(link) if name == "link" => Some(link),
        Argument::Text(_) | Argument::Number(_) => None,
    });
    let paragraph = |part: &str| {
        if Some(part) == link.as_deref() {
            let link = escaped(part);
            return format!("<p><a href=\"{link}\">{link}</a></p>\n");
        }
        format!("<p>{}</p>\n", escaped(part).replace('\n', "<br>\n"))
    };
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    let body: String = parts.map(paragraph).collect();
    let language = domain::ClosedList::word(language);
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><meta charset=\"utf-8\"><body>\n{body}</body></html>\n"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
