//! Where a partner leads: to its network, its deals, its money and its training.

use domain::PartnerId;
use projections::{Order, Page, Sight, partners};
use sea_orm::{ColumnTrait, Condition};

use super::{
    Partner,
    network::NetworkMember,
    screening::{ApplicationFinding, ApplicationForm, InformationRequest},
    training::{AssignedCourse, Certificate, TrainingRecord},
};
use crate::graphql::{
    account::RoleGrant,
    deal::Deal,
    ground::{asked::Asked, edges::edges, failure::Failure, page::Connection},
    program::Program,
    wallet::Wallet,
};

edges! {
    Partner by partner_id;
    one {
        /// The programme.
        program: Program = program;
        /// The partner above in the network.
        parent: Partner = parent;
        /// Another partner of the programme, which named the same web domain before: perhaps the same company.
        resembles: Partner = resembles;
    }
    pages {
        /// The applications as they were sent, the latest first.
        forms: ApplicationForm = application_forms by Partner, descending Position;
        /// What the candidate was asked and has answered, in the order in which it was asked.
        information_requests: InformationRequest = information_requests by Partner, ascending FirstPosition;
        /// What was found of the application and how it was decided, in that order.
        findings: ApplicationFinding = application_findings by Partner, ascending Position;
        /// The partner's wallets, one a currency.
        wallets: Wallet = wallets by Partner, ascending Currency;
        /// The courses that are assigned, in the order in which they were assigned first.
        courses: AssignedCourse = courses by Partner, ascending FirstPosition;
        /// What the partner's people have done of modules and exams, in the order in which it was tried first.
        training: TrainingRecord = training by Partner, ascending FirstPosition;
        /// The certificates of the partner's people, in the order in which they were given.
        certificates: Certificate = certificates by Partner, ascending Position;
        /// The partner's deals, the latest first.
        deals: Deal = deals by Partner, descending RegisteredAt;
        /// The roles that the partner's people have and had, the latest first.
        members: RoleGrant = grants by Partner, descending ValidFrom;
        /// The partners below in the network, at any distance: who they are and where they stand, and nothing else.
        network: NetworkMember = below;
    }
}

/// Whoever sees a partner sees who is below it.
async fn below(
    top: &Partner,
    asked: &Asked,
    page: &Page,
) -> Result<Connection<NetworkMember>, Failure> {
    let sight = Sight::Network(PartnerId(top.partner_id));
    let others = Condition::all().add(partners::Column::Id.ne(top.partner_id));
    let order = Order::ascending(partners::Column::SortName);
    asked.within::<NetworkMember>(sight, others, order, page).await
}
