//! Methods side by side on planted collections, with a generator and an encoder small enough to see through.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use wayfare_evaluation::EvaluationError;
use wayfare_evaluation::collections::{Collection, CollectionItem};
use wayfare_evaluation::naming::comparison::{Compared, ComparisonOptions, compare};
use wayfare_evaluation::naming::journeys::{Journey, item_texts, journeys};
use wayfare_evaluation::naming::method::Method;
use wayfare_evaluation::naming::methods::{Extractive, FullNamer, NearestTitle, Prompted, TopConcept};
use wayfare_evaluation::naming::report::{sample_names, text, write_names};
use wayfare_evaluation::naming::retrieval::{EncodedHalves, Finders};
use wayfare_evaluation::naming::scores::{Measures, Metric};
use wayfare_inference::{
    ChatMessage, Encoder, Generation, Generator, InferenceError, Namer, PromptBatch, Salience,
};

const SUBJECTS: [&str; 6] = ["bread", "chess", "violin", "tomato", "origami", "sailing"];

/// One direction per subject; what a text says nothing of has a direction of its own.
#[derive(Debug)]
struct BySubject;

impl Encoder for BySubject {
    fn id(&self) -> &'static str {
        "by-subject@1"
    }

    fn dimension(&self) -> usize {
        SUBJECTS.len() + 1
    }

    fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let of = |text: &&str| {
            let text = text.to_lowercase();
            let mut vector = vec![0.0; SUBJECTS.len() + 1];
            let subject = SUBJECTS.iter().position(|subject| text.contains(subject));
            vector[subject.unwrap_or(SUBJECTS.len())] = 1.0;
            vector
        };
        Ok(texts.iter().map(of).collect())
    }
}

struct Even;

impl Salience for Even {
    fn salience(&self, _word: &str) -> f32 {
        0.5
    }
}

/// Names the first subject that the journey's part of the prompt speaks of, loudly if the prompt has examples.
#[derive(Debug)]
struct Namesake {
    answers_missing: usize,
}

impl Generator for Namesake {
    fn id(&self) -> &'static str {
        "namesake@1"
    }

    fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, InferenceError> {
        let exclaims = prompt.prefix.contains("ukulele");
        let answer = |input: &String| {
            let input = input.to_lowercase();
            let subject = SUBJECTS.iter().find(|subject| input.contains(*subject));
            let subject = subject.copied().unwrap_or_default();
            Generation {
                text: format!(" All about {subject}{}", if exclaims { "!" } else { "" }),
                mean_log_probability: -0.1,
                tokens: 3,
                prompt_tokens: 9,
            }
        };
        let answers = prompt.inputs.len() - self.answers_missing;
        Ok(prompt.inputs.iter().take(answers).map(answer).collect())
    }

    fn score(
        &self,
        _prompt: &PromptBatch<'_>,
        continuations: &[Vec<String>],
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        Ok(continuations.iter().map(|all| vec![-0.1; all.len()]).collect())
    }

    fn render_chat(&self, _messages: &[ChatMessage]) -> Result<String, InferenceError> {
        Err(InferenceError::Unsupported {
            model: self.id().to_owned(),
            what: "chat template",
        })
    }
}

/// Six collections of eight items, each item's text with the subject in it; the titles of items are numbers but for
/// every other one.
fn collections() -> Vec<Collection> {
    let collection = |subject: &&str| Collection {
        collection_id: format!("c-{subject}"),
        list: format!("list/{}", subject.len()),
        title: format!("Hobbies: {subject}"),
        section: if *subject == "chess" {
            String::new()
        } else {
            (*subject).to_owned()
        },
        medium: false,
        items: (0..8)
            .map(|number| CollectionItem {
                item_id: format!("{subject} {number}"),
                title: format!("{subject} guide {number}"),
                text: format!("Learn {subject} step by step"),
            })
            .collect(),
    };
    SUBJECTS.iter().map(collection).collect()
}

fn methods(answers_missing: usize) -> Vec<Box<dyn Method>> {
    let generator: Arc<dyn Generator> = Arc::new(Namesake { answers_missing });
    vec![
        Box::new(NearestTitle),
        Box::new(TopConcept),
        Box::new(Extractive),
        Box::new(Prompted::new("zero-shot", Arc::clone(&generator), "zero-shot")),
        Box::new(Prompted::new("few-shot", Arc::clone(&generator), "few-shot")),
        Box::new(FullNamer(Arc::new(Namer::with_model(generator)))),
    ]
}

