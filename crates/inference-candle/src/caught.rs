//! Panics while a model is loaded as errors that name its file.
//!
//! A hash says that a file is the one that was meant, not that its readers foresaw what is in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::error::ModelError;

/// Gives the result of `load`, or the error that stands for its panic.
pub(crate) fn caught<T>(path: &Path, load: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
    catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(ModelError::Format {
            path: path.to_owned(),
            reason: format!("its reader broke off: {}", message.unwrap_or("without a message")),
        })
    })
}
