//! Settings as a text that means the same in another folder, on another machine and later: what the ledger keeps of a job,
//! and what a job travels as to whoever drives it.
//!
//! Holds what was resolved: nothing of the environment is read again. Credentials are no settings, so that none is in it.

use std::path::{Path, absolute};

use super::JobSettings;
use super::substitute::relative_to_job_file;
use super::validate::validate;
use crate::error::PipelineError;

impl JobSettings {
    /// The settings as TOML, with absolute paths.
    ///
    /// # Errors
    /// [`PipelineError::Configuration`] if a path has no absolute form.
    pub fn to_recorded(&self) -> Result<String, PipelineError> {
        let unusable = |message: String| PipelineError::Configuration {
            path: self.job.name.clone().into(),
            message,
        };
        let anchor = |key: &str, place: &str| {
            absolute_place(place).map_err(|error| unusable(format!("`{key}` has no absolute form: {error}")))
        };
        let mut settings = self.clone();
        settings.tables.url = anchor("tables.url", &settings.tables.url)?;
        for (key, path) in relative_to_job_file(&mut settings) {
            *path = anchor(&key, path.as_str())?;
        }
        toml::to_string(&settings).map_err(|error| unusable(format!("it cannot be recorded: {error}")))
    }

    /// Reads what [`Self::to_recorded`] gave; `origin` names it in errors.
    ///
    /// # Errors
    /// [`PipelineError::Configuration`] for settings that this version does not know or that do not make sense.
    pub fn from_recorded(origin: &str, text: &str) -> Result<Self, PipelineError> {
        let unusable = |message: String| PipelineError::Configuration {
            path: origin.into(),
            message,
        };
        let settings: Self =
            toml::from_str(text).map_err(|error| unusable(error.message().trim().replace('\n', "; ")))?;
        validate(&settings).map_err(|(key, problem)| unusable(format!("`{key}` {problem}")))?;
        Ok(settings)
    }
}

fn absolute_place(place: &str) -> std::io::Result<String> {
    if place.contains("://") || Path::new(place).is_absolute() {
        return Ok(place.to_owned());
    }
    Ok(absolute(place)?.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{SourceTable, resolve};
    use super::*;

    fn settings() -> JobSettings {
        let folder = tempfile::tempdir().unwrap();
        let job_file = folder.path().join("job.toml");
        let hash = "0".repeat(64);
        let text = format!(
            "[job]\nname = \"films\"\n[tables]\nurl = \"out\"\n[sources.tables.views]\npath = \"s3://bucket/views\"\n\
             [sources.activities]\nsql = \"select 1\"\n[sources.items]\nsql = \"select 2\"\n\
             [encoder]\npath = \"/models/e5\"\nsha256 = \"{hash}\"\n[engine]\nthreads = 3\n"
        );
        std::fs::write(&job_file, text).unwrap();
        resolve(&job_file, &[], &Vec::new).unwrap().settings
    }

    #[test]
    fn what_is_read_back_is_the_same_job_with_absolute_paths() {
        let mut settings = settings();
        settings.sources.tables.insert(
            "items".to_owned(),
            SourceTable {
                path: "data/items".to_owned(),
                ..SourceTable::default()
            },
        );
        let text = settings.to_recorded().unwrap();
        let read = JobSettings::from_recorded("a test", &text).unwrap();
        let here = std::env::current_dir().unwrap();
        let of = |name: &str| read.sources.tables[name].path.clone();
        assert_eq!(Path::new(&read.tables.url), here.join("out"));
        assert_eq!(Path::new(&of("items")), here.join("data/items"));
        assert_eq!(of("views"), "s3://bucket/views");
        assert_eq!(read.encoder.path, "/models/e5");
        assert_eq!(read.engine, settings.engine);
        assert_eq!(read.configuration_hash(), settings.configuration_hash());
        assert_eq!(read.to_recorded().unwrap(), text);
    }

    #[test]
    fn what_cannot_be_used_names_its_origin() {
        let text = settings().to_recorded().unwrap();
        for (from, to, problem) in [
            ("threads = 3", "wings = 3", "wings"),
            ("/models/e5", "", "`encoder.path` is not set"),
        ] {
            let spoilt = text.replace(from, to);
            assert_ne!(spoilt, text);
            let error = JobSettings::from_recorded("the record of a run", &spoilt).unwrap_err();
            assert_eq!(error.exit_code(), 3);
            let message = error.to_string();
            assert!(
                message.contains("the record of a run") && message.contains(problem),
                "{message}"
            );
        }
    }
}
