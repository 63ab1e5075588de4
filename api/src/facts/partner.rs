//! What the decisions of a partner know: its programme, and whom it joins under.

use domain::{
    Issued,
    partner::{Partner, PartnerCommand, PartnerFacts},
};
use eventlog::{LoadError, Streams};

use super::{Facted, program};

impl Facted for Partner {
    async fn facts(
        &self,
        command: &Issued<PartnerCommand>,
        streams: &Streams,
    ) -> Result<PartnerFacts, LoadError> {
        if let PartnerCommand::Apply { program, .. } = &command.command {
            return Ok(PartnerFacts { program: streams.load(program.0).await?, parent: None });
        }
        let parent = match (&command.command, self.inviter()) {
            (PartnerCommand::Join {}, Some(inviter)) => Some(streams.load(inviter.0).await?),
            (_, _) => None,
        };
        Ok(PartnerFacts { program: program(streams, self.program()).await?, parent })
    }
}
