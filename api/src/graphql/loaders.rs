//! Edges in batches: whatever the objects of one answer ask for is read together.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;

use async_graphql::dataloader::Loader;
use domain::{DealId, EventId, PartnerId, ProgramId, WalletId};
use eventlog::Log;
use projections::{
    QueryError, Scope, Views, certificates, commissions, courses, deal_lines, deals, events,
    journal_lines, partner_dashboards, partner_totals, partners, payments, payouts,
    program_dashboards, program_totals, programs, publications, training, wallets,
};
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::failure::Failure;
use crate::{access, auth::Principal};

/// Reads the rows behind keys, as far as whoever asks may see them.
pub struct Batch {
    pub views: Views,
    pub log: Log,
    pub principal: Principal,
}

impl Batch {
    fn db(&self) -> DatabaseConnection {
        self.views.current().db().clone()
    }

    /// The scope for one statement that reads the rows behind `keys` keys.
    fn reading(&self, name: &'static str, keys: usize) -> Scope {
        metrics::counter!("accord_graphql_batches_total", "of" => name).increment(1);
        metrics::histogram!("accord_graphql_batch_keys", "of" => name).record(keys as f64);
        access::scope(&self.principal, name)
    }
}

/// Declares the key of an edge to one row by its id.
macro_rules! one {
    ($($(#[$doc:meta])* $key:ident of $name:literal: $row:ty = |$batch:ident, $scope:ident, $ids:ident| $read:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct $key(pub Uuid);

        impl Loader<$key> for Batch {
            type Value = $row;
            type Error = Failure;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $row>, Failure> {
                let $batch = self;
                let $scope = self.reading($name, keys.len());
                let $ids: Vec<_> = keys.iter().map(|key| key.0.into()).collect();
                let rows: Result<Vec<$row>, QueryError> = $read.await;
                Ok(rows?.into_iter().map(|row| ($key(row.id), row)).collect())
            }
        }
    )*};
}

/// Declares the key of an edge to many rows by the column that points back.
macro_rules! many {
    ($($(#[$doc:meta])* $key:ident of $name:literal: $row:ty, by $column:ident
        = |$batch:ident, $scope:ident, $ids:ident| $read:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub struct $key(pub Uuid);

        impl Loader<$key> for Batch {
            type Value = Vec<$row>;
            type Error = Failure;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Vec<$row>>, Failure> {
                let $batch = self;
                let $scope = self.reading($name, keys.len());
                let $ids: Vec<_> = keys.iter().map(|key| key.0.into()).collect();
                grouped($read, |row: &$row| $key(row.$column)).await
            }
        }
    )*};
}

async fn grouped<K: Eq + Hash, R>(
    read: impl Future<Output = Result<Vec<R>, QueryError>>,
    key: impl Fn(&R) -> K,
) -> Result<HashMap<K, Vec<R>>, Failure> {
    let mut groups: HashMap<K, Vec<R>> = HashMap::new();
    for row in read.await? {
        groups.entry(key(&row)).or_default().push(row);
    }
    Ok(groups)
}

one! {
    /// A partner.
    PartnerOf of "Partner": partners::Model
        = |batch, scope, ids| partners::by_ids(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// A deal.
    DealOf of "Deal": deals::Model = |batch, scope, ids| deals::by_ids(&batch.db(), scope, &ids as &Vec<DealId>);
    /// A wallet.
    WalletOf of "Wallet": wallets::Model
        = |batch, scope, ids| wallets::by_ids(&batch.db(), scope, &ids as &Vec<WalletId>);
    /// A programme, which everybody may see.
    ProgramOf of "Program": programs::Model
        = |batch, _scope, ids| programs::by_ids(&batch.db(), &ids as &Vec<ProgramId>);
    /// A partner at a glance.
    PartnerCounts of "PartnerDashboard": partner_dashboards::Model
        = |batch, scope, ids| partner_dashboards::by_ids(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// A programme at a glance.
    ProgramCounts of "ProgramDashboard": program_dashboards::Model
        = |batch, _scope, ids| program_dashboards::by_ids(&batch.db(), &ids as &Vec<ProgramId>);
}

many! {
    /// The deals of a partner.
    DealsOf of "Deal": deals::Model, by partner
        = |batch, scope, ids| deals::of_partners(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// The wallets of a partner.
    WalletsOf of "Wallet": wallets::Model, by partner
        = |batch, scope, ids| wallets::of_partners(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// The courses of a partner.
    CoursesOf of "AssignedCourse": courses::Model, by partner
        = |batch, scope, ids| courses::of_partners(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// What a partner's people have done.
    TrainingOf of "TrainingRecord": training::Model, by partner
        = |batch, scope, ids| training::of_partners(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// The certificates of a partner's people.
    CertificatesOf of "Certificate": certificates::Model, by partner
        = |batch, scope, ids| certificates::of_partners(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// The lines of a deal's contract.
    LinesOf of "ContractLine": deal_lines::Model, by deal
        = |batch, scope, ids| deal_lines::of_deals(&batch.db(), scope, &ids as &Vec<DealId>);
    /// The payments on a deal.
    PaymentsOn of "Payment": payments::Model, by deal
        = |batch, scope, ids| payments::of_deals(&batch.db(), scope, &ids as &Vec<DealId>);
    /// The calculations of commission on a deal.
    CalculationsOn of "Calculation": commissions::Model, by deal
        = |batch, scope, ids| commissions::of_deals(&batch.db(), scope, &ids as &Vec<DealId>);
    /// The payouts from a wallet.
    PayoutsFrom of "Payout": payouts::Model, by wallet
        = |batch, scope, ids| payouts::of_wallets(&batch.db(), scope, &ids as &Vec<WalletId>);
    /// The sums of a partner.
    PartnerSums of "PartnerDashboard": partner_totals::Model, by partner
        = |batch, scope, ids| partner_totals::of_partners(&batch.db(), scope, &ids as &Vec<PartnerId>);
    /// The sums of a programme.
    ProgramSums of "ProgramDashboard": program_totals::Model, by program
        = |batch, _scope, ids| program_totals::of_programs(&batch.db(), &ids as &Vec<ProgramId>);
    /// The journal lines of an event.
    LinesOfEvent of "JournalLine": journal_lines::Model, by event_id
        = |batch, scope, ids| journal_lines::of_events(&batch.db(), scope, &ids as &Vec<Uuid>);
    /// An event of the audit trail.
    EventsOf of "AuditEvent": events::Model, by event_id
        = |batch, scope, ids| events::by_ids(&batch.db(), scope, &ids as &Vec<EventId>);
    /// What a programme has published.
    PublicationsOf of "Publication": publications::Model, by program
        = |batch, _scope, ids| publications::of_programs(&batch.db(), &ids as &Vec<ProgramId>);
}

/// What the log says at a position.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PayloadAt(pub u64);

impl Loader<PayloadAt> for Batch {
    type Value = Option<serde_json::Value>;
    type Error = Failure;

    async fn load(&self, keys: &[PayloadAt]) -> Result<HashMap<PayloadAt, Self::Value>, Failure> {
        let positions: Vec<u64> = keys.iter().map(|key| key.0).collect();
        let events = self
            .log
            .by_positions(&positions)
            .await
            .map_err(|error| Failure::unavailable(&error))?;
        let payload = |event: eventlog::RawEvent| {
            let json =
                serde_json::from_str(&event.payload).map_err(|error| Failure::internal(&error))?;
            Ok((PayloadAt(event.envelope.position), Some(json)))
        };
        events.into_iter().map(payload).collect()
    }
}
