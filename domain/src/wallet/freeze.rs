//! A frozen wallet (payment hold): nothing is asked for or sent, and whatever becomes available waits with the rest.

use super::{Purse, WalletCommand, WalletEvent, WalletFacts, WalletRefusal};
use crate::{
    Actor, Issued, Money, Role,
    partner::{Barred, Partner},
    refusal::Invalid,
    words::words,
};

words! {
    /// Why a wallet is frozen.
    pub enum FreezeCode {
        "standing" => Standing: "The partner is suspended, or its co-operation has ended.",
        "under-review" => UnderReview: "What was earned is being looked into.",
        "legal-order" => LegalOrder: "A court or an authority has ordered it.",
        "other" => Other: "Another reason.",
    }
}

impl From<Barred> for WalletRefusal {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Suspended => Self::PartnerSuspended,
            Barred::Terminated => Self::PartnerTerminated,
        }
    }
}

impl WalletCommand {
    /// Whether money is on its way out by it; what is sent already is for the provider to tell.
    fn pays_out(&self) -> bool {
        match self {
            Self::RequestPayout { .. } | Self::ApprovePayout { .. } | Self::SubmitPayout { .. } => {
                true
            }
            Self::Accrue { .. }
            | Self::Mature { .. }
            | Self::CancelPayout { .. }
            | Self::RejectPayout { .. }
            | Self::SettlePayout { .. }
            | Self::Freeze { .. }
            | Self::Unfreeze { .. } => false,
        }
    }
}

impl WalletFacts {
    /// Refuses to pay who is suspended or has left, where the programme's policy freezes that.
    fn partner_is_paid(&self) -> Result<(), Barred> {
        let active = self.partner.as_deref().and_then(Partner::active);
        active.map_or(Ok(()), |active| active.standing.pays())
    }

    /// What follows the first commission of a wallet whose partner is frozen: nobody has told a wallet that was not there.
    pub(super) fn freezes_from_the_start(&self, earned: Money) -> Option<WalletEvent> {
        let nothing = Money { minor: 0, ..earned };
        let frozen = WalletEvent::Frozen { code: FreezeCode::Standing, amount: nothing };
        self.partner_is_paid().is_err().then_some(frozen)
    }
}

impl Purse {
    pub(super) fn freeze(
        &self,
        by: &Actor,
        code: FreezeCode,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        is_whose(by, code)?;
        if self.frozen_for.contains(&code) {
            return Ok(vec![]); // Already so: a retry is harmless.
        }
        Ok(vec![WalletEvent::Frozen { code, amount: self.money(self.buckets.available) }])
    }

    /// The money is available again once nothing else freezes it.
    pub(super) fn unfreeze(
        &self,
        by: &Actor,
        code: FreezeCode,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        is_whose(by, code)?;
        if !self.frozen_for.contains(&code) {
            return Ok(vec![]); // Already so: a retry is harmless.
        }
        let freed = if self.frozen_for.len() == 1 { self.buckets.frozen } else { 0 };
        Ok(vec![WalletEvent::Unfrozen { code, amount: self.money(freed) }])
    }

    /// Refuses to let money out of a wallet that is frozen, or of a partner that is.
    pub(super) fn may_pay_out(&self, facts: &WalletFacts) -> Result<(), WalletRefusal> {
        facts.partner_is_paid()?;
        if self.frozen_for.is_empty() { Ok(()) } else { Err(WalletRefusal::WalletFrozen) }
    }

    /// What a decision comes to in a frozen wallet: it pays nothing out, and what it makes available is frozen with it.
    pub(super) fn as_frozen(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
        mut events: Vec<WalletEvent>,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        if issued.command.pays_out() && !events.is_empty() {
            self.may_pay_out(facts)?;
        }
        if !self.frozen_for.is_empty() {
            let arrived = events.iter().filter_map(WalletEvent::made_available);
            let arrived: Vec<_> =
                arrived.map(|amount| WalletEvent::FundsFrozen { amount }).collect();
            events.extend(arrived);
        }
        Ok(events)
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.buckets.currency)
    }
}

impl WalletEvent {
    /// What can be asked for after it, and could not before.
    fn made_available(&self) -> Option<Money> {
        match self {
            Self::Matured { amount, .. }
            | Self::PayoutCancelled { amount, .. }
            | Self::PayoutRejected { amount, .. } => Some(*amount),
            Self::Accrued { .. }
            | Self::PayoutRequested { .. }
            | Self::PayoutApproved { .. }
            | Self::PayoutSubmitted { .. }
            | Self::PayoutPaid { .. }
            | Self::Frozen { .. }
            | Self::FundsFrozen { .. }
            | Self::Unfrozen { .. } => None,
        }
    }
}

/// The partner's standing is for the policy to say, everything else for people.
fn is_whose(by: &Actor, code: FreezeCode) -> Result<(), Invalid> {
    if (by.role == Role::Policy) == (code == FreezeCode::Standing) {
        return Ok(());
    }
    let problem = "follows the partner's standing alone; suspend or reinstate the partner, or give another reason";
    Err(Invalid::new("code", problem))
}
