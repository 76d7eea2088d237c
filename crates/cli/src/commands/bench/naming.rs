//! `wayfare bench naming`: the language model on a file of prompts.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;
use wayfare_inference::{Alphabet, Generation, Generator, InferenceError, PromptBatch};
use wayfare_inference_candle::{CandleGenerator, ModelTokenizer};

use crate::args::bench::BenchNamingArgs;
use crate::failure::Failure;

/// Prompts with the same beginning and end.
#[derive(Deserialize)]
struct Prompts {
    prefix: String,
    suffix: String,
    inputs: Vec<String>,
}

/// Generates for all prompts of a line at once, as the namer does with distinct journeys.
pub(super) fn naming(args: &BenchNamingArgs) -> Result<(), Failure> {
    let batches = read_prompts(&args.prompts)?;
    if let Some(path) = &args.token_ids {
        return write_token_ids(&args.model, &batches, path);
    }
    let (generator, load_seconds) =
        super::timed(|| CandleGenerator::load(&args.model)).map_err(Failure::failed_with)?;
    let (generations, seconds) = super::on_threads(args.threads, || {
        super::timed(|| {
            let mut generations = Vec::new();
            for batch in &batches {
                generations.extend(generator.generate(&PromptBatch {
                    prefix: &batch.prefix,
                    inputs: &batch.inputs,
                    suffix: &batch.suffix,
                    max_tokens: args.max_tokens,
                    alphabet: Alphabet::Any,
                })?);
            }
            Ok(generations)
        })
    })?
    .map_err(|error: InferenceError| Failure::failed_with(error))?;
    if let Some(path) = &args.generations {
        write_generations(&generations, path)?;
    }
    let read: usize = generations
        .iter()
        .map(|generation| generation.prompt_tokens)
        .sum();
    let written: usize = generations.iter().map(|generation| generation.tokens).sum();
    let measurements = json!({
        "model": generator.id(),
        "threads": args.threads,
        "items": generations.len(),
        "prompt_tokens": read,
        "written_tokens": written,
        "load_seconds": load_seconds,
        "seconds": seconds,
        "items_per_second": generations.len() as f64 / seconds,
        "peak_bytes": super::peak_bytes(),
    });
    super::print(&measurements, args.output)
}

fn read_prompts(path: &Path) -> Result<Vec<Prompts>, Failure> {
    super::read(path)?
        .lines()
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| {
                Failure::from(error).context(format!("line {} of `{}`", index + 1, path.display()))
            })
        })
        .collect()
}

fn write_token_ids(model: &Path, batches: &[Prompts], path: &Path) -> Result<(), Failure> {
    let tokenizer = ModelTokenizer::load(model).map_err(Failure::failed_with)?;
    let mut lines = String::new();
    for batch in batches {
        let prefix = template_ids(&tokenizer, &batch.prefix)?;
        let suffix = template_ids(&tokenizer, &batch.suffix)?;
        for input in &batch.inputs {
            let input = tokenizer
                .encode_text(input)
                .map_err(|error| Failure::failed(error.to_string()))?;
            let ids = [prefix.as_slice(), &input, &suffix].concat();
            lines.push_str(&serde_json::to_string(&ids)?);
            lines.push('\n');
        }
    }
    super::write(path, lines.as_bytes())
}

fn template_ids(tokenizer: &ModelTokenizer, text: &str) -> Result<Vec<u32>, Failure> {
    tokenizer
        .encode_template(text)
        .map_err(|error| Failure::failed(error.to_string()))
}

fn write_generations(generations: &[Generation], path: &Path) -> Result<(), Failure> {
    let lines: String = generations
        .iter()
        .map(|generation| {
            let line = json!({
                "text": generation.text,
                "tokens": generation.tokens,
                "prompt_tokens": generation.prompt_tokens,
            });
            format!("{line}\n")
        })
        .collect();
    super::write(path, lines.as_bytes())
}
