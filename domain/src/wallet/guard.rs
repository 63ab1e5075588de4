//! Who may not, of those in the right role (separation of duties): whoever asked for a payout, is paid by it or touched the
//! bank details last neither approves it nor sends it (M12).

use super::{Payout, Purse, Wallet, WalletCommand, WalletFacts, WalletRefusal, payout::Standing};
use crate::{Actor, Guarded, Issued, partner::Partner};

impl Guarded for Wallet {
    fn guard(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
    ) -> Result<(), WalletRefusal> {
        use WalletCommand as Do;
        match &issued.command {
            Do::ApprovePayout { payout }
            | Do::SubmitPayout { payout, .. }
            | Do::SettlePayout { payout, .. } => {
                let Some(purse) = self.purse() else { return Ok(()) };
                match purse.standing(*payout) {
                    Some(Standing::Open(open)) => keep_apart(purse, open, &issued.by, facts),
                    Some(Standing::Over(_)) | None => Ok(()),
                }
            }
            Do::Unfreeze { .. } => {
                let partner = facts.partner.as_deref().zip(self.purse());
                match partner.and_then(|(it, purse)| it.beneficiary(purse.partner, &issued.by)) {
                    Some(who) => Err(WalletRefusal::BeneficiaryIsChecker { who }),
                    None => Ok(()),
                }
            }
            Do::Freeze { .. }
            | Do::Accrue { .. }
            | Do::Mature { .. }
            | Do::RequestPayout { .. }
            | Do::CancelPayout { .. }
            | Do::RejectPayout { .. } => Ok(()), // By these no money leaves.
        }
    }
}

fn keep_apart(
    purse: &Purse,
    open: &Payout,
    by: &Actor,
    facts: &WalletFacts,
) -> Result<(), WalletRefusal> {
    if let Some(who) = open.requested_by.same_will(by) {
        return Err(WalletRefusal::MakerIsChecker { who: who.to_owned() });
    }
    let partner = facts.partner.as_deref();
    let details = partner.and_then(Partner::active).and_then(|it| it.payment_details.as_ref());
    if let Some(who) = details.and_then(|details| details.set_by.same_will(by)) {
        return Err(WalletRefusal::SetterIsChecker { who: who.to_owned() });
    }
    match partner.and_then(|partner| partner.beneficiary(purse.partner, by)) {
        Some(who) => Err(WalletRefusal::BeneficiaryIsChecker { who }),
        None => Ok(()),
    }
}
