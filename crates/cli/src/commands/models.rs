//! `wayfare models`.

use wayfare_inference_candle::ModelError;

use super::job;
use crate::args::JobArgs;
use crate::failure::Failure;
use crate::models::{verify_encoder, verify_file};
use crate::output;

/// Compares the models' files with the hashes in the job file; all are looked at before the first difference fails.
pub(super) fn verify(job: &JobArgs) -> Result<(), Failure> {
    let settings = job::settings(job)?.settings;
    job::require_models(&settings)?;
    let encoder = job::encoder(&settings);
    let mut results = vec![("encoder", encoder.path.clone(), verify_encoder(&encoder))];
    for (what, file) in job::naming_files(&settings) {
        results.push((what, file.path.clone(), verify_file(&file)));
    }
    for (what, path, result) in results {
        result.map_err(refused)?;
        output::data_line(&format!("ok  {what}  {path}"))?;
    }
    Ok(())
}

/// A file that is missing is a missing input, a wrong one is a wrong configuration.
fn refused(error: ModelError) -> Failure {
    match &error {
        ModelError::Read { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
            Failure::input_missing("model file", &path.display().to_string())
        }
        _ => Failure::configuration(error),
    }
}
