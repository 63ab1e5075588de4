//! Who may not, of those in the right role (separation of duties): nobody verifies or approves a deal of their own (M12).

use super::{Deal, DealCommand, DealFacts, DealRefusal};
use crate::{Guarded, Issued};

impl Guarded for Deal {
    fn guard(&self, issued: &Issued<DealCommand>, facts: &DealFacts) -> Result<(), DealRefusal> {
        use DealCommand as Do;
        match &issued.command {
            // On the verification rests what the policy approves without anybody.
            // Whoever is of a partner gives it no part of a deal.
            Do::AgreeShare { .. } => own_people(issued, facts),
            Do::Qualify {} | Do::Approve {} => {
                let mut makers = self.case().into_iter().flat_map(|case| &case.makers);
                if let Some(who) = makers.find_map(|maker| maker.same_will(&issued.by)) {
                    return Err(DealRefusal::MakerIsChecker { who: who.to_owned() });
                }
                own_people(issued, facts)
            }
            Do::Register { .. }
            | Do::AssignResponsible {}
            | Do::QualifyByPartner { .. }
            | Do::Return { .. }
            | Do::RequestApproval {}
            | Do::Reject { .. }
            | Do::Withdraw {}
            | Do::ExpireProtection {}
            | Do::Sign { .. }
            | Do::ChangeContractStatus { .. }
            | Do::RecordPayment { .. }
            | Do::Win {}
            | Do::Lose { .. }
            | Do::CalculateCommission { .. } => Ok(()),
        }
    }
}

/// Refuses whoever is of the partner that the decision is about.
fn own_people(issued: &Issued<DealCommand>, facts: &DealFacts) -> Result<(), DealRefusal> {
    let file = facts.partner.as_ref().and_then(|partner| partner.file());
    match file.and_then(|file| file.beneficiary(&issued.by)) {
        Some(who) => Err(DealRefusal::BeneficiaryIsChecker { who }),
        None => Ok(()),
    }
}
