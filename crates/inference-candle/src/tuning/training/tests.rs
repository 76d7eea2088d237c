//! Runs on a tiny random model: gradients of the whole pass, falling loss, and breaks that leave no trace.

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use tempfile::TempDir;

use super::*;
use crate::adapter::{BaseModel, Module};
use crate::tuning::decoder::Layer;
use crate::tuning::operations::{FrozenProduct, Normalise, Rotate};
use crate::tuning::sizes::Heads;

const VOCABULARY: usize = 24;
const HIDDEN: usize = 16;
const STEP: f32 = 2e-2;

/// Random weights of the size that trained ones have.
fn decoder() -> Decoder {
    let mut random = Random::new(5, 5);
    let mut matrix = |rows: usize, columns: usize, deviation: f32| {
        let values = (0..rows * columns).map(|_| deviation * random.normal()).collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).expect("makes a tensor")
    };
    let base = BaseModel {
        sha256: "ab".repeat(32),
        layers: 2,
        hidden: HIDDEN,
        query_width: HIDDEN,
        value_width: 8,
        feed_forward: 24,
    };
    let norm = || Normalise {
        weight: Arc::new((0..HIDDEN).map(|place| 0.5 + 0.1 * place as f32).collect()),
        epsilon: 1e-5,
    };
    let layers = (0..base.layers)
        .map(|_| Layer {
            attention_norm: norm(),
            feed_forward_norm: norm(),
            products: Module::ALL
                .into_iter()
                .map(|module| {
                    let (outputs, inputs) = base.shape(module);
                    FrozenProduct(matrix(outputs, inputs, 0.3))
                })
                .collect(),
        })
        .collect();
    let token_embeddings = matrix(VOCABULARY, HIDDEN, 1.0);
    let turns = (0..MOST_POSITIONS)
        .flat_map(|position| [0, 1].map(|pair| position as f32 / 10_f32.powi(pair)))
        .map(|angle| (angle.cos(), angle.sin()))
        .collect();
    Decoder {
        heads: Heads {
            queries: 4,
            values: 2,
            size: 4,
        },
        output: FrozenProduct(token_embeddings.clone()),
        token_embeddings,
        layers,
        output_norm: norm(),
        rotate: Rotate {
            turns: Arc::new(turns),
        },
        base,
    }
}

/// Names that follow from the last token of the prompt.
fn examples() -> Vec<TrainingExample> {
    (0_u32..6)
        .map(|kind| TrainingExample {
            prompt: vec![20, 21, (kind * 5) % 20, kind],
            target: vec![kind + 6, kind + 12, 23],
        })
        .collect()
}

fn low_rank() -> TuningMethod {
    TuningMethod::LowRank {
        rank: 4,
        alpha: 8.0,
        modules: Module::ALL.map(|module| module.name().to_owned()).to_vec(),
        last_layers: 2,
    }
}

fn soft_prompt() -> TuningMethod {
    TuningMethod::SoftPrompt {
        tokens: 3,
        text: String::new(),
    }
}

fn options(steps: usize) -> TuningOptions {
    TuningOptions {
        steps,
        batch: 4,
        learning_rate: 0.02,
        warm_up_steps: 3,
        weight_decay: 0.01,
        most_gradient_norm: 1.0,
        seed: 11,
        held_out_every: 5,
        patience: 100,
    }
}

fn tuner(decoder: &Decoder, method: TuningMethod, options: TuningOptions) -> Tuner<'_> {
    Tuner::of_decoder(decoder, &[], method, options, [examples(), examples()]).expect("begins")
}

#[test]
fn gradients_of_the_whole_pass_agree_with_finite_differences() {
    let decoder = decoder();
    for method in [low_rank(), soft_prompt()] {
        let tuner = tuner(&decoder, method, options(1));
        // B begins as zero, where A has no gradient.
        let mut random = Random::new(6, 6);
        let start: Vec<Vec<f32>> = tuner
            .trainable
            .values()
            .expect("reads")
            .iter()
            .map(|values| values.iter().map(|value| value + 0.1 * random.normal()).collect())
            .collect();
        let example = &examples()[1];
        let loss = |values: &[Vec<f32>], tracked| {
            tuner.trainable.set(values).expect("sets");
            decoder
                .losses(
                    &tuner.trainable.applied(tracked),
                    &example.prompt,
                    &example.target,
                )
                .and_then(|losses| losses.sum_all())
                .expect("computes")
        };
        let gradients = tuner
            .trainable
            .gradients(&loss(&start, true))
            .expect("differentiates");
        let mut seen = 0.0_f32;
        for (variable, gradients) in gradients.iter().enumerate() {
            for element in (0..gradients.len()).step_by(gradients.len().div_ceil(3)) {
                let at = |offset: f32| {
                    let mut moved = start.clone();
                    moved[variable][element] += offset;
                    loss(&moved, false).to_scalar::<f32>().expect("is one number")
                };
                let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                seen = seen.max(difference.abs());
                assert!(
                    (difference - gradients[element]).abs() < 2e-3 + 2e-2 * difference.abs(),
                    "variable {variable}, element {element}: {} by the gradient, {difference} by differences",
                    gradients[element]
                );
            }
        }
        assert!(seen > 0.05, "no gradient was large enough to be checked: {seen}");
    }
}

