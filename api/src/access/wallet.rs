//! Access control of wallets and payouts.

use super::rows::{BOOKS, MONEY, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(MONEY, "wallet wallets payouts")]),
    root("Subscription", &[(MONEY, "walletChanged")]),
    ty("Wallet", Reach::Own, &[
        (MONEY, "id walletId currency balance held available reserved inTransit frozen isFrozen version changedAtPosition"),
        (MONEY, "partner statement lots payouts"),
    ]),
    ty("Lot", Reach::Own, &[
        (MONEY, "lotId kind level line component planVersion base rate amount accruedAt maturesAt maturedAt deal"),
    ]),
    ty("StatementLine", Reach::Own, &[
        (MONEY, "position kind amount balanceAfter occurredAt lotId payoutId"),
    ]),
    ty("Payout", Reach::Own, &[
        (MONEY, "payoutId state amount requestedBy requestedAt approvedBy approvedAt submittedAt paidAt endedAt"),
        (MONEY, "rejection rejectionReason wallet partner"),
        (BOOKS, "providerKey fee"),
    ]),
    ty("WalletChange", Reach::Own, &[(MONEY, "position wallet")]),
];
