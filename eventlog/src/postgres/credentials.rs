//! Credentials in PostgreSQL.

use chrono::{DateTime, Utc};
use domain::ClosedList;
use sqlx::postgres::{PgArguments, PgExecutor, Postgres};
use sqlx::query::Query;
use uuid::Uuid;

use super::Engine;
use crate::credential::{
    ADD_CHANGE, ADD_KEY, ApiKey, CHANGES, Change, Changed, DROP_CHANGE, END_SESSION, END_SESSIONS,
    Ended, FIRST_PASSWORD, GIVE_BACK, KEY, KEY_USED, LIVE_KEYS, LIVE_SESSIONS, NEXT_PASSWORD,
    NewPassword, PAID_UNTIL, PASSWORD, Password, REFRESH, REVOKE_KEY, SESSION, SESSIONS,
    SHORTEN_KEY, SWEEP_KEYS, SWEEP_SESSIONS, SWEEP_THROTTLES, Session, TAKE, TOO_MANY, api_key,
    begin_session, change, password, session,
};
use crate::personal::Secret;

impl Engine {
    pub async fn password(&self, account: Uuid) -> Result<Option<Password>, sqlx::Error> {
        let row = sqlx::query(PASSWORD).bind(account).fetch_optional(&self.pool).await?;
        row.as_ref().map(password).transpose()
    }

