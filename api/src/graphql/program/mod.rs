//! Programmes as GraphQL objects, with everything that they publish.

mod edges;
mod lists;
mod mutations;

use std::collections::BTreeMap;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use domain::program::KernelState;
use projections::publications;
use uuid::Uuid;

pub use self::{lists::ProgramQueries, mutations::ProgramMutations};
use super::ground::{
    node::Global,
    scalars::{CurrencyCode, Json, Position},
    show::{mirrors, read, shown, shows},
    word::Word,
};

shows! {
    /// A partner programme with its rulebook.
    #[graphql(complex)]
    Program of programs as row given {
        let statuses: BTreeMap<String, domain::program::ContractStatus> = read(&row.contract_statuses)?;
        let courses: BTreeMap<String, domain::program::Course> = read(&row.courses)?;
        let certifications: BTreeMap<String, domain::program::Certification> = read(&row.certifications)?;
    } {
        /// The programme's global id.
        id: ID = Self::global(row.id),
        /// The programme's UUID, as inputs take it.
        program_id: Uuid = row.id,
        /// What it is called.
        name: String,
        /// The time zone in which its days begin and end.
        time_zone: String = row.zone,
        /// The currency in which it reckons.
        base_currency: CurrencyCode,
        /// Whether an application is approved only after an interview.
        interview_required: bool,
        /// How many levels below the top partners may join.
        max_network_depth: u32,
        /// The statuses that contracts can have.
        contract_statuses: Vec<ContractStatus> = statuses.into_iter().map(ContractStatus::from).collect(),
        /// The newest version of every course.
        courses: Vec<Course> = courses.into_iter().map(Course::from).collect(),
        /// The newest version of every certification.
        certifications: Vec<Certification> = certifications.into_iter().map(Certification::from).collect(),
        /// When it was opened.
        opened_at: DateTime<Utc>,
        /// Grows with every change; give it as `expectedVersion`.
        version: u32,
        /// The place in the log of the last change.
        changed_at_position: Position = shown(row.last_position)?,
    }
}

/// A status of a contract, of the vendor's own naming.
#[derive(SimpleObject, Clone, Debug)]
pub struct ContractStatus {
    /// The status's code.
    pub code: String,
    /// Whether a change to it calculates commission.
    pub calculates_commission: bool,
    /// In which state of a deal it can be set.
    pub kernel_state: Word<KernelState>,
}

/// A course that partners' people can take.
#[derive(SimpleObject, Clone, Debug)]
pub struct Course {
    /// Its name.
    pub course: String,
    /// The newest version.
    pub version: u32,
    /// Its subject area.
    pub area: String,
    /// Its modules.
    pub modules: Vec<String>,
    /// Courses of a step are assigned when the step before is complete.
    pub step: u32,
}

/// What a person must do to be certified.
#[derive(SimpleObject, Clone, Debug)]
pub struct Certification {
    /// Its name.
    pub certification: String,
    /// The newest version.
    pub version: u32,
    /// The courses that must be complete.
    pub courses: Vec<String>,
    /// The exam that must be passed.
    pub exam: String,
    /// For how many months a certificate is valid; null where it does not end.
    pub valid_for_months: Option<u32>,
}

shows! {
    /// A published version of terms, a plan or a policy.
    Publication of publications as row {
        /// What it is a version of.
        kind: PublicationKind,
        /// 1, 2, 3 and so on within its kind.
        version: u32,
        /// From when on it is in force.
        effective_from: DateTime<Utc>,
        /// The first instant at which it is no longer in force; null where it is open.
        effective_until: Option<DateTime<Utc>>,
        /// What it says.
        body: Option<Json> = Some(Json(row.body)),
        /// The SHA-256 of what it says, in hexadecimal digits.
        body_hash: String,
        /// Who wrote it.
        author: Option<String> = Some(row.author),
        /// Who published it.
        approved_by: Option<String> = Some(row.approved_by),
        /// When it was published.
        published_at: DateTime<Utc>,
    }
}

/// What a programme publishes in versions.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "publications::Kind")]
pub enum PublicationKind {
    /// The terms that partners accept.
    Terms,
    /// What is paid for a sale.
    CommissionPlan,
    /// When money may leave a wallet.
    PayoutPolicy,
    /// Who may register deals, and what becomes of them.
    DealPolicy,
}

mirrors!(PublicationKind as publications::Kind);

impl Global for Program {
    const KIND: u8 = 1;
}

impl From<(String, domain::program::ContractStatus)> for ContractStatus {
    fn from((code, status): (String, domain::program::ContractStatus)) -> Self {
        Self {
            code,
            calculates_commission: status.calculates_commission,
            kernel_state: Word(status.kernel_state),
        }
    }
}

impl From<(String, domain::program::Course)> for Course {
    fn from((course, newest): (String, domain::program::Course)) -> Self {
        let domain::program::Course { version, area, modules, step } = newest;
        Self { course, version, area, modules, step }
    }
}

impl From<(String, domain::program::Certification)> for Certification {
    fn from((certification, newest): (String, domain::program::Certification)) -> Self {
        let domain::program::Certification { version, courses, exam, valid_for_months } = newest;
        Self { certification, version, courses, exam, valid_for_months }
    }
}
