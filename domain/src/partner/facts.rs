//! What the decisions of a partner know: its programme, whom it joins under, and who is above it.

use super::{Partner, PartnerCommand, PartnerFacts, company, network, upline};
use crate::{
    Issued, PartnerId, account,
    facts::{Facted, Streams},
};

impl Facted for Partner {
    async fn facts<S: Streams>(
        &self,
        issued: &Issued<PartnerCommand>,
        streams: &S,
    ) -> Result<PartnerFacts, S::Error> {
        if let PartnerCommand::Apply { program, company, inviter, .. } = &issued.command {
            let known = company::take(PartnerId(issued.target), *program, company, streams).await?;
            let owns = account::own(issued, PartnerId(issued.target), streams).await?;
            let program = streams.load(program.0).await?;
            // Who applies is no partner yet and invites nobody, least of all itself.
            let parent = match inviter.filter(|inviter| inviter.0 != issued.target) {
                Some(inviter) => Some((inviter, streams.load(inviter.0).await?)),
                None => None,
            };
            let applicant_is_unfit = !owns;
            let facts =
                PartnerFacts { program, known, parent, applicant_is_unfit, ..Default::default() };
            return Ok(facts);
        }
        if let PartnerCommand::Reject { .. }
        | PartnerCommand::Withdraw {}
        | PartnerCommand::Lapse {}
        | PartnerCommand::Terminate { .. } = &issued.command
        {
            company::let_go(PartnerId(issued.target), self, streams).await?;
        }
        let parent = if let PartnerCommand::Join {} = &issued.command {
            network::inviter(self, issued.at, streams).await?
        } else {
            None
        };
        let program = streams.load_if(self.program().map(|program| program.0)).await?;
        let upline = if issued.command.is_kept_from_upline() {
            upline(self, issued.at, None, streams).await? // Whose people do not decide it.
        } else {
            vec![]
        };
        Ok(PartnerFacts { program, parent, upline, ..PartnerFacts::default() })
    }
}
