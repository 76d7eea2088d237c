//! Panics below a statement as errors of the statement.
//!
//! Libraries that read files may panic on bytes that nobody foresaw. A run must end with an error that can be recorded,
//! and the job must be released, whatever is in a file.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use datafusion::error::DataFusionError;
use futures::FutureExt;

/// What a panic said.
#[derive(Debug, thiserror::Error)]
#[error("a part of this program broke off: {message}")]
pub(crate) struct Panicked {
    message: String,
}

impl Panicked {
    fn of(panic: &(dyn Any + Send)) -> Self {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Self {
            message: message.unwrap_or("without a message").to_owned(),
        }
    }
}

/// Gives the result of `work`, or the error that stands for its panic. What `work` was busy with must not be used again.
pub(crate) async fn caught<T>(
    work: impl Future<Output = Result<T, DataFusionError>>,
) -> Result<T, DataFusionError> {
    let result = AssertUnwindSafe(work).catch_unwind().await;
    result.unwrap_or_else(|panic| Err(DataFusionError::External(Box::new(Panicked::of(panic.as_ref())))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_what_it_said() {
        let broken = caught(async {
            let bytes: Vec<u8> = Vec::new();
            Ok(bytes[std::hint::black_box(3)])
        });
        let error = futures::executor::block_on(broken).unwrap_err().to_string();
        assert!(error.contains("broke off: index out of bounds"), "{error}");
        assert_eq!(futures::executor::block_on(caught(async { Ok(7) })).unwrap(), 7);
    }
}
