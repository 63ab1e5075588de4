//! Who may not, of those in the right role (separation of duties): nobody judges an application or a partner of their
//! own (M12).

use uuid::Uuid;

use super::{File, Partner, PartnerCommand, PartnerFacts, PartnerRefusal};
use crate::{Actor, Guarded, Issued, SubjectId};

impl Guarded for Partner {
    fn guard(
        &self,
        issued: &Issued<PartnerCommand>,
        _: &PartnerFacts,
    ) -> Result<(), PartnerRefusal> {
        use PartnerCommand as Do;
        let Some(file) = self.file() else { return Ok(()) };
        let by = &issued.by;
        match &issued.command {
            Do::RecordReview { .. }
            | Do::RecordInterview { .. }
            | Do::Approve {}
            | Do::Reject { .. } => {
                refuse(file.maker(by), |who| PartnerRefusal::ApplicantIsChecker { who })
            }
            Do::AssignReview { reviewer } => {
                let named = Actor::of(by.role, reviewer);
                refuse(file.maker(&named), |who| PartnerRefusal::ApplicantIsChecker { who })
            }
            Do::OverrideTier { .. } | Do::RecordExam { .. } | Do::IssueCertificate { .. } => {
                refuse(file.beneficiary(by), |who| PartnerRefusal::BeneficiaryIsChecker { who })
            }
            Do::Apply { .. }
            | Do::RequestInformation { .. }
            | Do::SupplyInformation { .. }
            | Do::ScheduleInterview { .. }
            | Do::Withdraw {}
            | Do::AcceptTerms { .. }
            | Do::Join {}
            | Do::AssignCourse { .. }
            | Do::CompleteModule { .. }
            | Do::SetPaymentDetails { .. } => Ok(()),
        }
    }
}

impl File {
    /// Under which name somebody stands behind the application: applied, in whatever role, or is one of its people.
    fn maker(&self, by: &Actor) -> Option<String> {
        self.applied_by.same_will(by).map(str::to_owned).or_else(|| self.person(by))
    }

    /// Under which name somebody is one of the partner's own people, also where they act in a role of the vendor.
    pub fn beneficiary(&self, by: &Actor) -> Option<String> {
        let member = Some(&self.applied_by).filter(|applicant| applicant.role.is_member());
        let applicant = member.and_then(|member| member.same_will(by)).map(str::to_owned);
        applicant.or_else(|| self.person(by))
    }

    /// A contact is known by its id, which is the subject of whoever signs in as one.
    fn person(&self, by: &Actor) -> Option<String> {
        let is_named = |subject: &&str| {
            let person = subject.parse::<Uuid>().map(SubjectId);
            person.is_ok_and(|person| self.people.contains(&person))
        };
        by.subjects().find(is_named).map(str::to_owned)
    }
}

fn refuse<E>(own: Option<String>, refusal: impl FnOnce(String) -> E) -> Result<(), E> {
    own.map_or(Ok(()), |who| Err(refusal(who)))
}
