//! Explains a refusal code by its page; of an unknown one it tells those at the least edit distance.

use domain::refusal::Code;
use serde_json::json;

use super::output::Output;

pub(super) fn explain(code: Option<&str>, output: &Output) -> anyhow::Result<()> {
    let codes = domain::codes();
    let Some(asked) = code else {
        list(&codes, output);
        return Ok(());
    };
    let asked = asked.to_uppercase().replace('-', "_");
    let found = codes.iter().find(|known| known.code == asked);
    let Some(Code { code, sentence, page }) = found else {
        anyhow::bail!(
            "no refusal is called {asked}; near it are {}",
            nearest(&asked, &codes).join(", ")
        );
    };
    output.say(page, &json!({ "code": code, "sentence": sentence, "page": page }));
    Ok(())
}

fn list(codes: &[&Code], output: &Output) {
    let width = codes.iter().map(|known| known.code.len()).max().unwrap_or_default();
    let line = |known: &&Code| format!("{:width$}  {}", known.code, known.sentence);
    let text: Vec<String> = codes.iter().map(line).collect();
    let json = codes.iter().map(|known| json!({ "code": known.code, "sentence": known.sentence }));
    output.say(&text.join("\n"), &json!({ "codes": json.collect::<Vec<_>>() }));
}

/// The three codes that are most like `asked`: those that share most of its words, then by edit distance.
fn nearest<'a>(asked: &str, codes: &[&'a Code]) -> Vec<&'a str> {
    let unlike = |code: &str| {
        let shared =
            asked.split('_').filter(|word| code.split('_').any(|other| other == *word)).count();
        (std::cmp::Reverse(shared), strsim::damerau_levenshtein(asked, code))
    };
    let mut near: Vec<&str> = codes.iter().map(|known| known.code).collect();
    near.sort_by_cached_key(|code| unlike(code));
    near.truncate(3);
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_or_a_former_code_leads_to_the_right_one() {
        let near = |asked| nearest(asked, &domain::codes());
        assert_eq!(near("PAYOUT_BELOW_MINIMUN")[0], "PAYOUT_BELOW_MINIMUM");
        assert_eq!(near("DEAL_ENDDED")[0], "DEAL_ENDED");
        assert!(near("MAKER_IS_CHECKER").contains(&"PAYOUT_MAKER_IS_CHECKER"));
        assert!(near("NOT_APPROVED").contains(&"PARTNER_NOT_APPROVED"));
    }
}
