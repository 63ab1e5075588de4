//! Who may not, of those in the right role (separation of duties): nobody publishes a plan of their own (M12).

use super::{Program, ProgramCommand, ProgramRefusal};
use crate::{Guarded, Issued};

impl Guarded for Program {
    fn guard(&self, issued: &Issued<ProgramCommand>, (): &()) -> Result<(), ProgramRefusal> {
        use ProgramCommand as Do;
        match &issued.command {
            Do::PublishCommissionPlan { draft, .. } => {
                let drafted = self.rulebook().and_then(|rulebook| rulebook.drafts.get(draft));
                let mut authors = drafted.iter().flat_map(|drafted| &drafted.authors);
                match authors.find_map(|author| author.same_will(&issued.by)) {
                    Some(author) => Err(ProgramRefusal::AuthorApproves { author: author.into() }),
                    None => Ok(()),
                }
            }
            Do::Open { .. }
            | Do::PublishProgramPolicy { .. }
            | Do::PublishTerms { .. }
            | Do::ConfigureContractStatus { .. }
            | Do::DraftCommissionPlan { .. }
            | Do::PublishPayoutPolicy { .. }
            | Do::PublishDealPolicy { .. }
            | Do::PublishCourse { .. }
            | Do::DefineCertification { .. } => Ok(()),
        }
    }
}
