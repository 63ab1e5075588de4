//! What the decisions of a wallet know: the policy on payouts, and where its partner is paid.

use super::{Wallet, WalletCommand, WalletFacts};
use crate::{
    Issued,
    facts::{Facted, Streams},
};

impl Facted for Wallet {
    async fn facts<S: Streams>(
        &self,
        issued: &Issued<WalletCommand>,
        streams: &S,
    ) -> Result<WalletFacts, S::Error> {
        let needs_facts = match &issued.command {
            WalletCommand::RequestPayout { .. }
            | WalletCommand::ApprovePayout { .. }
            | WalletCommand::SubmitPayout { .. }
            | WalletCommand::SettlePayout { .. }
            | WalletCommand::Unfreeze { .. } => true,
            WalletCommand::Accrue { .. }
            | WalletCommand::Mature { .. }
            | WalletCommand::CancelPayout { .. }
            | WalletCommand::RejectPayout { .. }
            | WalletCommand::Freeze { .. } => false,
        };
        if let (Self::Empty, WalletCommand::Accrue { accrual }) = (self, &issued.command) {
            let partner = Some(streams.load(accrual.partner.0).await?);
            return Ok(WalletFacts { partner, ..WalletFacts::default() });
        }
        let Some(purse) = self.purse().filter(|_| needs_facts) else {
            return Ok(WalletFacts::default());
        };
        Ok(WalletFacts {
            program: streams.load(purse.program.0).await?,
            partner: Some(streams.load(purse.partner.0).await?),
        })
    }
}
