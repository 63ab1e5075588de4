//! Credentials in SQLite.

use chrono::{DateTime, Utc};
use domain::ClosedList;
use sqlx::Connection as _;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteExecutor};
use uuid::Uuid;

use super::{Engine, text};
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
        let row =
            sqlx::query(PASSWORD).bind(account.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(password).transpose()
    }

    /// Changes the password where it is still the one to be replaced, and ends the sessions with it; tells whether it was.
    pub async fn set_password(&self, new: &NewPassword) -> Result<bool, sqlx::Error> {
        let NewPassword { account, replaces, hash, at, keeps, change } = new;
        let mut writer = self.writer.lock().await;
        let mut transaction = self.ready(&mut writer).await?.begin().await?;
        let set = sqlx::query(if *replaces == 0 { FIRST_PASSWORD } else { NEXT_PASSWORD });
        let set = set.bind(account.to_string()).bind(hash).bind(text(*at));
        let set = if *replaces == 0 { set } else { set.bind(i64::from(*replaces)) };
        if set.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let end = sqlx::query(END_SESSIONS).bind(account.to_string()).bind(text(*at));
        let end = end.bind(Ended::PasswordChanged.word()).bind(keeps.map(|id| id.to_string()));
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
        self.changed(sqlx::query(DROP_CHANGE).bind(id.to_string())).await.map(drop)
    }

    /// Begins a session, unless the password is of another generation by now.
    pub async fn begin_session(
        &self,
        new: &Session,
        password: Option<u32>,
    ) -> Result<bool, sqlx::Error> {
        let begin = sqlx::query(begin_session!(""));
        let begin = begin.bind(new.id.to_string()).bind(new.account.to_string()).bind(&new.client);
        let begin = begin
            .bind(new.token_hash.as_slice())
            .bind(text(new.begun_at))
            .bind(text(new.expires_at));
        if self.changed(begin.bind(password.map(i64::from))).await? == 0 {
            return Ok(false);
        }
        let end = sqlx::query(TOO_MANY).bind(new.account.to_string()).bind(text(new.begun_at));
        self.changed(end.bind(Ended::TooMany.word()).bind(SESSIONS)).await?;
        Ok(true)
    }

    pub async fn session(&self, id: Uuid) -> Result<Option<Session>, sqlx::Error> {
        let row = sqlx::query(SESSION).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(session).transpose()
    }

    pub async fn live_sessions(
        &self,
        account: Uuid,
        at: DateTime<Utc>,
    ) -> Result<Vec<Session>, sqlx::Error> {
        let query = sqlx::query(LIVE_SESSIONS).bind(account.to_string()).bind(text(at));
        query.fetch_all(&self.pool).await?.iter().map(session).collect()
    }

    /// Gives a session its next token where its token is still the one that was seen; tells whether it was.
    pub async fn refresh(&self, seen: &Session, next: &Session) -> Result<bool, sqlx::Error> {
        let refresh =
            sqlx::query(REFRESH).bind(seen.id.to_string()).bind(i64::from(seen.generation));
        let refresh = refresh.bind(seen.token_hash.as_slice()).bind(next.token_hash.as_slice());
        let refresh = refresh.bind(text(next.refreshed_at)).bind(text(next.expires_at));
        Ok(self.changed(refresh).await? > 0)
    }

    pub async fn end_session(
        &self,
        account: Uuid,
        id: Uuid,
        (at, ended): (DateTime<Utc>, Ended),
    ) -> Result<bool, sqlx::Error> {
        let end = sqlx::query(END_SESSION)
            .bind(id.to_string())
            .bind(account.to_string())
            .bind(text(at))
            .bind(ended.word());
        Ok(self.changed(end).await? > 0)
    }

    pub async fn end_sessions(
        &self,
        account: Uuid,
        keeps: Option<Uuid>,
        (at, ended): (DateTime<Utc>, Ended),
    ) -> Result<u64, sqlx::Error> {
        let end =
            sqlx::query(END_SESSIONS).bind(account.to_string()).bind(text(at)).bind(ended.word());
        self.changed(end.bind(keeps.map(|id| id.to_string()))).await
    }

    pub async fn add_api_key(&self, key: &ApiKey) -> Result<bool, sqlx::Error> {
        let add = sqlx::query(ADD_KEY)
            .bind(key.id.to_string())
            .bind(key.account.to_string())
            .bind(&key.name);
        let add =
            add.bind(key.hash.as_slice()).bind(text(key.issued_at)).bind(text(key.expires_at));
        Ok(self.changed(add).await? > 0)
    }

    pub async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>, sqlx::Error> {
        let row = sqlx::query(KEY).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.as_ref().map(api_key).transpose()
    }

    pub async fn live_api_keys(
        &self,
        account: Uuid,
        at: DateTime<Utc>,
    ) -> Result<Vec<ApiKey>, sqlx::Error> {
        let query = sqlx::query(LIVE_KEYS).bind(account.to_string()).bind(text(at));
        query.fetch_all(&self.pool).await?.iter().map(api_key).collect()
    }

    pub async fn shorten_api_key(
        &self,
        account: Uuid,
        id: Uuid,
        until: DateTime<Utc>,
    ) -> Result<bool, sqlx::Error> {
        let shorten = sqlx::query(SHORTEN_KEY)
            .bind(id.to_string())
            .bind(account.to_string())
            .bind(text(until));
        Ok(self.changed(shorten).await? > 0)
    }

    /// Revokes a key and keeps that the log is to be told; tells whether it was live.
    pub async fn revoke_api_key(&self, revoked: &Change) -> Result<bool, sqlx::Error> {
        let mut writer = self.writer.lock().await;
        let mut transaction = self.ready(&mut writer).await?.begin().await?;
        let revoke = sqlx::query(REVOKE_KEY)
            .bind(revoked.key.map(|id| id.to_string()))
            .bind(revoked.account.to_string());
        let revoke = revoke.bind(text(revoked.at)).execute(&mut *transaction).await?;
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
        self.changed(
            sqlx::query(KEY_USED).bind(id.to_string()).bind(text(at)).bind(text(unless_since)),
        )
        .await
        .map(drop)
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
        self.changed(sqlx::query(SWEEP_SESSIONS).bind(text(ended_before))).await?;
        self.changed(sqlx::query(SWEEP_KEYS).bind(text(ended_before))).await.map(drop)
    }

    /// How many rows a statement changes.
    async fn changed<'q>(
        &self,
        query: Query<'q, Sqlite, SqliteArguments<'q>>,
    ) -> Result<u64, sqlx::Error> {
        let mut writer = self.writer.lock().await;
        Ok(query.execute(self.ready(&mut writer).await?).await?.rows_affected())
    }
}

async fn add_change(
    connection: impl SqliteExecutor<'_>,
    change: &Change,
) -> Result<(), sqlx::Error> {
    let add = sqlx::query(ADD_CHANGE).bind(change.id.to_string()).bind(change.account.to_string());
    let add = add
        .bind(change.what.word())
        .bind(change.key.map(|id| id.to_string()))
        .bind(text(change.at));
    add.execute(connection).await.map(drop)
}
