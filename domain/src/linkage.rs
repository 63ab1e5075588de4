//! By what two records of one company are recognised (record linkage): what people write now this way and now that, as
//! it is compared.

/// Letters and digits alone, in lower case.
pub(crate) fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The bare domain of what people paste: no scheme, no path, no `www.`, no closing dot.
pub(crate) fn host(domain: &str) -> String {
    let lower = domain.trim().to_lowercase();
    let (_, rest) = lower.split_once("://").unwrap_or(("", &lower));
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host).trim_matches('.').to_owned()
}

/// A tax id without the country that some write before it, Greece's own two letters among them.
pub(crate) fn tax_number(tax_id: &str, country: &str) -> String {
    let squeezed = squeezed(tax_id);
    let country = country.to_lowercase();
    let prefixes = [country.as_str(), if country == "gr" { "el" } else { country.as_str() }];
    let bare = prefixes.iter().find_map(|prefix| squeezed.strip_prefix(prefix));
    bare.filter(|bare| !bare.is_empty()).map(str::to_owned).unwrap_or(squeezed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tax_id_is_the_same_however_it_is_written() {
        for text in ["PL5250001234", "525-000-12-34", "pl 525 000 12 34", "PL-525.000.12.34"] {
            assert_eq!(tax_number(text, "PL"), "5250001234", "{text}");
        }
        assert_eq!(tax_number("EL123456789", "GR"), tax_number("123456789", "GR"));
        assert_eq!(tax_number("PL5250001234", "DE"), "pl5250001234", "another country's");
        assert_eq!(tax_number("PL", "PL"), "pl", "nothing is left but the country");
    }

    #[test]
    fn a_domain_is_the_same_however_it_is_pasted() {
        for text in ["alfa.example", "https://www.Alfa.example/about?x#y", " alfa.example:8080. "] {
            assert_eq!(host(text), "alfa.example", "{text}");
        }
    }
}
