//! Search by name (property-based): whatever name there is, each of its words is found by how it begins, as anybody types it.

use projections::names::{folded, words};
use projections::{
    Order, Page, Sight, Table, deal_words, deals, list, names, partner_words, partners,
};
use proptest::prelude::*;
use sea_orm::{ColumnTrait, Condition, EntityTrait};
use tests::places;

use super::ground::*;

/// Letters of Latin alphabets, with accents of their own or put on them, and what stands between words.
const LATIN: &str = "([A-Za-z0-9À-ɏḀ-ỿ]\u{301}?\u{327}?|[ .'&-]){1,30}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_folded_text_stays_as_it_is(text in "\\PC{0,60}") {
        let once = folded(&text);
        prop_assert_eq!(folded(&once), once);
    }

    #[test]
    fn capitals_and_small_letters_and_letters_in_parts_are_one_name(name in LATIN) {
        let same = words(&name);
        prop_assert_eq!(&words(&name.to_uppercase()), &same);
        prop_assert_eq!(&words(&name.to_lowercase()), &same);
        let bare: String = name.chars().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).collect();
        prop_assert_eq!(words(&bare), same);
    }

    #[test]
    fn every_word_of_a_name_is_found_by_how_it_begins(name in "\\PC{1,60}", length in 1..20_usize) {
        for word in words(&name) {
            let begun: String = word.chars().take(length).collect();
            let sought = words(&begun);
            prop_assert_eq!(&sought, std::slice::from_ref(&begun));
            prop_assert!(words(&name).iter().any(|word| word.starts_with(&begun)));
        }
    }
}

#[test]
fn words_are_found_by_an_index() {
    use names::Words;
    fn indexed<W: Words>() -> bool {
        <W as Table>::has_index(&[W::WORD, W::OF])
    }
    assert!(indexed::<partner_words::Entity>() && indexed::<deal_words::Entity>());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partner_and_every_deal_is_found_by_each_word_and_only_where_it_has_it() {
    for place in places().await {
        let reading = Reading::with_history(&place, 1200, 18).await;
        let namespace = reading.views.current();
        let db = namespace.db();
        let partners = partners::Entity::find().all(db).await.expect("they are read");
        assert!(partners.len() > 5, "there is something to find");
        for sought in partners.iter().take(12) {
            for word in words(&sought.company_name) {
                let wanted = names::named::<partner_words::Entity>(partners::Column::Id, &word);
                let order = Order::<partners::Entity>::ascending(partners::Column::SortName);
                let wanted = Condition::all()
                    .add_option(wanted.expect("is a search"))
                    .add(partners::Column::SortName.gte(sought.sort_name.clone()));
                let page = Page::first(100, None);
                let found = list(db, &Sight::All, wanted, order, &page).await.expect("is read");
                let found: Vec<_> = found.into_rows().into_iter().map(|row| row.id).collect();
                let mut having: Vec<_> = partners
                    .iter()
                    .filter(|row| row.sort_name >= sought.sort_name)
                    .filter(|row| words(&row.company_name).iter().any(|own| own.starts_with(&word)))
                    .collect();
                having.sort_by(|one, other| {
                    (&one.sort_name, one.id).cmp(&(&other.sort_name, other.id))
                });
                let having: Vec<_> = having.into_iter().map(|row| row.id).take(100).collect();
                assert_eq!(found, having, "{word}");
            }
        }
        let deals = deals::Entity::find().all(db).await.expect("they are read");
        assert!(deals.len() > 5, "there is something to find");
        for sought in deals.iter().filter(|deal| !words(&deal.customer_name).is_empty()).take(12) {
            let wanted =
                names::named::<deal_words::Entity>(deals::Column::Id, &sought.customer_name);
            let wanted = wanted.expect("it has words");
            let wanted = Condition::all().add_option(wanted).add(deals::Column::Id.eq(sought.id));
            let order = Order::<deals::Entity>::ascending(deals::Column::CustomerSortName);
            let found = list(db, &Sight::All, wanted, order, &Page::first(1, None)).await;
            let found = found.expect("is read").into_rows();
            assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [sought.id]);
        }
    }
}
