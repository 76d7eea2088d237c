//! Events for whoever reads the log by program: one JSON object per line, on standard error.

use serde_json::{Value, json};

use crate::{clock, output};

/// Writes the event, an object, with the time at which it is said.
pub(crate) fn say(mut event: Value) {
    event["at"] = json!(clock::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    output::talk(&event.to_string());
}
