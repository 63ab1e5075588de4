//! What the decisions of a deal know: its programme, the partner that registers or shares it, whom it pays, and who is to
//! earn on it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{CommissionFacts, Deal, DealCommand, DealFacts, SellerFacts};
use crate::{
    EventId, Issued, PartnerId,
    facts::{Facted, Streams},
    partner::{Partner, upline},
};

impl Facted for Deal {
    async fn facts<S: Streams>(
        &self,
        issued: &Issued<DealCommand>,
        streams: &S,
    ) -> Result<DealFacts, S::Error> {
        if let DealCommand::CalculateCommission { trigger, .. } = &issued.command {
            return of_calculation(self, *trigger, issued.at, streams).await;
        }
        let own = self.case().map(|case| case.program);
        let command = &issued.command;
        let (program, partner) = if let DealCommand::Register { program, partner, .. } = command {
            (Some(*program), Some(partner))
        } else if let DealCommand::AgreeShare { partner, .. } = command {
            (own, Some(partner))
        } else if command.asks_its_partner() {
            (own, self.case().map(|case| &case.partner))
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
            earners: earners(self, command, issued.at, streams).await?,
        })
    }
}

/// Everybody who is to earn on the deal, as they are: who sells it, and who is above them; where a command is kept from
/// their people.
async fn earners<S: Streams>(
    deal: &Deal,
    command: &DealCommand,
    at: DateTime<Utc>,
    streams: &S,
) -> Result<Vec<(PartnerId, Arc<Partner>)>, S::Error> {
    let Some(case) = deal.case().filter(|_| command.is_kept_from_earners()) else {
        return Ok(vec![]);
    };
    let mut sellers: Vec<PartnerId> = case.sellers().into_iter().map(|(id, _)| id).collect();
    if let DealCommand::AgreeShare { partner, .. } = command {
        sellers.push(*partner);
    }
    let mut earners = vec![];
    for seller in sellers {
        let state: Arc<Partner> = streams.load(seller.0).await?;
        let above = upline(&state, at, None, streams).await?;
        earners.push((seller, state));
        earners.extend(above);
    }
    Ok(earners)
}

/// Programme and partners as they stood when the trigger was recorded: what came later does not count (R67).
async fn of_calculation<S: Streams>(
    deal: &Deal,
    trigger: EventId,
    at: DateTime<Utc>,
    streams: &S,
) -> Result<DealFacts, S::Error> {
    let (Some(case), Some(until)) = (deal.case(), streams.own_event(trigger).await?) else {
        return Ok(DealFacts::default());
    };
    let mut sellers = vec![];
    for (partner, _) in case.sellers() {
        let state: Arc<Partner> = streams.load_until(partner.0, until).await?;
        let upline = upline(&state, at, Some(until), streams).await?;
        sellers.push(SellerFacts { partner, state, upline });
    }
    Ok(DealFacts {
        program: streams.load_until(case.program.0, until).await?,
        commission: Some(CommissionFacts { sellers }),
        ..DealFacts::default()
    })
}
