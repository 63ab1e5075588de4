//! What a deal needs of its partner's standing: until the contract, a partner that may sell; after it, nothing.

use chrono::{DateTime, Utc};

use super::{DealCommand, DealFacts, DealRefusal};
use crate::partner::{Barred, Partner};

impl From<Barred> for DealRefusal {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Suspended => Self::PartnerSuspended,
            Barred::Terminated => Self::PartnerTerminated,
        }
    }
}

impl DealCommand {
    /// Whether it brings the deal on towards a contract of its partner.
    pub(super) fn rests_on_its_partner(&self) -> bool {
        match self {
            Self::QualifyByPartner { .. }
            | Self::Qualify {}
            | Self::Approve {}
            | Self::Sign { .. } => true,
            // Who registers or shares is asked for its place as well; what is asked for by itself then waits for a person.
            Self::Register { .. } | Self::AgreeShare { .. } | Self::RequestApproval {} => false,
            // The deal goes back or ends.
            Self::AssignResponsible {}
            | Self::Return { .. }
            | Self::Reject { .. }
            | Self::Withdraw {}
            | Self::ExpireProtection {}
            | Self::Lose { .. } => false,
            // The customer keeps the contract, and what it earns is credited; whether it is paid is for the wallet to say.
            Self::ChangeContractStatus { .. }
            | Self::RecordPayment { .. }
            | Self::Win {}
            | Self::CalculateCommission { .. } => false,
        }
    }

    /// Whether the deal's own partner is a fact of it.
    pub(super) fn asks_its_partner(&self) -> bool {
        self.rests_on_its_partner() || matches!(self, Self::RequestApproval {})
    }
}

impl DealFacts {
    /// Refuses whose partner is suspended at `at` or has left by then.
    pub(super) fn partner_may_sell(&self, at: DateTime<Utc>) -> Result<(), Barred> {
        let active = self.partner.as_deref().and_then(Partner::active);
        active.map_or(Ok(()), |active| active.standing.good_at(at))
    }
}
