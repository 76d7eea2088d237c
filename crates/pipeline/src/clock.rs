//! The one place of this crate that asks the time.

use chrono::{DateTime, Utc};

/// Now.
#[expect(clippy::disallowed_methods, reason = "everything else asks here")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
