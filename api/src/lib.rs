//! The adapters (ports of the hexagon): the web edge, GraphQL, the reactor and the command line.

pub mod access;
mod attempts;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod demo;
pub mod effects;
pub mod fault;
mod following;
pub mod graphql;
pub mod health;
pub mod http;
pub mod mailing;
pub mod open_items;
pub mod reactor;
pub mod service;
pub mod story;
pub mod telemetry;
pub mod timers;
