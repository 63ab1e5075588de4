//! Access control of deals and of what they earn.

use super::rows::{DEALS, HOUSE, Reach, Type, root, ty};

#[rustfmt::skip] // A row is a line.
pub(super) const ROWS: &[Type] = &[
    root("Query", &[(DEALS, "deal deals explainCommission")]),
    root("Subscription", &[(DEALS, "dealChanged")]),
    ty("Deal", Reach::Own, &[
        (DEALS, "id dealId stage seller customer productLines territory estimate expectedClose problems criteria"),
        (DEALS, "responsible route approvedBy protectedUntil returned rejection loss signedOn contractStatus total"),
        (DEALS, "paid commission registeredAt qualifiedAt approvedAt signedAt paidAt wonAt closedAt version"),
        (DEALS, "changedAtPosition program partner lines payments calculations"),
        (HOUSE, "shares"),
    ]),
    ty("Customer", Reach::Own, &[(DEALS, "name country taxId domain")]),
    ty("DealReturn", Reach::Own, &[(DEALS, "reason fields")]),
    ty("Share", Reach::Nobody, &[(HOUSE, "partnerId share")]),
    ty("ContractLine", Reach::Own, &[(DEALS, "line productLine net")]),
    ty("Payment", Reach::Own, &[(DEALS, "paymentId amount allocations receivedOn outstanding recordedAt")]),
    ty("Allocation", Reach::Own, &[(DEALS, "line amount")]),
    ty("Calculation", Reach::Own, &[
        (DEALS, "trigger calculatedAt planVersion nothing traceHash legs"),
        (HOUSE, "trace"),
    ]),
    ty("Leg", Reach::Own, &[
        (DEALS, "lotId beneficiaryId line component kind level base share rate factor amount maturesAt"),
    ]),
    ty("Explanation", Reach::Own, &[
        (DEALS, "legs traceHash recalculatedHash holds"),
        (HOUSE, "trace"),
    ]),
    ty("DealChange", Reach::Own, &[(DEALS, "position deal")]),
];
