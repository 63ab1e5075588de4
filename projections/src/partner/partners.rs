//! The read model of partners, from application to active selling.

use domain::partner::{
    ApplicationEvent, ApplicationRejectionCode, ApplicationSource, BankEvent, ContactEvent,
    NetworkEvent, PartnerEvent, ReviewResult, StandingEvent, SuspensionCode, TerminationCode,
    TermsEvent, TierEvent, TrainingEvent,
};
use domain::program::Deadline;
use domain::{ClosedList, Tier};
use sea_orm::entity::prelude::*;

use crate::ground::names::sorting;
use crate::ground::{Misfit, Placed, Portrait, Sealed, Word, table, words};

table! {
    "partners" of Some(Column::Id), fold 2, stamped [last_position, version], found by [
        "applied_at, id",
        "sort_name, id",
        "last_position, id",
        "program, applied_at, id",
        "stage, applied_at, id",
        "country, applied_at, id",
        "tier, applied_at, id",
        "tier_rank, id",
        "joined_at",
        "certified, applied_at, id",
        "parent",
    ];
    #[derive(Default)]
    pub struct Model {
        pub id: Uuid,
        pub program: Uuid,
        pub company_name: String,
        /// The name without case and accents.
        pub sort_name: String,
        /// ISO 3166 alpha-2.
        pub country: String,
        pub tax_id: Option<String>,
        pub website: Option<String>,
        pub stage: PartnerStage,
        /// `web`, `referral` or `recruited`.
        pub source: Word<ApplicationSource>,
        /// The partner through whose referral it came.
        pub inviter: Option<Uuid>,
        /// The partner that has named the same web domain before.
        pub resembles: Option<Uuid>,
        pub reviewer: Option<String>,
        /// What the reviewer concluded.
        pub review: Option<Word<ReviewResult>>,
        /// When the interview takes place or took place; none once it was missed.
        pub interview_at: Option<DateTimeUtc>,
        pub applied_at: DateTimeUtc,
        pub approved_at: Option<DateTimeUtc>,
        pub joined_at: Option<DateTimeUtc>,
        /// When the application was rejected or withdrawn, or lapsed.
        pub ended_at: Option<DateTimeUtc>,
        /// From when on the partner may apply again.
        pub may_apply_from: Option<DateTimeUtc>,
        /// Why the application was rejected.
        pub rejection: Option<Word<ApplicationRejectionCode>>,
        pub parent: Option<Uuid>,
        pub depth: Option<i64>,
        pub referral_code: Option<String>,
        /// `registered`, `certified`, `silver`, `gold` or `platinum`.
        pub tier: Word<Tier>,
        /// How many steps of the ladder lie below.
        pub tier_rank: i64,
        /// How many certificates its people were given.
        pub certified: i64,
        pub first_certified_at: Option<DateTimeUtc>,
        pub contacts: Sealed,
        pub terms_version: i64,
        pub payment_details_id: Option<Uuid>,
        pub suspended_at: Option<DateTimeUtc>,
        /// Why it is suspended.
        pub suspension: Option<Word<SuspensionCode>>,
        pub suspension_reason: Option<String>,
        /// When the notice runs out.
        pub notice_ends_at: Option<DateTimeUtc>,
        /// Why the co-operation ends or has ended.
        pub termination: Option<Word<TerminationCode>>,
        pub termination_reason: Option<String>,
        pub terminated_at: Option<DateTimeUtc>,
    }
}

words! {
    /// How far a partner has come.
    pub enum PartnerStage {
        "applied" => Applied: "The application is there and nobody reviews it yet.",
        "under-review" => UnderReview: "Somebody reviews it.",
        "information-requested" => InformationRequested: "The candidate has been asked for something.",
        "reviewed" => Reviewed: "The review is done.",
        "interview-scheduled" => InterviewScheduled: "The interview has a date.",
        "interviewed" => Interviewed: "The interview was held.",
        "approved" => Approved: "The application is approved: this is a partner.",
        "suspended" => Suspended: "The partner is suspended and may not sell.",
        "terminated" => Terminated: "The co-operation has ended.",
        "rejected" => Rejected: "The application was rejected.",
        "withdrawn" => Withdrawn: "The candidate has withdrawn the application.",
        "lapsed" => Lapsed: "The candidate never answered, and the application has lapsed.",
    }
}

