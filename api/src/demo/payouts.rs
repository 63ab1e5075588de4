//! Sample data of the demo: every quarter whoever has enough asks for a payout, and finance pays, rejects or waits.

use domain::{
    Actor, Command, Money, PayoutId, WalletId,
    wallet::{PayoutRejectionCode, Wallet, WalletCommand as Do},
    world::World,
};

use super::{Ask, Calendar, PARTNERS, Planned, id, partner, partners::Company, rulebook::currency};

/// Days of the year on which partners ask for their money.
const QUARTERS: [u64; 3] = [120, 220, 330];
const CURRENCIES: [&str; 3] = ["EUR", "USD", "JPY"];

/// A day on which partners ask, or finance works through what was asked.
#[derive(Clone, Copy)]
pub(super) struct Run {
    quarter: usize,
    step: Step,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Request,
    Decide,
    Submit,
    Settle,
}

pub(super) fn plan(year: &mut Calendar) {
    for (quarter, day) in QUARTERS.into_iter().enumerate() {
        for (after, step) in
            [(0, Step::Request), (2, Step::Decide), (3, Step::Submit), (5, Step::Settle)]
        {
            year.plan(day + after, 0, Planned::Payouts(Run { quarter, step }));
        }
    }
}

impl Run {
    /// What each wallet's state of the day leads to.
    pub(super) fn asks(self, world: &World) -> Vec<Ask> {
        let mut asks = vec![];
        for (index, company) in PARTNERS.iter().enumerate() {
            for code in CURRENCIES {
                let wallet = WalletId::of(partner(company.short), currency(code));
                self.of_wallet(index, company, wallet, &world.wallet(wallet), &mut asks);
            }
        }
        asks
    }

    fn of_wallet(
        self,
        index: usize,
        company: &Company,
        id: WalletId,
        wallet: &Wallet,
        asks: &mut Vec<Ask>,
    ) {
        let Some(purse) = wallet.purse() else { return };
        let mut ask = |by: Actor, command: Do, refused: Option<&'static str>| {
            asks.push(Ask { by, command: Command::Wallet(id, command), refused });
        };
        let (fiona, felix) = (|| Actor::vendor("fiona.finance"), || Actor::vendor("felix.finance"));
        let last = self.quarter == QUARTERS.len() - 1;
        let Some(open) = &purse.payout else {
            let available = Money::new(purse.buckets.available, purse.buckets.currency);
            let enough =
                available.minor >= if available.currency.code() == "JPY" { 8_000 } else { 5_000 };
            if self.step == Step::Request && enough {
                let payout = self.payout(id);
                ask(company.owner(), Do::RequestPayout { payout, amount: available }, None);
                if index == 0 {
                    let payout = PayoutId(super::id("a second payout"));
                    ask(
                        company.owner(),
                        Do::RequestPayout { payout, amount: available },
                        Some("PAYOUT_OPEN"),
                    );
                }
            }
            return;
        };
        let (payout, currency) = (open.id, open.amount.currency);
        match self.step {
            Step::Request => {}
            Step::Decide if last && index.is_multiple_of(3) => {} // Still waits for finance when the year ends.
            Step::Decide if self.quarter == 1 && index == 4 => {
                let (code, reason) = (
                    PayoutRejectionCode::UnderReview,
                    "The bank asked for proof of ownership".into(),
                );
                ask(fiona(), Do::RejectPayout { payout, code, reason }, None);
            }
            Step::Decide if self.quarter == 1 && index == 5 => {
                ask(company.owner(), Do::CancelPayout { payout }, None);
            }
            Step::Decide => {
                if index == 1 {
                    ask(
                        company.owner(),
                        Do::ApprovePayout { payout },
                        Some("PAYOUT_BENEFICIARY_IS_CHECKER"),
                    );
                }
                ask(fiona(), Do::ApprovePayout { payout }, None);
            }
            Step::Submit if open.step == domain::wallet::PayoutStep::Approved => {
                let provider_key = format!("sepa-{}", payout.0.simple());
                ask(felix(), Do::SubmitPayout { payout, provider_key }, None);
            }
            Step::Settle
                if open.step == domain::wallet::PayoutStep::Submitted
                    && !(last && index % 3 == 1) =>
            {
                let fee = Money::new(if currency.code() == "USD" { 150 } else { 0 }, currency);
                ask(felix(), Do::SettlePayout { payout, fee }, None);
            }
            Step::Submit | Step::Settle => {}
        }
    }

    fn payout(self, wallet: WalletId) -> PayoutId {
        PayoutId(id(&format!("payout {} of {wallet}", self.quarter)))
    }
}
