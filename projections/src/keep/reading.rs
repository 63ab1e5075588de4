//! How the views are read: every statement as they are by then, or all as they stood at the first (snapshot isolation).

use std::sync::Arc;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, IsolationLevel, QueryResult, Statement, TransactionTrait,
};
use tokio::sync::OnceCell;

use super::namespace::{Namespace, position};

/// A way to read one namespace. Clones share everything.
#[derive(Clone)]
pub struct Reading {
    db: DatabaseConnection,
    /// The transaction in which everything is read, from the first statement on; none where each is by itself.
    still: Option<Arc<OnceCell<DatabaseTransaction>>>,
}

impl Reading {
    /// Every statement reads what has been folded by then.
    pub fn live(namespace: &Namespace) -> Self {
        Self { db: namespace.db().clone(), still: None }
    }

    /// Every statement reads what had been folded by the first. Keeps a connection until the last clone is gone.
    pub fn still(namespace: &Namespace) -> Self {
        Self { still: Some(Arc::default()), ..Self::live(namespace) }
    }

    /// The position of the last event that has been folded into what is read.
    pub async fn position(&self) -> Result<u64, DbErr> {
        position(self).await
    }

    /// The transaction, where there is to be one.
    async fn within(&self) -> Result<Option<&DatabaseTransaction>, DbErr> {
        let Some(still) = &self.still else { return Ok(None) };
        still.get_or_try_init(|| begin(&self.db)).await.map(Some)
    }
}

async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    match db.get_database_backend() {
        DbBackend::Postgres => {
            let isolation = Some(IsolationLevel::RepeatableRead);
            db.begin_with_config(isolation, Some(AccessMode::ReadOnly)).await
        }
        DbBackend::Sqlite | DbBackend::MySql => db.begin().await, // There it reads a snapshot in any case.
    }
}

#[async_trait]
impl ConnectionTrait for Reading {
    fn get_database_backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self.within().await? {
            Some(transaction) => transaction.execute(statement).await,
            None => self.db.execute(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self.within().await? {
            Some(transaction) => transaction.execute_unprepared(sql).await,
            None => self.db.execute_unprepared(sql).await,
        }
    }

    async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self.within().await? {
            Some(transaction) => transaction.query_one(statement).await,
            None => self.db.query_one(statement).await,
        }
    }

    async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self.within().await? {
            Some(transaction) => transaction.query_all(statement).await,
            None => self.db.query_all(statement).await,
        }
    }
}
