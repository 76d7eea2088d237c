//! `wayfare evaluate naming`: ways of naming journeys, over collections whose titles are known.
//!
//! What a method is and how names are measured is in `wayfare_evaluation::naming`; here are files, models and words.

mod methods;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use serde_json::{Value, json};
use wayfare_evaluation::collections::{Collection, Part, Split, SplitRule, read_collections};
use wayfare_evaluation::naming::comparison::{Compared, ComparisonOptions, compare};
use wayfare_evaluation::naming::journeys::{Journey, item_texts, journeys};
use wayfare_evaluation::naming::report;
use wayfare_evaluation::naming::retrieval::{EncodedHalves, Finders};
use wayfare_evaluation::naming::scores::Measures;

use super::unwritten;
use super::vectors::ItemVectors;
use crate::args::OutputFormat;
use crate::args::evaluate::{CollectionsPart, EvaluateNamingArgs};
use crate::failure::Failure;
use crate::output;

/// Compares the methods and writes what was asked for.
pub(super) fn naming(args: &EvaluateNamingArgs) -> Result<(), Failure> {
    let names = methods::names(&args.methods, &args.reference)?;
    let all = read_collections(&args.collections)?;
    let collections = part(&all, args)?;
    let vectors = ItemVectors::of_encoder(args.encoder.as_deref())?;
    let methods = methods::load(&names, args, &vectors)?;

    let texts = item_texts(&collections);
    let of_items = item_vectors(&vectors, &texts, args)?;
    let journeys = journeys(&collections, &of_items, vectors.salience()?.as_ref(), args.seed)?;

    let encoder = vectors.encoder()?;
    let judge_vectors = match &args.judge_encoder {
        Some(folder) => Some(judge(folder, &vectors)?),
        None => None,
    };
    let judge = match &judge_vectors {
        Some(judge) => Some((judge.encoder()?, item_vectors(judge, &texts, args)?)),
        None => None,
    };
    let judge = judge
        .as_ref()
        .map(|(encoder, of_items)| EncodedHalves::new(encoder.as_ref(), of_items, &journeys));
    let measures = Measures {
        encoder: encoder.as_ref(),
        finders: Finders::new(&journeys, judge),
    };
    let options = ComparisonOptions {
        limit: args.collections_limit,
        seed: args.seed,
        ..ComparisonOptions::new(&args.reference)
    };
    let compared = compare(&journeys, &methods, &measures, &options, &output::talk)?;
    if let Some(path) = &args.names {
        write_names(path, &journeys, &compared)?;
    }
    let result = json_result(args, &vectors, judge_vectors.as_ref(), &compared)?;
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&result)?;
        std::fs::write(path, text + "\n").map_err(|error| unwritten(path, error))?;
    }
    match args.output {
        OutputFormat::Json => output::data_line(&serde_json::to_string(&result)?),
        OutputFormat::Text => {
            let sample = report::sample_names(&journeys, &compared, args.sample);
            let table = report::text(&compared.comparison);
            let separator = if sample.is_empty() { "" } else { "\n" };
            output::data(&format!("{table}{separator}{sample}"))
        }
    }
}

/// The collections of the lists that are asked for.
fn part<'a>(all: &'a [Collection], args: &EvaluateNamingArgs) -> Result<Vec<&'a Collection>, Failure> {
    let rule = SplitRule {
        test_lists: args.test_lists.clone(),
        ..SplitRule::default()
    };
    let part = match args.part {
        CollectionsPart::Train => Part::Train,
        CollectionsPart::HeldOut => Part::HeldOut,
        CollectionsPart::Test => Part::Test,
    };
    Ok(Split::new(all, &rule)?.of(part, all))
}

fn item_vectors(
    vectors: &ItemVectors,
    texts: &[String],
    args: &EvaluateNamingArgs,
) -> Result<Vec<Vec<f32>>, Failure> {
    let file = args.vectors.as_deref().map(|folder| vectors.file_in(folder));
    vectors.vectors(texts, file.as_deref())
}

/// The encoder that judges, which must not be the one that journeys are made with.
fn judge(folder: &Path, vectors: &ItemVectors) -> Result<ItemVectors, Failure> {
    let judge = ItemVectors::of_encoder(Some(folder))?;
    if judge.encoder_sha256() == vectors.encoder_sha256() {
        return Err(Failure::usage(
            "the encoder that judges is the one that journeys are made with; give another with `--judge-encoder`",
        ));
    }
    Ok(judge)
}

/// The comparison, with what it was made from.
fn json_result(
    args: &EvaluateNamingArgs,
    vectors: &ItemVectors,
    judge: Option<&ItemVectors>,
    compared: &Compared,
) -> Result<Value, Failure> {
    let mut result = json!({
        "collections": args.collections.display().to_string(),
        "encoder": vectors.encoder_path(),
        "encoder_sha256": vectors.encoder_sha256(),
        "judge_encoder": judge.map(ItemVectors::encoder_path),
        "judge_encoder_sha256": judge.map(ItemVectors::encoder_sha256),
    });
    let comparison = serde_json::to_value(&compared.comparison)?;
    if let (Value::Object(result), Value::Object(comparison)) = (&mut result, comparison) {
        result.extend(comparison);
    }
    Ok(result)
}

fn write_names(path: &Path, journeys: &[Journey<'_>], compared: &Compared) -> Result<(), Failure> {
    File::create(path)
        .and_then(|file| report::write_names(BufWriter::new(file), journeys, compared))
        .map_err(|error| unwritten(path, error))
}