#[test]
fn low_rank_changes_begin_at_the_base_model() {
    let decoder = decoder();
    let tuner = tuner(&decoder, low_rank(), options(1));
    let (with, without) = (
        tuner.loss(&examples(), false).expect("computes"),
        tuner.loss(&examples(), true).expect("computes"),
    );
    assert!(
        (with.with_end - without.with_end).abs() < 1e-6,
        "{with:?} {without:?}"
    );
    assert_eq!(with.tokens, 18);
}

#[test]
fn the_loss_falls_and_the_best_values_make_the_adapter() {
    let decoder = decoder();
    for method in [low_rank(), soft_prompt()] {
        let mut tuner = tuner(&decoder, method, options(60));
        let mut first = None;
        let best = tuner
            .run(None, &mut |event| {
                if let TuningEvent::HeldOut { loss, .. } = event {
                    first.get_or_insert(loss.with_end);
                }
            })
            .expect("trains");
        let first = first.expect("was looked at");
        assert!(best.with_end < 0.7 * first, "from {first} to {best:?}");
        let adapter = tuner
            .adapter("zero-shot", &Value::Null)
            .expect("makes an adapter");
        adapter
            .check_fits(&PathBuf::from("a"), &decoder.base)
            .expect("fits its base");
        tuner.trainable.set(&tuner.state.best_values).expect("sets");
        let again = tuner.loss(&examples(), false).expect("computes");
        assert!(
            (again.with_end - best.with_end).abs() <= 0.0,
            "{again:?} {best:?}"
        );
    }
}

#[test]
fn a_run_with_a_break_is_the_run_without() {
    let decoder = decoder();
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("checkpoint.safetensors");
    for method in [low_rank(), soft_prompt()] {
        let mut whole = tuner(&decoder, method.clone(), options(17));
        whole.run(None, &mut |_| {}).expect("trains");

        // Dies somewhere behind the checkpoint of step 10.
        let mut broken = tuner(&decoder, method.clone(), options(17));
        broken.look(Some(&path), &mut |_| {}).expect("looks");
        while broken.state.step < 13 {
            broken.step().expect("steps");
            if broken.state.step.is_multiple_of(5) {
                broken.look(Some(&path), &mut |_| {}).expect("looks");
            }
        }
        let mut resumed = tuner(&decoder, method.clone(), options(17));
        resumed.resume(&path).expect("resumes");
        assert_eq!(resumed.steps(), 10);
        resumed.run(Some(&path), &mut |_| {}).expect("trains");

        assert_eq!(resumed.looks(), whole.looks());
        assert_eq!(resumed.state, whole.state);
        assert_eq!(resumed.moments, whole.moments);
        assert_eq!(
            resumed.trainable.values().expect("reads"),
            whole.trainable.values().expect("reads")
        );
    }
}

#[test]
fn another_runs_checkpoint_is_refused() {
    let decoder = decoder();
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("checkpoint.safetensors");
    tuner(&decoder, low_rank(), options(5))
        .run(Some(&path), &mut |_| {})
        .expect("trains");
    let other_rate = TuningOptions {
        learning_rate: 0.5,
        ..options(5)
    };
    for (method, options, part) in [
        (low_rank(), other_rate, "options.learning_rate"),
        (soft_prompt(), options(5), "method"),
    ] {
        let message = tuner(&decoder, method, options)
            .resume(&path)
            .expect_err("is refused")
            .to_string();
        assert!(message.contains(part), "{message}");
    }
    let bytes = std::fs::read(&path).expect("reads");
    std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("writes");
    tuner(&decoder, low_rank(), options(5))
        .resume(&path)
        .expect_err("a cut file is refused");
}

#[test]
fn training_stops_when_patience_ends() {
    let decoder = decoder();
    let hopeless = TuningOptions {
        learning_rate: 3.0,
        held_out_every: 1,
        patience: 2,
        warm_up_steps: 0,
        ..options(1000)
    };
    let mut tuner = tuner(&decoder, low_rank(), hopeless);
    tuner.run(None, &mut |_| {}).expect("stops");
    assert!(tuner.steps() < 1000, "{}", tuner.steps());
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let decoder = decoder();
    let no_layer = TuningMethod::LowRank {
        rank: 1,
        alpha: 1.0,
        modules: vec!["attn_q".to_owned()],
        last_layers: 3,
    };
    let no_module = TuningMethod::LowRank {
        rank: 1,
        alpha: 1.0,
        modules: vec!["attn_x".to_owned()],
        last_layers: 1,
    };
    let too_long = TuningMethod::SoftPrompt {
        tokens: MOST_POSITIONS,
        text: String::new(),
    };
    for (method, part) in [
        (no_layer, "last-layers"),
        (no_module, "attn_x"),
        (too_long, "1031"),
    ] {
        let message = Tuner::of_decoder(&decoder, &[], method, options(1), [examples(), examples()])
            .expect_err("is refused")
            .to_string();
        assert!(message.contains(part), "{message}");
    }
    let nothing = Tuner::of_decoder(&decoder, &[], low_rank(), options(1), [Vec::new(), examples()]);
    assert!(matches!(
        nothing,
        Err(TuningError::NoExamples { what: "training" })
    ));
}
