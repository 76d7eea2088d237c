//! The one place of this crate that reads the clock.
//!
//! Only for when a commit was made and how old a file is. Times that decide anything else are passed in by the caller.

use chrono::{DateTime, Utc};

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock module that the lint asks for"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
