//! The plain files of a source table: what lies at its path, without reading it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use datafusion::error::DataFusionError;
use url::Url;

use super::{local_path, remote};
use crate::error::PipelineError;
use crate::settings::{SourceFormat, SourceTable};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ListedFile {
    /// Absolute; of a file in a bucket, its URL.
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) modified_ns: u128,
    /// Where it lies, if that is not this machine.
    pub(super) url: Option<Url>,
    /// What the bucket tells its versions apart by.
    pub(super) e_tag: Option<String>,
}

/// Every file of the table, sorted by path. What other programs keep beside the data, under names that begin with a dot
/// or an underscore, is no part of it.
///
/// # Errors
/// [`PipelineError::InputMissing`] where there is no file, [`PipelineError::SourceFile`] for one that cannot be looked at.
pub(super) async fn list(name: &str, table: &SourceTable) -> Result<Vec<ListedFile>, PipelineError> {
    let missing = |what: String| PipelineError::InputMissing {
        what,
        path: table.path.clone(),
    };
    let mut files = match remote::place_of(name, &table.path)? {
        Some(place) => {
            let listed = remote::list(&place).await;
            listed.map_err(|error| unreadable(name, table, Path::new(&table.path), error))?
        }
        None => {
            // Storage knows no `..`, and a link is followed once and not at every look.
            let place =
                std::fs::canonicalize(local_path(&table.path)).map_err(|error| match error.kind() {
                    ErrorKind::NotFound => missing(format!("source table `{name}`")),
                    _ => unreadable(name, table, Path::new(&table.path), error.into()),
                })?;
            let mut files = Vec::new();
            collect(&place, &mut files)
                .map_err(|(path, error)| unreadable(name, table, &path, error.into()))?;
            files
        }
    };
    if files.is_empty() {
        return Err(missing(format!("data of source table `{name}`")));
    }
    if let Some(empty) = files
        .iter()
        .find(|file| file.bytes == 0 && table.format == SourceFormat::Parquet)
    {
        let problem = "it holds 0 bytes, and a Parquet file ends with a footer";
        let error = std::io::Error::new(ErrorKind::InvalidData, problem);
        return Err(unreadable(
            name,
            table,
            &empty.path,
            DataFusionError::External(Box::new(error)),
        ));
    }
    files.sort();
    Ok(files)
}

fn collect(path: &Path, into: &mut Vec<ListedFile>) -> Result<(), (PathBuf, std::io::Error)> {
    let failed = |error| (path.to_owned(), error);
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if !entry.file_name().as_encoded_bytes().starts_with(b".")
                && !entry.file_name().as_encoded_bytes().starts_with(b"_")
            {
                collect(&entry.path(), into)?;
            }
        }
        return Ok(());
    }
    // Opening a pipe would wait for somebody to write into it.
    if !metadata.is_file() {
        let problem = "it is neither a file nor a folder";
        return Err(failed(std::io::Error::new(ErrorKind::Unsupported, problem)));
    }
    let modified = metadata.modified().map_err(failed)?;
    into.push(ListedFile {
        path: path.to_owned(),
        bytes: metadata.len(),
        modified_ns: modified
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos(),
        url: None,
        e_tag: None,
    });
    Ok(())
}

/// The error for one file of the table.
pub(super) fn unreadable(
    name: &str,
    table: &SourceTable,
    file: &Path,
    source: DataFusionError,
) -> PipelineError {
    PipelineError::SourceFile {
        table: name.to_owned(),
        file: file.display().to_string(),
        format: match table.format {
            SourceFormat::Csv => "CSV",
            SourceFormat::Parquet => "Parquet",
            SourceFormat::Delta => "a file of a Delta table",
        },
        source: Box::new(source),
    }
}
