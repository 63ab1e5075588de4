//! Who may not, of those in the right role (separation of duties): maker, checker, beneficiary and whoever touched the
//! bank details last are different people (M12).

use super::{Payout, Wallet, WalletCommand, WalletFacts, WalletRefusal, payout::Standing};
use crate::{Actor, Guarded, Issued, partner::Partner};

impl Guarded for Wallet {
    fn guard(
        &self,
        issued: &Issued<WalletCommand>,
        facts: &WalletFacts,
    ) -> Result<(), WalletRefusal> {
        use WalletCommand as Do;
        match &issued.command {
            Do::ApprovePayout { payout } => {
                match self.purse().and_then(|purse| purse.standing(*payout)) {
                    Some(Standing::Open(open)) => keep_apart(open, &issued.by, facts),
                    Some(Standing::Over(_)) | None => Ok(()),
                }
            }
            Do::Accrue { .. }
            | Do::Mature { .. }
            | Do::RequestPayout { .. }
            | Do::CancelPayout { .. }
            | Do::RejectPayout { .. }
            | Do::SubmitPayout { .. }
            | Do::SettlePayout { .. } => Ok(()),
        }
    }
}

fn keep_apart(open: &Payout, by: &Actor, facts: &WalletFacts) -> Result<(), WalletRefusal> {
    if let Some(who) = open.requested_by.same_will(by) {
        return Err(WalletRefusal::MakerIsChecker { who: who.to_owned() });
    }
    let partner = facts.partner.as_deref();
    if let Some(who) = partner.and_then(Partner::file).and_then(|file| file.beneficiary(by)) {
        return Err(WalletRefusal::BeneficiaryIsChecker { who });
    }
    let details = partner.and_then(Partner::active).and_then(|it| it.payment_details.as_ref());
    match details.and_then(|details| details.set_by.same_will(by)) {
        Some(who) => Err(WalletRefusal::SetterIsChecker { who: who.to_owned() }),
        None => Ok(()),
    }
}
