//! Commission plans by two people (four eyes): one drafts a plan, another publishes the version of it that was read.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ProgramCommand, ProgramEvent, ProgramRefusal, Rulebook,
    policy::{period, publish},
};
use crate::{Actor, Issued, commission::Plan, published::hash_of, refusal::Invalid};

/// One version of a plan that somebody proposes, with the time for which it is to be in force.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlanDraft {
    pub draft: String,
    /// 1, 2, 3, ... under its name.
    pub version: u32,
    pub effective_from: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<DateTime<Utc>>,
    pub plan: Plan,
    /// SHA-256 of the plan's canonical JSON, in hex.
    pub plan_hash: String,
    /// By the sign-in, never by a claim.
    pub author: Actor,
}

/// What stands under the name of a draft.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Drafted {
    pub newest: PlanDraft,
    /// Everybody who has written on it since it was published last.
    pub authors: Vec<Actor>,
    /// Whether the newest version is published.
    pub published: bool,
}

/// What a draft says besides its name.
pub(super) struct Proposal<'a> {
    pub draft: &'a str,
    pub effective_from: DateTime<Utc>,
    pub effective_until: Option<DateTime<Utc>>,
    pub plan: &'a Plan,
}

pub(super) fn draft(
    rulebook: &Rulebook,
    proposal: &Proposal<'_>,
    issued: &Issued<ProgramCommand>,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    let Proposal { draft, effective_from, effective_until, plan } = *proposal;
    period(effective_from, effective_until)?;
    // As deep as the network may be at any time from then on.
    let depths = rulebook.policies.since(effective_from);
    let deepest = depths.map(|policy| policy.body.max_network_depth).max().unwrap_or(0);
    plan.check(deepest).map_err(|fault| ProgramRefusal::FaultyPlan {
        problem: fault.to_string(),
        path: [vec!["plan".to_owned()], fault.field()].concat(),
    })?;
    let known = rulebook.drafts.get(draft);
    let draft = PlanDraft {
        draft: draft.to_owned(),
        version: known.map_or(1, |known| known.newest.version + 1),
        effective_from,
        effective_until,
        plan: plan.clone(),
        plan_hash: hash_of(plan).map_err(|error| Invalid::new("plan", error.to_string()))?,
        author: issued.by.clone(),
    };
    if known.is_some_and(|known| !known.published && known.newest.says(&draft)) {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    Ok(vec![ProgramEvent::CommissionPlanDrafted { draft }])
}

/// Publishes what was read: the version that is named, where no other has taken its place.
pub(super) fn publish_draft(
    rulebook: &Rulebook,
    name: &str,
    version: u32,
    issued: &Issued<ProgramCommand>,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    let unknown = || ProgramRefusal::UnknownDraft { draft: name.to_owned() };
    let Drafted { newest, published, .. } = rulebook.drafts.get(name).ok_or_else(unknown)?;
    if newest.version != version {
        let (draft, current) = (name.to_owned(), newest.version);
        return Err(ProgramRefusal::DraftNotCurrent { draft, current });
    }
    if *published {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    let plan = publish(
        &rulebook.plans,
        newest.plan.clone(),
        newest.effective_from,
        newest.effective_until,
        &newest.author.id,
        issued,
    )?;
    Ok(vec![ProgramEvent::CommissionPlanPublished {
        draft: name.to_owned(),
        draft_version: version,
        plan,
    }])
}

impl PlanDraft {
    /// Whether it is the same of the same author, whatever its version.
    fn says(&self, other: &Self) -> bool {
        *self == Self { version: self.version, ..other.clone() }
    }
}

impl Rulebook {
    pub(super) fn drafted(&mut self, draft: PlanDraft) {
        let known = self.drafts.remove(&draft.draft).filter(|known| !known.published);
        let mut authors = known.map(|known| known.authors).unwrap_or_default();
        if !authors.contains(&draft.author) {
            authors.push(draft.author.clone());
        }
        let drafted = Drafted { newest: draft, authors, published: false };
        self.drafts.insert(drafted.newest.draft.clone(), drafted);
    }
}
