//! A programme and its rulebook: everything published, versioned, and in force from an instant on.

mod curriculum;
mod guard;
mod plans;
mod policy;
mod screening;
mod status;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use self::policy::{knows, named, policy_ref};
pub use self::{
    curriculum::{Certification, Course},
    plans::{Drafted, PlanDraft},
    policy::{
        Code, DealPolicy, PayoutPolicy, ProgramPolicy, Responsibility, StandingPolicy, Terms,
    },
    screening::{Deadline, Screening},
    status::{ContractStatus, KernelState},
};
use self::{plans::Proposal, policy::publish_own};
use crate::{
    Currency, Home, Issued, Owned, PartnerId, ProgramId, Published,
    commands::commands,
    commission::Plan,
    facts::{Facted, Streams},
    published::{Versions, in_force},
    refusal::sha256_hex,
    words::{events, refusals},
};

commands! {
    /// What can be asked of a programme.
    pub enum ProgramCommand {
        "openProgram" by [ChannelManager, Administrator] => Open {
            name: String as LINE,
            base_currency: Currency,
            /// In force from the opening on.
            policy: ProgramPolicy,
        },
        "publishProgramPolicy" by [ChannelManager, Administrator] => PublishProgramPolicy {
            effective_from: DateTime<Utc>,
            policy: ProgramPolicy,
        },
        "publishTerms" by [ChannelManager, Administrator] => PublishTerms {
            /// SHA-256 of the document, in hex (R86).
            document_hash: String as DIGEST,
            effective_from: DateTime<Utc>,
        },
        "configureContractStatus" by [ChannelManager] => ConfigureContractStatus {
            code: String as LINE,
            /// Whether a change to this status calculates commission (R68, R69).
            calculates_commission: bool,
            kernel_state: KernelState,
        },
        "draftCommissionPlan" by [ChannelManager] => DraftCommissionPlan {
            /// What the draft is called; the same name again changes it.
            draft: String as LINE,
            effective_from: DateTime<Utc>,
            #[serde(default)]
            effective_until: Option<DateTime<Utc>>,
            plan: Plan,
        },
        "publishCommissionPlan" by [ChannelManager] => PublishCommissionPlan {
            draft: String as LINE,
            /// The version of the draft that was read; no other is published.
            version: u32,
        },
        "publishPayoutPolicy" by [Finance] => PublishPayoutPolicy {
            effective_from: DateTime<Utc>,
            policy: PayoutPolicy,
        },
        "publishDealPolicy" by [ChannelManager] => PublishDealPolicy {
            effective_from: DateTime<Utc>,
            policy: DealPolicy,
        },
        "publishCourse" by [ChannelManager] => PublishCourse {
            course: String as LINE,
            area: String as LINE,
            modules: Vec<String> as LINE,
            /// Courses of step n + 1 are assigned when step n is complete (R10).
            step: u32 as STEP,
        },
        "defineCertification" by [ChannelManager] => DefineCertification {
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
            base_currency: Currency,
            policy: Published<ProgramPolicy>,
        },
        "program-policy-published" => PolicyPublished { policy: Published<ProgramPolicy> },
        "terms-published" => TermsPublished { terms: Published<Terms> },
        "contract-status-configured" => ContractStatusConfigured {
            code: String,
            version: u32,
            calculates_commission: bool,
            kernel_state: KernelState,
        },
        "commission-plan-drafted" => CommissionPlanDrafted { draft: PlanDraft },
        "commission-plan-published" => CommissionPlanPublished {
            draft: String,
            draft_version: u32,
            plan: Published<Plan>,
        },
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
        "PLAN_AUTHOR_IS_APPROVER" "{author} drafted this plan; somebody else must publish it" => AuthorApproves { author: String },
        "PLAN_DRAFT_UNKNOWN" at "draft" "no commission plan is drafted as {draft}; draft it first" => UnknownDraft { draft: String },
        "PLAN_DRAFT_NOT_CURRENT" at "version" "version {current} of {draft} is the newest; read it and publish that one" => DraftNotCurrent { draft: String, current: u32 },
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
    pub base_currency: Currency,
    pub policies: Versions<ProgramPolicy>,
    pub terms: Vec<Published<Terms>>,
    pub statuses: BTreeMap<String, ContractStatus>,
    pub plans: Vec<Published<Plan>>,
    /// Plans that are proposed, by name.
    pub drafts: BTreeMap<String, Drafted>,
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
            (Self::Unopened, Do::Open { name, base_currency, policy }) => {
                policy.check()?;
                let policy = publish_own([], policy.clone(), issued.at, issued)?;
                let (name, base_currency) = (name.clone(), *base_currency);
                Ok(vec![ProgramEvent::Opened { name, base_currency, policy }])
            }
            (Self::Open(_), Do::Open { .. }) => Err(ProgramRefusal::AlreadyOpen),
            (
                Self::Unopened,
                Do::PublishProgramPolicy { .. }
                | Do::PublishTerms { .. }
                | Do::ConfigureContractStatus { .. }
                | Do::DraftCommissionPlan { .. }
                | Do::PublishCommissionPlan { .. }
                | Do::PublishPayoutPolicy { .. }
                | Do::PublishDealPolicy { .. }
                | Do::PublishCourse { .. }
                | Do::DefineCertification { .. },
            ) => Err(ProgramRefusal::NotOpen),
            (Self::Open(rulebook), Do::PublishProgramPolicy { effective_from, policy }) => {
                policy.check()?;
                let policy =
                    publish_own(rulebook.policies.iter(), policy.clone(), *effective_from, issued)?;
                Ok(vec![ProgramEvent::PolicyPublished { policy }])
            }
            (Self::Open(rulebook), Do::PublishTerms { document_hash, effective_from }) => {
                sha256_hex("document_hash", document_hash)?;
                let body = Terms { document_hash: document_hash.clone() };
                let terms = publish_own(&rulebook.terms, body, *effective_from, issued)?;
                Ok(vec![ProgramEvent::TermsPublished { terms }])
            }
            (
                Self::Open(rulebook),
                Do::ConfigureContractStatus { code, calculates_commission, kernel_state },
            ) => status::configure(rulebook, code, *calculates_commission, *kernel_state),
            (
                Self::Open(rulebook),
                Do::DraftCommissionPlan { draft, effective_from, effective_until, plan },
            ) => {
                let (effective_from, effective_until) = (*effective_from, *effective_until);
                let proposal = Proposal { draft, effective_from, effective_until, plan };
                plans::draft(rulebook, &proposal, issued)
            }
            (Self::Open(rulebook), Do::PublishCommissionPlan { draft, version }) => {
                plans::publish_draft(rulebook, draft, *version, issued)
            }
            (Self::Open(rulebook), Do::PublishPayoutPolicy { effective_from, policy }) => {
                policy.check()?;
                let policy = publish_own(
                    &rulebook.payout_policies,
                    policy.clone(),
                    *effective_from,
                    issued,
                )?;
                Ok(vec![ProgramEvent::PayoutPolicyPublished { policy }])
            }
            (Self::Open(rulebook), Do::PublishDealPolicy { effective_from, policy }) => {
                policy.check()?;
                let policy =
                    publish_own(&rulebook.deal_policies, policy.clone(), *effective_from, issued)?;
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
            (_, ProgramEvent::Opened { name, base_currency, policy }) => {
                *self = Self::Open(Box::new(Rulebook {
                    name,
                    base_currency,
                    policies: Versions::of(policy),
                    terms: vec![],
                    statuses: BTreeMap::new(),
                    plans: vec![],
                    drafts: BTreeMap::new(),
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
    pub fn policy_at(&self, at: DateTime<Utc>) -> &Published<ProgramPolicy> {
        self.policies.at(at)
    }

    /// The time zone in which the days around `at` begin and end.
    pub fn zone_at(&self, at: DateTime<Utc>) -> Tz {
        self.policy_at(at).body.time_zone
    }

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

    /// The currencies that it reckons in or has ever paid out.
    pub fn currencies(&self) -> BTreeSet<Currency> {
        let minimum = self.payout_policies.iter().flat_map(|policy| &policy.body.minimum);
        minimum.map(|amount| amount.currency).chain([self.base_currency]).collect()
    }

    fn evolve(&mut self, event: ProgramEvent) {
        match event {
            ProgramEvent::Opened { .. } => {}
            ProgramEvent::PolicyPublished { policy } => self.policies.push(policy),
            ProgramEvent::TermsPublished { terms } => self.terms.push(terms),
            ProgramEvent::ContractStatusConfigured {
                code,
                version,
                calculates_commission,
                kernel_state,
            } => {
                let status = ContractStatus { version, calculates_commission, kernel_state };
                self.statuses.insert(code, status);
            }
            ProgramEvent::CommissionPlanDrafted { draft } => self.drafted(draft),
            ProgramEvent::CommissionPlanPublished { draft, plan, .. } => {
                if let Some(drafted) = self.drafts.get_mut(&draft) {
                    drafted.published = true;
                }
                self.plans.push(plan);
            }
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
        None // The vendor's: no command of it is for members.
    }
}
