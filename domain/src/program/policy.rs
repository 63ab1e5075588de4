//! What a programme decides beforehand (business rules as published policies): terms, payouts, deals, each by version.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Deadline, ProgramCommand, Screening};
use crate::{
    Issued, Money, PolicyRef, Published,
    bounds::bounded,
    published::hash_of,
    refusal::{Invalid, positive, some},
    time::after_days,
};

/// The terms and conditions that a partner accepts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    pub document_hash: String,
}

bounded! {
    /// How the programme is run.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ProgramPolicy {
        /// The time zone in which its days begin and end.
        pub time_zone: Tz,
        /// Whether an approval needs a held interview (R3).
        pub interview_required: bool,
        /// Levels below the top that partners may join at.
        pub max_network_depth: u32 as DEPTH,
        /// How applications are screened; without it nothing has a due date, and whoever was not taken may come again at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub screening: Option<Screening>,
        /// What a suspension and the end of the co-operation mean.
        #[serde(default)]
        pub standing: StandingPolicy,
    }
}

bounded! {
    /// What becomes of a partner that is suspended, or whose co-operation ends.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct StandingPolicy {
        /// Days from a notice to the end.
        pub notice_days: u32 as DAYS_IF_ANY,
        /// Whether the money of who is suspended waits until it is reinstated.
        pub freeze_when_suspended: bool,
        /// Whether the money of who has left is frozen; else it can be asked for.
        pub freeze_when_terminated: bool,
        /// Whether certificates end with the co-operation.
        pub revoke_certificates: bool,
    }
}

/// Of a programme that says nothing: a month's notice, what is earned is paid, but for the time of a suspension.
impl Default for StandingPolicy {
    fn default() -> Self {
        Self {
            notice_days: 30,
            freeze_when_suspended: true,
            freeze_when_terminated: false,
            revoke_certificates: true,
        }
    }
}

bounded! {
    /// When money may leave a wallet.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct PayoutPolicy {
        /// Smallest payout, one amount a currency; a currency without one cannot be paid out.
        pub minimum: Vec<Money>,
    }
}

bounded! {
    /// Who may register deals, and what becomes of them.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct DealPolicy {
        /// Only partners with a valid certificate may register (R44).
        pub certificate_required: bool,
        /// Days from approval in which other partners are kept away.
        pub protection_days: u32 as DAYS,
        /// Where deals can be.
        pub territories: Vec<Code>,
        /// What can be sold.
        pub product_lines: Vec<Code>,
        /// Estimates up to this need nobody's approval, one amount a currency (R45).
        #[serde(default)]
        pub approve_up_to: Vec<Money>,
        /// Whether a deal is won only when the customer has paid in full (R61).
        pub full_payment_to_win: bool,
        /// Who looks after deals, the first rule whose territory matches (R48).
        #[serde(default)]
        pub responsible: Vec<Responsibility>,
        /// Where deals go that no rule matches.
        pub default_queue: String as LINE,
    }
}

bounded! {
    /// One of what can be chosen, with what people call it.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Code {
        pub code: String as LINE,
        pub name: String as LINE,
    }
}

bounded! {
    /// One rule of who looks after a deal.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Responsibility {
        pub territory: String as LINE,
        pub employee: String as LINE,
    }
}

impl ProgramPolicy {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        self.screening.as_ref().map_or(Ok(()), Screening::check)
    }
}

impl PayoutPolicy {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        some("policy.minimum", &self.minimum)?;
        one_amount_a_currency("policy.minimum", &self.minimum)
    }
}

impl DealPolicy {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        one_amount_a_currency("policy.approve_up_to", &self.approve_up_to)?;
        each_once("policy.territories", &self.territories)?;
        each_once("policy.product_lines", &self.product_lines)?;
        for (index, rule) in self.responsible.iter().enumerate() {
            if !knows(&self.territories, &rule.territory) {
                return Err(Invalid::new(
                    format!("policy.responsible.{index}.territory"),
                    "is none of the policy's territories, so the rule would never match; list it or leave the rule out",
                ));
            }
            if self.responsible[..index].iter().any(|earlier| earlier.territory == rule.territory) {
                return Err(Invalid::new(
                    format!("policy.responsible.{index}.territory"),
                    "has a rule already, which would always win; keep one of them",
                ));
            }
        }
        Ok(())
    }
}

