//! Export: a query that accepts `text/csv` is answered with every row of the one list that it names.

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_graphql::parser::types::OperationType;
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::FutureExt;

use super::{
    answer::Answer,
    fault::Fault,
    media::{self, Media},
    operation::{Operation, panicked},
    sheet::Sheet,
    web::Web,
};
use crate::auth::Principal;

/// Says up to which place in the log the list was read.
const POSITION: &str = "accord-position";

/// Whether the client asks for a sheet by name: a wildcard does not mean one.
pub(super) fn is_accepted(headers: &HeaderMap) -> bool {
    media::names(headers, "text", "csv")
}

pub(super) async fn respond(
    web: &Web,
    operation: Operation,
    principal: Principal,
) -> Result<Response, Fault> {
    if operation.kind != OperationType::Query {
        return Err(Fault::bad_request("text/csv is for queries; a mutation accepts JSON"));
    }
    let _held_to_the_end = web.exports.begin(&principal)?;
    let (kind, trace) = (operation.kind, operation.trace);
    let sheet = Arc::new(Sheet::default());
    let exporting = web.graph.export(sheet.clone(), operation.repeated(principal));
    let exporting = AssertUnwindSafe(exporting).catch_unwind();
    let answer = match tokio::time::timeout(web.timings.export, exporting).await {
        Ok(Ok(Ok(position))) => return Ok(sheet_of(&sheet, position)),
        Ok(Ok(Err(response))) => Answer::of(*response, kind, trace).without_data(),
        Ok(Err(panic)) => panicked(&*panic, trace),
        Err(_) => Answer::timed_out(kind),
    };
    Ok(answer.respond(Media::GraphqlResponse, trace))
}

fn sheet_of(sheet: &Sheet, position: Option<u64>) -> Response {
    let (name, rows) = sheet.finish();
    let media = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    let mut response = ([(header::CONTENT_TYPE, media)], rows).into_response();
    let headers = response.headers_mut();
    let file = format!("attachment; filename=\"{name}.csv\""); // Names of GraphQL have no quotes.
    if let Ok(file) = HeaderValue::from_str(&file) {
        headers.insert(header::CONTENT_DISPOSITION, file);
    }
    if let Some(position) = position {
        headers.insert(POSITION, HeaderValue::from(position));
    }
    response
}
