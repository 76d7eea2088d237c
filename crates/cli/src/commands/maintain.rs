//! `wayfare maintain`.

use std::time::Duration;

use wayfare_pipeline::maintain::MaintainReport;

use super::runs::existing_root;
use crate::args::{MaintainArgs, OutputFormat};
use crate::failure::Failure;
use crate::output;
use crate::text_table::TextTable;

const SECONDS_PER_HOUR: u64 = 3600;

/// Maintains the tables and prints what was done, or would be.
pub(super) async fn maintain(args: &MaintainArgs) -> Result<(), Failure> {
    existing_root(&args.tables_url)?;
    let retention = Duration::from_secs(args.retention_hours.saturating_mul(SECONDS_PER_HOUR));
    let report = wayfare_pipeline::maintain::maintain(&args.tables_url, retention, args.dry_run).await?;
    match args.output {
        OutputFormat::Json => output::data_line(&serde_json::to_string(&report)?),
        OutputFormat::Text => output::data(&to_text(&report, args.dry_run)),
    }
}

fn to_text(report: &MaintainReport, dry_run: bool) -> String {
    let mut table = TextTable::new(&["table", "checkpoint", "files removed", "log entries removed"]);
    for (name, of_table) in &report.tables {
        table.row([
            name.clone(),
            of_table
                .checkpoint_version
                .map_or_else(String::new, |version| version.to_string()),
            of_table.files_removed.len().to_string(),
            of_table.log_entries_removed.to_string(),
        ]);
    }
    let title = if dry_run {
        "dry run, nothing was changed\n\n"
    } else {
        ""
    };
    format!(
        "{title}{}\nintermediate files removed  {}\nsnapshots kept              {}\n",
        table.render(),
        report.intermediate_files_removed,
        report.snapshots_kept,
    )
}
