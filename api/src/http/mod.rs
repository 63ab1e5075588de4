//! The web edge: GraphQL over HTTP and over a socket, probes, metrics, and the page that shows it all.
//!
//! It knows the schema only as a [`Graph`], so that an edit here does not build the schema again.

mod answer;
mod bearer;
mod events;
mod export;
mod exports;
mod fault;
mod graphql;
mod ide;
mod limits;
mod media;
mod nulls;
mod observe;
mod operation;
mod order;
mod probes;
mod request;
mod router;
mod select;
mod server;
mod sheet;
mod sheets;
mod socket;
mod trace;
mod web;

pub use fault::Fault;
pub use ide::{Example, Ide, RoleToken};
pub use limits::Limits;
pub use nulls::Nulls;
pub(crate) use nulls::path;
pub use order::InOrder;
pub use router::router;
pub(crate) use select::select;
pub use server::{ServerSettings, serve};
pub use sheet::Sheet;
pub use sheets::Sheets;
pub use trace::TraceId;
pub use web::{Graph, Measure, Pages, Readiness, Timings, Web};
