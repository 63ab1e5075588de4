//! Writing a mail from the log (mail merge), at the moment at which it goes: what has been erased by then is not told.

use domain::{
    DecodeError, EventId, Language, Program, ProgramId, Recorded, decode,
    mails::Recipient,
    partner::{ApplicationEvent, Company, Contact, ContactDetails, ContactEvent},
};
use eventlog::{LoadError, Outgoing, PersonalError, ReadError};
use mail::{Letter, Mailbox, Message};
use uuid::Uuid;

use super::Mailing;

/// What became of writing a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Composed {
    Ready(Box<Message>),
    /// There is nobody to send it to, or nothing to say, any more.
    Pointless(&'static str),
}

/// Why a mail cannot be written. Says nothing of whom it is for.
#[derive(Debug, thiserror::Error)]
pub enum MailFault {
    #[error("the log cannot be read at the moment")]
    Unavailable,
    /// The same whenever it is tried.
    #[error("{0}")]
    Broken(String),
}

/// Whom a partner's mail is for and what it is about.
struct Candidate {
    program: ProgramId,
    company: Company,
    contact: ContactDetails,
}

const ERASED: &str = "whom it was for is erased";
const NOTHING_TO_SAY: &str = "what it was about is erased";

impl Mailing {
    /// Writes a mail.
    pub async fn compose(&self, mail: &Outgoing) -> Result<Composed, MailFault> {
        match mail.recipient {
            Recipient::Partner(partner) => self.to_partner(mail, partner.0).await,
        }
    }

    async fn to_partner(&self, mail: &Outgoing, partner: Uuid) -> Result<Composed, MailFault> {
        let events = self.opened(mail).await?;
        let Some(candidate) = candidate(&events) else {
            return Err(MailFault::Broken("its recipient has never applied".into()));
        };
        let Some(Candidate { program, company, contact }) = candidate else {
            return Ok(Composed::Pointless(ERASED));
        };
        let event = cause(&events, mail.event_id)?.told::<ApplicationEvent>();
        let program = self.program_name(program).await?;
        let (name, link) = (full_name(&contact), format!("{}/", self.settings.portal));
        let language = Language::of_country(&company.country);
        let company = company.name;
        let letter = match event {
            Some(ApplicationEvent::Applied { .. }) => {
                Letter::ApplicationReceived { name: name.clone(), company, program }
            }
            Some(ApplicationEvent::InformationRequested { question, .. }) => {
                let Some(question) = question.known().cloned() else {
                    return Ok(Composed::Pointless(NOTHING_TO_SAY));
                };
                Letter::InformationRequested { name: name.clone(), company, program, question }
            }
            Some(ApplicationEvent::Approved { .. }) => {
                Letter::ApplicationApproved { name: name.clone(), company, program, link }
            }
            Some(ApplicationEvent::Rejected { code, .. }) => {
                Letter::ApplicationRejected { name: name.clone(), company, program, reason: *code }
            }
            Some(
                ApplicationEvent::ReviewAssigned { .. }
                | ApplicationEvent::InformationSupplied { .. }
                | ApplicationEvent::ReviewRecorded { .. }
                | ApplicationEvent::InterviewScheduled { .. }
                | ApplicationEvent::InterviewHeld { .. }
                | ApplicationEvent::InterviewMissed { .. }
                | ApplicationEvent::InformationRequestClosed { .. }
                | ApplicationEvent::Escalated { .. }
                | ApplicationEvent::Lapsed { .. }
                | ApplicationEvent::Withdrawn { .. },
            )
            | None => return Err(MailFault::Broken(format!("{partner} is not told of this"))),
        };
        self.written(mail, &letter, language, &name, &contact.email)
    }

    fn written(
        &self,
        mail: &Outgoing,
        letter: &Letter,
        language: Language,
        name: &str,
        address: &str,
    ) -> Result<Composed, MailFault> {
        let broken = |problem: &dyn std::fmt::Display| MailFault::Broken(problem.to_string());
        let address = address.parse().map_err(|_| broken(&"no mail can be sent to its address"))?;
        let to = Mailbox::new(name, address);
        let message = Message::write(mail.id, letter, language, self.settings.from.clone(), to);
        message.map(Box::new).map(Composed::Ready).map_err(|error| broken(&error))
    }

    /// The events of the recipient's stream, with what is not erased of them.
    async fn opened(&self, mail: &Outgoing) -> Result<Vec<Recorded>, MailFault> {
        let (aggregate_type, id) = (mail.recipient.aggregate_type(), mail.recipient.id());
        let events = self.log.events_of(aggregate_type, id).await?;
        let opened = self.log.open_events(events).await?;
        let read = |event: Result<eventlog::RawEvent, PersonalError>| {
            let event = event?;
            Ok(decode(event.envelope, &event.payload)?)
        };
        opened.into_iter().map(read).collect()
    }

    async fn program_name(&self, program: ProgramId) -> Result<String, MailFault> {
        let (program, _) = self.log.load::<Program>(program.0).await?;
        let name = program.rulebook().map(|rulebook| rulebook.name.clone());
        name.ok_or_else(|| MailFault::Broken("its programme is not open".into()))
    }
}

/// Who has applied, with the first of its contacts that is not erased; none where all are.
fn candidate(events: &[Recorded]) -> Option<Option<Candidate>> {
    let mut applied = None;
    let mut contacts: Vec<&Contact> = vec![];
    for recorded in events {
        if let Some(ApplicationEvent::Applied { program, company, contacts: sent, .. }) =
            recorded.told()
        {
            applied = Some((*program, company));
            contacts = sent.iter().collect();
        }
        match recorded.told() {
            Some(ContactEvent::Added { contact }) => contacts.push(contact),
            Some(ContactEvent::Changed { contact }) => {
                let person = contact.details.subject;
                let known = contacts.iter_mut().find(|known| known.details.subject == person);
                known.into_iter().for_each(|known| *known = contact);
            }
            Some(ContactEvent::Removed { person }) => {
                contacts.retain(|known| known.details.subject != *person);
            }
            None => {}
        }
    }
    let (program, company) = applied?;
    let contact = contacts.iter().find_map(|contact| contact.details.known());
    Some(contact.map(|contact| Candidate {
        program,
        company: company.clone(),
        contact: contact.clone(),
    }))
}

fn full_name(contact: &ContactDetails) -> String {
    format!("{} {}", contact.first_name, contact.last_name)
}

fn cause(events: &[Recorded], id: EventId) -> Result<&Recorded, MailFault> {
    let found = events.iter().find(|event| event.envelope.event_id == id);
    found.ok_or_else(|| MailFault::Broken("its event is of another stream".into()))
}

impl From<ReadError> for MailFault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(_) => Self::Unavailable,
            ReadError::Gap { .. } => Self::Broken(error.to_string()),
        }
    }
}

impl From<LoadError> for MailFault {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Unavailable(_) => Self::Unavailable,
            LoadError::Undecodable(_) | LoadError::OwnBeside => Self::Broken(error.to_string()),
        }
    }
}

impl From<PersonalError> for MailFault {
    fn from(error: PersonalError) -> Self {
        match error {
            PersonalError::NoKeys(_) => Self::Unavailable,
            PersonalError::Damaged { .. } | PersonalError::NotKnown | PersonalError::NotJson => {
                Self::Broken("what it says of a person does not open".into())
            }
        }
    }
}

impl From<DecodeError> for MailFault {
    fn from(error: DecodeError) -> Self {
        Self::Broken(error.to_string())
    }
}
