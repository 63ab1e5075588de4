//! The read model of deals, from registration to won or lost, with the moment of each step (R141).

use domain::PartnerId;
use domain::deal::{ApprovalRoute, DealEvent, DealRejectionCode, LossCode};
use sea_orm::entity::prelude::*;

use crate::ground::names::sorting;
use crate::ground::{Misfit, Placed, Portrait, Word, add, code, json, table, words};

table! {
    "deals" of Some(Column::Partner), stamped [last_position, version], found by [
        "registered_at, id",
        "customer_sort_name, id",
        "last_position, id",
        "partner, registered_at, id",
        "program, registered_at, id",
        "stage, registered_at, id",
        "territory, registered_at, id",
        "responsible, registered_at, id",
        "seller, registered_at, id",
        "protected_until",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub partner: Uuid,
        /// Who registered it.
        pub seller: String,
        pub customer_name: String,
        /// The name without case and accents.
        pub customer_sort_name: String,
        /// ISO 3166 alpha-2.
        pub customer_country: String,
        pub customer_tax_id: Option<String>,
        pub customer_domain: Option<String>,
        /// A list of names.
        pub product_lines: Json,
        pub territory: String,
        pub estimate_minor: i64,
        pub estimate_currency: String,
        pub expected_close: Date,
        /// The customer's problems (R53).
        pub problems: String,
        /// The criteria by which the customer selects (R53).
        pub criteria: String,
        pub stage: DealStage,
        pub responsible: Option<String>,
        /// `automatic` or `manual`, once approval is requested.
        pub route: Option<Word<ApprovalRoute>>,
        pub approved_by: Option<String>,
        pub protected_until: Option<DateTimeUtc>,
        /// What others have of the commission: a list of `{partner, ppm}`.
        pub shares: Json,
        /// Why it was returned last, with the fields to look at: `{reason, fields}`.
        pub returned: Option<Json>,
        /// Why it was rejected or lost.
        pub rejection: Option<Word<DealRejectionCode>>,
        pub loss: Option<Word<LossCode>>,
        pub signed_on: Option<Date>,
        pub contract_status: Option<String>,
        pub contract_currency: Option<String>,
        pub total_minor: i64,
        pub paid_minor: i64,
        pub commission: CommissionState,
        /// Of the last calculation.
        pub trace_hash: Option<String>,
        pub registered_at: DateTimeUtc,
        pub qualified_at: Option<DateTimeUtc>,
        pub approved_at: Option<DateTimeUtc>,
        pub signed_at: Option<DateTimeUtc>,
        /// When the customer had paid in full.
        pub paid_at: Option<DateTimeUtc>,
        pub won_at: Option<DateTimeUtc>,
        /// When it ended any other way.
        pub closed_at: Option<DateTimeUtc>,
    }
}

words! {
    /// How far a deal has come.
    pub enum DealStage {
        "registered" => Registered: "Registered by the partner.",
        "partner-qualified" => PartnerQualified: "The partner has said what it knows of the deal.",
        "returned" => Returned: "Back with the partner, to be completed.",
        "qualified" => Qualified: "The vendor has confirmed what the partner said.",
        "pending-approval" => PendingApproval: "Waiting for somebody's approval.",
        "approved" => Approved: "Approved: other partners are kept away from the customer.",
        "signed" => Signed: "The customer has signed.",
        "part-paid" => PartPaid: "The customer has paid a part.",
        "won" => Won: "Won.",
        "rejected" => Rejected: "Rejected by the vendor.",
        "expired" => Expired: "Protection ran out before the customer signed.",
        "withdrawn" => Withdrawn: "Withdrawn.",
        "lost" => Lost: "Lost.",
    }
}

words! {
    /// Whether a deal's commission has been calculated.
    pub enum CommissionState {
        "open" => Open: "Nothing has made it due.",
        "calculated" => Calculated: "It has been calculated.",
        "nothing" => Nothing: "What made it due earned nothing.",
    }
}

impl Portrait for Entity {
    type Event = DealEvent;

