//! What every mail of every kind must be in every language.

use std::collections::BTreeSet;

use domain::{
    ClosedList, EmailAddress, Language, mails::MailKind, partner::ApplicationRejectionCode,
};
use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::letter::{Argument, Invitation, Letter};
use crate::message::{Mailbox, Message, MessageId};
use crate::texts::source;

fn letter(kind: MailKind, number: u32) -> Letter {
    let text = |name: &str| format!("[{name}]");
    let (name, company, program) = (text("name"), text("company"), text("program"));
    let link = "https://portal.example/#link".to_owned();
    match kind {
        MailKind::ConfirmAddress => Letter::ConfirmAddress { name, link, hours: number },
        MailKind::ResetPassword => Letter::ResetPassword { name, link, hours: number },
        MailKind::Invitation => Letter::Invitation(Box::new(Invitation {
            name,
            inviter: text("inviter"),
            program,
            subject: text("subject"),
            body: text("body"),
            link,
            days: number,
        })),
        MailKind::ApplicationReceived => Letter::ApplicationReceived { name, company, program },
        MailKind::InformationRequested => {
            Letter::InformationRequested { name, company, program, question: text("question") }
        }
        MailKind::ApplicationApproved => {
            Letter::ApplicationApproved { name, company, program, link }
        }
        MailKind::ApplicationRejected => Letter::ApplicationRejected {
            name,
            company,
            program,
            reason: ApplicationRejectionCode::Incomplete,
        },
    }
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("is an address")
}

fn written(letter: &Letter, language: Language) -> Message {
    let from = Mailbox::new("Accord", address("accord@vendor.example"));
    let to = Mailbox::new("Maria Nowak", address("maria@alfa.example"));
    Message::write(Uuid::from_u128(7), letter, language, from, to).expect("can be written")
}

fn kinds() -> impl Iterator<Item = MailKind> {
    MailKind::ALL.iter().map(|(kind, ..)| *kind)
}

fn languages() -> impl Iterator<Item = Language> {
    Language::ALL.iter().map(|(language, ..)| *language)
}

#[test]
fn every_kind_is_written_in_every_language_with_all_that_it_is_filled_with() {
    for kind in kinds() {
        let letter = letter(kind, 5);
        let texts: BTreeSet<String> = languages()
            .map(|language| {
                let message = written(&letter, language);
                let all = format!("{}\n{}", message.subject, message.text);
                for (name, argument) in letter.arguments() {
                    match argument {
                        // Which of the sentences is said stands in place of the word.
                        Argument::Text(_) if name == "reason" => {}
                        Argument::Text(text) => {
                            assert!(all.contains(&text), "{kind:?} {language:?} {name}")
                        }
                        Argument::Number(number) => {
                            assert!(
                                all.contains(&number.to_string()),
                                "{kind:?} {language:?} {name}"
                            );
                        }
                    }
                }
                assert!(!message.subject.is_empty() && message.html.contains("<p>"), "{kind:?}");
                assert!(!all.contains(['{', '}']), "{all}");
                message.text
            })
            .collect();
        assert_eq!(texts.len(), Language::ALL.len(), "{kind:?} is the same in two languages");
    }
}

#[test]
fn every_reason_of_a_rejection_has_its_own_sentence_in_every_language() {
    for language in languages() {
        let texts: BTreeSet<String> = ApplicationRejectionCode::ALL
            .iter()
            .map(|(reason, ..)| {
                let (name, company, program) = ("Maria".into(), "Alfa".into(), "Channel".into());
                let letter =
                    Letter::ApplicationRejected { name, company, program, reason: *reason };
                written(&letter, language).text
            })
            .collect();
        assert_eq!(texts.len(), ApplicationRejectionCode::ALL.len(), "{language:?}");
    }
}

#[test]
fn files_hold_the_kinds_that_there_are_with_the_names_that_they_are_filled_with() {
    for language in languages() {
        let parsed = fluent_syntax::parser::parse(source(language)).expect("is Fluent");
        let mut found = BTreeSet::new();
        for entry in &parsed.body {
            let Entry::Message(message) = entry else { panic!("{language:?}: {entry:?}") };
            let kind = MailKind::of(message.id.name).expect("is a kind of mail");
            let mut names = BTreeSet::new();
            let subject = message.attributes.iter().map(|attribute| &attribute.value);
            message.value.iter().chain(subject).for_each(|pattern| variables(pattern, &mut names));
            let letter = letter(kind, 1);
            let filled: BTreeSet<&str> = letter.arguments().iter().map(|(name, _)| *name).collect();
            assert_eq!(names, filled, "{kind:?} {language:?}");
            assert!(found.insert(message.id.name), "{kind:?} is there twice");
        }
        assert_eq!(found.len(), MailKind::ALL.len(), "{language:?}");
    }
}

