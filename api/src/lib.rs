//! How the world talks to Accord: the web edge, GraphQL, the reactor and the command line.

pub mod auth;
pub mod http;
pub mod telemetry;
