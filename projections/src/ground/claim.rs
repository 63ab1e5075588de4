//! Integrity checks: claims about all rows of a read model, each a query for what contradicts it.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

/// Something that must hold and does not.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("{claim}, but not for {table} {key}: {detail}")]
    Claim { claim: &'static str, table: &'static str, key: String, detail: String },
    #[error("the views cannot be read")]
    Unavailable(#[from] DbErr),
}

/// A claim about rows, whichever tables they are in, and which of those it is about.
pub(crate) struct Claim {
    pub claim: &'static str,
    pub table: &'static str,
    /// What contradicts it: its `subject`, and in `detail` what is there instead.
    pub counterexamples: &'static str,
}

#[derive(FromQueryResult)]
struct Counterexample {
    subject: String,
    detail: String,
}

impl Claim {
    pub async fn check(&self, db: &impl ConnectionTrait) -> Result<(), Broken> {
        let Self { claim, table, counterexamples } = *self;
        // A limit beside the joins would have PostgreSQL hope for an early row, which a true claim never has.
        let sql =
            format!("WITH found AS MATERIALIZED ({counterexamples}) SELECT * FROM found LIMIT 1");
        let query = Statement::from_string(db.get_database_backend(), sql);
        match Counterexample::find_by_statement(query).one(db).await? {
            Some(Counterexample { subject: key, detail }) => {
                Err(Broken::Claim { claim, table, key, detail })
            }
            None => Ok(()),
        }
    }
}
