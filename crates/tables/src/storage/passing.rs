//! Which faults of storage may go away by themselves, read from errors as they arrive: wrapped many times.
//!
//! `object_store` does not name the error that holds an answer's status, so that the status is read from its text.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::ErrorKind;
use std::sync::Arc;

use object_store::client::{HttpError, HttpErrorKind};

use crate::error::ErrorClass;

/// How the error of an answer that refuses begins; the status follows.
const REFUSAL: &str = "Server returned non-2xx status code: ";
/// How the error of an answer begins that says success and then, in its body, that it was none.
const LATE_REFUSAL: &str = "Server returned error response: ";
/// How the error of an answer begins that points to another region.
const WRONG_REGION: &str = "Received redirect without LOCATION";

/// Whether the same request may succeed later: storage could not be reached, did not answer in time, broke off, was
/// overloaded or broken for a while. All tries of the storage client itself have been used up by then.
///
/// Not what it has answered for good: not found, exists already, precondition, permission, credentials, not implemented,
/// any other 4xx. Not what the disk of this machine says either.
pub fn is_passing(error: &(dyn Error + 'static)) -> bool {
    for cause in causes(error) {
        if let Some(store) = cause.downcast_ref::<object_store::Error>() {
            // Every other variant says what storage has decided.
            if !matches!(store, object_store::Error::Generic { .. }) {
                return false;
            }
            if let Some(class) = class_of_answer(store) {
                return class == ErrorClass::Transient;
            }
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && is_passing_io(io.kind())
        {
            return true;
        }
    }
    false
}

/// The class of what object storage answered, or of its silence; `None` where the error does not come from there, or says
/// by its variant what it is.
pub(crate) fn class_of_answer(error: &object_store::Error) -> Option<ErrorClass> {
    if !matches!(error, object_store::Error::Generic { .. }) {
        return None;
    }
    causes(error).skip(1).find_map(class_of_cause)
}

fn class_of_cause(cause: &(dyn Error + 'static)) -> Option<ErrorClass> {
    if let Some(http) = cause.downcast_ref::<HttpError>() {
        let is_certificate = http.kind() == HttpErrorKind::Connect && has_invalid_data(http);
        return Some(if is_certificate {
            ErrorClass::UserInput
        } else {
            ErrorClass::Transient
        });
    }
    let text = cause.to_string();
    if text.starts_with(LATE_REFUSAL) {
        return Some(ErrorClass::Transient);
    }
    if text.starts_with(WRONG_REGION) {
        return Some(ErrorClass::UserInput);
    }
    let status: u16 = text.strip_prefix(REFUSAL)?.get(..3)?.parse().ok()?;
    Some(match status {
        404 | 410 => ErrorClass::NotFound,
        // Not implemented, and a version of HTTP that is not spoken.
        501 | 505 => ErrorClass::UserInput,
        408 | 425 | 429 | 500.. => ErrorClass::Transient,
        _ => ErrorClass::UserInput,
    })
}

/// A certificate that does not fit, or an answer that is no TLS: whoever listens there is not the storage that was meant.
fn has_invalid_data(error: &HttpError) -> bool {
    causes(error).any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == ErrorKind::InvalidData)
    })
}

fn is_passing_io(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::NotConnected
            | ErrorKind::BrokenPipe
            | ErrorKind::TimedOut
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
    )
}

/// The error and its causes, outermost first. Unlike [`Error::source`], sees what an [`std::io::Error`] or an [`Arc`] holds
/// and not only the cause of that.
pub(crate) fn causes<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(inside(error)), |cause| next(*cause).map(inside))
}

fn next<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let held = cause
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    match held {
        Some(held) => Some(held),
        None => cause.source(),
    }
}

/// What a shared or boxed error is, where it is one of those that this module tells apart.
fn inside<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    if let Some(shared) = error.downcast_ref::<Arc<object_store::Error>>() {
        return shared.as_ref();
    }
    if let Some(boxed) = error.downcast_ref::<Box<object_store::Error>>() {
        return boxed.as_ref();
    }
    if let Some(shared) = error.downcast_ref::<Arc<std::io::Error>>() {
        return shared.as_ref();
    }
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return inside(shared.as_ref());
    }
    error
}
