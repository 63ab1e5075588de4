//! Programmes as GraphQL objects, with everything that they publish.

mod edges;
mod lists;
mod mutations;

use std::collections::BTreeMap;

use async_graphql::ID;
use chrono::{DateTime, Utc};
use domain::program::{self, KernelState};
use projections::publications;
use uuid::Uuid;

pub use self::{lists::ProgramQueries, mutations::ProgramMutations};
use super::ground::{
    node::Global,
    scalars::{CurrencyCode, Json, Position},
    show::{read, shown, shows},
    word::Word,
};

shows! {
    /// A partner programme with its rulebook.
    #[graphql(complex)]
    Program of programs as row given {
        let statuses: BTreeMap<String, program::ContractStatus> = read(&row.contract_statuses)?;
        let courses: BTreeMap<String, program::Course> = read(&row.courses)?;
        let certifications: BTreeMap<String, program::Certification> = read(&row.certifications)?;
        let territories: Vec<program::Code> = read(&row.territories)?;
        let product_lines: Vec<program::Code> = read(&row.product_lines)?;
    } {
        /// The programme's global id.
        id: ID = Self::global(row.id),
        /// The programme's UUID, as inputs take it.
        program_id: Uuid = row.id,
        /// What it is called.
        name: String,
        /// The time zone in which its days begin and end: this and the next two as the newest version of its policy says.
        time_zone: String = row.zone,
        /// The currency in which it reckons.
        base_currency: CurrencyCode,
        /// Whether an application is approved only after an interview.
        interview_required: bool,
        /// How many levels below the top partners may join.
        max_network_depth: u32,
        /// The statuses that contracts can have.
        contract_statuses: Vec<ContractStatus> = shown(Vec::from_iter(statuses))?,
        /// The newest version of every course.
        courses: Vec<Course> = shown(Vec::from_iter(courses))?,
        /// The newest version of every certification.
        certifications: Vec<Certification> = shown(Vec::from_iter(certifications))?,
        /// Where deals can be, as the newest version of its deal policy says.
        territories: Vec<PublishedCode> = shown(territories)?,
        /// What can be sold, as the newest version of its deal policy says.
        product_lines: Vec<PublishedCode> = shown(product_lines)?,
        /// When it was opened.
        opened_at: DateTime<Utc>,
        /// Grows with every change; give it as `expectedVersion`.
        version: u32,
        /// The place in the log of the last change.
        changed_at_position: Position = shown(row.last_position)?,
    }
}

shows! {
    /// A status of a contract, of the vendor's own naming.
    ContractStatus of (entry: (String, program::ContractStatus)) given { let (code, status) = entry; } {
        /// The status's code.
        code: String = code,
        /// Whether a change to it calculates commission.
        calculates_commission: bool = status.calculates_commission,
        /// In which state of a deal it can be set.
        kernel_state: Word<KernelState> = Word(status.kernel_state),
    }
}

shows! {
    /// One of what can be chosen, with what people call it.
    PublishedCode of (entry: program::Code) {
        /// The code, as inputs take it.
        code: String,
        /// What people call it.
        name: String,
    }
}

shows! {
    /// A course that partners' people can take.
    Course of (entry: (String, program::Course)) given { let (name, newest) = entry; } {
        /// Its name.
        course: String = name,
        /// The newest version.
        version: u32 = newest.version,
        /// Its subject area.
        area: String = newest.area,
        /// Its modules.
        modules: Vec<String> = newest.modules,
        /// Courses of a step are assigned when the step before is complete.
        step: u32 = newest.step,
    }
}

shows! {
    /// What a person must do to be certified.
    Certification of (entry: (String, program::Certification)) given { let (name, newest) = entry; } {
        /// Its name.
        certification: String = name,
        /// The newest version.
        version: u32 = newest.version,
        /// The courses that must be complete.
        courses: Vec<String> = newest.courses,
        /// The exam that must be passed.
        exam: String = newest.exam,
        /// For how many months a certificate is valid; null where it does not end.
        valid_for_months: Option<u32> = newest.valid_for_months,
    }
}

shows! {
    /// A published version of terms, a plan or a policy.
    Publication of publications as row {
        /// What it is a version of.
        kind: Word<publications::PublicationKind>,
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

shows! {
    /// A commission plan that is proposed: whoever drafts it, somebody else publishes it.
    PlanDraft of plan_drafts as row {
        /// What the draft is called.
        draft: String,
        /// 1, 2, 3 and so on under its name; this is the newest.
        version: u32,
        /// From when on it is to be in force.
        effective_from: DateTime<Utc>,
        /// The first instant at which it is to be no longer in force; null where it is open.
        effective_until: Option<DateTime<Utc>>,
        /// What it says.
        plan: Json = Json(row.plan),
        /// The SHA-256 of what it says, in hexadecimal digits.
        plan_hash: String,
        /// Who wrote this version.
        author: String,
        /// When this version was written.
        drafted_at: DateTime<Utc>,
        /// As which version of the plan it is published; null where it is not.
        published_as: Option<u32>,
    }
}

impl Global for Program {
    const KIND: u8 = 1;
}
