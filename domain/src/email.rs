//! E-mail addresses: what can be written to, and when two are the same (canonicalization).

use crate::refusal::Invalid;

/// Most bytes of an address that SMTP carries.
const MOST: usize = 254;

/// An address that mail can be sent to. It holds no character that means anything in a header of a mail, so that it can
/// neither add one nor name anybody else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EmailAddress(String);

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be an e-mail address, as in maria@alfa.example")]
pub struct NotAnAddress;

impl EmailAddress {
    /// From whom mail comes that never leaves.
    pub fn nobody() -> Self {
        Self("accord@localhost".into())
    }

    /// Reads what stands in a field of a command.
    pub fn read(field: &str, text: &str) -> Result<Self, Invalid> {
        text.parse().map_err(|problem: NotAnAddress| Invalid::new(field, problem.to_string()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host that takes its mail.
    pub fn host(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, host)| host)
    }

    /// The same for all ways to write the address: no mail server in use tells upper from lower case.
    pub fn canonical(&self) -> String {
        self.0.to_lowercase()
    }

    /// Whether both lead to the same mailbox.
    pub fn is_same(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (name, host) = text.rsplit_once('@').ok_or(NotAnAddress)?;
        let in_name =
            |letter: char| letter.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter);
        let dotted = |text: &str| text.split('.').all(|part| !part.is_empty());
        let label = |label: &str| {
            let inside = label.chars().all(|letter| letter.is_alphanumeric() || letter == '-');
            inside && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
        };
        let well_formed = text.len() <= MOST
            && name.len() <= 64
            && name.chars().all(in_name)
            && dotted(name)
            && host.split('.').all(label);
        if well_formed { Ok(Self(text.to_owned())) } else { Err(NotAnAddress) }
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<EmailAddress, NotAnAddress> {
        text.parse()
    }

    #[test]
    fn an_address_has_a_name_and_a_host_and_nothing_that_a_header_reads() {
        for good in [
            "maria@alfa.example",
            "jan.kowalski+a@sub.alfa.example",
            "łucja@łódź.example",
            "o'hara@alfa.example",
        ] {
            assert_eq!(read(good).map(|address| address.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "@",
            "maria",
            "@alfa.example",
            "maria@",
            "maria@alfa..example",
            "maria@.example",
            "ma ria@alfa.example",
            "maria@alfa.example\r\nBcc: all@alfa.example",
            "maria@alfa.example,jan@alfa.example",
            "<maria@alfa.example>",
            "Maria <maria@alfa.example>",
            "maria@jan@alfa.example",
            "\"a b\"@alfa.example",
            "maria@-alfa.example",
            "maria;jan@alfa.example",
            ".maria@alfa.example",
            "maria@alfa.example>",
            "maria(x)@alfa.example",
        ] {
            assert_eq!(read(bad), Err(NotAnAddress), "{bad}");
        }
        assert!(read(&format!("{}@alfa.example", "a".repeat(64))).is_ok());
        assert!(read(&format!("{}@alfa.example", "a".repeat(65))).is_err());
    }

    #[test]
    fn two_ways_to_write_an_address_are_the_same_mailbox() {
        let same = |one: &str, other: &str| {
            read(one).expect("reads").is_same(&read(other).expect("reads"))
        };
        assert!(same("Maria@Alfa.example", "maria@alfa.EXAMPLE"));
        assert!(!same("maria@alfa.example", "marla@alfa.example"));
        assert_eq!(read("maria@Alfa.example").expect("reads").host(), "Alfa.example");
    }

    proptest! {
        #[test]
        fn no_address_ever_holds_what_separates_headers_or_addresses(text in "\\PC{0,40}|[a-z@.\\r\\n<>,;\" ]{0,40}") {
            if let Ok(address) = read(&text) {
                let apart = |letter: char| letter.is_whitespace() || letter.is_control() || "<>,;:\"()[]\\".contains(letter);
                prop_assert!(!address.as_str().contains(apart), "{address}");
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
            }
        }
    }
}
