//! The texts of mails, a Fluent file for each language (localization), and how one is filled in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::{ClosedList, Language};
use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::letter::{Argument, Letter};

/// A text that cannot be written: a mistake in its file, which a test finds.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} cannot be written in {language}: {problem}")]
pub struct TextError {
    pub kind: &'static str,
    pub language: &'static str,
    pub problem: String,
}

/// A letter in a language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    pub subject: String,
    pub text: String,
}

type Bundles = BTreeMap<Language, Result<FluentBundle<FluentResource>, String>>;

static BUNDLES: LazyLock<Bundles> = LazyLock::new(|| {
    Language::ALL.iter().map(|(language, ..)| (*language, bundle(*language))).collect()
});

/// The file of a language, as it is built in.
pub(crate) fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../texts/en.ftl"),
        Language::Polish => include_str!("../texts/pl.ftl"),
        Language::Turkish => include_str!("../texts/tr.ftl"),
    }
}

/// Writes a letter in a language.
pub(crate) fn write(letter: &Letter, language: Language) -> Result<Written, TextError> {
    let (kind, arguments) = (letter.kind().word(), arguments(letter));
    let wrong = |problem: String| TextError { kind, language: language.word(), problem };
    let bundle = BUNDLES.get(&language).ok_or_else(|| wrong("there is no file".into()))?;
    let bundle = bundle.as_ref().map_err(|problem| wrong(problem.clone()))?;
    let message = bundle.get_message(kind).ok_or_else(|| wrong("there is no text".into()))?;
    let filled = |pattern| {
        let mut errors = vec![];
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        if errors.is_empty() { Ok(text) } else { Err(wrong(format!("{errors:?}"))) }
    };
    let subject = message.get_attribute("subject").ok_or_else(|| wrong("no subject".into()))?;
    let text = message.value().ok_or_else(|| wrong("it is empty".into()))?;
    Ok(Written { subject: filled(subject.value())?, text: filled(text)? })
}

fn bundle(language: Language) -> Result<FluentBundle<FluentResource>, String> {
    let id: LanguageIdentifier = language.word().parse().map_err(|error| format!("{error:?}"))?;
    let resource = FluentResource::try_new(source(language).to_owned());
    let resource = resource.map_err(|(_, errors)| format!("{errors:?}"))?;
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    bundle.set_use_isolating(false); // Mail programs show the marks that would set names apart.
    bundle.add_resource(resource).map_err(|errors| format!("{errors:?}"))?;
    Ok(bundle)
}

fn arguments(letter: &Letter) -> FluentArgs<'static> {
    let mut arguments = FluentArgs::new();
    for (name, argument) in letter.arguments() {
        match argument {
            Argument::Text(text) => arguments.set(name, text),
            Argument::Number(number) => arguments.set(name, number),
        }
    }
    arguments
}
