//! What lies at a path that somebody points at: the format, and the settings by which it is read.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::dialect::Dialect;
use super::error::ProposalError;
use crate::error::PipelineError;
use crate::settings::{ColumnType, SourceFormat, SourceTable};

const PARQUET: &[u8] = b"PAR1";
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Finds out what lies at a path; the table that reads it names it by its absolute path.
pub(super) fn look(path: &Path, what: &'static str) -> Result<SourceTable, ProposalError> {
    let missing = || PipelineError::InputMissing {
        what: what.to_owned(),
        path: path.display().to_string(),
    };
    let absolute = path.canonicalize().map_err(|_| missing())?;
    let path_text = absolute.display().to_string();
    if absolute.join("_delta_log").is_dir() {
        return Ok(SourceTable {
            path: path_text,
            format: SourceFormat::Delta,
            ..SourceTable::default()
        });
    }
    let files = data_files(&absolute).map_err(|error| unreadable(&absolute, error.to_string()))?;
    let Some(first) = files.first() else {
        return Err(missing().into());
    };
    let format = format_of(first)?;
    for other in &files {
        if format_of(other)? != format {
            let message = format!("the folder holds `{}` of another format, too", other.display());
            return Err(unreadable(first, message));
        }
    }
    if format == SourceFormat::Parquet {
        return Ok(SourceTable {
            path: path_text,
            ..SourceTable::default()
        });
    }
    let dialect = Dialect::of_file(first)?;
    for other in &files[1..] {
        if Dialect::of_file(other)? != dialect {
            let message = format!("its first line differs from that of `{}`", first.display());
            return Err(unreadable(other, message));
        }
    }
    // Until their meaning is known.
    let columns = dialect.names.into_iter().map(|name| (name, ColumnType::Utf8));
    Ok(SourceTable {
        path: path_text,
        format: SourceFormat::Csv,
        delimiter: dialect.delimiter,
        header: true,
        quote: dialect.quote.unwrap_or('\0'),
        multiline: dialect.multiline,
        columns: Some(columns.collect()),
    })
}

/// The file, or all files below the folder but those that programs leave beside data.
fn data_files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(['_', '.']) {
            files.extend(data_files(&entry.path())?);
        }
    }
    files.sort();
    Ok(files)
}

fn format_of(file: &Path) -> Result<SourceFormat, ProposalError> {
    let mut begin = Vec::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(4).read_to_end(&mut begin))
        .map_err(|error| unreadable(file, error.to_string()))?;
    if begin.starts_with(GZIP) {
        return Err(unreadable(file, "it is compressed; unpack it first".to_owned()));
    }
    Ok(if begin == PARQUET {
        SourceFormat::Parquet
    } else {
        SourceFormat::Csv
    })
}

fn unreadable(path: &Path, message: String) -> ProposalError {
    ProposalError::Unreadable {
        path: path.to_owned(),
        message,
    }
}
