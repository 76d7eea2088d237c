//! Word salience from the encoder's vocabulary.

use wayfare_inference::{Salience, salient_terms};
use wayfare_inference_candle::WordpieceSalience;

use crate::assets::encoder_folder;

fn salience() -> WordpieceSalience {
    WordpieceSalience::load(&encoder_folder().join("vocab.txt")).expect("the vocabulary loads")
}

#[test]
fn rarer_words_say_more() {
    let salience = salience();
    let words = ["time", "music", "piano", "bread", "sourdough"].map(|word| salience.salience(word));
    assert!(words.windows(2).all(|pair| pair[0] < pair[1]), "{words:?}");
    assert!(words.iter().all(|value| (0.0..=1.0).contains(value)), "{words:?}");
    assert!(
        salience.salience("the") < 0.1 && salience.salience("children's") < salience.salience("hydroponics")
    );
}

#[test]
fn salient_terms_put_the_topic_first() {
    let concepts = salient_terms(
        "A new way of growing hydroponic tomatoes",
        None,
        &[],
        &salience(),
        4,
    );
    assert_eq!(concepts[0].term, "hydroponic tomatoes", "{concepts:?}");
}
