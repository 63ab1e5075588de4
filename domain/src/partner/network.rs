//! The network (a tree): who invited whom, from the top down and no deeper than the programme allows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Active, ApplicationSource, Partner, PartnerCommand, PartnerRefusal, terms};
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
    partner: &Active,
    issued: &Issued<PartnerCommand>,
    rulebook: &Rulebook,
    parent: Option<&Partner>,
) -> Result<Vec<NetworkEvent>, PartnerRefusal> {
    if partner.place.is_some() {
        return Ok(vec![]); // Already so: a retry is harmless.
    }
    let issued = partner.file.follows(issued)?;
    terms::current(rulebook, issued.at, partner.file.terms_version)?;
    let depth = match partner.file.inviter {
        None => 0,
        Some(_) => depth_below(parent, partner)?,
    };
    let policy = rulebook.policy_at(issued.at);
    let limit = policy.body.max_network_depth;
    if depth > limit {
        return Err(PartnerRefusal::TooDeep { limit, policy: policy_ref(policy) });
    }
    let code = derived(issued.command_id.0, "referral").simple().to_string();
    Ok(vec![NetworkEvent::Joined {
        parent: partner.file.inviter,
        depth,
        origin: partner.file.source,
        referral_code: code[..12].to_owned(),
    }])
}

/// Refuses an inviter that is no partner of the programme, or is one no more; a candidate may join later, and whoever it
/// invites after it.
pub(super) fn invites(inviter: Option<&Partner>, program: ProgramId) -> Result<(), PartnerRefusal> {
    match inviter.and_then(Partner::file) {
        Some(file) if file.program == program => Ok(()),
        Some(_) | None => Err(PartnerRefusal::UnknownInviter),
    }
}

/// One below the parent, which must have joined the same programme before (R81, R82).
fn depth_below(parent: Option<&Partner>, partner: &Active) -> Result<u32, PartnerRefusal> {
    let parent = parent
        .and_then(Partner::active)
        .filter(|parent| parent.file.program == partner.file.program);
    let place = parent.and_then(|parent| parent.place).ok_or(PartnerRefusal::ParentNotJoined)?;
    Ok(place.depth.saturating_add(1))
}

/// Everybody above a partner, nearest first: as they stood at a position, or as they are.
pub async fn upline<S: Streams>(
    partner: &Partner,
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
        upline.push((id, state));
    }
    Ok(upline)
}

fn parent_of(partner: &Partner) -> Option<PartnerId> {
    partner.active().and_then(|active| active.place).and_then(|place| place.parent)
}
