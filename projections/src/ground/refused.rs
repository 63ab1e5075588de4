//! Data exceptions and constraint violations (SQLSTATE): what a database refuses today it refuses every time.

use sea_orm::{DbErr, RuntimeErr};
use sqlx::sqlite::SqliteError;

/// SQLSTATE's classes of values, constraints, and limits of the program.
const CLASSES: [&str; 3] = ["22", "23", "54"];

/// SQLite's result codes for the same: too big, constraint, mismatch.
const RESULTS: [u32; 3] = [18, 19, 20];

/// What the engine says where no retry can pass, without the values of the row.
pub(crate) fn refused(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return None;
    };
    if let sqlx::Error::Encode(error) = error {
        return Some(error.to_string());
    }
    let error = error.as_database_error()?;
    let code = error.code()?;
    let lasting = match error.try_downcast_ref::<SqliteError>() {
        Some(_) => code.parse::<u32>().is_ok_and(|code| RESULTS.contains(&(code & 0xff))),
        None => CLASSES.iter().any(|class| code.starts_with(class)),
    };
    lasting.then(|| format!("{error} ({code})"))
}
