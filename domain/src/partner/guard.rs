//! Who may not, of those in the right role (separation of duties): nobody judges an application or a partner of their
//! own, or one by whose tier they earn (M12).

use uuid::Uuid;

use super::{File, Partner, PartnerCommand, PartnerFacts, PartnerRefusal};
use crate::{Actor, Guarded, Issued, PartnerId, SubjectId};

impl Guarded for Partner {
    fn guard(
        &self,
        issued: &Issued<PartnerCommand>,
        facts: &PartnerFacts,
    ) -> Result<(), PartnerRefusal> {
        use PartnerCommand as Do;
        let Some(file) = self.file() else { return Ok(()) };
        let by = &issued.by;
        match &issued.command {
            Do::RecordReview { .. }
            | Do::RecordInterview { .. }
            | Do::RecordMissedInterview {}
            | Do::CloseInformationRequest {}
            | Do::Approve { .. }
            | Do::Reject { .. } => {
                refuse(file.maker(by), |who| PartnerRefusal::ApplicantIsChecker { who })
            }
            Do::AssignReview { reviewer } => {
                let named = Actor::of(by.role, reviewer);
                refuse(file.maker(&named), |who| PartnerRefusal::ApplicantIsChecker { who })
            }
            // By the tier of who sells, those above earn more as well.
            Do::OverrideTier { .. } | Do::RecordExam { .. } | Do::IssueCertificate { .. } => {
                self.keep_from_own(issued, facts)
            }
            // Whoever is of the partner, or above it, gains by what becomes of it.
            Do::Suspend { .. } | Do::Reinstate { .. } => self.keep_from_own(issued, facts),
            Do::NoticeTermination { .. } | Do::RevokeTermination {} => {
                if by.role.is_member() {
                    Ok(())
                } else {
                    self.keep_from_own(issued, facts)
                }
            }
            Do::Terminate {} => {
                let noticed = self.active().and_then(|active| active.standing.noticed_by());
                let maker = noticed.and_then(|maker| maker.same_will(by)).map(str::to_owned);
                refuse(maker, |who| PartnerRefusal::NoticeMakerIsChecker { who })?;
                self.keep_from_own(issued, facts)
            }
            Do::Apply { .. }
            | Do::RequestInformation { .. }
            | Do::SupplyInformation { .. }
            | Do::ScheduleInterview { .. }
            | Do::Withdraw {}
            | Do::Escalate {}
            | Do::Lapse {}
            | Do::AddContact { .. }
            | Do::ChangeContact { .. }
            | Do::RemoveContact { .. }
            | Do::AcceptTerms { .. }
            | Do::Join {}
            | Do::AssignCourse { .. }
            | Do::CompleteModule { .. }
            | Do::SetPaymentDetails { .. } => Ok(()),
        }
    }
}

impl PartnerCommand {
    /// Whether it is kept from the people of every partner above.
    pub(super) fn is_kept_from_upline(&self) -> bool {
        match self {
            Self::OverrideTier { .. }
            | Self::Suspend { .. }
            | Self::Reinstate { .. }
            | Self::NoticeTermination { .. }
            | Self::RevokeTermination {}
            | Self::Terminate {} => true,
            Self::Apply { .. }
            | Self::AssignReview { .. }
            | Self::RequestInformation { .. }
            | Self::SupplyInformation { .. }
            | Self::CloseInformationRequest {}
            | Self::RecordReview { .. }
            | Self::ScheduleInterview { .. }
            | Self::RecordInterview { .. }
            | Self::RecordMissedInterview {}
            | Self::Approve { .. }
            | Self::Reject { .. }
            | Self::Withdraw {}
            | Self::Escalate {}
            | Self::Lapse {}
            | Self::AddContact { .. }
            | Self::ChangeContact { .. }
            | Self::RemoveContact { .. }
            | Self::AcceptTerms { .. }
            | Self::Join {}
            | Self::AssignCourse { .. }
            | Self::CompleteModule { .. }
            | Self::RecordExam { .. }
            | Self::IssueCertificate { .. }
            | Self::SetPaymentDetails { .. } => false,
        }
    }
}

impl Partner {
    fn keep_from_own(
        &self,
        issued: &Issued<PartnerCommand>,
        facts: &PartnerFacts,
    ) -> Result<(), PartnerRefusal> {
        let by = &issued.by;
        let own = self.beneficiary(PartnerId(issued.target), by);
        let mut above = facts.upline.iter();
        let own = own.or_else(|| above.find_map(|(id, partner)| partner.member(*id, by)));
        refuse(own, |who| PartnerRefusal::BeneficiaryIsChecker { who })
    }

    /// Under which name somebody is one of the people of this partner, whose id it is, also where they act in a role of
    /// the vendor.
    pub fn beneficiary(&self, id: PartnerId, by: &Actor) -> Option<String> {
        self.member(id, by).or_else(|| self.file()?.person(by))
    }

    /// The same of whoever has acted as one. Whom a partner merely names as its contact is kept from what is its own, and
    /// from nothing of those below it.
    pub fn member(&self, id: PartnerId, by: &Actor) -> Option<String> {
        if by.partner == Some(id) {
            return Some(by.id.clone());
        }
        let file = self.file()?;
        by.subjects().find(|subject| file.members.contains(*subject)).map(str::to_owned)
    }
}

impl File {
    /// Under which name somebody stands behind the application: applied, in whatever role, or is one of its people.
    fn maker(&self, by: &Actor) -> Option<String> {
        self.applied_by.same_will(by).map(str::to_owned).or_else(|| self.person(by))
    }

    /// Keeps who has acted for the partner, where that is one of its own.
    pub(super) fn acted(&mut self, by: &Actor) {
        if by.role.is_member() {
            self.members.extend(by.subjects().map(str::to_owned));
        }
    }

    /// A contact is known by its id, which is the subject of whoever signs in as one.
    fn person(&self, by: &Actor) -> Option<String> {
        let is_named = |subject: &&str| {
            let person = subject.parse::<Uuid>().map(SubjectId);
            person
                .is_ok_and(|person| self.people.contains(&person) || self.former.contains(&person))
        };
        by.subjects().find(is_named).map(str::to_owned)
    }
}

fn refuse<E>(own: Option<String>, refusal: impl FnOnce(String) -> E) -> Result<(), E> {
    own.map_or(Ok(()), |who| Err(refusal(who)))
}