    /// Changes the password where it is still the one to be replaced, and ends the sessions with it; tells whether it was.
    pub async fn set_password(&self, new: &NewPassword) -> Result<bool, sqlx::Error> {
        let NewPassword { account, replaces, hash, at, keeps, change } = new;
        let mut transaction = self.pool.begin().await?;
        let set = sqlx::query(if *replaces == 0 { FIRST_PASSWORD } else { NEXT_PASSWORD });
        let set = set.bind(account).bind(hash).bind(at);
        let set = if *replaces == 0 { set } else { set.bind(i64::from(*replaces)) };
        if set.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let end = sqlx::query(END_SESSIONS).bind(account).bind(at);
        let end = end.bind(Ended::PasswordChanged.word()).bind(keeps);
        end.execute(&mut *transaction).await?;
        if let Some(id) = change {
            let what =
                Change { id: *id, account: *account, what: Changed::Password, key: None, at: *at };
            add_change(&mut *transaction, &what).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub async fn changes(&self) -> Result<Vec<Change>, sqlx::Error> {
        sqlx::query(CHANGES).fetch_all(&self.pool).await?.iter().map(change).collect()
    }

    pub async fn drop_change(&self, id: Uuid) -> Result<(), sqlx::Error> {
        self.changed(sqlx::query(DROP_CHANGE).bind(id)).await.map(drop)
    }

    /// Begins a session, unless the password is of another generation by now.
    pub async fn begin_session(
        &self,
        new: &Session,
        password: Option<u32>,
    ) -> Result<bool, sqlx::Error> {
        let begin = sqlx::query(begin_session!(" FOR SHARE"));
        let begin = begin.bind(new.id).bind(new.account).bind(&new.client);
        let begin = begin.bind(new.token_hash.as_slice()).bind(new.begun_at).bind(new.expires_at);
        if self.changed(begin.bind(password.map(i64::from))).await? == 0 {
            return Ok(false);
        }
        let end = sqlx::query(TOO_MANY).bind(new.account).bind(new.begun_at);
        self.changed(end.bind(Ended::TooMany.word()).bind(SESSIONS)).await?;
        Ok(true)
    }

    pub async fn session(&self, id: Uuid) -> Result<Option<Session>, sqlx::Error> {
        let row = sqlx::query(SESSION).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(session).transpose()
    }

    pub async fn live_sessions(
        &self,
        account: Uuid,
        at: DateTime<Utc>,
    ) -> Result<Vec<Session>, sqlx::Error> {
        let query = sqlx::query(LIVE_SESSIONS).bind(account).bind(at);
        query.fetch_all(&self.pool).await?.iter().map(session).collect()
    }

    /// Gives a session its next token where its token is still the one that was seen; tells whether it was.
    pub async fn refresh(&self, seen: &Session, next: &Session) -> Result<bool, sqlx::Error> {
        let refresh = sqlx::query(REFRESH).bind(seen.id).bind(i64::from(seen.generation));
        let refresh = refresh.bind(seen.token_hash.as_slice()).bind(next.token_hash.as_slice());
        let refresh = refresh.bind(next.refreshed_at).bind(next.expires_at);
        Ok(self.changed(refresh).await? > 0)
    }

    pub async fn end_session(
        &self,
        account: Uuid,
        id: Uuid,
        (at, ended): (DateTime<Utc>, Ended),
    ) -> Result<bool, sqlx::Error> {
        let end = sqlx::query(END_SESSION).bind(id).bind(account).bind(at).bind(ended.word());
        Ok(self.changed(end).await? > 0)
    }

    pub async fn end_sessions(
        &self,
        account: Uuid,
        keeps: Option<Uuid>,
        (at, ended): (DateTime<Utc>, Ended),
    ) -> Result<u64, sqlx::Error> {
        let end = sqlx::query(END_SESSIONS).bind(account).bind(at).bind(ended.word());
        self.changed(end.bind(keeps)).await
    }

    pub async fn add_api_key(&self, key: &ApiKey) -> Result<bool, sqlx::Error> {
        let add = sqlx::query(ADD_KEY).bind(key.id).bind(key.account).bind(&key.name);
        let add = add.bind(key.hash.as_slice()).bind(key.issued_at).bind(key.expires_at);
        Ok(self.changed(add).await? > 0)
    }

    pub async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>, sqlx::Error> {
        let row = sqlx::query(KEY).bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(api_key).transpose()
    }

    pub async fn live_api_keys(
        &self,
        account: Uuid,
        at: DateTime<Utc>,
    ) -> Result<Vec<ApiKey>, sqlx::Error> {
        let query = sqlx::query(LIVE_KEYS).bind(account).bind(at);
        query.fetch_all(&self.pool).await?.iter().map(api_key).collect()
    }

    pub async fn shorten_api_key(
        &self,
        account: Uuid,
        id: Uuid,
        until: DateTime<Utc>,
    ) -> Result<bool, sqlx::Error> {
        let shorten = sqlx::query(SHORTEN_KEY).bind(id).bind(account).bind(until);
        Ok(self.changed(shorten).await? > 0)
    }

    /// Revokes a key and keeps that the log is to be told; tells whether it was live.
    pub async fn revoke_api_key(&self, revoked: &Change) -> Result<bool, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let revoke = sqlx::query(REVOKE_KEY).bind(revoked.key).bind(revoked.account);
        let revoke = revoke.bind(revoked.at).execute(&mut *transaction).await?;
        if revoke.rows_affected() == 0 {
            return Ok(false);
        }
        add_change(&mut *transaction, revoked).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub async fn api_key_used(
        &self,
        id: Uuid,
        at: DateTime<Utc>,
        unless_since: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        self.changed(sqlx::query(KEY_USED).bind(id).bind(at).bind(unless_since)).await.map(drop)
    }

    /// Takes a place; nothing where there is none, with the time in microseconds until which all are paid for.
    pub async fn take(
        &self,
        key: Secret,
        [now, interval, slack]: [i64; 3],
    ) -> Result<Result<(), i64>, sqlx::Error> {
        let take = sqlx::query(TAKE).bind(key.as_slice()).bind(now).bind(interval).bind(slack);
        if self.changed(take).await? > 0 {
            return Ok(Ok(()));
        }
        let paid = sqlx::query_scalar(PAID_UNTIL).bind(key.as_slice());
        Ok(Err(paid.fetch_optional(&self.pool).await?.unwrap_or(now)))
    }

    pub async fn give_back(&self, key: Secret, interval: i64) -> Result<(), sqlx::Error> {
        self.changed(sqlx::query(GIVE_BACK).bind(key.as_slice()).bind(interval)).await.map(drop)
    }

    pub async fn sweep_credentials(
        &self,
        now: DateTime<Utc>,
        ended_before: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        self.changed(sqlx::query(SWEEP_THROTTLES).bind(now.timestamp_micros())).await?;
        self.changed(sqlx::query(SWEEP_SESSIONS).bind(ended_before)).await?;
        self.changed(sqlx::query(SWEEP_KEYS).bind(ended_before)).await.map(drop)
    }

    /// How many rows a statement changes.
    async fn changed(&self, query: Query<'_, Postgres, PgArguments>) -> Result<u64, sqlx::Error> {
        Ok(query.execute(&self.pool).await?.rows_affected())
    }
}

async fn add_change(connection: impl PgExecutor<'_>, change: &Change) -> Result<(), sqlx::Error> {
    let add = sqlx::query(ADD_CHANGE).bind(change.id).bind(change.account);
    let add = add.bind(change.what.word()).bind(change.key).bind(change.at);
    add.execute(connection).await.map(drop)
}
