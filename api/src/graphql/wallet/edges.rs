//! Where wallets, lots and payouts lead.

use projections::{Order, Page, lots};
use sea_orm::{ColumnTrait, Condition};

use super::{Lot, Payout, StatementLine, Wallet};
use crate::graphql::{
    deal::Deal,
    ground::{asked::Asked, edges::edges, failure::Failure, list::set, page::Connection},
    partner::Partner,
};

edges! {
    Wallet by wallet_id;
    one {
        /// The partner whose money it is.
        partner: Partner = partner;
    }
    pages {
        /// Every payout that was asked for, the latest first.
        payouts: Payout = payouts by Wallet, descending RequestedAt;
        /// Every change of the balance, the latest first.
        statement: StatementLine = statement_lines by Wallet, descending Position;
        /// Everything that was credited, the latest first.
        lots(matured: bool, "Only those that have matured, or only those that have not."): Lot = credited;
    }
}

edges! {
    Lot by lot_id;
    one {
        /// The deal that earned it. Null where it is another partner's.
        deal: Deal = deal;
    }
}

edges! {
    Payout by payout_id;
    one {
        /// The wallet.
        wallet: Wallet = wallet;
        /// The partner that asks.
        partner: Partner = partner;
    }
}

async fn credited(
    wallet: &Wallet,
    asked: &Asked,
    matured: Option<bool>,
    page: &Page,
) -> Result<Connection<Lot>, Failure> {
    let matured = matured.map_or(Ok(None), |matured| set(lots::Column::MaturedAt, matured))?;
    let own = lots::Column::Wallet.eq(wallet.wallet_id);
    let wanted = Condition::all().add(own).add_option(matured);
    asked.list(wanted, Order::descending(lots::Column::AccruedAt), page).await
}
