//! From a job file, the environment and flags to settings, remembering where each value came from.
//!
//! Precedence, lowest first: default, job file, environment, flag.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

use super::JobSettings;
use super::layer::{Layers, leaves};
use super::override_layer::{key_of_variable, override_layer, split_flag};
use super::substitute::{relative_to_job_file, substitutable, substitute};
use super::validate::validate;
use crate::error::PipelineError;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The job file, at this line, from 1.
    JobFile { line: usize },
    /// An environment variable.
    Environment { variable: String },
    /// `--set`.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::JobFile { line } => write!(formatter, "job file, line {line}"),
            Self::Environment { variable } => write!(formatter, "environment, {variable}"),
            Self::Flag => formatter.write_str("flag --set"),
        }
    }
}

/// Settings that are complete, and where they came from.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Ready to use: variables are replaced, paths do not depend on the job file's folder any more.
    pub settings: JobSettings,
    /// By dotted key: the value as TOML and its origin. Optional settings that are not set are left out.
    pub origins: BTreeMap<String, (String, Origin)>,
}

/// Resolves the settings of a job.
///
/// `sets` are `a.b=c` texts of `--set`; `environment` gives the variables of the process. A missing job file is
/// [`PipelineError::InputMissing`]; everything else that is wrong is [`PipelineError::Configuration`], which says the
/// line, variable or flag.
pub fn resolve(
    job_file: &Path,
    sets: &[String],
    environment: &dyn Fn() -> Vec<(String, String)>,
) -> Result<Resolved, PipelineError> {
    let text = read(job_file)?;
    let variables: BTreeMap<String, String> = environment().into_iter().collect();
    let fail = |message: String| PipelineError::Configuration {
        path: job_file.to_owned(),
        message,
    };

    let mut layers = Layers::from_job_file(&text).map_err(fail)?;
    for (variable, value) in &variables {
        if let Some(key) = key_of_variable(variable) {
            let layer = override_layer(&key, value).map_err(|error| {
                fail(format!(
                    "environment variable `{variable}` (key `{key}`): {error}"
                ))
            })?;
            layers.lay(
                layer,
                &Origin::Environment {
                    variable: variable.clone(),
                },
            );
        }
    }
    for set in sets {
        let (key, value) = split_flag(set).map_err(fail)?;
        let layer =
            override_layer(key, value).map_err(|error| fail(format!("flag `--set {set}`: {error}")))?;
        layers.lay(layer, &Origin::Flag);
    }

    let mut settings: JobSettings = layers
        .values
        .clone()
        .try_into()
        .map_err(|error: toml::de::Error| fail(error.message().to_owned()))?;
    let blame = |key: &str, problem: &str| match layers.origin(key) {
        Origin::Default => fail(format!("`{key}` {problem}")),
        origin => fail(format!("{origin}: `{key}` {problem}")),
    };
    for (key, value) in substitutable(&mut settings) {
        *value = substitute(value, &|name| variables.get(name).cloned())
            .map_err(|problem| blame(&key, &format!("cannot be resolved: {problem}")))?;
    }
    validate(&settings).map_err(|(key, problem)| blame(&key, &problem))?;
    for (_, path) in relative_to_job_file(&mut settings) {
        anchor(path, job_file);
    }
    let origins = describe(&settings, &layers).map_err(|error| fail(error.to_string()))?;
    Ok(Resolved { settings, origins })
}

fn read(job_file: &Path) -> Result<String, PipelineError> {
    let unusable = |message: String| PipelineError::Configuration {
        path: job_file.to_owned(),
        message,
    };
    let bytes = std::fs::read(job_file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => PipelineError::InputMissing {
            what: "job file".to_owned(),
            path: job_file.display().to_string(),
        },
        _ => unusable(format!("it cannot be read: {error}")),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let readable = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = readable.split(|byte| *byte == b'\n').count();
        unusable(format!("line {line} is not UTF-8 text; save the file as UTF-8"))
    })
}

/// Makes a relative path one that starts from the job file's folder; URLs and absolute paths stay.
fn anchor(path: &mut String, job_file: &Path) {
    if path.contains("://") || Path::new(path.as_str()).is_absolute() {
        return;
    }
    if let Some(folder) = job_file.parent() {
        *path = folder.join(path.as_str()).display().to_string();
    }
}

fn describe(
    settings: &JobSettings,
    layers: &Layers,
) -> Result<BTreeMap<String, (String, Origin)>, Box<dyn std::error::Error>> {
    let text = toml::to_string(settings)?;
    let described = leaves(&text)?.into_iter().map(|leaf| {
        let origin = layers.origin(&leaf.key);
        (leaf.key, (leaf.value, origin))
    });
    Ok(described.collect())
}
