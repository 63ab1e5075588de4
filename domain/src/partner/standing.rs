//! Whether a partner is in good standing (suspension, notice, termination): what it may still do, and until when.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Certificate, PartnerCommand, PartnerRefusal, Training, TrainingEvent};
use crate::{
    Actor, Currency, Issued, Role,
    program::{Rulebook, policy_ref},
    refusal::Invalid,
    time,
    words::{events, words},
};

events! {
    /// What happened to the standing of a partner.
    pub enum StandingEvent {
        "partner-suspended" => Suspended {
            code: SuspensionCode,
            reason: String,
            suspended_at: DateTime<Utc>,
            /// Whether its money waits until it is reinstated, by the policy of that moment.
            freezes_wallets: bool,
            /// In which it may have a wallet.
            currencies: BTreeSet<Currency>,
            policy_version: u32,
        },
        "partner-reinstated" => Reinstated { reason: String, currencies: BTreeSet<Currency> },
        "termination-noticed" => TerminationNoticed {
            code: TerminationCode,
            reason: String,
            noticed_by: Actor,
            ends_at: DateTime<Utc>,
            policy_version: u32,
        },
        "termination-revoked" => TerminationRevoked {},
        "partner-terminated" => Terminated {
            code: TerminationCode,
            terminated_at: DateTime<Utc>,
            /// Whether the end of the notice was not waited for.
            at_once: bool,
            freezes_wallets: bool,
            currencies: BTreeSet<Currency>,
            policy_version: u32,
        },
    }
}

words! {
    /// Why a partner is suspended.
    pub enum SuspensionCode {
        "under-investigation" => UnderInvestigation: "What it has done is being looked into.",
        "payment-default" => PaymentDefault: "It owes the vendor money.",
        "compliance" => Compliance: "It does not keep to the terms or to the law.",
        "inactivity" => Inactivity: "It has not sold for long.",
        "partner-request" => PartnerRequest: "It has asked for it.",
        "other" => Other: "Another reason.",
    }
}

words! {
    /// Why the co-operation with a partner ends (R112).
    pub enum TerminationCode {
        "partner-request" => PartnerRequest: "The partner wants to leave.",
        "mutual-agreement" => MutualAgreement: "Both sides have agreed on it.",
        "inactivity" => Inactivity: "The partner has not sold for long.",
        "poor-performance" => PoorPerformance: "The partner has not reached what was agreed.",
        "acquisition" => Acquisition: "The partner was sold or merged.",
        "programme-change" => ProgrammeChange: "The programme goes on without partners of this kind.",
        "breach" => Breach: "The partner has broken the terms.",
        "fraud" => Fraud: "The partner has deceived the vendor or a customer.",
        "insolvency" => Insolvency: "The partner cannot pay its debts.",
        "other" => Other: "Another reason.",
    }
}

impl TerminationCode {
    /// Whether the end of the notice need not be waited for.
    pub fn is_for_cause(self) -> bool {
        match self {
            Self::Breach | Self::Fraud | Self::Insolvency => true,
            Self::PartnerRequest
            | Self::MutualAgreement
            | Self::Inactivity
            | Self::PoorPerformance
            | Self::Acquisition
            | Self::ProgrammeChange
            | Self::Other => false,
        }
    }
}

/// Where an approved partner stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Standing {
    Good { notice: Option<Notice> },
    Suspended { notice: Option<Notice>, freezes_wallets: bool },
    Terminated { at: DateTime<Utc>, freezes_wallets: bool },
}

/// A termination that is announced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Notice {
    pub code: TerminationCode,
    pub noticed_by: Actor,
    /// First instant at which the co-operation is over.
    pub ends_at: DateTime<Utc>,
}

/// Why a partner may not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Barred {
    Suspended,
    Terminated,
}

impl From<Barred> for PartnerRefusal {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Suspended => Self::Suspended,
            Barred::Terminated => Self::Terminated,
        }
    }
}

/// What a command of an approved partner asks of its standing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asks {
    GoodStanding,
    /// What the reinstatement may wait for.
    NoTermination,
    /// What the last payout may wait for.
    NoSuspension,
    Nothing,
}

impl PartnerCommand {
    fn asks(&self) -> Asks {
        match self {
            Self::Join {}
            | Self::AssignCourse { .. }
            | Self::CompleteModule { .. }
            | Self::RecordExam { .. }
            | Self::IssueCertificate { .. }
            | Self::OverrideTier { .. } => Asks::GoodStanding,
            Self::AcceptTerms { .. }
            | Self::AddContact { .. }
            | Self::ChangeContact { .. }
            | Self::RemoveContact { .. } => Asks::NoTermination,
            Self::SetPaymentDetails { .. } => Asks::NoSuspension,
            // Of a candidate, which has no standing yet.
            Self::Apply { .. }
            | Self::AssignReview { .. }
            | Self::RequestInformation { .. }
            | Self::SupplyInformation { .. }
            | Self::CloseInformationRequest {}
            | Self::RecordReview { .. }
            | Self::ScheduleInterview { .. }
            | Self::RecordInterview { .. }
            | Self::RecordMissedInterview {}
            | Self::Approve { .. }
            | Self::Reject { .. }
            | Self::Withdraw {}
            | Self::Escalate {}
            | Self::Lapse {} => Asks::Nothing,
            // Of the standing itself: its own table says.
            Self::Suspend { .. }
            | Self::Reinstate { .. }
            | Self::NoticeTermination { .. }
            | Self::RevokeTermination {}
            | Self::Terminate {} => Asks::Nothing,
        }
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self::Good { notice: None }
    }
}