    fn found(event: &DealEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let DealEvent::Registered {
            program,
            partner,
            seller,
            customer,
            product_lines,
            territory,
            estimate,
            expected_close,
            problems,
            criteria,
            ..
        } = event
        else {
            return Ok(None);
        };
        Ok(Some(Model {
            id: placed.aggregate(),
            program: program.0,
            partner: partner.0,
            seller: seller.id.clone(),
            customer_name: customer.name.clone(),
            customer_sort_name: sorting(&customer.name),
            customer_country: customer.country.clone(),
            customer_tax_id: customer.tax_id.clone(),
            customer_domain: customer.domain.clone(),
            product_lines: json("the product lines", product_lines)?,
            territory: territory.clone(),
            estimate_minor: estimate.minor,
            estimate_currency: code(*estimate),
            expected_close: *expected_close,
            problems: problems.clone(),
            criteria: criteria.clone(),
            shares: serde_json::json!([]),
            registered_at: placed.at(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &DealEvent, placed: &Placed) -> Result<(), Misfit> {
        match event {
            DealEvent::Registered { .. } => return placed.twice::<Entity>(),
            DealEvent::ResponsibleAssigned { responsible, .. } => {
                row.responsible = Some(responsible.clone())
            }
            DealEvent::QualifiedByPartner { .. } => row.stage = DealStage::PartnerQualified,
            DealEvent::Returned { reason, fields } => {
                row.stage = DealStage::Returned;
                row.returned = Some(serde_json::json!({ "reason": reason, "fields": fields }));
            }
            DealEvent::Qualified { .. } => {
                row.stage = DealStage::Qualified;
                row.qualified_at = Some(placed.at());
            }
            DealEvent::ApprovalRequested { route, .. } => {
                row.stage = DealStage::PendingApproval;
                row.route = Some(Word(*route));
            }
            DealEvent::Approved { approved_by, route, protected_until, .. } => {
                row.stage = DealStage::Approved;
                row.route = Some(Word(*route));
                row.approved_by = Some(approved_by.id.clone());
                row.approved_at = Some(placed.at());
                row.protected_until = Some(*protected_until);
            }
            DealEvent::Rejected { code } => {
                row.rejection = Some(Word(*code));
                row.end(DealStage::Rejected, placed);
            }
            DealEvent::Withdrawn {} => row.end(DealStage::Withdrawn, placed),
            DealEvent::ProtectionExpired {} => row.end(DealStage::Expired, placed),
            DealEvent::Lost { code } => {
                row.loss = Some(Word(*code));
                row.end(DealStage::Lost, placed);
            }
            DealEvent::ShareAgreed { partner, share } => row.share(*partner, share.0),
            DealEvent::Signed { signed_on, total, .. } => {
                row.stage = DealStage::Signed;
                row.signed_on = Some(*signed_on);
                row.signed_at = Some(placed.at());
                row.total_minor = total.minor;
                row.contract_currency = Some(code(*total));
            }
            DealEvent::ContractStatusChanged { to, .. } => row.contract_status = Some(to.clone()),
            DealEvent::PaymentReceived { amount, outstanding, .. } => {
                if row.stage == DealStage::Signed {
                    row.stage = DealStage::PartPaid;
                }
                add::<Entity>(&mut row.paid_minor, amount.minor)?;
                if outstanding.minor == 0 {
                    row.paid_at = Some(placed.at());
                }
            }
            DealEvent::Won { .. } => {
                row.stage = DealStage::Won;
                row.won_at = Some(placed.at());
            }
            DealEvent::CommissionCalculated { trace_hash, .. } => {
                row.commission = CommissionState::Calculated;
                row.trace_hash = Some(trace_hash.clone());
            }
            DealEvent::CommissionNotCalculated { .. } => {
                if row.commission == CommissionState::Open {
                    row.commission = CommissionState::Nothing;
                }
            }
        }
        Ok(())
    }
}

impl Model {
    fn end(&mut self, stage: DealStage, placed: &Placed) {
        self.stage = stage;
        self.closed_at = Some(placed.at());
    }

    fn share(&mut self, partner: PartnerId, ppm: u32) {
        if let Some(shares) = self.shares.as_array_mut() {
            let id = serde_json::json!(partner);
            shares.retain(|share| share["partner"] != id);
            shares.push(serde_json::json!({ "partner": id, "ppm": ppm }));
        }
    }
}
