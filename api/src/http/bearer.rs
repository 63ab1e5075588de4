//! Bearer tokens (RFC 6750): who a request's headers say is asking, and as whom they act.

use axum::http::{HeaderMap, header};

use super::{fault::Fault, web::Web};
use crate::auth::{Credentials, Principal};

/// In which of its roles an account acts, as in `finance`, or `owner/` and the partner's id.
const ACTING: &str = "accord-acting";

pub(super) async fn authenticate(web: &Web, headers: &HeaderMap) -> Result<Principal, Fault> {
    web.authenticator.authenticate(&shown(headers)).await.map_err(|failure| {
        tracing::debug!(?failure, "not authenticated");
        Fault::unauthenticated(failure)
    })
}

fn shown(headers: &HeaderMap) -> Credentials {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    Credentials { authorization: text(header::AUTHORIZATION.as_str()), acting: text(ACTING) }
}
