//! What the decisions of a wallet know: the policy on payouts, and where its partner is paid.

use domain::{
    Issued,
    wallet::{Wallet, WalletCommand, WalletFacts},
};
use eventlog::{LoadError, Streams};

use super::Facted;

impl Facted for Wallet {
    async fn facts(
        &self,
        command: &Issued<WalletCommand>,
        streams: &Streams,
    ) -> Result<WalletFacts, LoadError> {
        let needs_facts = match &command.command {
            WalletCommand::RequestPayout { .. }
            | WalletCommand::ApprovePayout { .. }
            | WalletCommand::SubmitPayout { .. } => true,
            WalletCommand::Accrue { .. }
            | WalletCommand::Mature { .. }
            | WalletCommand::CancelPayout { .. }
            | WalletCommand::RejectPayout { .. }
            | WalletCommand::SettlePayout { .. } => false,
        };
        let Some(purse) = self.purse().filter(|_| needs_facts) else {
            return Ok(WalletFacts::default());
        };
        Ok(WalletFacts {
            program: streams.load(purse.program.0).await?,
            partner: Some(streams.load(purse.partner.0).await?),
        })
    }
}
