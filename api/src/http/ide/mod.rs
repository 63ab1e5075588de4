//! The GraphiQL page (in-browser IDE) of development and demo: write a query, choose a role, see the answer.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// What the page offers beside an empty editor.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ide {
    /// In the page's corner: whose data this is.
    pub title: String,
    pub examples: Vec<Example>,
    /// Tokens to try, one button each. Only the demo has any: whoever can open the page can use them.
    pub roles: Vec<RoleToken>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Example {
    pub title: String,
    pub query: String,
    /// JSON, as it stands in the variables' field; may be empty.
    pub variables: String,
    /// The name of the [`RoleToken`] that can run it.
    pub role: Option<String>,
}

#[derive(Clone, Serialize)]
pub struct RoleToken {
    pub name: String,
    pub token: String,
}

impl std::fmt::Debug for RoleToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoleToken").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Only this server's script and style run, and only this server is asked.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, include_str!("ide.html")).into_response()
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("ide.css")).into_response()
}

pub(super) async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("ide.js"))
        .into_response()
}
