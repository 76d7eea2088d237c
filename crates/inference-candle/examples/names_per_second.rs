//! Times the decoder on prompts of fixed lengths, beside the matrix products that the same machine manages meanwhile.
//!
//! `cargo run --release -p wayfare-inference-candle --example names_per_second -- MODEL [SEQUENCES]`

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};
use wayfare_inference::{Alphabet, Generator, PromptBatch};
use wayfare_inference_candle::CandleGenerator;

/// Tokens that each of these words is in the vocabularies of English models.
const WORDS: &[&str] = &[
    " cat", " house", " water", " music", " garden", " book", " river", " winter", " bread", " train",
];

fn text(tokens: usize, salt: usize) -> String {
    (0..tokens)
        .map(|index| WORDS[(index * (salt % 7 + 1) + salt) % WORDS.len()])
        .collect()
}

/// Floating-point operations per second of candle's matrix product of a batch with one of the layers' matrices.
fn product_rate() -> Result<f64, candle_core::Error> {
    let rows = Tensor::randn(0_f32, 1.0, (512, 576), &Device::Cpu)?;
    let weight = Tensor::randn(0_f32, 1.0, (3072, 576), &Device::Cpu)?.t()?;
    let start = Instant::now();
    let mut count = 0.0;
    while start.elapsed() < Duration::from_secs(1) {
        rows.matmul(&weight)?;
        count += 1.0;
    }
    Ok(count * 2.0 * 512.0 * 576.0 * 3072.0 / start.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which model?")?;
    let sequences: usize = arguments.next().map_or(Ok(64), |count| count.parse())?;
    let start = Instant::now();
    let generator = CandleGenerator::load(Path::new(&path))?;
    println!(
        "{}: loaded in {:.2} s",
        generator.id(),
        start.elapsed().as_secs_f64()
    );
    println!("shared  own  new  names/s  tokens/s  computed/real  steps  generated  products GFLOP/s");
    for (shared, own, new) in [
        (700, 115, 9),
        (0, 115, 9),
        (300, 115, 9),
        (0, 115, 9),
        (300, 115, 9),
        (300, 115, 1),
        (300, 115, 8),
        (700, 115, 9),
    ] {
        let prefix = text(shared, 3);
        let inputs: Vec<String> = (0..sequences).map(|index| text(own, index)).collect();
        let batch = |inputs| PromptBatch {
            prefix: &prefix,
            inputs,
            suffix: "",
            max_tokens: new,
            alphabet: Alphabet::Any,
        };
        // The prefix is computed once per run of a job: it is not timed.
        generator.generate(&batch(&inputs[..1]))?;
        let before = generator.stats();
        let rate = product_rate()?;
        let start = Instant::now();
        generator.generate(&batch(&inputs))?;
        let seconds = start.elapsed().as_secs_f64();
        let rate = f64::midpoint(rate, product_rate()?);
        let after = generator.stats();
        let computed = (after.computed_tokens - before.computed_tokens) as f64;
        println!(
            "{shared:6} {own:4} {new:4} {:8.2} {:9.0} {:14.3} {:6} {:10} {:10.0}",
            sequences as f64 / seconds,
            computed / seconds,
            computed / (after.real_tokens - before.real_tokens) as f64,
            after.steps - before.steps,
            after.generated_tokens - before.generated_tokens,
            rate / 1e9
        );
    }
    Ok(())
}
