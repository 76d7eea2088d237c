//! What a run of training says while it goes on: a line for each look at the held-out lists.

use std::time::Instant;

use wayfare_inference_candle::tuning::TuningEvent;

use crate::output;

/// Says each look, with the mean loss of the steps since the last one and how long a step took.
pub(super) fn teller(steps: usize) -> impl FnMut(TuningEvent) {
    let (mut losses, mut taken, mut since) = (0.0, 0_usize, Instant::now());
    move |event| match event {
        TuningEvent::Step { loss, .. } => {
            losses += loss;
            taken += 1;
        }
        TuningEvent::HeldOut { step, loss, is_best } => {
            let mark = if is_best { ", the lowest" } else { "" };
            let training = if taken == 0 {
                String::new()
            } else {
                let seconds = since.elapsed().as_secs_f64() / taken as f64;
                format!(
                    "training {:.4}, {seconds:.2} s a step with its share of the look; ",
                    losses / taken as f64
                )
            };
            output::talk(&format!(
                "step {step} of {steps}: {training}held-out {:.4} ({:.4} without ends){mark}",
                loss.with_end, loss.name
            ));
            (losses, taken, since) = (0.0, 0, Instant::now());
        }
    }
}
