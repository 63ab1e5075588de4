//! Search by name: letters folded for case and accents, the words of a name, and the key that it is sorted by
//! (normalization, collation, tokenizer).
//!
//! What people write with another keyboard, in capitals or without accents is the same name here: `ISPARTA`, `ısparta` and
//! `isparta`, `Łódź` and `lodz`. The dotted and the dotless i of Turkish are one letter, since nobody says in which language
//! a name is.

use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, Query, SimpleExpr};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::table::Table;

/// Most letters of a word and of a key that are kept: what an index of either engine has room for, whatever one letter
/// folds to.
const LETTERS: usize = 200;

/// Most words of a name that it is found by.
const WORDS: usize = 100;

/// By how many words a name is sought; those that are longest tell most.
const MOST_SOUGHT: usize = 8;

/// What no letter of a folded word comes after: a code point that is no character.
const LAST: char = '\u{10ffff}';

/// A view with a row for each word of the names of another.
pub trait Words: Table {
    /// The column of the word.
    const WORD: Self::Column;

    /// The column with the id of whatever has the name.
    const OF: Self::Column;
}

/// Nothing in a search is a letter or a digit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoWord;

/// A text without case and accents. Folding it again changes nothing.
pub fn folded(text: &str) -> String {
    text.nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .nfkd() // A small letter may have a form of its own where the capital had none.
        .filter(|letter| !is_combining_mark(*letter))
        .fold(String::with_capacity(text.len()), |mut folded, letter| {
            match without_stroke(letter) {
                Some(letters) => folded.push_str(letters),
                None => folded.push(letter),
            }
            folded
        })
}

/// What people type for a letter that has no accent which could be taken off.
fn without_stroke(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ł' => "l",
        'ı' => "i",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'þ' => "th",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ŋ' => "n",
        'ĸ' => "k",
        'ə' => "e",
        'ς' => "σ",
        _ => return None,
    })
}

/// The words of a name, each once, in its order.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![];
    let folded = folded(name);
    for word in folded.split(|letter: char| !letter.is_alphanumeric()) {
        let word: String = word.chars().take(LETTERS).collect();
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
        if words.len() == WORDS {
            break;
        }
    }
    words
}

/// What a name is sorted by.
pub fn sorting(name: &str) -> String {
    folded(name).chars().take(LETTERS).collect()
}

/// The rows whose id stands in `column` and of whose names every word of the text begins a word; all where it is blank.
pub fn named<W: Words>(column: impl ColumnTrait, text: &str) -> Result<Option<SimpleExpr>, NoWord> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut words = words(text);
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let found = words.into_iter().take(MOST_SOUGHT).map(|word| {
        let up_to = format!("{word}{LAST}");
        let with_word = Query::select()
            .column(W::OF)
            .from(W::default().table_ref())
            .and_where(W::WORD.gte(word))
            .and_where(W::WORD.lt(up_to))
            .to_owned();
        Expr::col(column.as_column_ref()).in_subquery(with_word)
    });
    found.reduce(SimpleExpr::and).map(Some).ok_or(NoWord)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poles_and_turks_find_a_name_however_it_is_typed() {
        for (name, typed) in [
            ("Łódź", ["lodz", "LODZ", "łódź", "ŁÓDŹ"].as_slice()),
            ("Zażółć gęślą jaźń", &["zazolc gesla jazn", "ZAŻÓŁĆ GĘŚLĄ JAŹŃ"]),
            ("İstanbul", &["istanbul", "ISTANBUL", "ıstanbul", "İSTANBUL"]),
            ("ISPARTA", &["isparta", "ısparta", "İsparta"]),
            ("Iğdır", &["igdir", "IĞDIR", "ığdır", "İĞDİR"]),
            ("Şişli Çağrı", &["sisli cagri", "ŞİŞLİ ÇAĞRI"]),
            ("Großmann", &["GROSSMANN", "GROẞMANN", "grossmann"]),
            ("Ærø Đorđe Þór", &["aero dorde thor"]),
            ("ＡＢＣ ﬁne", &["abc fine"]),
            ("ΟΔΟΣ", &["οδος", "οδοσ"]),
        ] {
            for typed in typed {
                assert_eq!(folded(typed), folded(name), "{typed}");
            }
        }
        assert_ne!(folded("Łódź"), folded("Łask"));
    }

    #[test]
    fn every_letter_that_there_is_stays_as_it_was_folded() {
        for letter in '\0'..=char::MAX {
            let once = folded(&letter.to_string());
            assert_eq!(folded(&once), once, "{letter:?}");
        }
    }

    #[test]
    fn a_name_has_the_words_between_what_is_no_letter_each_once() {
        assert_eq!(words("North-Ridge sp. z o.o. (north)"), ["north", "ridge", "sp", "z", "o"]);
        assert_eq!(words("50%_\\Off"), ["50", "off"]);
        assert_eq!(words("'; -- 🦀"), Vec::<String>::new());
    }

    #[test]
    fn an_index_has_room_for_whatever_a_name_folds_to() {
        let longest = "ﷺ".repeat(200);
        assert!(folded(&longest).len() > 2_704, "more than PostgreSQL takes");
        let words = words(&longest);
        assert!([sorting(&longest)].iter().chain(&words).all(|kept| kept.len() <= 800));
        assert!(words.contains(&sorting("ﷺ").split(' ').next().expect("a word").to_owned()));
    }
}
