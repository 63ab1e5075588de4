//! A programme and its rulebook: everything published, versioned, and in force from an instant on.

mod curriculum;
mod policy;
mod status;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::policy::publish;
pub use self::{
    curriculum::{Certification, Course},
    policy::{DealPolicy, PayoutPolicy, Responsibility, Terms},
    status::{ContractStatus, KernelState},
};
use crate::{
    Currency, Home, Issued, Owned, PartnerId, ProgramId, Published,
    commission::Plan,
    facts::{Facted, Streams},
    published::in_force,
    refusal::sha256_hex,
    words::{commands, events, refusals},
};

commands! {
    /// What can be asked of a programme.
    pub enum ProgramCommand {
        "openProgram" => Open {
            name: String as LINE,
            time_zone: Tz,
            base_currency: Currency,
            /// Whether an approval needs a held interview (R3).
            interview_required: bool,
            /// Levels below the top that partners may join at.
            max_network_depth: u32 as DEPTH,
        },
        "publishTerms" => PublishTerms {
            /// SHA-256 of the document, in hex (R86).
            document_hash: String as DIGEST,
            effective_from: DateTime<Utc>,
        },
        "configureContractStatus" => ConfigureContractStatus {
            code: String as LINE,
            /// Whether a change to this status calculates commission (R68, R69).
            calculates_commission: bool,
            kernel_state: KernelState,
        },
        "publishCommissionPlan" => PublishCommissionPlan {
            effective_from: DateTime<Utc>,
            #[serde(default)]
            effective_until: Option<DateTime<Utc>>,
            /// Who wrote the plan; must be somebody else than who publishes it.
            author: String as LINE,
            plan: Plan,
        },
        "publishPayoutPolicy" => PublishPayoutPolicy {
            effective_from: DateTime<Utc>,
            policy: PayoutPolicy,
        },
        "publishDealPolicy" => PublishDealPolicy {
            effective_from: DateTime<Utc>,
            policy: DealPolicy,
        },
        "publishCourse" => PublishCourse {
            course: String as LINE,
            area: String as LINE,
            modules: Vec<String> as LINE,
            /// Courses of step n + 1 are assigned when step n is complete (R10).
            step: u32 as STEP,
        },
        "defineCertification" => DefineCertification {
            certification: String as LINE,
            courses: Vec<String> as LINE,
            exam: String as LINE,
            #[serde(default)]
            valid_for_months: Option<u32> as MONTHS,
        },
    }
}

events! {
    /// What happened to a programme.
    pub enum ProgramEvent {
        "program-opened" => Opened {
            name: String,
            time_zone: Tz,
            base_currency: Currency,
            interview_required: bool,
            max_network_depth: u32,
        },
        "terms-published" => TermsPublished { terms: Published<Terms> },
        "contract-status-configured" => ContractStatusConfigured {
            code: String,
            calculates_commission: bool,
            kernel_state: KernelState,
        },
        "commission-plan-published" => CommissionPlanPublished { plan: Published<Plan> },
        "payout-policy-published" => PayoutPolicyPublished { policy: Published<PayoutPolicy> },
        "deal-policy-published" => DealPolicyPublished { policy: Published<DealPolicy> },
        "course-published" => CoursePublished {
            course: String,
            version: u32,
            area: String,
            modules: Vec<String>,
            step: u32,
        },
        "certification-defined" => CertificationDefined {
            certification: String,
            version: u32,
            courses: Vec<String>,
            exam: String,
            valid_for_months: Option<u32>,
        },
    }
}

refusals! {
    /// Why a programme's command is refused.
    pub enum ProgramRefusal {
        "PROGRAM_NOT_OPEN" "this programme is not open; open it, or ask the vendor to" => NotOpen,
        "PROGRAM_ALREADY_OPEN" "this programme is open already; publish a new version of what shall change" => AlreadyOpen,
        "PLAN_AUTHOR_IS_APPROVER" at "author" "{author} wrote this plan; somebody else must publish it" => AuthorApproves { author: String },
        "PLAN_FAULTY" in path "{problem}" => FaultyPlan { problem: String, path: Vec<String> },
        "COURSE_UNKNOWN" at "courses" "no course {course} is published; name one that is, or have it published first" => UnknownCourse { course: String },
    }
}

