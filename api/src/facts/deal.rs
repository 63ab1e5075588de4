//! What the decisions of a deal know: its programme, the partner that registers or shares it, and whom it pays.

use std::sync::Arc;

use domain::{
    EventId, Issued, PartnerId,
    deal::{CommissionFacts, Deal, DealCommand, DealFacts, SellerFacts},
    partner::Partner,
    program::DEEPEST_NETWORK,
};
use eventlog::{LoadError, Streams};

use super::{Facted, program};

impl Facted for Deal {
    async fn facts(
        &self,
        command: &Issued<DealCommand>,
        streams: &Streams,
    ) -> Result<DealFacts, LoadError> {
        if let DealCommand::CalculateCommission { trigger, .. } = &command.command {
            return of_calculation(self, *trigger, streams).await;
        }
        let own = self.case().map(|case| case.program);
        let (of, partner) = if let DealCommand::Register { program, partner, .. } = &command.command
        {
            (Some(*program), Some(partner))
        } else if let DealCommand::AgreeShare { partner, .. } = &command.command {
            (own, Some(partner))
        } else {
            (own, None)
        };
        let partner = match partner {
            Some(partner) => Some(streams.load(partner.0).await?),
            None => None,
        };
        Ok(DealFacts { program: program(streams, of).await?, partner, commission: None })
    }
}

/// Programme and partners as they stood when the trigger was recorded: what came later does not count (R67).
async fn of_calculation(
    deal: &Deal,
    trigger: EventId,
    streams: &Streams,
) -> Result<DealFacts, LoadError> {
    let (Some(case), Some(trigger)) = (deal.case(), streams.own_event(trigger).await?) else {
        return Ok(DealFacts::default());
    };
    let until = trigger.envelope.position;
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
async fn upline(
    partner: &Partner,
    until: u64,
    streams: &Streams,
) -> Result<Vec<(PartnerId, Arc<Partner>)>, LoadError> {
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
