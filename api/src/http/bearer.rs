//! Bearer tokens (RFC 6750): who a request's Authorization header says is asking.

use axum::http::{HeaderMap, header};

use super::{fault::Fault, web::Web};
use crate::auth::Principal;

pub(super) async fn authenticate(web: &Web, headers: &HeaderMap) -> Result<Principal, Fault> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    web.authenticator.authenticate(authorization).await.map_err(|failure| {
        tracing::debug!(?failure, "not authenticated");
        Fault::unauthenticated(failure)
    })
}
