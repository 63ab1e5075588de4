//! What a mail says, before it is written in a language: its kind, with what the text is filled with (template data).

use domain::{ClosedList, mails::MailKind, partner::ApplicationRejectionCode};

/// What a mail is filled with, kind by kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Letter {
    ConfirmAddress {
        name: String,
        link: String,
        hours: u32,
    },
    ResetPassword {
        name: String,
        link: String,
        hours: u32,
    },
    Invitation(Box<Invitation>),
    ApplicationReceived {
        name: String,
        company: String,
        program: String,
    },
    InformationRequested {
        name: String,
        company: String,
        program: String,
        question: String,
    },
    ApplicationApproved {
        name: String,
        company: String,
        program: String,
        link: String,
    },
    ApplicationRejected {
        name: String,
        company: String,
        program: String,
        reason: ApplicationRejectionCode,
    },
}

/// What an invitation is filled with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    pub name: String,
    pub inviter: String,
    pub program: String,
    /// As the inviter has written it.
    pub subject: String,
    /// The same.
    pub body: String,
    pub link: String,
    pub days: u32,
}

/// One value of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Argument {
    Text(String),
    /// Of which languages have several plurals.
    Number(u32),
}

impl Letter {
    pub fn kind(&self) -> MailKind {
        match self {
            Self::ConfirmAddress { .. } => MailKind::ConfirmAddress,
            Self::ResetPassword { .. } => MailKind::ResetPassword,
            Self::Invitation(_) => MailKind::Invitation,
            Self::ApplicationReceived { .. } => MailKind::ApplicationReceived,
            Self::InformationRequested { .. } => MailKind::InformationRequested,
            Self::ApplicationApproved { .. } => MailKind::ApplicationApproved,
            Self::ApplicationRejected { .. } => MailKind::ApplicationRejected,
        }
    }

    /// Its values, by the names that they have in the texts.
    pub fn arguments(&self) -> Vec<(&'static str, Argument)> {
        let text = |name, text: &String| (name, Argument::Text(text.clone()));
        match self {
            Self::ConfirmAddress { name, link, hours }
            | Self::ResetPassword { name, link, hours } => {
                vec![text("name", name), text("link", link), ("hours", Argument::Number(*hours))]
            }
            Self::Invitation(invitation) => {
                let Invitation { name, inviter, program, subject, body, link, days } =
                    &**invitation;
                vec![
                    text("name", name),
                    text("inviter", inviter),
                    text("program", program),
                    text("subject", subject),
                    text("body", body),
                    text("link", link),
                    ("days", Argument::Number(*days)),
                ]
            }
            Self::ApplicationReceived { name, company, program } => {
                vec![text("name", name), text("company", company), text("program", program)]
            }
            Self::InformationRequested { name, company, program, question } => vec![
                text("name", name),
                text("company", company),
                text("program", program),
                text("question", question),
            ],
            Self::ApplicationApproved { name, company, program, link } => vec![
                text("name", name),
                text("company", company),
                text("program", program),
                text("link", link),
            ],
            Self::ApplicationRejected { name, company, program, reason } => vec![
                text("name", name),
                text("company", company),
                text("program", program),
                ("reason", Argument::Text(reason.word().to_owned())),
            ],
        }
    }
}
