//! Why a socket ends: the close codes of graphql-transport-ws and of WebSocket itself.

use std::borrow::Cow;

use axum::extract::ws::CloseFrame;

/// A control frame holds 125 bytes, of which the code takes two.
const MAX_REASON_BYTES: usize = 123;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    pub(super) const GOING_AWAY: Self = Self::new(1001, "Going away");
    pub(super) const TOO_BIG: Self = Self::new(1009, "A message is at most 64 KiB");
    pub(super) const INTERNAL: Self = Self::new(1011, "Internal error");
    pub(super) const UNAVAILABLE: Self = Self::new(1013, "Try again later");
    pub(super) const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    pub(super) const EXPIRED: Self = Self::new(4401, "Token expired");
    pub(super) const FORBIDDEN: Self = Self::new(4403, "Forbidden");
    pub(super) const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    pub(super) const SECOND_INIT: Self = Self::new(4429, "Too many initialisation requests");

    pub(super) const fn bad_message(reason: &'static str) -> Self {
        Self::new(4400, reason)
    }

    pub(super) fn id_taken(id: &str) -> Self {
        Self { code: 4409, reason: Cow::Owned(format!("Subscriber for {id} already exists")) }
    }

    pub(super) fn frame(self) -> CloseFrame {
        CloseFrame { code: self.code, reason: clip(&self.reason).into() }
    }
}

fn clip(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(MAX_REASON_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_a_control_frame_and_ends_between_characters() {
        let frame = Close::id_taken(&"é".repeat(100)).frame();
        assert!(frame.reason.as_str().len() <= MAX_REASON_BYTES);
        assert!(frame.reason.as_str().starts_with("Subscriber for é"));
        assert_eq!(Close::id_taken("1").frame().reason.as_str(), "Subscriber for 1 already exists");
    }
}