impl Published<ProgramPolicy> {
    /// The end of so many whole days from `at` on, where applications are screened by this policy.
    pub(crate) fn deadline(
        &self,
        at: DateTime<Utc>,
        days: impl FnOnce(&Screening) -> u32,
    ) -> Option<Deadline> {
        let days = days(self.body.screening.as_ref()?);
        let at = after_days(at, days, self.body.time_zone)?;
        Some(Deadline { at, policy_version: self.version })
    }
}

/// The version of the programme's own policy that decides.
pub(crate) fn policy_ref(policy: &Published<ProgramPolicy>) -> PolicyRef {
    PolicyRef { id: "program-policy".into(), version: policy.version }
}

/// The next version of what whoever publishes it has written, in force until another one is.
pub(super) fn publish_own<'p, T: Serialize + 'p>(
    versions: impl IntoIterator<Item = &'p Published<T>>,
    body: T,
    effective_from: DateTime<Utc>,
    issued: &Issued<ProgramCommand>,
) -> Result<Published<T>, Invalid> {
    publish(versions, body, effective_from, None, &issued.by.id, issued)
}

/// The next version of what a programme publishes.
pub(super) fn publish<'p, T: Serialize + 'p>(
    versions: impl IntoIterator<Item = &'p Published<T>>,
    body: T,
    effective_from: DateTime<Utc>,
    effective_until: Option<DateTime<Utc>>,
    author: &str,
    issued: &Issued<ProgramCommand>,
) -> Result<Published<T>, Invalid> {
    period(effective_from, effective_until)?;
    let body_hash = hash_of(&body).map_err(|error| Invalid::new("body", error.to_string()))?;
    Ok(Published {
        version: versions.into_iter().map(|published| published.version).max().unwrap_or(0) + 1,
        effective_from,
        effective_until,
        body,
        body_hash,
        author: author.to_owned(),
        approved_by: issued.by.id.clone(),
    })
}

/// Refuses a time that ends before it begins.
pub(super) fn period(
    effective_from: DateTime<Utc>,
    effective_until: Option<DateTime<Utc>>,
) -> Result<(), Invalid> {
    if effective_until.is_some_and(|until| until <= effective_from) {
        return Err(Invalid::new("effective_until", "must lie after effective_from"));
    }
    Ok(())
}

/// Whether a code is one of these.
pub(crate) fn knows(codes: &[Code], code: &str) -> bool {
    codes.iter().any(|known| known.code == code)
}

/// The codes that there are, as a sentence names them; of many the first.
pub(crate) fn named(codes: &[Code]) -> String {
    const MOST: usize = 20;
    let mut named: Vec<&str> = codes.iter().take(MOST).map(|known| known.code.as_str()).collect();
    if codes.len() > MOST {
        named.push("others");
    }
    named.join(", ")
}

/// Refuses an empty list, and codes that people would take for one another.
fn each_once(field: &str, codes: &[Code]) -> Result<(), Invalid> {
    some(field, codes)?;
    let plain = |code: &Code| code.code.trim().to_lowercase();
    for (index, code) in codes.iter().enumerate() {
        if codes[..index].iter().any(|earlier| plain(earlier) == plain(code)) {
            let field = format!("{field}.{index}.code");
            return Err(Invalid::new(
                field,
                "is listed already; give every entry a code of its own",
            ));
        }
    }
    Ok(())
}

fn one_amount_a_currency(field: &str, amounts: &[Money]) -> Result<(), Invalid> {
    for (index, amount) in amounts.iter().enumerate() {
        positive(field, *amount)?;
        if amounts[..index].iter().any(|earlier| earlier.currency == amount.currency) {
            return Err(Invalid::new(field, format!("names {} twice", amount.currency)));
        }
    }
    Ok(())
}
