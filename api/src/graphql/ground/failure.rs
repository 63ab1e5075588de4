//! Error handling: what went wrong besides the business, told in our own words and under a code that stays.

use async_graphql::{Error, ErrorExtensions, Pos, ServerError};

use crate::fault::Fault;

/// Why a field has no answer. It has no `Display`, so that `?` on a foreign error cannot carry its text to a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What a program may tell faults apart by. Never renamed.
    code: &'static str,
    message: &'static str,
    /// Until where the views must come, where they are behind.
    position: Option<u64>,
}

impl Failure {
    fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, position: None }
    }

    /// Nobody has signed in. The web edge lets nobody through without a principal, so this is a mistake in wiring.
    pub fn unauthenticated() -> Self {
        Self::new("UNAUTHENTICATED", "sign in first")
    }

    pub fn forbidden() -> Self {
        Self::new("FORBIDDEN", "your role may not do this")
    }

    /// R100: the role would do, and a permission is missing that comes with it.
    pub fn not_permitted() -> Self {
        Self::new("FORBIDDEN", "you lack the permission for this; an administrator can give it")
    }

    /// R97: until the address is confirmed nothing is open.
    pub fn unconfirmed() -> Self {
        Self::new(
            "EMAIL_UNCONFIRMED",
            "confirm your e-mail address first: follow the link in the mail, or have it sent again",
        )
    }

    /// R4: before approval there is the own application and nothing else.
    pub fn not_approved() -> Self {
        Self::new(
            "FORBIDDEN",
            "until your application is approved you see nothing but the application",
        )
    }

    /// `message` says which argument is wrong and what it should be.
    pub fn bad_input(message: &'static str) -> Self {
        Self::new("BAD_USER_INPUT", message)
    }

    /// Says that something is done, or stands in the log: only for what does.
    pub fn views_behind(position: u64) -> Self {
        let message =
            "what you are looking for is recorded and will be shown in a moment; ask again";
        Self { position: Some(position), ..Self::new("VIEWS_BEHIND", message) }
    }

    /// The views do not know yet what would have to be known, and nothing has been done.
    pub fn too_early() -> Self {
        Self::from(Fault::Unavailable)
    }

    /// A part that we rest on does not answer. Logs why; the client is told to come again.
    pub fn unavailable(cause: &(impl std::fmt::Debug + ?Sized)) -> Self {
        tracing::warn!(?cause, "a field could not be read");
        Self::new("UNAVAILABLE", "this cannot be read at the moment; try again")
    }

    /// Something that cannot be, or a defect. Logs it; the client is told little.
    pub fn internal(cause: &(impl std::fmt::Debug + ?Sized)) -> Self {
        tracing::error!(?cause, "a field failed");
        Self::from(Fault::Internal)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Conflict => Self::new(
                "CONFLICT",
                "somebody else has changed this in the meantime; look again, then decide",
            ),
            Fault::NotBegun => Self::bad_input(
                "there is nothing under this id yet: leave expectedVersion out, or give 0",
            ),
            Fault::CommandIdReused => Self::new(
                "COMMAND_ID_REUSED",
                "this commandId has been used for another request; give every request one of its own",
            ),
            Fault::Unavailable => Self::new("UNAVAILABLE", "nothing was changed; try again"),
            Fault::UnknownOutcome => Self::new(
                "UNKNOWN_OUTCOME",
                "it is not known whether this was recorded; ask again with the same commandId",
            ),
            Fault::Internal => Self::new(
                "INTERNAL",
                "something went wrong on our side; name the trace id when you report it",
            ),
        }
    }
}

/// An error of no one place of a document.
pub fn of_no_place(error: impl Into<Error>) -> ServerError {
    let error = error.into().into_server_error(Pos::default());
    ServerError { locations: vec![], ..error }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::new(failure.message).extend_with(|_, extensions| {
            extensions.set("code", failure.code);
            if let Some(position) = failure.position {
                extensions.set("position", position.to_string());
            }
        })
    }
}
