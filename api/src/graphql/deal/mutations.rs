//! GraphQL mutations of a deal, from its registration to its end.

use async_graphql::InputObject;
use domain::{
    PartnerId, PaymentId, ProgramId,
    deal::{Allocation, ContractLine, Customer, DealCommand, DealRejectionCode, LossCode},
    refusal::Invalid,
};
use uuid::Uuid;

use super::Deal;
use crate::graphql::ground::{
    mutation::mutations,
    scalars::{Date, Decimal, MoneyInput, rate},
    word::Word,
};

/// The customer that a deal is about.
#[derive(InputObject, Debug)]
pub struct CustomerInput {
    /// Its registered name. At most 200 characters on one line.
    name: String,
    /// Its country by the two letters of ISO 3166, such as "PL". At most 2 characters on one line.
    country: String,
    /// Its tax number; two registrations of one customer are recognised by it.
    /// At most 200 characters on one line.
    tax_id: Option<String>,
    /// Its web domain, such as "acme.example"; two registrations of one customer are recognised by it.
    /// At most 200 characters on one line.
    domain: Option<String>,
}

/// One position of a contract.
#[derive(InputObject, Debug)]
pub struct ContractLineInput {
    /// Names the line within the contract. At most 200 characters on one line.
    id: String,
    /// The product line that is sold. At most 200 characters on one line.
    product_line: String,
    /// The net amount, without tax.
    net: MoneyInput,
}

/// What part of a payment pays one line of the contract.
#[derive(InputObject, Debug)]
pub struct AllocationInput {
    /// The line's id. At most 200 characters on one line.
    line: String,
    /// How much of the payment.
    amount: MoneyInput,
}

impl From<CustomerInput> for Customer {
    fn from(input: CustomerInput) -> Self {
        let CustomerInput { name, country, tax_id, domain } = input;
        Self { name, country, tax_id, domain }
    }
}

fn contract(lines: Vec<ContractLineInput>) -> Result<Vec<ContractLine>, Invalid> {
    let line = |(index, line): (usize, ContractLineInput)| {
        let net = line.net.money(&format!("lines.{index}.net"))?;
        Ok(ContractLine { id: line.id, product_line: line.product_line, net })
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn parts(allocations: Vec<AllocationInput>) -> Result<Vec<Allocation>, Invalid> {
    let part = |(index, part): (usize, AllocationInput)| {
        let amount = part.amount.money(&format!("allocations.{index}.amount"))?;
        Ok(Allocation { line: part.line, amount })
    };
    allocations.into_iter().enumerate().map(part).collect()
}

mutations! {
    /// Mutations of deals.
    DealMutations asks DealCommand of Deal(DealId) by deal_id, "The deal."; changes deal: Deal;

    /// Registers a deal: from its approval on, other partners are kept away from the customer.
    register_deal(RegisterDealInput) -> RegisterDealPayload {
        /// The id that the deal shall have, a UUID of your choice; one is made where it is left out.
        deal_id: Option<Uuid>,
        /// The programme.
        program: Uuid,
        /// The partner whose deal it is. A member's is its own partner and may be left out.
        partner: Option<Uuid>,
        /// The customer.
        customer: CustomerInput,
        /// The product lines that the customer may buy, at least one.
        /// At most 100 entries. At most 200 characters on one line.
        product_lines: Vec<String>,
        /// The code of the territory by which the deal is assigned: one of `Program.territories`. At most 200 characters on one line.
        territory: String,
        /// What the customer may spend.
        estimate: MoneyInput,
        /// The day on which the contract is expected.
        expected_close: Date,
        /// The customer's problems that the deal shall solve. At most 8000 characters.
        problems: String,
        /// The criteria by which the customer selects. At most 8000 characters.
        criteria: String,
    } => |from| [from.new_id(deal_id, "deal")] Register {
        program: ProgramId(program),
        partner: PartnerId(
            partner
                .or(from.own_partner())
                .ok_or_else(|| Invalid::new("partner", "is missing"))?,
        ),
        customer: customer.into(),
        product_lines,
        territory,
        estimate: estimate.money("estimate")?,
        expected_close: expected_close.0,
        problems,
        criteria,
    };

    /// Says what the partner knows of the deal. The vendor verifies it.
    qualify_deal_by_partner(QualifyDealByPartnerInput) -> QualifyDealByPartnerPayload {
        /// Whether the customer is one that the product is made for.
        icp_match: Option<bool>,
        /// When the customer wants to buy. At most 200 characters on one line.
        timeframe: Option<String>,
        /// What the customer can spend.
        budget: Option<MoneyInput>,
        /// Who decides on the customer's side. At most 200 characters on one line.
        decision_maker: Option<String>,
    } => QualifyByPartner {
        icp_match,
        timeframe,
        budget: budget.map(|budget| budget.money("budget")).transpose()?,
        decision_maker,
    };

    /// Gives a deal back to the partner to complete it.
    return_deal(ReturnDealInput) -> ReturnDealPayload {
        /// What is missing, in words. At most 8000 characters.
        reason: String,
        /// The fields that are missing or wrong. At most 100 entries. At most 200 characters on one line.
        fields: Vec<String>,
    } => Return { reason, fields };

    /// Confirms what the partner said of the deal.
    qualify_deal(QualifyDealInput) -> QualifyDealPayload {} => Qualify {};

    /// Approves a deal and protects it from here on.
    approve_deal(ApproveDealInput) -> ApproveDealPayload {} => Approve {};

    /// Rejects a deal.
    reject_deal(RejectDealInput) -> RejectDealPayload {
        /// Why.
        code: Word<DealRejectionCode>,
    } => Reject { code: code.0 };

    /// Withdraws a deal.
    withdraw_deal(WithdrawDealInput) -> WithdrawDealPayload {} => Withdraw {};

    /// Agrees that another partner has a part of the deal's commission.
    agree_share(AgreeShareInput) -> AgreeSharePayload {
        /// The other partner.
        partner: Uuid,
        /// Its part in per cent, such as "40" or "12.5".
        share: Decimal,
    } => AgreeShare { partner: PartnerId(partner), share: rate(&share, "share")? };

    /// Records the contract that the customer has signed.
    sign_contract(SignContractInput) -> SignContractPayload {
        /// The day of the signature.
        signed_on: Date,
        /// The lines of the contract, all in one currency. At most 100 entries.
        lines: Vec<ContractLineInput>,
    } => Sign { signed_on: signed_on.0, lines: contract(lines)? };

    /// Sets the contract to one of the programme's own statuses.
    change_contract_status(ChangeContractStatusInput) -> ChangeContractStatusPayload {
        /// The status's code. At most 200 characters on one line.
        to: String,
    } => ChangeContractStatus { to };

    /// Records what the customer has paid.
    record_payment(RecordPaymentInput) -> RecordPaymentPayload {
        /// The payment's own id, a UUID of your choice: the same payment counts once.
        payment: Uuid,
        /// How much.
        amount: MoneyInput,
        /// The day on which it arrived.
        received_on: Date,
        /// Which lines it pays; by what each line still owes where this is left out. At most 100 entries.
        allocations: Option<Vec<AllocationInput>>,
    } => RecordPayment {
        payment: PaymentId(payment),
        amount: amount.money("amount")?,
        received_on: received_on.0,
        allocations: allocations.map(parts).transpose()?,
    };

    /// Marks a deal as won.
    win_deal(WinDealInput) -> WinDealPayload {} => Win {};

    /// Marks a deal as lost.
    lose_deal(LoseDealInput) -> LoseDealPayload {
        /// Why.
        code: Word<LossCode>,
    } => Lose { code: code.0 };
}
