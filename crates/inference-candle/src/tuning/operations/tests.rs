//! Each step's gradient against finite differences, and its values against candle's own steps.

use std::sync::Arc;

use candle_core::{D, Device, Result, Tensor, Var};

use super::*;

/// A step small enough for curvature and large enough for f32.
const STEP: f32 = 1e-2;

fn tensor(shape: &[usize], seed: u64) -> Tensor {
    let mut random = crate::tuning::random::Random::new(seed, 0);
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| random.normal()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).expect("makes a tensor")
}

/// Compares the gradient of a weighted sum of `apply(input)` with differences along some elements.
fn check(input: &Tensor, apply: impl Fn(&Tensor) -> Result<Tensor>) {
    let variable = Var::from_tensor(input).expect("makes a variable");
    let result = apply(variable.as_tensor()).expect("computes");
    let weights = tensor(result.dims(), 99);
    let loss = |input: &Tensor| {
        (apply(input).expect("computes") * &weights)
            .and_then(|product| product.sum_all())
            .expect("computes")
    };
    let gradients = loss(variable.as_tensor()).backward().expect("differentiates");
    let gradient = values(gradients.get(variable.as_tensor()).expect("has a gradient")).expect("reads");
    let start = values(input).expect("reads");
    for element in (0..start.len()).step_by(start.len().div_ceil(17)) {
        let at = |offset: f32| {
            let mut moved = start.clone();
            moved[element] += offset;
            let moved = Tensor::from_vec(moved, input.shape(), &Device::Cpu).expect("makes a tensor");
            loss(&moved).to_scalar::<f32>().expect("is one number")
        };
        let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        assert!(
            (difference - gradient[element]).abs() < 2e-3 + 1e-2 * difference.abs(),
            "element {element}: {} by the gradient, {difference} by differences",
            gradient[element]
        );
    }
}

fn furthest(left: &Tensor, right: &Tensor) -> f32 {
    (left - right)
        .and_then(|difference| difference.abs()?.max_all()?.to_scalar())
        .expect("compares")
}

fn turns() -> Arc<Vec<(f32, f32)>> {
    Arc::new(
        (0_u8..10)
            .map(|step| (0.3 * f32::from(step)).sin_cos())
            .map(|(sine, cosine)| (cosine, sine))
            .collect(),
    )
}

#[test]
fn the_frozen_product_has_candles_values_and_its_gradient() {
    let (rows, weight) = (tensor(&[5, 6], 1), tensor(&[7, 6], 2));
    let product = rows.apply_op1(FrozenProduct(weight.clone())).expect("computes");
    let expected = rows.matmul(&weight.t().expect("turns")).expect("computes");
    assert!(furthest(&product, &expected) < 1e-5);
    check(&rows, |rows| rows.apply_op1(FrozenProduct(weight.clone())));
}

#[test]
fn normalising_has_candles_values_and_its_gradient() {
    let (rows, weight) = (tensor(&[4, 6], 3), tensor(&[6], 4));
    let step = Normalise {
        weight: Arc::new(values(&weight).expect("reads")),
        epsilon: 1e-5,
    };
    let normalised = rows.apply_op1(step.clone()).expect("computes");
    let expected = candle_nn::ops::rms_norm(&rows, &weight, 1e-5).expect("computes");
    assert!(furthest(&normalised, &expected) < 1e-5);
    check(&rows, |rows| rows.apply_op1(step.clone()));
}

#[test]
fn rotating_has_candles_values_and_its_gradient() {
    let heads = tensor(&[3, 5, 4], 5);
    let step = Rotate { turns: turns() };
    let rotated = heads.apply_op1(step.clone()).expect("computes");
    let part = |of: fn(&(f32, f32)) -> f32| {
        Tensor::from_vec(step.turns.iter().map(of).collect(), (5, 2), &Device::Cpu).expect("makes a tensor")
    };
    let expected = heads
        .unsqueeze(0)
        .and_then(|heads| {
            candle_nn::rotary_emb::rope_i(&heads, &part(|turn| turn.0), &part(|turn| turn.1))?.squeeze(0)
        })
        .expect("computes");
    assert!(furthest(&rotated, &expected) < 1e-5);
    check(&heads, |heads| heads.apply_op1(step.clone()));
}

#[test]
fn gating_has_candles_values_and_both_gradients() {
    let (gates, inputs) = (tensor(&[3, 6], 6), tensor(&[3, 6], 7));
    let gated = gates.apply_op2(&inputs, GatedSilu).expect("computes");
    let expected = (gates.silu().expect("computes") * &inputs).expect("computes");
    assert!(furthest(&gated, &expected) < 1e-5);
    check(&gates, |gates| gates.apply_op2(&inputs, GatedSilu));
    check(&inputs, |inputs| gates.apply_op2(inputs, GatedSilu));
}

#[test]
fn a_token_sees_itself_and_what_is_before_it() {
    let scores = tensor(&[2, 8, 4], 8);
    let step = CausalSoftmax { factor: 0.7 };
    let weights = scores
        .apply_op1(step)
        .expect("computes")
        .to_vec3::<f32>()
        .expect("reads");
    for row in weights.iter().flat_map(|group| group.iter().enumerate()) {
        let (index, row) = row;
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{row:?}");
        assert!(
            row[index % 4 + 1..].iter().all(|weight| weight.abs() <= 0.0),
            "{row:?}"
        );
        assert!(row[..=index % 4].iter().all(|weight| *weight > 0.0), "{row:?}");
    }
    check(&scores, |scores| scores.apply_op1(step));
}

#[test]
fn likelihoods_have_candles_values_and_their_gradient() {
    let logits = tensor(&[3, 9], 9);
    let step = NegativeLogLikelihood {
        tokens: vec![8, 0, 4],
    };
    let found = logits.apply_op1(step.clone()).expect("computes");
    let expected = candle_nn::ops::log_softmax(&logits, D::Minus1)
        .and_then(|logs| {
            logs.gather(&Tensor::new(&[[8_u32], [0], [4]], &Device::Cpu)?, 1)?
                .flatten_all()?
                .neg()
        })
        .expect("computes");
    assert!(furthest(&found, &expected) < 1e-5);
    check(&logits, |logits| logits.apply_op1(step.clone()));
}