/// A programme in its two states.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Program {
    #[default]
    Unopened,
    Open(Box<Rulebook>),
}

/// Everything that a programme has published so far.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rulebook {
    pub name: String,
    pub zone: Tz,
    pub base_currency: Currency,
    pub interview_required: bool,
    pub max_network_depth: u32,
    pub terms: Vec<Published<Terms>>,
    pub statuses: BTreeMap<String, ContractStatus>,
    pub plans: Vec<Published<Plan>>,
    pub payout_policies: Vec<Published<PayoutPolicy>>,
    pub deal_policies: Vec<Published<DealPolicy>>,
    pub courses: BTreeMap<String, Course>,
    pub certifications: BTreeMap<String, Certification>,
}

impl Program {
    /// The rulebook of an open programme.
    pub fn rulebook(&self) -> Option<&Rulebook> {
        match self {
            Self::Unopened => None,
            Self::Open(rulebook) => Some(rulebook),
        }
    }

    /// What the command brings about; nothing where its outcome already holds.
    pub fn decide(
        &self,
        issued: &Issued<ProgramCommand>,
        (): &(),
    ) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
        use ProgramCommand as Do;
        match (self, &issued.command) {
            (
                Self::Unopened,
                Do::Open { name, time_zone, base_currency, interview_required, max_network_depth },
            ) => Ok(vec![ProgramEvent::Opened {
                name: name.clone(),
                time_zone: *time_zone,
                base_currency: *base_currency,
                interview_required: *interview_required,
                max_network_depth: *max_network_depth,
            }]),
            (Self::Open(_), Do::Open { .. }) => Err(ProgramRefusal::AlreadyOpen),
            (
                Self::Unopened,
                Do::PublishTerms { .. }
                | Do::ConfigureContractStatus { .. }
                | Do::PublishCommissionPlan { .. }
                | Do::PublishPayoutPolicy { .. }
                | Do::PublishDealPolicy { .. }
                | Do::PublishCourse { .. }
                | Do::DefineCertification { .. },
            ) => Err(ProgramRefusal::NotOpen),
            (Self::Open(rulebook), Do::PublishTerms { document_hash, effective_from }) => {
                sha256_hex("document_hash", document_hash)?;
                let body = Terms { document_hash: document_hash.clone() };
                let terms =
                    publish(&rulebook.terms, body, *effective_from, None, &issued.by.id, issued)?;
                Ok(vec![ProgramEvent::TermsPublished { terms }])
            }
            (
                Self::Open(rulebook),
                Do::ConfigureContractStatus { code, calculates_commission, kernel_state },
            ) => {
                let (calculates_commission, kernel_state) = (*calculates_commission, *kernel_state);
                status::configure(
                    rulebook,
                    code,
                    ContractStatus { calculates_commission, kernel_state },
                )
            }
            (
                Self::Open(rulebook),
                Do::PublishCommissionPlan { effective_from, effective_until, author, plan },
            ) => {
                if issued.by.is_or_acts_for(author) {
                    return Err(ProgramRefusal::AuthorApproves { author: author.clone() });
                }
                plan.check(rulebook.max_network_depth).map_err(|fault| {
                    ProgramRefusal::FaultyPlan {
                        problem: fault.to_string(),
                        path: [vec!["plan".to_owned()], fault.field()].concat(),
                    }
                })?;
                let plan = publish(
                    &rulebook.plans,
                    plan.clone(),
                    *effective_from,
                    *effective_until,
                    author,
                    issued,
                )?;
                Ok(vec![ProgramEvent::CommissionPlanPublished { plan }])
            }
            (Self::Open(rulebook), Do::PublishPayoutPolicy { effective_from, policy }) => {
                policy.check()?;
                let policy = publish(
                    &rulebook.payout_policies,
                    policy.clone(),
                    *effective_from,
                    None,
                    &issued.by.id,
                    issued,
                )?;
                Ok(vec![ProgramEvent::PayoutPolicyPublished { policy }])
            }
            (Self::Open(rulebook), Do::PublishDealPolicy { effective_from, policy }) => {
                policy.check()?;
                let policy = publish(
                    &rulebook.deal_policies,
                    policy.clone(),
                    *effective_from,
                    None,
                    &issued.by.id,
                    issued,
                )?;
                Ok(vec![ProgramEvent::DealPolicyPublished { policy }])
            }
            (Self::Open(rulebook), Do::PublishCourse { course, area, modules, step }) => {
                curriculum::publish(rulebook, course, area, modules, *step)
            }
            (
                Self::Open(rulebook),
                Do::DefineCertification { certification, courses, exam, valid_for_months },
            ) => curriculum::define(rulebook, certification, courses, exam, *valid_for_months),
        }
    }

    pub(crate) fn evolve(&mut self, event: ProgramEvent) {
        match (&mut *self, event) {
            (
                _,
                ProgramEvent::Opened {
                    name,
                    time_zone,
                    base_currency,
                    interview_required,
                    max_network_depth,
                },
            ) => {
                *self = Self::Open(Box::new(Rulebook {
                    name,
                    zone: time_zone,
                    base_currency,
                    interview_required,
                    max_network_depth,
                    terms: vec![],
                    statuses: BTreeMap::new(),
                    plans: vec![],
                    payout_policies: vec![],
                    deal_policies: vec![],
                    courses: BTreeMap::new(),
                    certifications: BTreeMap::new(),
                }));
            }
            (Self::Open(rulebook), event) => rulebook.evolve(event),
            (Self::Unopened, _) => {} // No programme publishes before it is opened.
        }
    }
}