impl Standing {
    /// Refuses who is suspended at `at` or has left by then, also where the end of a notice has not been recorded yet.
    pub fn good_at(&self, at: DateTime<Utc>) -> Result<(), Barred> {
        match self {
            Self::Good { notice } if has_ended(notice.as_ref(), at) => Err(Barred::Terminated),
            Self::Good { .. } => Ok(()),
            Self::Suspended { .. } => Err(Barred::Suspended),
            Self::Terminated { .. } => Err(Barred::Terminated),
        }
    }

    /// Refuses to pay who is frozen. Whoever has left in peace is still paid what it has earned.
    pub fn pays(&self) -> Result<(), Barred> {
        match self {
            Self::Suspended { freezes_wallets: true, .. } => Err(Barred::Suspended),
            Self::Terminated { freezes_wallets: true, .. } => Err(Barred::Terminated),
            Self::Good { .. } | Self::Suspended { .. } | Self::Terminated { .. } => Ok(()),
        }
    }

    /// Whether the co-operation is over at `at`.
    pub fn has_left_by(&self, at: DateTime<Utc>) -> bool {
        matches!(self, Self::Terminated { at: end, .. } if *end <= at)
    }

    pub(super) fn admits(
        &self,
        command: &PartnerCommand,
        at: DateTime<Utc>,
    ) -> Result<(), PartnerRefusal> {
        let good = self.good_at(at);
        Ok(match command.asks() {
            Asks::GoodStanding => good,
            Asks::NoTermination => good.or_else(|barred| but(barred, Barred::Suspended)),
            Asks::NoSuspension => good.or_else(|barred| but(barred, Barred::Terminated)),
            Asks::Nothing => Ok(()),
        }?)
    }

    /// What comes of a command about the standing; `training` is what certificates are revoked from.
    pub(super) fn decide(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
        training: &Training,
    ) -> Result<(Vec<StandingEvent>, Vec<TrainingEvent>), PartnerRefusal> {
        use PartnerCommand as Do;
        let alone = |event| Ok((vec![event], vec![]));
        let nothing = Ok((vec![], vec![])); // Already so: a retry is harmless.
        match (self, &issued.command) {
            (Self::Good { .. }, Do::Suspend { code, reason }) => {
                alone(suspended(*code, reason, issued, rulebook))
            }
            (Self::Suspended { .. }, Do::Suspend { .. }) => Err(PartnerRefusal::Suspended),
            (Self::Good { .. }, Do::Reinstate { .. }) => nothing,
            (Self::Suspended { .. }, Do::Reinstate { reason }) => {
                let currencies = rulebook.currencies();
                alone(StandingEvent::Reinstated { reason: reason.clone(), currencies })
            }
            (
                Self::Good { notice } | Self::Suspended { notice, .. },
                Do::NoticeTermination { code, reason },
            ) => match notice {
                None => alone(noticed(*code, reason, issued, rulebook)?),
                Some(notice) if notice.code == *code && notice.is_by_the_side_of(&issued.by) => {
                    nothing
                }
                Some(notice) => Err(PartnerRefusal::AlreadyNoticed { ends_at: notice.ends_at }),
            },
            (Self::Good { notice } | Self::Suspended { notice, .. }, Do::RevokeTermination {}) => {
                match notice {
                    None => nothing,
                    Some(notice) if notice.is_by_the_side_of(&issued.by) => {
                        alone(StandingEvent::TerminationRevoked {})
                    }
                    Some(_) => Err(PartnerRefusal::NoticeOfOtherSide),
                }
            }
            (Self::Good { notice } | Self::Suspended { notice, .. }, Do::Terminate {}) => {
                let notice = notice.as_ref().ok_or(PartnerRefusal::NotNoticed)?;
                notice.terminate(issued, rulebook, training)
            }
            (Self::Terminated { .. }, Do::Terminate {}) => nothing,
            (Self::Terminated { .. }, _) => Err(PartnerRefusal::Terminated),
            (Self::Good { .. } | Self::Suspended { .. }, _) => nothing, // Of no standing.
        }
    }

