//! The contract with the customer: signed lines, and payment allocation.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{DealEvent, DealRefusal, registration::unknown_line};
use crate::{
    Currency, Money, PaymentId, Published,
    bounds::bounded,
    largest_remainder,
    program::{DealPolicy, knows},
    refusal::{Invalid, positive, some},
};

bounded! {
    /// One position of the contract.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ContractLine {
        /// Names the line within the contract.
        pub id: String as LINE,
        pub product_line: String as LINE,
        /// Without tax.
        pub net: Money,
    }
}

bounded! {
    /// What part of a payment pays one line.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Allocation {
        pub line: String as LINE,
        pub amount: Money,
    }
}

/// A payment by the customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Payment {
    pub amount: Money,
    pub allocations: Vec<Allocation>,
    pub received_on: NaiveDate,
}

/// A signed contract and what was paid on it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Contract {
    pub lines: Vec<ContractLine>,
    pub total: Money,
    pub paid: Money,
    /// The vendor's own status, once it is set.
    pub status: Option<String>,
    pub payments: BTreeMap<PaymentId, Payment>,
    /// Minor units of each line on which commission was calculated; every unit earns once.
    pub earned: BTreeMap<String, i64>,
}

/// A product line may have gone from the policy since the deal was registered; one that no version has had is a mistake.
pub(super) fn sign(
    lines: &[ContractLine],
    signed_on: NaiveDate,
    today: NaiveDate,
    policies: &[Published<DealPolicy>],
    policy: &Published<DealPolicy>,
) -> Result<Vec<DealEvent>, DealRefusal> {
    if signed_on > today {
        return Err(Invalid::new(
            "signed_on",
            "lies in the future; record the signature when it is there",
        )
        .into());
    }
    some("lines", lines)?;
    let currency = lines[0].net.currency;
    let mut total = Money::zero(currency);
    for (index, line) in lines.iter().enumerate() {
        let field = |name: &str| format!("lines.{index}.{name}");
        positive(&field("net"), line.net)?;
        if lines[..index].iter().any(|earlier| earlier.id == line.id) {
            return Err(
                Invalid::new(field("id"), "is used twice; name every line differently").into()
            );
        }
        total = total
            .checked_add(line.net)
            .map_err(|error| Invalid::new(field("net"), error.to_string()))?;
        let known = |version: &Published<DealPolicy>| {
            knows(&version.body.product_lines, &line.product_line)
        };
        if !policies.iter().any(known) {
            let path = field("product_line").split('.').map(str::to_owned).collect();
            return Err(unknown_line(&line.product_line, path, policy));
        }
    }
    Ok(vec![DealEvent::Signed { signed_on, lines: lines.to_vec(), total }])
}

impl Contract {
    pub(super) fn new(lines: Vec<ContractLine>, total: Money) -> Self {
        let paid = Money::zero(total.currency);
        Self {
            lines,
            total,
            paid,
            status: None,
            payments: BTreeMap::new(),
            earned: BTreeMap::new(),
        }
    }

    pub fn currency(&self) -> Currency {
        self.total.currency
    }

    /// What the customer still owes.
    pub fn outstanding(&self) -> Money {
        Money { minor: self.total.minor - self.paid.minor, ..self.total }
    }

    /// The payment, allocated to the lines; it may not exceed what is owed, in total or on a line.
    pub(super) fn receive(
        &self,
        payment: PaymentId,
        amount: Money,
        received_on: NaiveDate,
        allocations: Option<&[Allocation]>,
        today: NaiveDate,
    ) -> Result<Vec<DealEvent>, DealRefusal> {
        positive("amount", amount)?;
        if received_on > today {
            let problem = "lies in the future; record the payment when it is there";
            return Err(Invalid::new("received_on", problem).into());
        }
        if amount.currency != self.currency() {
            let problem = format!("the contract is in {}", self.currency());
            return Err(Invalid::new("amount.currency", problem).into());
        }
        if let Some(known) = self.payments.get(&payment) {
            let same = known.amount == amount
                && known.received_on == received_on
                && allocations.is_none_or(|given| given == known.allocations);
            return if same { Ok(vec![]) } else { Err(DealRefusal::PaymentReused) };
        }
        if amount.minor > self.outstanding().minor {
            return Err(DealRefusal::PaymentTooHigh { outstanding: self.outstanding() });
        }
        let allocations = match allocations {
            Some(given) => self.checked(given, amount)?,
            None => self.by_what_is_owed(amount)?,
        };
        let outstanding = Money { minor: self.outstanding().minor - amount.minor, ..amount };
        Ok(vec![DealEvent::PaymentReceived {
            payment,
            amount,
            allocations,
            received_on,
            outstanding,
        }])
    }

    pub(super) fn received(&mut self, id: PaymentId, payment: Payment) {
        self.paid.minor += payment.amount.minor;
        self.payments.insert(id, payment);
    }

    /// What of the line has earned no commission yet.
    pub(super) fn unearned(&self, line: &ContractLine) -> Money {
        let earned = self.earned.get(&line.id).copied().unwrap_or(0);
        Money { minor: line.net.minor.saturating_sub(earned), ..line.net }
    }

    pub(super) fn calculated_on(&mut self, line: &str, net: Money) {
        let earned = self.earned.entry(line.to_owned()).or_default();
        *earned = earned.saturating_add(net.minor);
    }

    fn checked(&self, given: &[Allocation], amount: Money) -> Result<Vec<Allocation>, DealRefusal> {
        some("allocations", given)?;
        let mut sum = Money::zero(amount.currency);
        for (index, allocation) in given.iter().enumerate() {
            let field = |name: &str| format!("allocations.{index}.{name}");
            positive(&field("amount"), allocation.amount)?;
            sum = sum
                .checked_add(allocation.amount)
                .map_err(|error| Invalid::new(field("amount"), error.to_string()))?;
            if given[..index].iter().any(|earlier| earlier.line == allocation.line) {
                return Err(Invalid::new(field("line"), "is named twice").into());
            }
            let line = self.lines.iter().find(|line| line.id == allocation.line);
            let line =
                line.ok_or_else(|| Invalid::new(field("line"), "is no line of this contract"))?;
            let owed = self.owed(line);
            if allocation.amount.minor > owed.minor {
                return Err(Invalid::new(
                    field("amount"),
                    format!("is more than the {owed} owed on it"),
                )
                .into());
            }
        }
        if sum == amount {
            Ok(given.to_vec())
        } else {
            Err(Invalid::new("allocations", format!("add up to {sum}, not to {amount}")).into())
        }
    }

    /// Each line up to what it still owes, in proportion to that.
    fn by_what_is_owed(&self, amount: Money) -> Result<Vec<Allocation>, DealRefusal> {
        let owed: Vec<u64> =
            self.lines.iter().map(|line| self.owed(line).minor.unsigned_abs()).collect();
        let parts = largest_remainder(amount.minor, &owed)
            .ok_or(DealRefusal::PaymentTooHigh { outstanding: self.outstanding() })?;
        let paid = self.lines.iter().zip(parts).filter(|(_, part)| *part > 0);
        Ok(paid
            .map(|(line, minor)| Allocation {
                line: line.id.clone(),
                amount: Money { minor, ..amount },
            })
            .collect())
    }

    fn owed(&self, line: &ContractLine) -> Money {
        let allocations = self.payments.values().flat_map(|payment| &payment.allocations);
        let paid: i64 =
            allocations.filter(|paid| paid.line == line.id).map(|paid| paid.amount.minor).sum();
        Money { minor: line.net.minor - paid, ..line.net }
    }
}