impl Portrait for Entity {
    type Event = PartnerEvent;

    fn found(event: &PartnerEvent, placed: &Placed) -> Result<Option<Model>, Misfit> {
        let PartnerEvent::Application(ApplicationEvent::Applied {
            program,
            company,
            contacts,
            source,
            inviter,
            terms_version,
            resembles,
            ..
        }) = event
        else {
            return Ok(None);
        };
        Ok(Some(Model {
            id: placed.aggregate(),
            program: program.0,
            company_name: company.name.clone(),
            sort_name: sorting(&company.name),
            country: company.country.clone(),
            tax_id: company.tax_id.clone(),
            website: company.website.clone(),
            source: Word(*source),
            inviter: inviter.map(|inviter| inviter.0),
            resembles: resembles.map(|other| other.0),
            applied_at: placed.at(),
            tier: Word(Tier::Registered),
            tier_rank: rank(Tier::Registered),
            contacts: Sealed::of(contacts.iter().map(|contact| &contact.details), placed)?,
            terms_version: (*terms_version).into(),
            ..Model::default()
        }))
    }

    fn change(row: &mut Model, event: &PartnerEvent, placed: &Placed) -> Result<(), Misfit> {
        match event {
            PartnerEvent::Application(event) => return decided(row, event, placed),
            PartnerEvent::Contact(event) => return contact(row, event, placed),
            PartnerEvent::Terms(TermsEvent::Accepted { version, .. }) => {
                row.terms_version = (*version).into()
            }
            PartnerEvent::Network(NetworkEvent::Joined {
                parent, depth, referral_code, ..
            }) => {
                row.joined_at = Some(placed.at());
                row.parent = parent.map(|parent| parent.0);
                row.depth = Some((*depth).into());
                row.referral_code = Some(referral_code.clone());
            }
            PartnerEvent::Training(TrainingEvent::Certified { valid_from, .. }) => {
                row.certified += 1;
                row.first_certified_at.get_or_insert(*valid_from);
            }
            PartnerEvent::Bank(BankEvent::DetailsSet { details_id, .. }) => {
                row.payment_details_id = Some(details_id.0)
            }
            PartnerEvent::Tier(TierEvent::Overridden { to, .. }) => {
                row.tier = Word(*to);
                row.tier_rank = rank(*to);
            }
            PartnerEvent::Standing(event) => stands(row, event),
            PartnerEvent::Training(_) => {} // Views of their own tell what else happens there.
        }
        Ok(())
    }
}

/// An application that comes to nothing.
fn ends(row: &mut Model, stage: PartnerStage, again: Deadline, placed: &Placed) {
    row.stage = stage;
    row.ended_at = Some(placed.at());
    row.may_apply_from = Some(again.at);
}

/// Whoever was not taken applies anew, and is judged by nothing of before.
fn again(row: &mut Model, event: &ApplicationEvent, placed: &Placed) -> Result<(), Misfit> {
    let anew = Entity::found(&PartnerEvent::Application(event.clone()), placed)?;
    match anew.filter(|_| row.ended_at.is_some()) {
        Some(anew) => *row = anew,
        None => return placed.twice::<Entity>(),
    }
    Ok(())
}

