//! The encoder against independently computed vectors, and its promise about batches.

use proptest::prelude::*;
use serde::Deserialize;
use wayfare_inference::Encoder;

use crate::assets::ENCODER;

#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

fn reference() -> Vec<Reference> {
    serde_json::from_str(include_str!("../../../../tests/data/encoder/reference.json"))
        .expect("the reference is JSON")
}

#[test]
fn vectors_agree_with_an_independent_implementation() {
    let reference = reference();
    assert_eq!(reference.len(), 20);
    let texts: Vec<&str> = reference.iter().map(|entry| entry.text.as_str()).collect();
    let vectors = ENCODER.encode(&texts).expect("encodes");
    for (entry, vector) in reference.iter().zip(&vectors) {
        assert_eq!(vector.len(), ENCODER.dimension());
        let norm: f32 = vector.iter().map(|value| value * value).sum();
        assert!((norm - 1.0).abs() < 1e-5, "{:?} has length {norm}", entry.text);
        let cosine: f32 = vector
            .iter()
            .zip(&entry.vector)
            .map(|(ours, theirs)| ours * theirs)
            .sum();
        assert!(cosine >= 0.9999, "{:?} has cosine {cosine}", entry.text);
        let furthest = vector
            .iter()
            .zip(&entry.vector)
            .map(|(ours, theirs)| (ours - theirs).abs())
            .fold(0.0, f32::max);
        assert!(furthest < 1e-5, "{:?} is off by {furthest}", entry.text);
    }
}

#[test]
fn the_id_pins_name_and_weights() {
    assert_eq!(ENCODER.id(), "all-MiniLM-L6-v2@53aa51172d14");
}

#[test]
fn no_texts_give_no_vectors() {
    assert!(ENCODER.encode(&[]).expect("encodes").is_empty());
}

fn bits(vector: &[f32]) -> Vec<u32> {
    vector.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Batches of any size and mixture of lengths, repeated texts included.
    #[test]
    fn a_vector_has_the_same_bytes_alone_and_in_any_batch(
        texts in prop::collection::vec(prop::collection::vec(0_usize..8, 0..24), 1..60),
        alone in any::<prop::sample::Index>(),
    ) {
        const WORDS: [&str; 8] = ["cat", "food", "ukulele", "hydroponics", "1995", "the", "Montmartre", "!"];
        let texts: Vec<String> =
            texts.iter().map(|words| words.iter().map(|&word| WORDS[word]).collect::<Vec<_>>().join(" ")).collect();
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        let batch = ENCODER.encode(&borrowed).expect("encodes");
        let index = alone.index(texts.len());
        let single = ENCODER.encode(&[borrowed[index]]).expect("encodes");
        prop_assert_eq!(bits(&single[0]), bits(&batch[index]), "{:?}", borrowed[index]);
    }
}
