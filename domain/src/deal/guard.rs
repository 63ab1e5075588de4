//! Who may not, of those in the right role (separation of duties): nobody verifies or approves a deal of their own, and
//! whoever earns on a deal neither does so nor sets its money going (M12).

use super::{Case, Deal, DealCommand, DealFacts, DealRefusal};
use crate::{Actor, Guarded, Issued};

/// From whom a command is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KeptFrom {
    /// It checks what they made, and they earn on it.
    MakersAndEarners,
    /// They earn by it.
    Earners,
    /// They earn by it, or have checked the deal already, so that nobody earns on what they have approved.
    CheckersAndEarners,
    Nobody,
}

impl DealCommand {
    fn kept_from(&self) -> KeptFrom {
        match self {
            // On the verification rests what the policy approves without anybody.
            Self::Qualify {} | Self::Approve {} => KeptFrom::MakersAndEarners,
            Self::AgreeShare { .. } => KeptFrom::CheckersAndEarners,
            // What commission is calculated on, and when.
            Self::ChangeContractStatus { .. } | Self::RecordPayment { .. } | Self::Win {} => {
                KeptFrom::Earners
            }
            // The partner's own part, up to the contract: it earns nothing until the vendor says what has come of it.
            Self::Register { .. } | Self::QualifyByPartner { .. } | Self::Sign { .. } => {
                KeptFrom::Nobody
            }
            // By these nobody earns: the deal goes back, or ends.
            Self::Return { .. } | Self::Reject { .. } | Self::Withdraw {} | Self::Lose { .. } => {
                KeptFrom::Nobody
            }
            // No person gives them.
            Self::AssignResponsible {}
            | Self::RequestApproval {}
            | Self::ExpireProtection {}
            | Self::CalculateCommission { .. } => KeptFrom::Nobody,
        }
    }

    /// Whether it is kept from the people of every partner that is to earn on the deal.
    pub(super) fn is_kept_from_earners(&self) -> bool {
        self.kept_from() != KeptFrom::Nobody
    }
}

impl Guarded for Deal {
    fn guard(&self, issued: &Issued<DealCommand>, facts: &DealFacts) -> Result<(), DealRefusal> {
        let Some(case) = self.case() else { return Ok(()) };
        match issued.command.kept_from() {
            KeptFrom::MakersAndEarners => {
                let mut makers = case.makers.iter();
                if let Some(who) = makers.find_map(|maker| maker.same_will(&issued.by)) {
                    return Err(DealRefusal::MakerIsChecker { who: who.to_owned() });
                }
                case.keep_from_earners(&issued.by, issued, facts)
            }
            KeptFrom::Earners => case.keep_from_earners(&issued.by, issued, facts),
            KeptFrom::CheckersAndEarners => std::iter::once(&issued.by)
                .chain(&case.checkers)
                .try_for_each(|who| case.keep_from_earners(who, issued, facts)),
            KeptFrom::Nobody => Ok(()),
        }
    }
}

impl Case {
    fn keep_from_earners(
        &self,
        by: &Actor,
        issued: &Issued<DealCommand>,
        facts: &DealFacts,
    ) -> Result<(), DealRefusal> {
        // Whoever made the deal as a member is of its partner, whether that knows them otherwise or not.
        let mut members = self.makers.iter().filter(|maker| maker.role.is_member());
        let member = members.find_map(|member| member.same_will(by)).map(str::to_owned);
        let mut earners = facts.earners.iter();
        let earner = || {
            earners.find_map(|(id, partner)| {
                let asked = matches!(&issued.command, DealCommand::AgreeShare { partner, .. } if partner == id);
                let own = asked || self.sellers().iter().any(|(seller, _)| seller == id);
                if own { partner.beneficiary(*id, by) } else { partner.member(*id, by) }
            })
        };
        let who = member.or_else(earner);
        who.map_or(Ok(()), |who| Err(DealRefusal::BeneficiaryIsChecker { who }))
    }
}
