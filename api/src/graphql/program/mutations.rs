//! GraphQL mutations of a programme: opening it, and publishing its rulebook.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use domain::{
    Money,
    program::{
        Code, DealPolicy, KernelState, PayoutPolicy, ProgramCommand, ProgramPolicy, Responsibility,
        Screening, StandingPolicy,
    },
    refusal::Invalid,
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Program;
use crate::graphql::ground::{
    mutation::mutations,
    scalars::{CurrencyCode, Json, MoneyInput},
    word::Word,
};

/// How a programme is run.
#[derive(InputObject, Debug)]
pub struct ProgramPolicyInput {
    /// The time zone in which its days begin and end, such as "Europe/Warsaw".
    time_zone: String,
    /// Whether an application is approved only after an interview.
    interview_required: bool,
    /// How many levels below the top partners may join. From 0 to 32.
    max_network_depth: u32,
    /// How applications are screened. Where it is left out nothing has a due date, and whoever was not taken may apply
    /// again at once.
    screening: Option<ScreeningInput>,
    /// What a suspension and the end of the co-operation mean. Where it is left out: a month's notice; money of suspended
    /// partners is frozen, that of partners who have left is not; certificates end.
    standing: Option<StandingPolicyInput>,
}

/// By when applications are reviewed and questions answered, and how long who was not taken waits.
#[derive(InputObject, Debug)]
pub struct ScreeningInput {
    /// Days within which the vendor reviews what is complete. From 1 to 3650.
    review_days: u32,
    /// Days within which a candidate answers a question. From 1 to 3650.
    answer_days: u32,
    /// Days without an answer after which an application lapses. From 1 to 3650.
    lapse_days: u32,
    /// Days after a rejection in which nobody applies again. From 0 to 3650.
    reapply_after_rejection_days: u32,
    /// The same after the candidate has withdrawn. From 0 to 3650.
    reapply_after_withdrawal_days: u32,
    /// The same after the application has lapsed. From 0 to 3650.
    reapply_after_lapse_days: u32,
}

/// What becomes of a partner that is suspended, or whose co-operation ends.
#[derive(InputObject, Debug)]
pub struct StandingPolicyInput {
    /// Days from a notice to the end. From 0 to 3650.
    notice_days: u32,
    /// Whether the money of a suspended partner waits until it is reinstated.
    freeze_when_suspended: bool,
    /// Whether the money of a partner that has left is frozen; else it can be asked for.
    freeze_when_terminated: bool,
    /// Whether certificates end with the co-operation.
    revoke_certificates: bool,
}

/// When money may leave a wallet.
#[derive(InputObject, Debug)]
pub struct PayoutPolicyInput {
    /// The smallest payout, one amount a currency. A currency without one cannot be paid out.
    /// At most 100 entries.
    minimum: Vec<MoneyInput>,
}

/// Who may register deals, and what becomes of them.
#[derive(InputObject, Debug)]
pub struct DealPolicyInput {
    /// Whether only partners with a valid certificate may register.
    certificate_required: bool,
    /// Days from approval in which other partners are kept away. From 1 to 3650.
    protection_days: u32,
    /// Where deals can be. At most 100 entries.
    territories: Vec<CodeInput>,
    /// What can be sold. At most 100 entries.
    product_lines: Vec<CodeInput>,
    /// Estimates up to this need nobody's approval, one amount a currency. At most 100 entries.
    #[graphql(default)]
    approve_up_to: Vec<MoneyInput>,
    /// Whether a deal is won only when the customer has paid in full.
    full_payment_to_win: bool,
    /// Who looks after deals: the first rule whose territory matches. At most 100 entries.
    #[graphql(default)]
    responsible: Vec<ResponsibilityInput>,
    /// Where deals go that no rule matches. At most 200 characters on one line.
    default_queue: String,
}

/// One of what can be chosen, with what people call it.
#[derive(InputObject, Debug)]
pub struct CodeInput {
    /// Its code, which deals and rules name. At most 200 characters on one line.
    code: String,
    /// What people call it. At most 200 characters on one line.
    name: String,
}