#[test]
fn what_is_counted_has_all_plurals_of_its_language() {
    let plurals = |language| match language {
        Language::English | Language::Turkish => BTreeSet::from(["one", "other"]),
        Language::Polish => BTreeSet::from(["one", "few", "many", "other"]),
    };
    for language in languages() {
        let parsed = fluent_syntax::parser::parse(source(language)).expect("is Fluent");
        let mut counted = 0;
        for entry in &parsed.body {
            let Entry::Message(message) = entry else { continue };
            for (of, variants) in message.value.iter().flat_map(selections) {
                if of == "reason" {
                    continue;
                }
                counted += 1;
                let keys: BTreeSet<&str> = variants.iter().map(key).collect();
                assert_eq!(keys, plurals(language), "{} {language:?}", message.id.name);
            }
        }
        assert_eq!(counted, 3, "{language:?}: hours, hours, days");
    }
    for (days, said) in [(1, "1 dzień"), (2, "2 dni"), (5, "5 dni"), (12, "12 dni"), (22, "22 dni")]
    {
        let text = written(&letter(MailKind::Invitation, days), Language::Polish).text;
        assert!(text.contains(&format!("wygasa za {said}.")), "{text}");
    }
    for (hours, said) in
        [(1, "1 godzinę"), (2, "2 godziny"), (5, "5 godzin"), (12, "12 godzin"), (24, "24 godziny")]
    {
        let text = written(&letter(MailKind::ResetPassword, hours), Language::Polish).text;
        assert!(text.contains(&format!("przez {said}.")), "{text}");
    }
}

#[test]
fn the_link_is_one_in_html_and_what_people_wrote_is_text() {
    let mut wrote = letter(MailKind::Invitation, 14);
    if let Letter::Invitation(invitation) = &mut wrote {
        invitation.body = "<script>alert(1)</script>\n\nhttps://elsewhere.example/".into();
        invitation.link = "https://portal.example/rejestracja#invitation=a&b".into();
    }
    let html = written(&wrote, Language::English).html;
    assert_eq!(html.matches("<a href=").count(), 1, "{html}");
    assert!(
        html.contains(r#"<a href="https://portal.example/rejestracja#invitation=a&amp;b">"#),
        "{html}"
    );
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
}

#[test]
fn a_mail_has_one_id_whenever_it_is_written() {
    let from = address("accord@vendor.example");
    let id = MessageId::of(Uuid::from_u128(7), &from);
    assert_eq!(id.as_str(), "<00000000-0000-0000-0000-000000000007@vendor.example>");
    for language in languages() {
        assert_eq!(written(&letter(MailKind::ConfirmAddress, 2), language).id, id);
    }
}

proptest! {
    #[test]
    fn whatever_people_write_no_header_ever_has_a_second_line(text in "(?s).{0,300}|[a-z\\r\\n:{}$]{0,60}") {
        let mut wrote = letter(MailKind::Invitation, 14);
        if let Letter::Invitation(invitation) = &mut wrote {
            (invitation.subject, invitation.name) = (text.clone(), text.clone());
        }
        let mut message = written(&wrote, Language::Turkish);
        message.to = Mailbox::new(&text, address("maria@alfa.example"));
        let name = message.to.name.unwrap_or_default();
        for header in [&message.subject, &name] {
            prop_assert!(!header.chars().any(char::is_control), "{header:?}");
            prop_assert!(header.chars().count() <= 200);
        }
    }
}

fn variables<'a>(pattern: &Pattern<&'a str>, names: &mut BTreeSet<&'a str>) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { .. } => {}
            PatternElement::Placeable { expression: Expression::Inline(inline) } => {
                names.extend(variable(inline));
            }
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                names.extend(variable(selector));
                variants.iter().for_each(|variant| variables(&variant.value, names));
            }
        }
    }
}

fn variable<'a>(inline: &InlineExpression<&'a str>) -> Option<&'a str> {
    let InlineExpression::VariableReference { id } = inline else { return None };
    Some(id.name)
}

fn selections<'p, 'a>(pattern: &'p Pattern<&'a str>) -> Vec<(&'a str, &'p [Variant<&'a str>])> {
    let selection = |element: &'p PatternElement<&'a str>| {
        let PatternElement::Placeable { expression: Expression::Select { selector, variants } } =
            element
        else {
            return None;
        };
        Some((variable(selector)?, variants.as_slice()))
    };
    pattern.elements.iter().filter_map(selection).collect()
}

fn key<'a>(variant: &Variant<&'a str>) -> &'a str {
    match variant.key {
        VariantKey::Identifier { name } => name,
        VariantKey::NumberLiteral { value } => value,
    }
}
