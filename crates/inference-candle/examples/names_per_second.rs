//! Times the decoder on prompts of fixed lengths, beside the matrix products that the same machine manages meanwhile.
//!
//! `cargo run --release -p wayfare-inference-candle --example names_per_second -- MODEL [SEQUENCES]`

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::Path;
use std::time::Instant;

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

/// Floating-point operations per processor second of candle's matrix product of a batch with one of the layers' matrices.
fn product_rate() -> Result<f64, Box<dyn std::error::Error>> {
    let rows = Tensor::randn(0_f32, 1.0, (512, 576), &Device::Cpu)?;
    let weight = Tensor::randn(0_f32, 1.0, (3072, 576), &Device::Cpu)?.t()?;
    let start = processor_seconds()?;
    let mut count = 0.0;
    while processor_seconds()? - start < 0.5 {
        rows.matmul(&weight)?;
        count += 1.0;
    }
    Ok(count * 2.0 * 512.0 * 576.0 * 3072.0 / (processor_seconds()? - start))
}

/// What this process has used of all processors: on a machine that others use too, the better clock.
fn processor_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let mut ticks = 0.0;
    for field in fields.split(' ').skip(11).take(2) {
        ticks += field.parse::<f64>()?;
    }
    Ok(ticks / 100.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which model?")?;
    let sequences: usize = arguments.next().map_or(Ok(16), |count| count.parse())?;
    let start = Instant::now();
    let generator = CandleGenerator::load(Path::new(&path))?;
    println!(
        "{}: loaded in {:.2} s",
        generator.id(),
        start.elapsed().as_secs_f64()
    );
    println!("per processor second, and names per second of the clock on the wall");
    println!("shared  own  new   names  tokens  computed/real  steps  generated  products GFLOP  (names/s)");
    for (shared, own, new) in [
        (0, 115, 9),
        (700, 115, 9),
        (300, 115, 9),
        (300, 115, 1),
        (300, 115, 8),
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
        let (start, used) = (Instant::now(), processor_seconds()?);
        generator.generate(&batch(&inputs))?;
        let seconds = start.elapsed().as_secs_f64();
        let used = processor_seconds()? - used;
        let rate = f64::midpoint(rate, product_rate()?);
        let after = generator.stats();
        let computed = (after.computed_tokens - before.computed_tokens) as f64;
        println!(
            "{shared:6} {own:4} {new:4} {:7.2} {:7.0} {:14.3} {:6} {:10} {:15.0}  ({:.2})",
            sequences as f64 / used,
            computed / used,
            computed / (after.real_tokens - before.real_tokens) as f64,
            after.steps - before.steps,
            after.generated_tokens - before.generated_tokens,
            rate / 1e9,
            sequences as f64 / seconds
        );
    }
    Ok(())
}
