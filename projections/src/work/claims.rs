//! Consistency checking of the read model: what must hold in every set of views, at whatever position.

use sea_orm::ConnectionTrait;

use crate::ground::Broken;
use crate::house::{self, traces};

/// What is claimed, claim by claim in the order in which they are checked.
pub fn claims() -> Vec<&'static str> {
    house::claims().map(|claim| claim.claim).chain(traces::CLAIMS).collect()
}

/// Checks every claim about rows and about traces; the first that does not hold is the error.
pub async fn check_claims(db: &impl ConnectionTrait) -> Result<(), Broken> {
    check_rows(db).await?;
    traces::check(db).await
}

/// Checks every claim about how rows fit together.
pub(crate) async fn check_rows(db: &impl ConnectionTrait) -> Result<(), Broken> {
    for claim in house::claims() {
        claim.check(db).await?;
    }
    Ok(())
}
