//! What the views answer: progress, moments, chains of causes, and what is due.

use chrono::{DateTime, Utc};
use domain::{EventId, PartnerId, Role};
use eventlog::Append;
use projections::{
    Order, Page, Sight, Word, by, certificates, deals, events, list, lots, schedule, training,
};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection};
use tests::{append_all, history, places};
use uuid::Uuid;

use super::ground::*;

#[tokio::test(flavor = "multi_thread")]
async fn r25_progress_by_module_shows_before_the_certificate() {
    for place in places().await {
        let mut first_steps = history(60, 21);
        let module = |append: &Append| {
            append.own.events.iter().any(|event| event.event_type == "module-completed")
        };
        let first = first_steps.iter().position(module).expect("somebody learns");
        let partner = PartnerId(first_steps[first].own.aggregate_id);
        first_steps.truncate(first + 1);
        let reading = Reading::at(&place).await;
        append_all(&reading.log, first_steps).await.expect("they are taken");
        reading.caught_up().await;
        let namespace = reading.views.current();
        let (db, own, ids) = (namespace.db(), Sight::Partner(partner), [partner.0]);
        let done = by::<training::Entity>(db, &own, training::Column::Partner, &ids, &[]).await;
        let done = done.expect("it can be read");
        let units: Vec<_> =
            done.iter().map(|row| (row.course.as_str(), row.unit.as_str())).collect();
        assert_eq!(units, [("basics", "intro")]);
        assert_eq!((done[0].score, done[0].completed_at.is_some()), (Some(90), true));
        let of = certificates::Column::Partner;
        let held = by::<certificates::Entity>(db, &Sight::All, of, &ids, &[]).await;
        assert_eq!(held.expect("it can be read"), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r141_qualified_approved_signed_and_paid_are_four_moments() {
    for place in places().await {
        let reading = Reading::with_history(&place, 900, 22).await;
        let namespace = reading.views.current();
        let wanted = Condition::all().add(deals::Column::Stage.eq(deals::DealStage::Won));
        let order = Order::<deals::Entity>::ascending(deals::Column::RegisteredAt);
        let page = Page::first(100, None);
        let won = list(namespace.db(), &Sight::All, wanted, order, &page).await;
        let won = won.expect("it can be read").into_rows();
        assert!(!won.is_empty());
        for deal in won {
            let moments = [
                Some(deal.registered_at),
                deal.qualified_at,
                deal.approved_at,
                deal.signed_at,
                deal.paid_at,
            ];
            let moments: Vec<DateTime<Utc>> = moments.into_iter().flatten().collect();
            assert_eq!(moments.len(), 5);
            assert!(moments.is_sorted_by(|one, next| one < next), "{moments:?}");
            let events = events_of(namespace.db(), deal.id).await;
            for (name, moment) in [
                ("deal-registered", Some(deal.registered_at)),
                ("deal-qualified", deal.qualified_at),
                ("deal-approved", deal.approved_at),
                ("contract-signed", deal.signed_at),
                ("payment-received", deal.paid_at),
            ] {
                let event = events.iter().rfind(|event| event.event_type == name);
                assert_eq!(event.map(|event| event.occurred_at), moment, "{name}");
            }
        }
    }
}

/// The events of one aggregate in their order.
async fn events_of(db: &DatabaseConnection, aggregate: Uuid) -> Vec<events::Model> {
    let of = Condition::all().add(events::Column::AggregateId.eq(aggregate));
    let order = Order::<events::Entity>::ascending(events::Column::Position);
    let found = list(db, &Sight::All, of, order, &Page::first(100, None)).await;
    found.expect("they can be read").into_rows()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_accrual_the_causes_lead_to_a_person_and_back() {
    for place in places().await {
        let reading = Reading::with_history(&place, 600, 23).await;
        let namespace = reading.views.current();
        let db = namespace.db();
        let wanted = Condition::all().add(events::Column::EventType.eq("commission-accrued"));
        let order = Order::<events::Entity>::ascending(events::Column::Position);
        let accrued = list(db, &Sight::All, wanted, order, &Page::first(5, None))
            .await
            .expect("it can be read");
        assert_eq!(accrued.rows.len(), 5);
        for accrual in accrued.into_rows() {
            let causes = events::causes_of(db, Sight::All, EventId(accrual.event_id))
                .await
                .expect("it can be read");
            let types: Vec<&str> = causes.iter().map(|cause| cause.event_type.as_str()).collect();
            assert_eq!(types, ["commission-calculated", "contract-status-changed"]);
            assert_eq!(
                (causes[1].actor_role, causes[1].causation_id),
                (Word(Role::ChannelManager), None)
            );
            let effects = events::effects_of(db, Sight::All, EventId(causes[1].event_id))
                .await
                .expect("it can be read");
            assert!(effects.iter().any(|effect| effect.event_id == accrual.event_id));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_comes_in_its_order_as_commands_and_goes_when_it_is_done() {
    for place in places().await {
        let reading = Reading::with_history(&place, 450, 24).await;
        let namespace = reading.views.current();
        let due = schedule::due(
            namespace.db(),
            "2100-01-01T00:00:00Z".parse().expect("is an instant"),
            None,
            1000,
        )
        .await
        .expect("it can be read");
        assert!(due.is_sorted_by_key(|timer| timer.due_at));
        assert_eq!(
            schedule::next_due(namespace.db()).await.expect("it can be read"),
            due.first().map(|timer| timer.due_at)
        );
        let names: Vec<&str> =
            due.iter().map(|timer| timer.command().expect("it is a command").name()).collect();
        let wanted = Condition::all().add(lots::Column::MaturedAt.is_null());
        let order = Order::<lots::Entity>::ascending(lots::Column::MaturesAt);
        let page = Page::first(100, None);
        let held = list(namespace.db(), &Sight::All, wanted, order, &page).await;
        let held = held.expect("it can be read").into_rows();
        assert!((1..100).contains(&held.len()), "they fit one page");
        assert_eq!(names.iter().filter(|name| **name == "matureLot").count(), held.len());
    }
}