/// One rule of who looks after deals.
#[derive(InputObject, Debug)]
pub struct ResponsibilityInput {
    /// The code of the territory. At most 200 characters on one line.
    territory: String,
    /// The employee who looks after it. At most 200 characters on one line.
    employee: String,
}

impl ProgramPolicyInput {
    fn policy(self) -> Result<ProgramPolicy, Invalid> {
        let zone = self.time_zone.parse();
        let problem = "is no time zone; give one such as Europe/Warsaw";
        Ok(ProgramPolicy {
            time_zone: zone.map_err(|_| Invalid::new("policy.time_zone", problem))?,
            interview_required: self.interview_required,
            max_network_depth: self.max_network_depth,
            screening: self.screening.map(|input| Screening {
                review_days: input.review_days,
                answer_days: input.answer_days,
                lapse_days: input.lapse_days,
                reapply_after_rejection_days: input.reapply_after_rejection_days,
                reapply_after_withdrawal_days: input.reapply_after_withdrawal_days,
                reapply_after_lapse_days: input.reapply_after_lapse_days,
            }),
            standing: self.standing.map(StandingPolicy::from).unwrap_or_default(),
        })
    }
}

impl From<StandingPolicyInput> for StandingPolicy {
    fn from(input: StandingPolicyInput) -> Self {
        Self {
            notice_days: input.notice_days,
            freeze_when_suspended: input.freeze_when_suspended,
            freeze_when_terminated: input.freeze_when_terminated,
            revoke_certificates: input.revoke_certificates,
        }
    }
}

impl PayoutPolicyInput {
    fn policy(self) -> Result<PayoutPolicy, Invalid> {
        Ok(PayoutPolicy { minimum: amounts(&self.minimum, "policy.minimum")? })
    }
}

impl DealPolicyInput {
    fn policy(self) -> Result<DealPolicy, Invalid> {
        let rule = |rule: ResponsibilityInput| Responsibility {
            territory: rule.territory,
            employee: rule.employee,
        };
        let code = |CodeInput { code, name }: CodeInput| Code { code, name };
        Ok(DealPolicy {
            certificate_required: self.certificate_required,
            protection_days: self.protection_days,
            territories: self.territories.into_iter().map(code).collect(),
            product_lines: self.product_lines.into_iter().map(code).collect(),
            approve_up_to: amounts(&self.approve_up_to, "policy.approve_up_to")?,
            full_payment_to_win: self.full_payment_to_win,
            responsible: self.responsible.into_iter().map(rule).collect(),
            default_queue: self.default_queue,
        })
    }
}

fn amounts(inputs: &[MoneyInput], field: &str) -> Result<Vec<Money>, Invalid> {
    inputs
        .iter()
        .enumerate()
        .map(|(index, input)| input.money(&format!("{field}.{index}")))
        .collect()
}

/// The value that a JSON document stands for; the refusal says what in it is wrong.
fn read<T: DeserializeOwned>(document: Json, field: &str) -> Result<T, Invalid> {
    serde_path_to_error::deserialize(document.0).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { field.to_owned() } else { format!("{field}.{path}") };
        Invalid::new(field, error.into_inner().to_string())
    })
}

