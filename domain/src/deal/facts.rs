//! What the decisions of a deal know: its programme, the partner that registers or shares it, and whom it pays.

use std::sync::Arc;

use super::{CommissionFacts, Deal, DealCommand, DealFacts, SellerFacts};
use crate::{
    EventId, Issued, PartnerId,
    bounds::DEEPEST_NETWORK,
    facts::{Facted, Streams},
    partner::Partner,
};

impl Facted for Deal {
    async fn facts<S: Streams>(
        &self,
        issued: &Issued<DealCommand>,
        streams: &S,
    ) -> Result<DealFacts, S::Error> {
        if let DealCommand::CalculateCommission { trigger, .. } = &issued.command {
            return of_calculation(self, *trigger, streams).await;
        }
        let own = self.case().map(|case| case.program);
        let command = &issued.command;
        let (program, partner) = if let DealCommand::Register { program, partner, .. } = command {
            (Some(*program), Some(partner))
        } else if let DealCommand::AgreeShare { partner, .. } = command {
            (own, Some(partner))
        } else if let DealCommand::Qualify {} | DealCommand::Approve {} = command {
            (own, self.case().map(|case| &case.partner)) // Whose people do not check it.
        } else {
            (own, None)
        };
        Ok(DealFacts {
            program: streams.load_if(program.map(|program| program.0)).await?,
            partner: match partner {
                Some(partner) => Some(streams.load(partner.0).await?),
                None => None,
            },
            commission: None,
        })
    }
}

/// Programme and partners as they stood when the trigger was recorded: what came later does not count (R67).
async fn of_calculation<S: Streams>(
    deal: &Deal,
    trigger: EventId,
    streams: &S,
) -> Result<DealFacts, S::Error> {
    let (Some(case), Some(until)) = (deal.case(), streams.own_event(trigger).await?) else {
        return Ok(DealFacts::default());
    };
    let mut sellers = vec![];
    for (partner, _) in case.sellers() {
        let state: Arc<Partner> = streams.load_until(partner.0, until).await?;
        let upline = upline(&state, until, streams).await?;
        sellers.push(SellerFacts { partner, state, upline });
    }
    Ok(DealFacts {
        program: streams.load_until(case.program.0, until).await?,
        partner: None,
        commission: Some(CommissionFacts { sellers }),
    })
}

/// Everybody above a partner, nearest first.
async fn upline<S: Streams>(
    partner: &Partner,
    until: u64,
    streams: &S,
) -> Result<Vec<(PartnerId, Arc<Partner>)>, S::Error> {
    let mut upline: Vec<(PartnerId, Arc<Partner>)> = vec![];
    let mut above = parent_of(partner);
    while let Some(id) = above.filter(|_| upline.len() < DEEPEST_NETWORK as usize) {
        let state: Arc<Partner> = streams.load_until(id.0, until).await?;
        above = parent_of(&state);
        upline.push((id, state));
    }
    Ok(upline)
}

fn parent_of(partner: &Partner) -> Option<PartnerId> {
    partner.active().and_then(|active| active.place).and_then(|place| place.parent)
}
