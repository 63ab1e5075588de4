//! The languages in which the service writes to people (localization).

use crate::words::words;

words! {
    /// A language that mail is written in.
    pub enum Language {
        "en" => English: "English.",
        "pl" => Polish: "Polish.",
        "tr" => Turkish: "Turkish.",
    }
}

impl Language {
    /// The one that people of a country read, where nobody has said another.
    pub fn of_country(country: &str) -> Self {
        match country {
            "PL" => Self::Polish,
            "TR" => Self::Turkish,
            _ => Self::English,
        }
    }
}
