//! The people of a partner after its application (contact persons): added, changed, removed, and never none of them (R5).

use super::{Contact, File, NewContact, PartnerRefusal};
use crate::{EmailAddress, SubjectId, bounds::MANY, words::events};

events! {
    /// What happened to a partner's contacts.
    pub enum ContactEvent {
        "contact-added" => Added { contact: Contact },
        "contact-changed" => Changed { contact: Contact },
        "contact-removed" => Removed { person: SubjectId },
    }
}

pub(super) fn add(file: &File, contact: &NewContact) -> Result<Vec<ContactEvent>, PartnerRefusal> {
    if file.people.contains(&contact.person) {
        return Err(PartnerRefusal::ContactThere);
    }
    if file.people.len() >= MANY {
        return Err(PartnerRefusal::TooManyContacts);
    }
    Ok(vec![ContactEvent::Added { contact: checked(contact)? }])
}

pub(super) fn change(
    file: &File,
    contact: &NewContact,
) -> Result<Vec<ContactEvent>, PartnerRefusal> {
    if !file.people.contains(&contact.person) {
        return Err(PartnerRefusal::UnknownContact);
    }
    Ok(vec![ContactEvent::Changed { contact: checked(contact)? }])
}

pub(super) fn remove(file: &File, person: SubjectId) -> Result<Vec<ContactEvent>, PartnerRefusal> {
    if file.former.contains(&person) {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    file.knows(person)?;
    if file.people.len() == 1 {
        return Err(PartnerRefusal::LastContact);
    }
    Ok(vec![ContactEvent::Removed { person }])
}

fn checked(contact: &NewContact) -> Result<Contact, PartnerRefusal> {
    EmailAddress::read("contact.email", &contact.email)?;
    Ok(contact.clone().into())
}

impl File {
    pub(super) fn contact(&mut self, event: &ContactEvent) {
        match event {
            ContactEvent::Added { contact } => {
                self.former.remove(&contact.details.subject);
                self.people.push(contact.details.subject);
            }
            ContactEvent::Changed { .. } => {} // Who it is stays.
            ContactEvent::Removed { person } => {
                self.people.retain(|known| known != person);
                self.former.insert(*person);
            }
        }
    }
}
