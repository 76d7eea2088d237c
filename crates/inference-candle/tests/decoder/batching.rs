//! A text is the same whatever it is computed with, and nothing is computed that need not be.

use candle_core::quantized::GgmlDType;
use tempfile::TempDir;
use wayfare_inference::{Alphabet, Generator, PromptBatch};
use wayfare_inference_candle::CandleGenerator;

use crate::tiny_model::{Family, TinyModel};

fn generator(family: Family) -> CandleGenerator {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("model.gguf");
    TinyModel::new(family, true).write_gguf(&path, GgmlDType::F32, "gpt-2", false);
    CandleGenerator::load(&path).expect("loads")
}

/// Texts of many lengths: more sequences than are under way at a time, and some that are cut.
fn inputs() -> Vec<String> {
    (0..90)
        .map(|index| "the cat that sat in a hat ".repeat(index % 23) + &index.to_string())
        .collect()
}

fn prompt<'a>(prefix: &'a str, inputs: &'a [String], alphabet: Alphabet) -> PromptBatch<'a> {
    PromptBatch {
        prefix,
        inputs,
        suffix: ":",
        max_tokens: 6,
        alphabet,
    }
}

#[test]
fn generations_and_scores_are_the_same_alone_and_with_ninety_others() {
    let prefix = "the thin cat ".repeat(60);
    for family in [Family::Llama, Family::Qwen3] {
        let generator = generator(family);
        let inputs = inputs();
        for alphabet in [Alphabet::Any, Alphabet::Name] {
            let together = generator
                .generate(&prompt(&prefix, &inputs, alphabet))
                .expect("generates");
            for index in [0, 1, 22, 23, 45, 89] {
                let alone = generator
                    .generate(&prompt(&prefix, &inputs[index..=index], alphabet))
                    .expect("generates");
                assert_eq!(alone[0], together[index], "{index}");
            }
        }
        let continuations: Vec<Vec<String>> = (0..inputs.len())
            .map(|index| (0..index % 4).map(|place| "cat hat ".repeat(place + 1)).collect())
            .collect();
        let together = generator
            .score(&prompt(&prefix, &inputs, Alphabet::Any), &continuations)
            .expect("scores");
        for index in [1, 3, 22, 23, 45, 87] {
            for place in 0..continuations[index].len() {
                let alone = generator
                    .score(
                        &prompt(&prefix, &inputs[index..=index], Alphabet::Any),
                        &[vec![continuations[index][place].clone()]],
                    )
                    .expect("scores");
                assert_eq!(
                    alone[0][0].to_bits(),
                    together[index][place].to_bits(),
                    "{index} {place}"
                );
            }
        }
    }
}

#[test]
fn only_what_is_needed_is_computed_and_a_prefix_once() {
    let generator = generator(Family::Llama);
    let prefix = "the thin cat ".repeat(60);
    let inputs = inputs();
    let generations = generator
        .generate(&prompt(&prefix, &inputs, Alphabet::Any))
        .expect("generates");
    let first = generator.stats();
    assert_eq!(first.computed_tokens, first.real_tokens);
    let own: usize = generations
        .iter()
        .map(|generation| generation.prompt_tokens + generation.tokens - 1)
        .sum();
    let shared = usize::try_from(first.prefix_tokens).expect("small");
    assert_eq!(
        usize::try_from(first.computed_tokens).expect("small"),
        own - (inputs.len() - 1) * shared
    );
    assert!(first.most_tokens_per_step > 256, "{first:?}");
    generator
        .generate(&prompt(&prefix, &inputs[..1], Alphabet::Any))
        .expect("generates");
    let second = generator.stats();
    assert_eq!(second.prefix_tokens, first.prefix_tokens);
    assert_eq!((first.sequences, second.sequences), (90, 91));
}

#[test]
fn names_keep_to_the_alphabet_and_are_not_empty() {
    // A model of noise writes anything unless it is kept from it.
    let generator = generator(Family::Llama);
    let inputs = inputs();
    let free = generator
        .generate(&prompt("", &inputs, Alphabet::Any))
        .expect("generates");
    let allowed = |text: &str| {
        text.chars()
            .all(|character| character.is_alphanumeric() || " '’&-–,+#.".contains(character))
    };
    assert!(!free.iter().all(|generation| allowed(&generation.text)));
    for generation in generator
        .generate(&prompt("", &inputs, Alphabet::Name))
        .expect("generates")
    {
        assert!(allowed(&generation.text), "{generation:?}");
        assert!(!generation.text.contains(".."), "{generation:?}");
        assert!(
            generation.tokens == 6 || generation.text.chars().any(char::is_alphanumeric),
            "{generation:?}"
        );
    }
}

#[test]
fn a_missing_list_of_continuations_is_an_error() {
    let generator = generator(Family::Llama);
    let inputs = inputs();
    let error = generator
        .score(&prompt("", &inputs, Alphabet::Any), &[])
        .expect_err("90 inputs, no continuations");
    let cause = std::error::Error::source(&error)
        .expect("has a cause")
        .to_string();
    assert_eq!(cause, "there are continuations for 0 of 90 inputs");
}
