//! What the log has sealed, tried with its keys: a value that is damaged shows before somebody asks for it.

use eventlog::{Log, PersonalError};
use futures::StreamExt;

use super::reader::StepError;

/// Values that are told of; more do not help.
const TOLD: usize = 20;

/// The personal values of a log.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tried {
    pub open: u64,
    /// Those whose keys are destroyed.
    pub erased: u64,
}

/// Tries every personal value up to and with `until`; tells what is damaged beside.
pub(super) async fn try_all(
    log: &Log,
    until: u64,
) -> Result<(Tried, Vec<PersonalError>), StepError> {
    let (mut tried, mut damaged): (Tried, Vec<PersonalError>) = Default::default();
    let mut pages = log.stream(0, Some(until));
    while let Some(page) = pages.next().await {
        let page = page?;
        for value in log.try_values(&page).await? {
            match value {
                Ok(true) => tried.open += 1,
                Ok(false) => tried.erased += 1,
                Err(error) => damaged.push(error),
            }
        }
        damaged.truncate(TOLD);
    }
    Ok((tried, damaged))
}
