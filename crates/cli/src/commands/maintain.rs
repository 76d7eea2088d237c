//! `wayfare maintain`.

use std::time::Duration;

use serde_json::Value;

use super::runs::existing_root;
use crate::args::{MaintainArgs, OutputFormat};
use crate::failure::Failure;
use crate::output;

const SECONDS_PER_HOUR: u64 = 3600;

/// Maintains the tables and prints what was done, or would be.
pub(super) async fn maintain(args: &MaintainArgs) -> Result<(), Failure> {
    existing_root(&args.tables_url)?;
    let retention = Duration::from_secs(args.retention_hours.saturating_mul(SECONDS_PER_HOUR));
    let report = wayfare_pipeline::maintain::maintain(&args.tables_url, retention, args.dry_run).await?;
    let report = serde_json::to_value(&report)?;
    match args.output {
        OutputFormat::Json => output::data_line(&report.to_string()),
        OutputFormat::Text => output::data(&to_text(&report)),
    }
}

fn to_text(report: &Value) -> String {
    let Value::Object(entries) = report else {
        return format!("{report}\n");
    };
    let lines = entries.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{:<24} {value}\n", name.replace('_', " "))
    });
    lines.collect()
}
