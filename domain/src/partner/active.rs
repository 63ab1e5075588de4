//! An approved partner: what it may do, subject by subject, as far as its standing lets it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    BankEvent, File, NetworkEvent, Partner, PartnerCommand, PartnerEvent, PartnerRefusal,
    PaymentDetails, Place, Standing, TermsEvent, Tiers, Training, bank, contacts, network, terms,
    told, training,
};
use crate::{Issued, PartnerId, program::Rulebook};

/// What is true of an approved partner.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Active {
    pub file: File,
    /// Its place in the network, once it has joined.
    pub place: Option<Place>,
    pub training: Training,
    pub tiers: Tiers,
    pub payment_details: Option<PaymentDetails>,
    pub standing: Standing,
}

impl Active {
    /// Whether any of its people holds a certificate valid at `at`. Who is none of them any more certifies nobody.
    pub fn certified_at(&self, at: DateTime<Utc>) -> bool {
        let mut held = self.training.held();
        held.any(|held| held.is_valid_at(at) && self.file.people.contains(&held.person))
    }

    /// What comes of a command; what changes anything needs a standing that lets it.
    pub(super) fn decide(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
        parent: Option<&(PartnerId, Arc<Partner>)>,
    ) -> Result<Vec<PartnerEvent>, PartnerRefusal> {
        let events = self.decided(issued, rulebook, parent)?;
        if !events.is_empty() {
            self.standing.admits(&issued.command, issued.at)?;
        }
        Ok(events)
    }

    fn decided(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
        parent: Option<&(PartnerId, Arc<Partner>)>,
    ) -> Result<Vec<PartnerEvent>, PartnerRefusal> {
        use PartnerCommand as Do;
        let issue = training::Issue { rulebook, command: issued.command_id, at: issued.at };
        match &issued.command {
            Do::Approve { .. } => Ok(vec![]), // Already so: a retry is harmless.
            Do::Apply { .. }
            | Do::AssignReview { .. }
            | Do::RequestInformation { .. }
            | Do::SupplyInformation { .. }
            | Do::CloseInformationRequest {}
            | Do::RecordReview { .. }
            | Do::ScheduleInterview { .. }
            | Do::RecordInterview { .. }
            | Do::RecordMissedInterview {}
            | Do::Reject { .. }
            | Do::Escalate {}
            | Do::Lapse {}
            | Do::Withdraw {} => Err(PartnerRefusal::AlreadyDecided),
            Do::AddContact { contact } => contacts::add(&self.file, contact).map(told),
            Do::ChangeContact { contact } => contacts::change(&self.file, contact).map(told),
            Do::RemoveContact { person } => contacts::remove(&self.file, *person).map(told),
            Do::AcceptTerms { version } => {
                terms::accept(&self.file, *version, rulebook, issued).map(told)
            }
            Do::Join {} => {
                network::join((&self.file, self.place), issued, rulebook, parent).map(told)
            }
            Do::AssignCourse { course } => self.training.assign(course, rulebook).map(told),
            Do::CompleteModule { person, course, module, content_version, score, source } => {
                self.file.knows(*person)?;
                let (content_version, score, at) = (*content_version, *score, issued.at);
                let completed = training::Completion { course, module, content_version, score, at };
                let done = self.training.complete(*person, completed, source)?;
                Ok(told(self.training.with_what_it_completes(done, issue)))
            }
            Do::RecordExam { person, exam, passed, score, source } => {
                self.file.knows(*person)?;
                let (passed, score, at) = (*passed, *score, issued.at);
                let sitting = training::Sitting { exam, passed, score, at };
                let done = self.training.record_exam(*person, sitting, source);
                Ok(told(self.training.with_what_it_completes(done, issue)))
            }
            Do::IssueCertificate { person, certification } => {
                self.file.knows(*person)?;
                self.training.issue(*person, certification, issue).map(told)
            }
            Do::SetPaymentDetails { account_holder, iban } => {
                bank::set(&self.file, issued, account_holder, iban).map(told)
            }
            Do::OverrideTier { to, reason } => {
                self.tiers.override_tier(*to, reason, issued.at).map(told)
            }
            Do::Suspend { .. }
            | Do::Reinstate { .. }
            | Do::NoticeTermination { .. }
            | Do::RevokeTermination {}
            | Do::Terminate {} => {
                let (standing, revoked) = self.standing.decide(issued, rulebook, &self.training)?;
                Ok([told(standing), told(revoked)].concat())
            }
        }
    }

    pub(super) fn evolve(&mut self, event: PartnerEvent) {
        match event {
            PartnerEvent::Application(_) => {} // Settled before the approval.
            PartnerEvent::Contact(event) => self.file.contact(&event),
            PartnerEvent::Terms(TermsEvent::Accepted { version, accepted_at, .. }) => {
                self.file.terms_version = version;
                self.file.since = accepted_at;
            }
            PartnerEvent::Network(NetworkEvent::Joined { parent, depth, .. }) => {
                self.place = Some(Place { parent, depth });
            }
            PartnerEvent::Training(event) => self.training.evolve(event),
            PartnerEvent::Bank(BankEvent::DetailsSet { details_id: id, set_by, .. }) => {
                self.file.acted(&set_by);
                self.payment_details = Some(PaymentDetails { id, set_by });
            }
            PartnerEvent::Tier(event) => self.tiers.evolve(&event),
            PartnerEvent::Standing(event) => self.standing.evolve(&event),
        }
    }
}