    pub(super) fn evolve(&mut self, event: &StandingEvent) {
        match event {
            StandingEvent::Suspended { freezes_wallets, .. } => {
                let notice = self.take_notice();
                *self = Self::Suspended { notice, freezes_wallets: *freezes_wallets };
            }
            StandingEvent::Reinstated { .. } => *self = Self::Good { notice: self.take_notice() },
            StandingEvent::TerminationNoticed { code, noticed_by, ends_at, .. } => {
                if let Self::Good { notice } | Self::Suspended { notice, .. } = self {
                    let (code, ends_at) = (*code, *ends_at);
                    *notice = Some(Notice { code, noticed_by: noticed_by.clone(), ends_at });
                }
            }
            StandingEvent::TerminationRevoked {} => drop(self.take_notice()),
            StandingEvent::Terminated { terminated_at, freezes_wallets, .. } => {
                *self = Self::Terminated { at: *terminated_at, freezes_wallets: *freezes_wallets };
            }
        }
    }

    /// Who gave the notice that runs.
    pub(super) fn noticed_by(&self) -> Option<&Actor> {
        match self {
            Self::Good { notice } | Self::Suspended { notice, .. } => {
                notice.as_ref().map(|notice| &notice.noticed_by)
            }
            Self::Terminated { .. } => None,
        }
    }

    fn take_notice(&mut self) -> Option<Notice> {
        match self {
            Self::Good { notice } | Self::Suspended { notice, .. } => notice.take(),
            Self::Terminated { .. } => None,
        }
    }
}

impl Notice {
    /// Whether both are of the partner, or both of the vendor.
    fn is_by_the_side_of(&self, by: &Actor) -> bool {
        self.noticed_by.role.is_member() == by.role.is_member()
    }

    fn terminate(
        &self,
        issued: &Issued<PartnerCommand>,
        rulebook: &Rulebook,
        training: &Training,
    ) -> Result<(Vec<StandingEvent>, Vec<TrainingEvent>), PartnerRefusal> {
        let at_once = issued.at < self.ends_at;
        if at_once && (!self.code.is_for_cause() || issued.by.role == Role::Policy) {
            return Err(PartnerRefusal::NoticeRuns { ends_at: self.ends_at });
        }
        let policy = rulebook.policy_at(issued.at);
        let revoked = if policy.body.standing.revoke_certificates {
            revoked(training, issued.at)
        } else {
            vec![]
        };
        let terminated = StandingEvent::Terminated {
            code: self.code,
            terminated_at: issued.at,
            at_once,
            freezes_wallets: policy.body.standing.freeze_when_terminated,
            currencies: rulebook.currencies(),
            policy_version: policy.version,
        };
        Ok((vec![terminated], revoked))
    }
}

/// Every certificate that would be valid at `at` or later.
fn revoked(training: &Training, at: DateTime<Utc>) -> Vec<TrainingEvent> {
    let valid = training.held().filter(|held| held.valid_until.is_none_or(|until| at < until));
    let revoked = |held: &Certificate| TrainingEvent::Revoked {
        certificate: held.id,
        person: held.person,
        certification: held.certification.clone(),
        revoked_at: at,
    };
    valid.map(revoked).collect()
}

fn has_ended(notice: Option<&Notice>, at: DateTime<Utc>) -> bool {
    notice.is_some_and(|notice| notice.ends_at <= at)
}

/// Lets one kind of standing pass.
fn but(barred: Barred, passes: Barred) -> Result<(), Barred> {
    if barred == passes { Ok(()) } else { Err(barred) }
}

fn suspended(
    code: SuspensionCode,
    reason: &str,
    issued: &Issued<PartnerCommand>,
    rulebook: &Rulebook,
) -> StandingEvent {
    let policy = rulebook.policy_at(issued.at);
    StandingEvent::Suspended {
        code,
        reason: reason.to_owned(),
        suspended_at: issued.at,
        freezes_wallets: policy.body.standing.freeze_when_suspended,
        currencies: rulebook.currencies(),
        policy_version: policy.version,
    }
}

/// A notice says whose wish it is: what partners want to leave for is told apart from what the vendor ends (R112).
fn noticed(
    code: TerminationCode,
    reason: &str,
    issued: &Issued<PartnerCommand>,
    rulebook: &Rulebook,
) -> Result<StandingEvent, PartnerRefusal> {
    let by_partner = issued.by.role.is_member();
    if by_partner != (code == TerminationCode::PartnerRequest) {
        let problem = if by_partner {
            "a partner's own notice is given as its request"
        } else {
            "is for the partner's own notice; say why the vendor gives it"
        };
        return Err(Invalid::new("code", problem).into());
    }
    let policy = rulebook.policy_at(issued.at);
    let days = policy.body.standing.notice_days;
    let ends_at = time::after_days(issued.at, days, policy.body.time_zone)
        .ok_or(Invalid::new("at", "lies beyond the calendar"))?;
    Ok(StandingEvent::TerminationNoticed {
        code,
        reason: reason.to_owned(),
        noticed_by: issued.by.clone(),
        ends_at,
        policy_version: policy_ref(policy).version,
    })
}
