//! A lot (tranche): one accrual of commission in a wallet, held until it matures.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Purse, WalletEvent, WalletRefusal};
use crate::{
    DealId, EventId, LotId, Money, PartnerId, Ppm, ProgramId,
    bounds::bounded,
    commission::AccrualKind,
    refusal::{Invalid, positive},
};

bounded! {
    /// One leg of a calculation as it enters a wallet.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Accrual {
        pub lot: LotId,
        pub program: ProgramId,
        pub partner: PartnerId,
        pub deal: DealId,
        /// The event that earned it.
        pub trigger: EventId,
        pub kind: AccrualKind,
        /// 0 for the seller, else how far above.
        pub level: u32,
        pub line: String as LINE,
        pub component: String as LINE,
        pub plan_version: u32,
        pub base: Money,
        pub rate: Ppm,
        pub amount: Money,
        /// First instant at which it is available.
        pub matures_at: DateTime<Utc>,
        /// Of the whole calculation.
        pub trace_hash: String as DIGEST,
    }
}

/// One accrual and whether it has matured.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lot {
    pub accrual: Accrual,
    pub matured: bool,
}

impl Accrual {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        positive("accrual.amount", self.amount)?;
        if self.base.currency != self.amount.currency {
            let problem = format!("the commission is in {}", self.amount.currency);
            return Err(Invalid::new("accrual.base.currency", problem));
        }
        Ok(())
    }
}

impl Purse {
    pub(super) fn accrue(&self, accrual: &Accrual) -> Result<Vec<WalletEvent>, WalletRefusal> {
        if let Some(known) = self.lots.get(&accrual.lot) {
            if known.accrual != *accrual {
                return Err(WalletRefusal::LotReused { lot: accrual.lot });
            }
            return Ok(vec![]); // Already so: a retry is harmless.
        }
        accrual.check()?;
        let own = accrual.partner == self.partner && accrual.program == self.program;
        if !own || accrual.amount.currency != self.buckets.currency {
            return Err(WalletRefusal::Foreign);
        }
        if !self.buckets.has_room_for(accrual.amount.minor) {
            return Err(WalletRefusal::Overflow);
        }
        Ok(vec![WalletEvent::Accrued { accrual: accrual.clone() }])
    }

    pub(super) fn mature(
        &self,
        lot: LotId,
        at: DateTime<Utc>,
    ) -> Result<Vec<WalletEvent>, WalletRefusal> {
        let known = self.lots.get(&lot).ok_or(WalletRefusal::UnknownLot { lot })?;
        if known.matured {
            return Ok(vec![]); // Already so: a retry is harmless.
        }
        if at < known.accrual.matures_at {
            return Err(WalletRefusal::NotDue { matures_at: known.accrual.matures_at });
        }
        Ok(vec![WalletEvent::Matured { lot, amount: known.accrual.amount }])
    }
}
