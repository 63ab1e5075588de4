//! The network (a tree): who invited whom, from the top down and no deeper than the programme allows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ApplicationSource, File, Partner, PartnerCommand, PartnerRefusal, terms};
use crate::{
    Issued, PartnerId, ProgramId,
    bounds::DEEPEST_NETWORK,
    derived,
    facts::Streams,
    program::{Rulebook, policy_ref},
    words::events,
};

events! {
    /// What happened to a place in the network.
    pub enum NetworkEvent {
        "joined-network" => Joined { parent: Option<PartnerId>, depth: u32, origin: ApplicationSource, referral_code: String },
    }
}

/// A partner's place in its programme's network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Nobody above it at level zero.
    pub parent: Option<PartnerId>,
    pub depth: u32,
}

pub(super) fn join(
    (file, place): (&File, Option<Place>),
    issued: &Issued<PartnerCommand>,
    rulebook: &Rulebook,
    parent: Option<&(PartnerId, Arc<Partner>)>,
) -> Result<Vec<NetworkEvent>, PartnerRefusal> {
    if place.is_some() {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    let issued = file.follows(issued)?;
    terms::current(rulebook, issued.at, file.terms_version)?;
    let depth = match parent {
        None => 0,
        Some((_, parent)) => depth_below(parent, file, issued.at)?,
    };
    let policy = rulebook.policy_at(issued.at);
    let limit = policy.body.max_network_depth;
    if depth > limit {
        return Err(PartnerRefusal::TooDeep { limit, policy: policy_ref(policy) });
    }
    let code = derived(issued.command_id.0, "referral").simple().to_string();
    Ok(vec![NetworkEvent::Joined {
        parent: parent.map(|(id, _)| *id),
        depth,
        origin: file.source,
        referral_code: code[..12].to_owned(),
    }])
}

/// Refuses an inviter that is no partner of the programme, or is one no more; a candidate may join later, and whoever it
/// invites after it.
pub(super) fn invites(
    inviter: Option<&Partner>,
    program: ProgramId,
    at: DateTime<Utc>,
) -> Result<(), PartnerRefusal> {
    let inviter = inviter
        .filter(|inviter| inviter.file().is_some_and(|file| file.program == program))
        .ok_or(PartnerRefusal::UnknownInviter)?;
    let standing = inviter.active().map_or(Ok(()), |active| active.standing.good_at(at));
    standing.map_err(|_| PartnerRefusal::InviterNotActive)
}

/// One below the parent, which must have joined the same programme before (R81, R82).
fn depth_below(parent: &Partner, file: &File, at: DateTime<Utc>) -> Result<u32, PartnerRefusal> {
    let parent = parent.active().filter(|parent| parent.file.program == file.program);
    let parent = parent.ok_or(PartnerRefusal::ParentNotJoined)?;
    let place = parent.place.ok_or(PartnerRefusal::ParentNotJoined)?;
    parent.standing.good_at(at).map_err(|_| PartnerRefusal::ParentSuspended)?;
    Ok(place.depth.saturating_add(1))
}

/// Below whom a partner joins: who invited it, or whoever is nearest above one that has left by then.
pub(super) async fn inviter<S: Streams>(
    partner: &Partner,
    at: DateTime<Utc>,
    streams: &S,
) -> Result<Option<(PartnerId, Arc<Partner>)>, S::Error> {
    let mut next = partner.inviter();
    while let Some(id) = next {
        let state: Arc<Partner> = streams.load(id.0).await?;
        if !has_left_by(&state, at) {
            return Ok(Some((id, state)));
        }
        next = parent_of(&state);
    }
    Ok(None)
}

/// Everybody above a partner at `at`, nearest first: as they stood at a position, or as they are. Whoever has left by then
/// is passed over, so that those below it stand below whoever stood above it.
pub async fn upline<S: Streams>(
    partner: &Partner,
    at: DateTime<Utc>,
    until: Option<u64>,
    streams: &S,
) -> Result<Vec<(PartnerId, Arc<Partner>)>, S::Error> {
    let mut upline: Vec<(PartnerId, Arc<Partner>)> = vec![];
    let mut above = parent_of(partner);
    while let Some(id) = above.filter(|_| upline.len() < DEEPEST_NETWORK as usize) {
        let state: Arc<Partner> = match until {
            Some(position) => streams.load_until(id.0, position).await?,
            None => streams.load(id.0).await?,
        };
        above = parent_of(&state);
        if !has_left_by(&state, at) {
            upline.push((id, state));
        }
    }
    Ok(upline)
}

fn has_left_by(partner: &Partner, at: DateTime<Utc>) -> bool {
    partner.active().is_some_and(|active| active.standing.has_left_by(at))
}

fn parent_of(partner: &Partner) -> Option<PartnerId> {
    partner.active().and_then(|active| active.place).and_then(|place| place.parent)
}
