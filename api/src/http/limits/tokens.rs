//! Counts the lexical tokens of a document and the depth of its brackets, without recursion and without a copy.

use super::Excess;

/// Text that is no GraphQL passes: the parser says what is wrong with it.
pub(super) fn check(document: &str, max_tokens: usize, max_nesting: usize) -> Result<(), Excess> {
    let bytes = document.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += run(&bytes[at..], |byte| !matches!(byte, b'\n' | b'\r'));
                continue;
            }
            b'"' => string(&bytes[at..]),
            b'.' if bytes[at..].starts_with(b"...") => 3,
            b'{' | b'[' | b'(' => {
                nesting += 1;
                1
            }
            b'}' | b']' | b')' => {
                nesting = nesting.saturating_sub(1);
                1
            }
            byte if is_word(byte) => run(&bytes[at..], is_word),
            _ => 1,
        };
        at += length;
        tokens += 1;
        if tokens > max_tokens {
            return Err(Excess::Tokens);
        }
        if nesting > max_nesting {
            return Err(Excess::Nesting);
        }
    }
    Ok(())
}

/// A name or a number. Bytes beyond ASCII stand only in strings and comments; elsewhere the parser refuses them.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || !byte.is_ascii()
}

fn run(bytes: &[u8], fits: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| fits(**byte)).count()
}

/// The length of the string that begins here, quotes included; of all that is left, when it never ends. A block string
/// that never ends is an empty string and what follows it, for so the parser reads it.
fn string(bytes: &[u8]) -> usize {
    let (quote, escape): (&[u8], &[u8]) =
        if bytes.starts_with(br#"""""#) { (br#"""""#, br#"\""""#) } else { (br#"""#, br#"\"#) };
    let mut at = quote.len();
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(escape) {
            at += if quote.len() == 1 { 2 } else { escape.len() };
        } else if rest.starts_with(quote) {
            return at + quote.len();
        } else {
            at += 1;
        }
    }
    if quote.len() == 1 { bytes.len() } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(document: &str) -> usize {
        (0..).find(|max| check(document, *max, 64).is_ok()).expect("a count")
    }

    #[test]
    fn tokens_are_what_the_specification_calls_lexical_tokens() {
        for (document, expected) in [
            ("", 0),
            ("  \n,,, # a comment { { {\n", 0),
            ("{ a }", 3),
            ("{a,b}", 4),
            ("query Q($x: [Int!]! = 1) { a(x: $x) @b ...C }", 27),
            ("-1.5", 3),
            (r#""a string { \" with # brackets""#, 1),
            (r#""a\\" "b""#, 2),
            (r#""""#, 1),
            (r#""""a "block" \""" string""""#, 1),
            (r#"{ a(b: "é") }"#, 8),
            (r#""never ends {{{{"#, 1),
        ] {
            assert_eq!(tokens(document), expected, "{document}");
        }
    }

    #[test]
    fn a_block_string_that_never_ends_hides_nothing() {
        let hidden = format!(r#"{{ a(b: [""" " {}"#, "[".repeat(100));
        assert_eq!(check(&hidden, 4_000, 64), Err(Excess::Nesting));
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_nest() {
        let hidden = format!("{{ a(b: \"{0}\") }} # {0}", "[".repeat(100));
        assert_eq!(check(&hidden, 4_000, 64), Ok(()));
        assert_eq!(check(&"[".repeat(65), 4_000, 64), Err(Excess::Nesting));
        assert_eq!(check(&"[".repeat(64), 4_000, 64), Ok(()));
    }
}
