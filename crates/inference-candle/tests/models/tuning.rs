//! The training pass and the generator are two ways through one model.

use wayfare_inference::{Alphabet, Generator, PromptBatch};
use wayfare_inference_candle::tuning::TuningModel;

use crate::assets::{GENERATOR, generator_file};

const MOST_TOKENS: usize = 2;

#[test]
fn the_training_pass_finds_generated_texts_as_likely_as_the_generator_does() {
    let model = TuningModel::load(&generator_file()).expect("the model loads");
    let (prefix, suffix) = (
        "Short names of interests.\n\nItems:\n- First chords on the ukulele\n- Three easy ukulele songs\nTopics: ukulele, songs\n\
         In a few words, this person is into: Ukulele for beginners\n\n",
        "\nIn a few words, this person is into:",
    );
    let inputs = [
        "Items:\n- Rye bread at home\n- Sourdough starter day by day\n- Kneading by hand\nTopics: bread, baking",
        "Items:\n- Trail running shoes\n- Energy gels 12 pack\nTopics: running",
    ]
    .map(str::to_owned);
    let generations = GENERATOR
        .generate(&PromptBatch {
            prefix,
            inputs: &inputs,
            suffix,
            max_tokens: MOST_TOKENS,
            alphabet: Alphabet::Any,
        })
        .expect("generates");
    // What ended on its own has another last token than the training pass puts there.
    let whole: Vec<_> = inputs
        .iter()
        .zip(&generations)
        .map(|(input, generation)| (input, generation, generation.text.strip_prefix(' ')))
        .filter(|(_, generation, name)| generation.tokens == MOST_TOKENS && name.is_some())
        .collect();
    let mut compared = 0;
    for (input, generation, name) in whole {
        let name = name.expect("filtered");
        let example = model.example(prefix, input, suffix, name).expect("makes tokens");
        let logarithms = model.log_probabilities(&example).expect("computes");
        if logarithms.len() != generation.tokens + 1 {
            continue;
        }
        compared += 1;
        let mean = logarithms[..generation.tokens].iter().sum::<f32>() / generation.tokens as f32;
        assert!(
            (mean - generation.mean_log_probability).abs() < 1e-3,
            "{:?}: {mean} {}",
            generation.text,
            generation.mean_log_probability
        );
    }
    assert!(compared > 0, "{generations:?}");
}
