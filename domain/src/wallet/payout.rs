//! A payout: asked for by the partner, approved by somebody else, sent, and paid or ended before that.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Purse, WalletCommand, WalletEvent, WalletFacts, WalletRefusal};
use crate::{
    Actor, DetailsId, Issued, Money, PayoutId, PolicyRef,
    partner::{Partner, PaymentDetails},
    program::PayoutPolicy,
    published::Published,
    refusal::{Invalid, positive},
    words::words,
};

/// The open request for money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Payout {
    pub id: PayoutId,
    pub amount: Money,
    pub details_id: DetailsId,
    pub requested_by: Actor,
    pub step: PayoutStep,
}

/// How far a payout has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PayoutStep {
    Requested,
    Approved,
    Submitted,
}

/// How a payout ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PayoutEnd {
    Cancelled,
    Rejected,
    Paid,
}

words! {
    /// Why finance rejects a payout.
    pub enum PayoutRejectionCode {
        "payment-details" => PaymentDetails: "The payment details cannot be used.",
        "under-review" => UnderReview: "The partner's earnings are being looked into.",
        "duplicate" => Duplicate: "The same money was asked for twice.",
        "other" => Other: "Another reason.",
    }
}

/// Where a payout that the wallet knows stands.
pub(super) enum Standing<'a> {
    Open(&'a Payout),
    Over(PayoutEnd),
}

impl Purse {
    pub(super) fn standing(&self, payout: PayoutId) -> Option<Standing<'_>> {
        match &self.payout {
            Some(open) if open.id == payout => Some(Standing::Open(open)),
            Some(_) | None => self.finished.get(&payout).map(|end| Standing::Over(*end)),
        }
    }

    pub(super) fn request(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
        payout: PayoutId,
        amount: Money,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        let policy = policy_at(facts, issued.at)?;
        match &self.payout {
            Some(open) if open.id == payout && open.amount == amount => return Ok(vec![]), // Already so.
            Some(open) => return Err(WalletRefusal::PayoutOpen { payout: open.id }),
            None if self.finished.contains_key(&payout) => return Err(WalletRefusal::PayoutReused),
            None => {}
        }
        positive("amount", amount)?;
        self.may_pay_out(facts)?; // Before the amount: of a frozen wallet nothing is available.
        let (available, currency) = (self.buckets.available, self.buckets.currency);
        if amount.currency != currency {
            return Err(
                Invalid::new("amount.currency", format!("this wallet is in {currency}")).into()
            );
        }
        let cited = PolicyRef { id: "payout-policy".into(), version: policy.version };
        let minimum = policy.body.minimum.iter().find(|minimum| minimum.currency == currency);
        let Some(minimum) = minimum else {
            return Err(WalletRefusal::CurrencyClosed { currency, policy: cited });
        };
        if amount.minor < minimum.minor {
            return Err(WalletRefusal::BelowMinimum { minimum: *minimum, policy: cited });
        }
        if amount.minor > available {
            return Err(WalletRefusal::ExceedsAvailable {
                available: Money::new(available, currency),
            });
        }
        Ok(vec![WalletEvent::PayoutRequested {
            payout,
            amount,
            details_id: details(facts)?.id,
            requested_by: issued.by.clone(),
            policy_version: policy.version,
        }])
    }
}

impl Payout {
    pub(super) fn decide(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        use PayoutStep as Step;
        use WalletCommand as Do;
        use WalletRefusal as No;
        let (payout, amount) = (self.id, self.amount);
        match (self.step, &issued.command) {
            (Step::Requested | Step::Approved, Do::CancelPayout { .. }) => {
                Ok(vec![WalletEvent::PayoutCancelled { payout, amount }])
            }
            (Step::Requested | Step::Approved, Do::RejectPayout { code, reason, .. }) => {
                let (code, reason) = (*code, reason.clone());
                Ok(vec![WalletEvent::PayoutRejected { payout, amount, code, reason }])
            }
            (Step::Requested, Do::ApprovePayout { .. }) => self.approve(issued, facts),
            (Step::Approved, Do::ApprovePayout { .. }) => Err(No::AlreadyApproved),
            (Step::Requested, Do::SubmitPayout { .. }) => Err(No::NotApproved),
            (Step::Approved, Do::SubmitPayout { provider_key, .. }) => {
                self.unchanged_details(facts)?;
                let provider_key = provider_key.clone();
                Ok(vec![WalletEvent::PayoutSubmitted { payout, amount, attempt: 1, provider_key }])
            }
            (Step::Requested | Step::Approved, Do::SettlePayout { .. }) => Err(No::NotSubmitted),
            (Step::Submitted, Do::SettlePayout { fee, .. }) => {
                if fee.currency != amount.currency || fee.minor < 0 {
                    let problem = format!("must be zero or more in {}", amount.currency);
                    return Err(Invalid::new("fee", problem).into());
                }
                Ok(vec![WalletEvent::PayoutPaid { payout, amount, fee: *fee }])
            }
            (
                Step::Submitted,
                Do::CancelPayout { .. }
                | Do::RejectPayout { .. }
                | Do::ApprovePayout { .. }
                | Do::SubmitPayout { .. },
            ) => Err(No::Submitted),
            (
                _,
                Do::Accrue { .. }
                | Do::Mature { .. }
                | Do::RequestPayout { .. }
                | Do::Freeze { .. }
                | Do::Unfreeze { .. },
            ) => Err(No::PayoutOpen { payout }),
        }
    }

    fn approve(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        self.unchanged_details(facts)?;
        Ok(vec![WalletEvent::PayoutApproved {
            payout: self.id,
            amount: self.amount,
            approved_by: issued.by.id.clone(),
        }])
    }

    fn unchanged_details<'a>(
        &self,
        facts: &'a WalletFacts,
    ) -> Result<&'a PaymentDetails, WalletRefusal> {
        let details = details(facts)?;
        if details.id == self.details_id { Ok(details) } else { Err(WalletRefusal::DetailsChanged) }
    }
}

impl PayoutEnd {
    /// What is asked of a payout that is over: nothing where it asks for this very end, as a provider may tell twice.
    pub(super) fn decide(
        self,
        payout: PayoutId,
        command: &WalletCommand,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        match (self, command) {
            (Self::Cancelled, WalletCommand::CancelPayout { .. })
            | (Self::Rejected, WalletCommand::RejectPayout { .. })
            | (Self::Paid, WalletCommand::SettlePayout { .. }) => Ok(vec![]),
            (Self::Cancelled | Self::Rejected | Self::Paid, _) => {
                Err(WalletRefusal::UnknownPayout { payout })
            }
        }
    }
}

fn details(facts: &WalletFacts) -> Result<&PaymentDetails, WalletRefusal> {
    let active = facts.partner.as_deref().and_then(Partner::active);
    let details = active.and_then(|active| active.payment_details.as_ref());
    details.ok_or(WalletRefusal::NoDetails)
}

fn policy_at(
    facts: &WalletFacts,
    at: DateTime<Utc>,
) -> Result<&Published<PayoutPolicy>, WalletRefusal> {
    let rulebook = facts.program.rulebook().ok_or(WalletRefusal::ProgramNotOpen)?;
    rulebook.payout_policy_at(at).ok_or(WalletRefusal::NoPolicy)
}
