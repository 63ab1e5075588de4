//! What a decision may know of other aggregates, loaded from their streams before it is taken.

use std::sync::Arc;

use cqrs_es::Aggregate;
use domain::{
    DealId, EventId, PartnerId, ProgramId, WalletId,
    deal::{CommissionFacts, Deal, DealCommand, DealFacts, SellerFacts},
    partner::{Partner, PartnerCommand, PartnerFacts},
    program::{DEEPEST_NETWORK, Program},
    wallet::{Wallet, WalletCommand, WalletFacts},
};
use eventlog::Log;
use uuid::Uuid;

use crate::fault::{Fault, fault};

/// Loads facts. Never from a view: views may be behind, and no decision rests on one.
#[derive(Clone)]
pub struct Facts {
    log: Log,
}

impl Facts {
    pub fn new(log: Log) -> Self {
        Self { log }
    }

    pub async fn of_partner(
        &self,
        id: PartnerId,
        command: &PartnerCommand,
    ) -> Result<PartnerFacts, Fault> {
        if let PartnerCommand::Apply { program, .. } = command {
            return Ok(PartnerFacts { program: self.load(program.0).await?, parent: None });
        }
        let partner: Arc<Partner> = self.load(id.0).await?;
        let parent = match (command, partner.inviter()) {
            (PartnerCommand::Join {}, Some(inviter)) => Some(self.load(inviter.0).await?),
            (_, _) => None,
        };
        Ok(PartnerFacts { program: self.program(partner.program()).await?, parent })
    }

    pub async fn of_deal(&self, id: DealId, command: &DealCommand) -> Result<DealFacts, Fault> {
        if let DealCommand::Register { program, partner, .. } = command {
            return Ok(DealFacts {
                program: self.load(program.0).await?,
                partner: Some(self.load(partner.0).await?),
                commission: None,
            });
        }
        let deal: Arc<Deal> = self.load(id.0).await?;
        if let DealCommand::CalculateCommission { trigger, .. } = command {
            return self.of_calculation(id, &deal, *trigger).await;
        }
        let program = self.program(deal.case().map(|case| case.program)).await?;
        let partner = if let DealCommand::AgreeShare { partner, .. } = command {
            Some(self.load(partner.0).await?)
        } else {
            None
        };
        Ok(DealFacts { program, partner, commission: None })
    }

    pub async fn of_wallet(
        &self,
        id: WalletId,
        command: &WalletCommand,
    ) -> Result<WalletFacts, Fault> {
        let needs_facts = match command {
            WalletCommand::RequestPayout { .. }
            | WalletCommand::ApprovePayout { .. }
            | WalletCommand::SubmitPayout { .. } => true,
            WalletCommand::Accrue { .. }
            | WalletCommand::Mature { .. }
            | WalletCommand::CancelPayout { .. }
            | WalletCommand::RejectPayout { .. }
            | WalletCommand::SettlePayout { .. } => false,
        };
        let wallet: Arc<Wallet> = if needs_facts { self.load(id.0).await? } else { Arc::default() };
        let Some(purse) = wallet.purse() else { return Ok(WalletFacts::default()) };
        Ok(WalletFacts {
            program: self.load(purse.program.0).await?,
            partner: Some(self.load(purse.partner.0).await?),
        })
    }

    /// Programme and partners as they stood when the trigger was recorded: what came later does not count (R67).
    async fn of_calculation(
        &self,
        id: DealId,
        deal: &Deal,
        trigger: EventId,
    ) -> Result<DealFacts, Fault> {
        let recorded = self.log.event_in(Deal::TYPE, id.0, trigger).await.map_err(|error| {
            tracing::warn!(%error, "the trigger of a calculation cannot be read");
            Fault::Unavailable
        })?;
        let (Some(case), Some(trigger)) = (deal.case(), recorded) else {
            return Ok(DealFacts::default());
        };
        let until = trigger.envelope.position;
        let mut sellers = vec![];
        for (partner, _) in case.sellers() {
            let state: Arc<Partner> = self.load_until(partner.0, until).await?;
            let upline = self.upline(&state, until).await?;
            sellers.push(SellerFacts { partner, state, upline });
        }
        Ok(DealFacts {
            program: self.load_until(case.program.0, until).await?,
            partner: None,
            commission: Some(CommissionFacts { sellers }),
        })
    }

    /// Everybody above a partner, nearest first.
    async fn upline(
        &self,
        partner: &Partner,
        until: u64,
    ) -> Result<Vec<(PartnerId, Arc<Partner>)>, Fault> {
        let mut upline: Vec<(PartnerId, Arc<Partner>)> = vec![];
        let mut above = parent_of(partner);
        while let Some(id) = above.filter(|_| upline.len() < DEEPEST_NETWORK as usize) {
            let state: Arc<Partner> = self.load_until(id.0, until).await?;
            above = parent_of(&state);
            upline.push((id, state));
        }
        Ok(upline)
    }

    async fn program(&self, id: Option<ProgramId>) -> Result<Arc<Program>, Fault> {
        match id {
            Some(id) => self.load(id.0).await,
            None => Ok(Arc::default()),
        }
    }

    async fn load<A: Aggregate>(&self, id: Uuid) -> Result<Arc<A>, Fault> {
        self.log.load::<A>(id).await.map(|(aggregate, _)| Arc::new(aggregate)).map_err(fault)
    }

    async fn load_until<A: Aggregate>(&self, id: Uuid, position: u64) -> Result<Arc<A>, Fault> {
        self.log.load_until::<A>(id, position).await.map(Arc::new).map_err(fault)
    }
}

fn parent_of(partner: &Partner) -> Option<PartnerId> {
    partner.active().and_then(|active| active.place).and_then(|place| place.parent)
}