/// Who its people are.
fn contact(row: &mut Model, event: &ContactEvent, placed: &Placed) -> Result<(), Misfit> {
    let people = &mut row.contacts.0;
    match event {
        ContactEvent::Added { contact } => {
            people.extend(Sealed::of([&contact.details], placed)?.0);
        }
        ContactEvent::Changed { contact } => {
            for changed in Sealed::of([&contact.details], placed)?.0 {
                let mut known = people.iter_mut();
                if let Some(known) = known.find(|known| known.subject == changed.subject) {
                    *known = changed;
                }
            }
        }
        ContactEvent::Removed { person } => people.retain(|known| known.subject != *person),
    }
    Ok(())
}

/// Whether it is in good standing, and why not.
fn stands(row: &mut Model, event: &StandingEvent) {
    match event {
        StandingEvent::Suspended { code, reason, suspended_at, .. } => {
            row.stage = PartnerStage::Suspended;
            row.suspended_at = Some(*suspended_at);
            row.suspension = Some(Word(*code));
            row.suspension_reason = Some(reason.clone());
        }
        StandingEvent::Reinstated { .. } => {
            row.stage = PartnerStage::Approved;
            suspended_no_more(row);
        }
        StandingEvent::TerminationNoticed { code, reason, ends_at, .. } => {
            row.notice_ends_at = Some(*ends_at);
            row.termination = Some(Word(*code));
            row.termination_reason = Some(reason.clone());
        }
        StandingEvent::TerminationRevoked {} => {
            row.notice_ends_at = None;
            row.termination = None;
            row.termination_reason = None;
        }
        StandingEvent::Terminated { terminated_at, .. } => {
            row.stage = PartnerStage::Terminated;
            row.terminated_at = Some(*terminated_at);
            suspended_no_more(row);
        }
    }
}

fn suspended_no_more(row: &mut Model) {
    row.suspended_at = None;
    row.suspension = None;
    row.suspension_reason = None;
}

/// The place of a tier on the ladder, whose words are in no such order.
fn rank(tier: Tier) -> i64 {
    let below = Tier::ALL.iter().take_while(|(step, ..)| *step != tier);
    below.fold(0, |rank, _| rank + 1)
}

/// How the application goes on.
fn decided(row: &mut Model, event: &ApplicationEvent, placed: &Placed) -> Result<(), Misfit> {
    match event {
        ApplicationEvent::Applied { .. } => return again(row, event, placed),
        ApplicationEvent::ReviewAssigned { reviewer } => {
            row.stage = PartnerStage::UnderReview;
            row.reviewer = Some(reviewer.clone());
        }
        ApplicationEvent::InformationRequested { .. } => {
            row.stage = PartnerStage::InformationRequested
        }
        ApplicationEvent::InformationSupplied { .. }
        | ApplicationEvent::InformationRequestClosed { .. } => {
            row.stage = PartnerStage::UnderReview
        }
        ApplicationEvent::ReviewRecorded { result, .. } => {
            row.stage = PartnerStage::Reviewed;
            row.review = Some(Word(*result));
        }
        ApplicationEvent::InterviewScheduled { at } => {
            row.stage = PartnerStage::InterviewScheduled;
            row.interview_at = Some(*at);
        }
        ApplicationEvent::InterviewHeld { .. } => row.stage = PartnerStage::Interviewed,
        ApplicationEvent::InterviewMissed { .. } => {
            row.stage = PartnerStage::Reviewed;
            row.interview_at = None;
        }
        ApplicationEvent::Approved { .. } => {
            row.stage = PartnerStage::Approved;
            row.approved_at = Some(placed.at());
        }
        ApplicationEvent::Escalated { .. } => {} // It waits where it is.
        ApplicationEvent::Rejected { code, again } => {
            row.rejection = Some(Word(*code));
            ends(row, PartnerStage::Rejected, *again, placed);
        }
        ApplicationEvent::Withdrawn { again, .. } => {
            ends(row, PartnerStage::Withdrawn, *again, placed);
        }
        ApplicationEvent::Lapsed { again, .. } => ends(row, PartnerStage::Lapsed, *again, placed),
    }
    Ok(())
}
