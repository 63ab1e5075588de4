//! The truth: events are appended in one dense order and read back in that order.

mod append;
mod appender;
mod checkpoints;
mod clock;
mod decide;
mod engine;
mod executor;
mod fault;
mod follower;
mod keys;
mod log;
mod past;
mod personal;
mod pools;
mod postgres;
mod reader;
mod repository;
mod sqlite;
mod warm;

pub use append::{Append, AppendError, NewEvent, Provenance, Receipt};
pub use clock::{Clock, SystemClock};
pub use executor::{Done, ExecuteError, Execution};
pub use fault::Cause;
pub use follower::Follower;
pub use log::{Log, OpenError, Target, Upcasters};
pub use personal::PersonalError;
pub use pools::steady;
pub use reader::{RawEvent, ReadError};
pub use repository::LogRepository;
