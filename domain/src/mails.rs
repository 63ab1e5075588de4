//! Which mail an event causes, and to whom (notifications): pure, as the table of reactions is.

use cqrs_es::Aggregate as _;
use uuid::Uuid;

use crate::{
    ClosedList, Event, EventId, Partner, PartnerId, Recorded,
    partner::{ApplicationEvent, PartnerEvent},
    words::words,
};

words! {
    /// What a mail is about.
    pub enum MailKind {
        "confirm-address" => ConfirmAddress: "Asks somebody who has registered to confirm the address.",
        "reset-password" => ResetPassword: "Lets somebody set another password.",
        "invitation" => Invitation: "Invites somebody to a programme.",
        "application-received" => ApplicationReceived: "Tells a candidate that the application has arrived.",
        "information-requested" => InformationRequested: "Asks a candidate for more.",
        "application-approved" => ApplicationApproved: "Tells a candidate that it is a partner.",
        "application-rejected" => ApplicationRejected: "Tells a candidate that it is not to be a partner, and why.",
    }
}

words! {
    /// What has become of a mail.
    pub enum MailState {
        "waiting" => Waiting: "It is to be sent.",
        "sent" => Sent: "A mail server has taken charge of it.",
        "failed" => Failed: "The mail server refuses it, or could not be reached for days.",
        "dropped" => Dropped: "It has become pointless: whom it was for is erased, or what it offers is over.",
    }
}

/// A mail that an event causes. Whoever sends it finds out what stands in it from the log, when it goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Notice {
    pub kind: MailKind,
    pub to: Recipient,
}

/// Who gets a mail, without saying at which address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Recipient {
    /// The first of its contacts.
    Partner(PartnerId),
}

impl Recipient {
    /// The aggregate that knows the address.
    pub fn id(self) -> Uuid {
        match self {
            Self::Partner(id) => id.0,
        }
    }

    /// The name of its type on disk.
    pub fn aggregate_type(self) -> &'static str {
        match self {
            Self::Partner(_) => Partner::TYPE,
        }
    }

    /// The one of this type and id.
    pub fn of(aggregate_type: &str, id: Uuid) -> Option<Self> {
        [Self::Partner(PartnerId(id))]
            .into_iter()
            .find(|known| known.aggregate_type() == aggregate_type)
    }
}

impl Notice {
    /// The same however often the event is seen, so that there is one mail of it.
    pub fn id(&self, cause: EventId) -> Uuid {
        cause.causes(&format!("mail/{}/{}", self.kind.word(), self.to.id()))
    }
}

/// The mails that an event causes.
pub fn mails(recorded: &Recorded) -> Vec<Notice> {
    let to_partner = |kind| {
        vec![Notice { kind, to: Recipient::Partner(PartnerId(recorded.envelope.aggregate_id)) }]
    };
    match &recorded.event {
        Event::Partner(event) => match event.as_ref() {
            PartnerEvent::Application(event) => match event {
                ApplicationEvent::Applied { .. } => to_partner(MailKind::ApplicationReceived),
                ApplicationEvent::InformationRequested { .. } => {
                    to_partner(MailKind::InformationRequested)
                }
                ApplicationEvent::Approved { .. } => to_partner(MailKind::ApplicationApproved),
                ApplicationEvent::Rejected { .. } => to_partner(MailKind::ApplicationRejected),
                ApplicationEvent::ReviewAssigned { .. }
                | ApplicationEvent::InformationSupplied { .. }
                | ApplicationEvent::InformationRequestClosed { .. }
                | ApplicationEvent::ReviewRecorded { .. }
                | ApplicationEvent::InterviewScheduled { .. }
                | ApplicationEvent::InterviewHeld { .. }
                | ApplicationEvent::InterviewMissed { .. }
                | ApplicationEvent::Escalated { .. }
                | ApplicationEvent::Lapsed { .. }
                | ApplicationEvent::Withdrawn { .. } => vec![],
            },
            PartnerEvent::Contact(_)
            | PartnerEvent::Terms(_)
            | PartnerEvent::Network(_)
            | PartnerEvent::Training(_)
            | PartnerEvent::Bank(_)
            | PartnerEvent::Tier(_)
            | PartnerEvent::Standing(_) => vec![],
        },
        Event::Program(_)
        | Event::Account(_)
        | Event::Deal(_)
        | Event::Reservation(_)
        | Event::Wallet(_) => vec![],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::testing::*;

    #[test]
    fn every_event_causes_the_mails_of_the_table_and_no_others() {
        let table = BTreeMap::from([
            ("applied", MailKind::ApplicationReceived),
            ("information-requested", MailKind::InformationRequested),
            ("application-approved", MailKind::ApplicationApproved),
            ("application-rejected", MailKind::ApplicationRejected),
        ]);
        for recorded in history() {
            let kinds: Vec<_> = mails(&recorded).iter().map(|notice| notice.kind).collect();
            let event_type = recorded.envelope.event_type.as_str();
            let expected: Vec<_> = table.get(event_type).copied().into_iter().collect();
            assert_eq!(kinds, expected, "{event_type}");
        }
    }

    #[test]
    fn a_mail_is_one_however_often_its_event_is_seen_and_no_other_events() {
        let mut ids = BTreeSet::new();
        for recorded in history() {
            for notice in mails(&recorded) {
                let id = notice.id(recorded.envelope.event_id);
                assert_eq!(id, notice.id(recorded.envelope.event_id));
                assert!(ids.insert(id), "{notice:?}");
            }
        }
        assert!(ids.len() > 5);
    }
}
