//! How close a name is to what a journey holds, by the encoder: the cosine of the name and the centre of the titles.
//!
//! Vectors of texts are kept while they are needed often: the same items and names come again in journey after journey.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::encoder::Encoder;
use crate::error::InferenceError;
use crate::subject::Subject;

/// Titles that make up the centre: those that the prompt shows.
const MOST_TITLES: usize = 10;
/// Vectors kept, about 30 MB at 384 dimensions.
const MOST_KEPT: usize = 20_000;

type Vector = Arc<[f32]>;

#[derive(Debug)]
pub(crate) struct Grounding {
    encoder: Arc<dyn Encoder>,
    known: Mutex<HashMap<String, Vector>>,
}

impl Grounding {
    pub(crate) fn new(encoder: Arc<dyn Encoder>) -> Self {
        Self {
            encoder,
            known: Mutex::default(),
        }
    }

    /// For each subject, the cosine of each of its names, -1 to 1.
    pub(crate) fn cosines(&self, named: &[(&Subject, Vec<&str>)]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let texts = named
            .iter()
            .flat_map(|(subject, names)| contents(subject).chain(names.iter().copied()));
        let vectors = self.vectors(texts)?;
        let of = |text: &str| vectors.get(text).map(|vector| &vector[..]).unwrap_or_default();
        Ok(named
            .iter()
            .map(|(subject, names)| {
                let centre = centre(contents(subject).map(of));
                names.iter().map(|name| dot(&centre, of(name))).collect()
            })
            .collect())
    }

    fn vectors<'a>(
        &self,
        texts: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<&'a str, Vector>, InferenceError> {
        let mut found: HashMap<&str, Vector> = HashMap::new();
        let mut missing: Vec<&str> = Vec::new();
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for text in texts {
                match known.get(text) {
                    Some(vector) => {
                        found.insert(text, Arc::clone(vector));
                    }
                    None => missing.push(text),
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(found);
        }
        let encoded = self.encoder.encode(&missing)?;
        if encoded.len() != missing.len() {
            return Err(InferenceError::ResultCount {
                model: self.encoder.id().to_owned(),
                expected: missing.len(),
                actual: encoded.len(),
            });
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + missing.len() > MOST_KEPT {
            known.clear();
        }
        for (text, vector) in missing.into_iter().zip(encoded) {
            let vector: Vector = vector.into();
            known.insert(text.to_owned(), Arc::clone(&vector));
            found.insert(text, vector);
        }
        Ok(found)
    }
}

/// Titles, or concepts where there are none.
fn contents(subject: &Subject) -> impl Iterator<Item = &str> {
    let concepts: &[String] = if subject.titles.is_empty() {
        &subject.concepts
    } else {
        &[]
    };
    let titles = subject.titles.iter().map(|title| title.shown.as_str());
    titles
        .chain(concepts.iter().map(String::as_str))
        .take(MOST_TITLES)
}

fn centre<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    for vector in vectors {
        sum.resize(vector.len(), 0.0);
        for (total, value) in sum.iter_mut().zip(vector) {
            *total += value;
        }
    }
    let norm = dot(&sum, &sum).sqrt();
    if norm > 0.0 {
        for value in &mut sum {
            *value /= norm;
        }
    }
    sum
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::naming_input::NamingInput;

    /// One dimension for cats, one for dogs.
    #[derive(Debug, Default)]
    struct Pets {
        encoded: AtomicUsize,
    }

    impl Encoder for Pets {
        fn id(&self) -> &'static str {
            "pets@1"
        }

        fn dimension(&self) -> usize {
            2
        }

        fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
            self.encoded.fetch_add(texts.len(), Ordering::Relaxed);
            Ok(texts
                .iter()
                .map(|text| vec![f32::from(text.contains("cat")), f32::from(text.contains("dog"))])
                .collect())
        }
    }

    #[test]
    fn names_are_compared_with_the_centre_and_each_text_is_encoded_once() -> Result<(), InferenceError> {
        let pets = Arc::new(Pets::default());
        let grounding = Grounding::new(pets.clone());
        let subject = Subject::of(&NamingInput {
            titles: ["cat food", "cat toys", "dog food"].map(str::to_owned).to_vec(),
            concepts: vec![],
        });
        let named = [(&subject, vec!["cats", "dogs", "birds"])];
        let cosines = grounding.cosines(&named)?;
        assert!(
            cosines[0][0] > cosines[0][1] && cosines[0][1] > cosines[0][2],
            "{cosines:?}"
        );
        assert_eq!(grounding.cosines(&named)?, cosines);
        assert_eq!(pets.encoded.load(Ordering::Relaxed), 6);
        Ok(())
    }
}