impl Rulebook {
    pub fn terms_at(&self, at: DateTime<Utc>) -> Option<&Published<Terms>> {
        in_force(&self.terms, at)
    }

    pub fn plan_at(&self, at: DateTime<Utc>) -> Option<&Published<Plan>> {
        in_force(&self.plans, at)
    }

    pub fn payout_policy_at(&self, at: DateTime<Utc>) -> Option<&Published<PayoutPolicy>> {
        in_force(&self.payout_policies, at)
    }

    pub fn deal_policy_at(&self, at: DateTime<Utc>) -> Option<&Published<DealPolicy>> {
        in_force(&self.deal_policies, at)
    }

    fn evolve(&mut self, event: ProgramEvent) {
        match event {
            ProgramEvent::Opened { .. } => {}
            ProgramEvent::TermsPublished { terms } => self.terms.push(terms),
            ProgramEvent::ContractStatusConfigured {
                code,
                calculates_commission,
                kernel_state,
            } => {
                self.statuses.insert(code, ContractStatus { calculates_commission, kernel_state });
            }
            ProgramEvent::CommissionPlanPublished { plan } => self.plans.push(plan),
            ProgramEvent::PayoutPolicyPublished { policy } => self.payout_policies.push(policy),
            ProgramEvent::DealPolicyPublished { policy } => self.deal_policies.push(policy),
            ProgramEvent::CoursePublished { course, version, area, modules, step } => {
                self.courses.insert(course, Course { version, area, modules, step });
            }
            ProgramEvent::CertificationDefined {
                certification,
                version,
                courses,
                exam,
                valid_for_months,
            } => {
                let defined = Certification { version, courses, exam, valid_for_months };
                self.certifications.insert(certification, defined);
            }
        }
    }
}

impl Facted for Program {
    async fn facts<S: Streams>(&self, _: &Issued<ProgramCommand>, _: &S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl Owned for Program {
    fn founded(id: Uuid, event: &ProgramEvent) -> Option<Home> {
        let opened = matches!(event, ProgramEvent::Opened { .. });
        opened.then_some(Home { program: ProgramId(id), partner: None })
    }

    fn owner(&self, _: &Issued<ProgramCommand>) -> Option<(PartnerId, ProgramRefusal)> {
        None // The vendor's; the access table lets no member come here.
    }
}