mutations! {
    /// Mutations of programmes.
    ProgramMutations asks ProgramCommand of Program(ProgramId) by program_id, "The programme."; changes program: Program;

    /// Opens a programme.
    open_program(OpenProgramInput) -> OpenProgramPayload {
        /// The id that the programme shall have, a UUID of your choice; one is made where it is left out.
        program_id: Option<Uuid>,
        /// What it is called. At most 200 characters on one line.
        name: String,
        /// The currency in which it reckons.
        base_currency: CurrencyCode,
        /// How it is run from its opening on.
        policy: ProgramPolicyInput,
    } => |from| [from.new_id(program_id, "program")] Open {
        name,
        base_currency: base_currency.0,
        policy: policy.policy()?,
    };

    /// Publishes a version of the programme's own policy.
    publish_program_policy(PublishProgramPolicyInput) -> PublishProgramPolicyPayload {
        /// From when on it is in force.
        effective_from: DateTime<Utc>,
        /// The policy.
        policy: ProgramPolicyInput,
    } => PublishProgramPolicy { effective_from, policy: policy.policy()? };

    /// Publishes a version of the terms that partners accept.
    publish_terms(PublishTermsInput) -> PublishTermsPayload {
        /// The SHA-256 of the document as 64 hexadecimal digits in lower case.
        /// At most 64 characters on one line.
        document_hash: String,
        /// From when on they are in force.
        effective_from: DateTime<Utc>,
    } => PublishTerms { document_hash, effective_from };

    /// Names a status that contracts can have, and whether reaching it earns commission.
    configure_contract_status(ConfigureContractStatusInput) -> ConfigureContractStatusPayload {
        /// The status's code. At most 200 characters on one line.
        code: String,
        /// Whether a change to it calculates commission.
        calculates_commission: bool,
        /// In which state of a deal it can be set.
        kernel_state: Word<KernelState>,
    } => ConfigureContractStatus { code, calculates_commission, kernel_state: kernel_state.0 };

    /// Drafts a commission plan, or changes a draft. Somebody else publishes it.
    draft_commission_plan(DraftCommissionPlanInput) -> DraftCommissionPlanPayload {
        /// What the draft is called; the same name again changes it. At most 200 characters on one line.
        draft: String,
        /// From when on it is to be in force.
        effective_from: DateTime<Utc>,
        /// The first instant at which it is to be no longer in force; it stays open where this is left out.
        effective_until: Option<DateTime<Utc>>,
        /// The plan as a JSON document: its trigger, its components and its hold.
        /// Of lists: At most 100 entries. Of names: At most 200 characters on one line. Of days: From 0 to 3650.
        /// Of distances: From 0 to 32.
        plan: Json,
    } => DraftCommissionPlan { draft, effective_from, effective_until, plan: read(plan, "plan")? };

    /// Publishes a draft of a commission plan that others have written; whoever publishes it approves it.
    publish_commission_plan(PublishCommissionPlanInput) -> PublishCommissionPlanPayload {
        /// What the draft is called. At most 200 characters on one line.
        draft: String,
        /// The version of it that you have read; where it has changed since, nothing happens.
        /// From 0 to 2147483647.
        version: u32,
    } => PublishCommissionPlan { draft, version };

    /// Publishes a version of the payout policy.
    publish_payout_policy(PublishPayoutPolicyInput) -> PublishPayoutPolicyPayload {
        /// From when on it is in force.
        effective_from: DateTime<Utc>,
        /// The policy.
        policy: PayoutPolicyInput,
    } => PublishPayoutPolicy { effective_from, policy: policy.policy()? };

    /// Publishes a version of the deal policy.
    publish_deal_policy(PublishDealPolicyInput) -> PublishDealPolicyPayload {
        /// From when on it is in force.
        effective_from: DateTime<Utc>,
        /// The policy.
        policy: DealPolicyInput,
    } => PublishDealPolicy { effective_from, policy: policy.policy()? };

    /// Publishes a course or a new version of it.
    publish_course(PublishCourseInput) -> PublishCoursePayload {
        /// The course's name. At most 200 characters on one line.
        course: String,
        /// Its subject area. At most 200 characters on one line.
        area: String,
        /// Its modules. At most 100 entries. At most 200 characters on one line.
        modules: Vec<String>,
        /// Courses of a step are assigned when the step before is complete; the first step is 1.
        /// From 1 to 1000.
        step: u32,
    } => PublishCourse { course, area, modules, step };

    /// Defines a certification or a new version of it.
    define_certification(DefineCertificationInput) -> DefineCertificationPayload {
        /// The certification's name. At most 200 characters on one line.
        certification: String,
        /// The courses that must be complete. At most 100 entries. At most 200 characters on one line.
        courses: Vec<String>,
        /// The exam that must be passed. At most 200 characters on one line.
        exam: String,
        /// For how many months a certificate is valid; for ever where this is left out. From 1 to 1200.
        valid_for_months: Option<u32>,
    } => DefineCertification { certification, courses, exam, valid_for_months };
}