/// The comparison over the planted collections, and what `then` makes of it.
fn compared<T>(
    options: &ComparisonOptions,
    methods: &[Box<dyn Method>],
    then: impl FnOnce(&[Journey<'_>], Result<Compared, EvaluationError>) -> T,
) -> T {
    let collections = collections();
    let all: Vec<&Collection> = collections.iter().collect();
    let texts = item_texts(&all);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = BySubject.encode(&texts).unwrap();
    let journeys = journeys(&all, &vectors, &Even, options.seed).unwrap();
    let judge = EncodedHalves::new(&BySubject, &vectors, &journeys);
    let measures = Measures {
        encoder: &BySubject,
        finders: Finders::new(&journeys, Some(judge)),
    };
    let result = compare(&journeys, methods, &measures, options, &|_| ());
    then(&journeys, result)
}

#[track_caller]
fn mean(compared: &Compared, method: &str, metric: Metric) -> f64 {
    let methods = &compared.comparison.methods;
    let method = methods.iter().find(|result| result.name == method).unwrap();
    method.metric(metric).unwrap().mean.unwrap().mean
}

#[test]
fn methods_name_and_are_measured() {
    compared(&ComparisonOptions::new("few-shot"), &methods(0), |_, compared| {
        let compared = compared.unwrap();
        let named: Vec<&str> = compared
            .names
            .iter()
            .map(|names| names[0].name.as_str())
            .collect();
        assert!(named[0].starts_with("bread guide "), "{named:?}");
        assert_eq!(named[1], "bread");
        assert_eq!(named[3..5], ["All about bread", "All about bread!"]);
        let is = |method: &str, metric: Metric, expected: f64| {
            let found = mean(&compared, method, metric);
            assert!((found - expected).abs() < 1e-12, "{method} {metric:?}: {found}");
        };
        is("nearest-title", Metric::Copied, 1.0);
        is("top-concept", Metric::Copied, 0.0);
        is("top-concept", Metric::WithinTitle, 1.0);
        is("zero-shot", Metric::WithinTitle, 0.0);
        is("zero-shot", Metric::Grounded, 1.0);
        is("zero-shot", Metric::LengthInWords, 3.0);
        is("zero-shot", Metric::Distinct, 1.0);
        is("zero-shot", Metric::CosineTitle, 1.0);
        for metric in [
            Metric::Bm25First,
            Metric::CharactersFirst,
            Metric::JudgeReciprocalRank,
        ] {
            is("zero-shot", metric, 1.0);
        }
        is("pipeline", Metric::Rejected, 0.0);
    });
}

#[test]
fn a_collection_without_a_heading_has_no_likeness_to_it_and_differences_are_to_the_reference() {
    compared(
        &ComparisonOptions::new("zero-shot"),
        &methods(0),
        |_, compared| {
            let compared = compared.unwrap();
            let result = |number: usize, metric| *compared.comparison.methods[number].metric(metric).unwrap();
            assert_eq!(result(1, Metric::ChrfSection).mean.unwrap().count, 5);
            assert_eq!(result(1, Metric::ChrfTitle).mean.unwrap().count, 6);
            assert_eq!(result(3, Metric::ChrfTitle).difference, None);
            assert!(result(1, Metric::ChrfSection).difference.unwrap().low > 0.0);
            assert_eq!(result(0, Metric::FellBack).mean, None);
        },
    );
}

#[test]
fn a_limit_names_fewer_and_still_looks_among_all() {
    let options = ComparisonOptions {
        limit: Some(2),
        ..ComparisonOptions::new("top-concept")
    };
    compared(&options, &methods(0), |journeys, compared| {
        let compared = compared.unwrap();
        assert_eq!((compared.comparison.journeys, compared.comparison.halves), (2, 6));
        assert_eq!(compared.names[0].len(), 2);
        for (names, number) in compared.names[1].iter().zip(&compared.chosen) {
            assert!(journeys[*number].collection.title.ends_with(&names.name));
        }
    });
}

#[test]
fn reports_tell_of_methods_journeys_and_names() {
    compared(
        &ComparisonOptions::new("top-concept"),
        &methods(0),
        |journeys, compared| {
            let compared = compared.unwrap();
            let table = text(&compared.comparison);
            for told in [
                "6 journeys",
                "BM25 MRR",
                "judge top-1",
                "difference to top-concept",
                "names/s",
            ] {
                assert!(table.contains(told), "{told} in {table}");
            }
            let sample = sample_names(journeys, &compared, 1);
            assert!(
                sample.starts_with("Hobbies: bread\n") && sample.contains("few-shot      All about bread!")
            );
            let mut csv = Vec::new();
            write_names(&mut csv, journeys, &compared).unwrap();
            let csv = String::from_utf8(csv).unwrap();
            assert_eq!(csv.lines().count(), 7);
            assert!(
                csv.starts_with("collection_id,list,title,section,shown,nearest-title,"),
                "{csv}"
            );
        },
    );
}

#[test]
fn missing_names_and_unknown_references_are_errors() {
    let answers_missing = &methods(1)[3..4];
    compared(
        &ComparisonOptions::new("zero-shot"),
        answers_missing,
        |_, compared| {
            assert!(matches!(
                compared,
                Err(EvaluationError::Names {
                    expected: 6,
                    found: 5,
                    ..
                })
            ));
        },
    );
    compared(&ComparisonOptions::new("best"), &methods(0), |_, compared| {
        assert!(matches!(compared, Err(EvaluationError::UnknownReference { .. })));
    });
}
