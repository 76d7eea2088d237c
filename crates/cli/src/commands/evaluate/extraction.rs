//! `wayfare evaluate extraction`: methods of finding journeys, over users whose journeys are known.
//!
//! What a method is and how it is measured is in `wayfare_evaluation::extraction`; here are files, models and words.

mod methods;
pub(in crate::commands) mod segment_params;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use serde_json::{Value, json};
use wayfare_evaluation::extraction::comparison::{Compared, ComparisonOptions, compare};
use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory, read_users};
use wayfare_evaluation::extraction::report::{self, SampleOrder};

use self::methods::Chosen;
use super::{unwritten, vectors::ItemVectors};
use crate::args::OutputFormat;
use crate::args::evaluate::EvaluateExtractionArgs;
use crate::failure::Failure;
use crate::output;

/// Compares the methods and writes what was asked for.
pub(super) fn extraction(args: &EvaluateExtractionArgs) -> Result<(), Failure> {
    let names = methods::names(&args.methods, &args.reference)?;
    let params = segment_params::resolve(args.params.as_deref(), &args.sets, args.min_activities)?;
    let vectors = ItemVectors::of_encoder(args.encoder.as_deref())?;
    let (catalogue, users) = load(&args.users_dir, &vectors, args)?;
    let chosen = match &args.tune_on {
        None => methods::untuned(&names, params)?,
        Some(folder) => {
            let (catalogue, users) = load(folder, &vectors, args)?;
            methods::tuned(&names, &catalogue, &users, args)?
        }
    };
    let min_activities = usize::try_from(args.min_activities).unwrap_or(usize::MAX);
    let options = ComparisonOptions::new(&args.reference, min_activities);
    let compared = compare(&catalogue, &users, &chosen.methods, &options)?;
    if let Some(path) = &args.labels {
        write_labels(path, &catalogue, &users, &compared)?;
    }
    let result = json_result(args, &vectors, &chosen, &compared)?;
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&result)?;
        std::fs::write(path, text + "\n").map_err(|error| unwritten(path, error))?;
    }
    match args.output {
        OutputFormat::Json => output::data_line(&serde_json::to_string(&result)?),
        OutputFormat::Text => {
            let order = if args.worst {
                SampleOrder::WorstFirst
            } else {
                SampleOrder::ById
            };
            let sample = report::sample_users(&catalogue, &users, &compared, 0, args.sample, order);
            let table = report::text(&compared.comparison);
            let separator = if sample.is_empty() { "" } else { "\n" };
            output::data(&format!("{table}{separator}{sample}"))
        }
    }
}

fn load(
    folder: &Path,
    vectors: &ItemVectors,
    args: &EvaluateExtractionArgs,
) -> Result<(Catalogue, Vec<UserHistory>), Failure> {
    let users = read_users(folder)?;
    let file = args.vectors.clone().unwrap_or_else(|| vectors.file_in(folder));
    Ok((vectors.catalogue(users.items, &file)?, users.users))
}

/// The comparison, with what it was made from.
fn json_result(
    args: &EvaluateExtractionArgs,
    vectors: &ItemVectors,
    chosen: &Chosen,
    compared: &Compared,
) -> Result<Value, Failure> {
    let mut result = json!({
        "users_dir": args.users_dir.display().to_string(),
        "encoder": vectors.encoder_path(),
        "encoder_sha256": vectors.encoder_sha256(),
        "tuned_on": args.tune_on.as_ref().map(|folder| folder.display().to_string()),
        "tuning": chosen.tuning,
    });
    let comparison = serde_json::to_value(&compared.comparison)?;
    if let (Value::Object(result), Value::Object(comparison)) = (&mut result, comparison) {
        result.extend(comparison);
    }
    Ok(result)
}

fn write_labels(
    path: &Path,
    catalogue: &Catalogue,
    users: &[UserHistory],
    compared: &Compared,
) -> Result<(), Failure> {
    File::create(path)
        .and_then(|file| report::write_labels(BufWriter::new(file), catalogue, users, compared))
        .map_err(|error| unwritten(path, error))
}
