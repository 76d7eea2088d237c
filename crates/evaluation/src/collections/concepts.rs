//! What a naming prompt is given of some items: their titles, and the concepts that weigh most over them.

use std::collections::BTreeMap;

use wayfare_inference::{NamingInput, Salience, salient_terms};

use super::CollectionItem;

/// Concepts that an item contributes, as many as a run keeps of one.
const CONCEPTS_PER_ITEM: usize = 12;
/// Concepts of a journey that a run offers for naming.
const CONCEPTS_PER_JOURNEY: usize = 8;

/// The titles in their order, and the heaviest concepts of the items together: each item's concepts have unit length,
/// as in a run. Without `salience` there are no concepts.
pub fn naming_input(items: &[&CollectionItem], salience: Option<&dyn Salience>) -> NamingInput {
    let mut weights: BTreeMap<String, f64> = BTreeMap::new();
    for item in items {
        let text = (!item.text.is_empty()).then_some(item.text.as_str());
        let terms = salience
            .map(|salience| salient_terms(&item.title, text, &[], salience, CONCEPTS_PER_ITEM))
            .unwrap_or_default();
        for concept in terms {
            *weights.entry(concept.term).or_default() += f64::from(concept.weight);
        }
    }
    let mut ranked: Vec<(String, f64)> = weights.into_iter().collect();
    ranked.sort_by(|left, right| right.1.total_cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    NamingInput {
        titles: items.iter().map(|item| item.title.clone()).collect(),
        concepts: ranked
            .into_iter()
            .take(CONCEPTS_PER_JOURNEY)
            .map(|(term, _)| term)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::collection;
    use super::*;

    struct Even;

    impl Salience for Even {
        fn salience(&self, _word: &str) -> f32 {
            0.5
        }
    }

    #[test]
    fn what_items_share_comes_first_and_titles_keep_their_order() {
        let collection = collection("l", "t", "", &["Rye bread", "Wheat bread", "Bread knives"]);
        let items: Vec<&CollectionItem> = collection.items.iter().collect();
        let input = naming_input(&items, Some(&Even));
        assert_eq!(input.titles, ["Rye bread", "Wheat bread", "Bread knives"]);
        assert_eq!(input.concepts.first().map(String::as_str), Some("bread"));
        assert!(input.concepts.len() <= CONCEPTS_PER_JOURNEY);
        assert!(naming_input(&items, None).concepts.is_empty());
    }
}
