//! The application form (intake): what a candidate sends, and what no programme accepts.

use super::{
    ApplicationEvent, ApplicationSource, Company, Contact, NewContact, PartnerCommand,
    PartnerFacts, PartnerRefusal, Sections, company, network, terms,
};
use crate::{
    EmailAddress, Issued, PartnerId, Personal, ProgramId, SubjectId, derived,
    program::Rulebook,
    refusal::{Invalid, country, some},
};

/// The form as it is sent.
pub(super) struct Form<'a> {
    pub program: &'a ProgramId,
    pub company: &'a Company,
    pub contacts: &'a [NewContact],
    pub sections: &'a Sections,
    pub source: &'a ApplicationSource,
    pub inviter: &'a Option<PartnerId>,
    pub terms_version: &'a u32,
}

impl Form<'_> {
    /// The application that it makes, where the programme takes it (R1, R5).
    pub(super) fn applied(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
        facts: &PartnerFacts,
    ) -> Result<ApplicationEvent, PartnerRefusal> {
        check(self.company, self.contacts)?;
        if facts.applicant_is_unfit {
            return Err(PartnerRefusal::ApplicantUnfit);
        }
        facts.known.check()?;
        let accepted = terms::current(rulebook, issued.at, *self.terms_version)?;
        if self.inviter.is_some() {
            network::invites(facts.inviter(), *self.program, issued.at)?;
        }
        let subject = SubjectId(derived(issued.command_id.0, "application"));
        let policy = rulebook.policy_at(issued.at);
        Ok(ApplicationEvent::Applied {
            program: *self.program,
            company: self.company.clone(),
            contacts: self.contacts.iter().cloned().map(Contact::from).collect(),
            sections: Personal::new(subject, self.sections.clone()),
            source: *self.source,
            inviter: *self.inviter,
            terms_version: accepted.version,
            applied_by: issued.by.clone(),
            applied_at: issued.at,
            resembles: facts.known.by_domain,
            review_due: policy.deadline(issued.at, |screening| screening.review_days),
        })
    }
}

/// Refuses a form that no programme would accept (R1, R5).
fn check(company: &Company, contacts: &[NewContact]) -> Result<(), Invalid> {
    country("company.country", &company.country)?;
    company::check(company)?;
    some("contacts", contacts)?;
    for (index, contact) in contacts.iter().enumerate() {
        let field = |name: &str| format!("contacts.{index}.{name}");
        EmailAddress::read(&field("email"), &contact.email)?;
        if contacts[..index].iter().any(|earlier| earlier.person == contact.person) {
            return Err(Invalid::new(
                field("person"),
                "is named twice; every contact needs an id of its own",
            ));
        }
    }
    Ok(())
}
