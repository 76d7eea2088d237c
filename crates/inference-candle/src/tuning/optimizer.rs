//! AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019), with a state that can be stored.
//!
//! Candle's own keeps its moments to itself, so a run with it could not go on as if it had not been interrupted.

/// Shares of the earlier first and second moment that stay in a step.
const BETAS: (f64, f64) = (0.9, 0.999);
/// Keeps a step finite where gradients vanish.
const EPSILON: f64 = 1e-8;

/// The running moments of each value's gradient.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moments {
    pub(super) first: Vec<Vec<f32>>,
    pub(super) second: Vec<Vec<f32>>,
}

impl Moments {
    /// Zeros, in the form of `values`.
    pub(super) fn of(values: &[Vec<f32>]) -> Self {
        let zeros: Vec<Vec<f32>> = values.iter().map(|values| vec![0.0; values.len()]).collect();
        Self {
            first: zeros.clone(),
            second: zeros,
        }
    }

    /// Moves the values against their gradients; `step` counts from 1.
    #[expect(clippy::cast_possible_truncation, reason = "values are kept in f32")]
    pub(super) fn step(
        &mut self,
        values: &mut [Vec<f32>],
        gradients: &[Vec<f32>],
        step: usize,
        learning_rate: f64,
        weight_decay: f64,
    ) {
        let power = i32::try_from(step).unwrap_or(i32::MAX);
        let (first_share, second_share) = (1.0 - BETAS.0.powi(power), 1.0 - BETAS.1.powi(power));
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((values, gradients), (first, second)) in values.iter_mut().zip(gradients).zip(moments) {
            let moments = first.iter_mut().zip(second);
            for ((value, &gradient), (first, second)) in values.iter_mut().zip(gradients).zip(moments) {
                let gradient = f64::from(gradient);
                let mean = BETAS.0 * f64::from(*first) + (1.0 - BETAS.0) * gradient;
                let square = BETAS.1 * f64::from(*second) + (1.0 - BETAS.1) * gradient * gradient;
                let direction = mean / first_share / ((square / second_share).sqrt() + EPSILON);
                let kept = f64::from(*value) * (1.0 - learning_rate * weight_decay);
                (*first, *second) = (mean as f32, square as f32);
                *value = (kept - learning_rate * direction) as f32;
            }
        }
    }
}

/// Shortens gradients that together are longer than `most`, and returns their length before.
#[expect(clippy::cast_possible_truncation, reason = "gradients are kept in f32")]
pub(super) fn clip(gradients: &mut [Vec<f32>], most: f64) -> f64 {
    let length = gradients
        .iter()
        .flatten()
        .map(|&gradient| f64::from(gradient) * f64::from(gradient))
        .sum::<f64>()
        .sqrt();
    if length > most {
        let factor = (most / length) as f32;
        gradients
            .iter_mut()
            .flatten()
            .for_each(|gradient| *gradient *= factor);
    }
    length
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor, Var};
    use candle_nn::{AdamW, Optimizer, ParamsAdamW};

    use super::*;

    #[test]
    fn steps_are_those_of_candles_adamw() {
        let target = Tensor::new(&[3_f32, -1.0, 0.5], &Device::Cpu).expect("makes a tensor");
        let variable = Var::new(&[0_f32, 1.0, 2.0], &Device::Cpu).expect("makes a variable");
        let params = ParamsAdamW {
            lr: 0.1,
            weight_decay: 0.05,
            ..ParamsAdamW::default()
        };
        let mut theirs = AdamW::new(vec![variable.clone()], params).expect("makes an optimiser");
        let mut values = vec![vec![0_f32, 1.0, 2.0]];
        let mut ours = Moments::of(&values);
        for step in 1..=20 {
            let loss = (variable.as_tensor() - &target)
                .and_then(|difference| difference.sqr()?.sum_all())
                .expect("computes");
            theirs.backward_step(&loss).expect("steps");
            let gradients: Vec<f32> = values[0]
                .iter()
                .zip([3_f32, -1.0, 0.5])
                .map(|(value, target)| 2.0 * (value - target))
                .collect();
            ours.step(&mut values, &[gradients], step, 0.1, 0.05);
        }
        let expected = variable.as_tensor().to_vec1::<f32>().expect("reads");
        for (value, expected) in values[0].iter().zip(expected) {
            assert!((value - expected).abs() < 1e-4, "{value} {expected}");
        }
    }

    #[test]
    fn long_gradients_are_shortened_and_short_ones_left_alone() {
        let mut gradients = vec![vec![3.0], vec![0.0, 4.0]];
        assert!((clip(&mut gradients, 10.0) - 5.0).abs() < 1e-6);
        assert_eq!(gradients, [vec![3.0], vec![0.0, 4.0]]);
        assert!((clip(&mut gradients, 1.0) - 5.0).abs() < 1e-6);
        assert!((clip(&mut gradients, 10.0) - 1.0).abs() < 1e-6);
    }
}
