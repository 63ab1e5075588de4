//! Stories end to end and the invariants, on both engines (integration tests).
//!
//! Which suite to run for a change where, before all of them (`cargo test --workspace`):
//!
//! | what changed | what shows whether it holds |
//! |---|---|
//! | a rule, an event, a refusal: `domain` | `cargo test -p domain`, then `stories::` |
//! | a command, a reaction, a timer, a story | `cargo test -p tests --test accord stories::` |
//! | the demo's year | `stories::demo` |
//! | `eventlog`, `migrations` | `log::` |
//! | a view, rebuild, verify: `projections` | `views::`, then `stories::` |
//! | a field, a list, a mutation, a role: `api/src/{graphql,access}` | `schema::`, `access::` |
//! | what runs by itself: reactor, timers, clocks, health | `service::`, then `stories::` |
//! | mail: `mail`, `api/src/mailing` | `cargo test -p mail`, then `mailing::` |
//! | the web edge, sign-in: `api/src/{http,auth}` | `cargo test -p api`, then `face::` |
//! | imports, crates, rules, a file's length | `promises::architecture`, `promises::rules` |
//! | anything that may cost speed | `cargo bench -p tests` |

mod face;
mod promises;
mod stories;
