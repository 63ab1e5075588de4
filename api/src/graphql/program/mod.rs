//! Programmes and everything that they publish.

mod edges;
mod lists;
mod mutations;

use std::collections::BTreeMap;

use async_graphql::{Enum, ID, SimpleObject};
use chrono::{DateTime, Utc};
use projections::{programs, publications};
use uuid::Uuid;

pub use self::{lists::ProgramQueries, mutations::ProgramMutations};
use super::{
    enums::KernelState,
    ground::{
        failure::Failure,
        node::Global,
        scalars::{CurrencyCode, Json, Position},
        show::{Shows, currency, number, read},
    },
};

/// A partner programme with its rulebook.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex)]
pub struct Program {
    /// The programme's global id.
    pub id: ID,
    /// The programme's UUID, as inputs take it.
    pub program_id: Uuid,
    /// What it is called.
    pub name: String,
    /// The time zone in which its days begin and end.
    pub time_zone: String,
    /// The currency in which it reckons.
    pub base_currency: CurrencyCode,
    /// Whether an application is approved only after an interview.
    pub interview_required: bool,
    /// How many levels below the top partners may join.
    pub max_network_depth: u32,
    /// The statuses that contracts can have.
    pub contract_statuses: Vec<ContractStatus>,
    /// The newest version of every course.
    pub courses: Vec<Course>,
    /// The newest version of every certification.
    pub certifications: Vec<Certification>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Grows with every change; give it as `expectedVersion`.
    pub version: u32,
    /// The place in the log of the last change.
    pub changed_at_position: Position,
}

/// A status of a contract, of the vendor's own naming.
#[derive(SimpleObject, Clone, Debug)]
pub struct ContractStatus {
    /// The status's code.
    pub code: String,
    /// Whether a change to it calculates commission.
    pub calculates_commission: bool,
    /// In which state of a deal it can be set.
    pub kernel_state: KernelState,
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

/// A published version of terms, a plan or a policy.
#[derive(SimpleObject, Clone, Debug)]
pub struct Publication {
    /// What it is a version of.
    pub kind: PublicationKind,
    /// 1, 2, 3 and so on within its kind.
    pub version: u32,
    /// From when on it is in force.
    pub effective_from: DateTime<Utc>,
    /// The first instant at which it is no longer in force; null where it is open.
    pub effective_until: Option<DateTime<Utc>>,
    /// What it says.
    pub body: Option<Json>,
    /// The SHA-256 of what it says, in hexadecimal digits.
    pub body_hash: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// Who published it.
    pub approved_by: Option<String>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
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

impl Global for Program {
    const KIND: u8 = 1;
}

impl Shows for Program {
    type Table = programs::Entity;

    fn show(row: programs::Model) -> Result<Self, Failure> {
        let statuses: BTreeMap<String, domain::program::ContractStatus> =
            read(&row.contract_statuses)?;
        let courses: BTreeMap<String, domain::program::Course> = read(&row.courses)?;
        let certifications: BTreeMap<String, domain::program::Certification> =
            read(&row.certifications)?;
        Ok(Self {
            id: Self::global(row.id),
            program_id: row.id,
            name: row.name,
            time_zone: row.zone,
            base_currency: CurrencyCode(currency(&row.base_currency)?),
            interview_required: row.interview_required,
            max_network_depth: number(row.max_network_depth)?,
            contract_statuses: statuses.into_iter().map(ContractStatus::from).collect(),
            courses: courses.into_iter().map(Course::from).collect(),
            certifications: certifications.into_iter().map(Certification::from).collect(),
            opened_at: row.opened_at,
            version: number(row.version)?,
            changed_at_position: Position(row.last_position.cast_unsigned()),
        })
    }
}

impl From<(String, domain::program::ContractStatus)> for ContractStatus {
    fn from((code, status): (String, domain::program::ContractStatus)) -> Self {
        Self {
            code,
            calculates_commission: status.calculates_commission,
            kernel_state: status.kernel_state.into(),
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

impl Shows for Publication {
    type Table = publications::Entity;

    fn show(row: publications::Model) -> Result<Self, Failure> {
        Ok(Self {
            kind: row.kind.into(),
            version: number(row.version)?,
            effective_from: row.effective_from,
            effective_until: row.effective_until,
            body: Some(Json(row.body)),
            body_hash: row.body_hash,
            author: Some(row.author),
            approved_by: Some(row.approved_by),
            published_at: row.published_at,
        })
    }
}
