//! Tables without anything about single users: readable by every analyst.

use arrow::datatypes::DataType::{Int32, Utf8};

use super::types::{concepts, optional, required, run_id, timestamp, vector};
use super::{ColumnSpec, TableSpec};

/// What each distinct item text means to an encoder.
pub static ITEM_VECTORS: TableSpec = TableSpec {
    name: "item_vectors",
    directory: "shared/item_vectors",
    partition_columns: &[],
    key: &["item_id", "content_hash", "encoder"],
    purpose: "Vector and concepts of each item's text, by encoder; items that share a text share its vector.",
    columns: item_vectors_columns,
};

/// What was run, with which versions, and how it ended.
pub static RUNS: TableSpec = TableSpec {
    name: "runs",
    directory: "shared/runs",
    partition_columns: &[],
    key: &["run_id", "stage", "bucket_group"],
    purpose: "Runs, their stages and bucket groups: counts, timings, versions.",
    columns: runs_columns,
};

fn item_vectors_columns() -> Vec<ColumnSpec> {
    vec![
        required("content_hash", Utf8, "Hash of the item text"),
        required("encoder", Utf8, "Encoder and version"),
        required("item_id", Utf8, "An item with this text"),
        optional("title", Utf8, "Title of that item"),
        required("vector", vector(), "Unit vector"),
        required("concepts", concepts(), "Salient terms, heaviest first"),
        run_id(),
    ]
}

fn runs_columns() -> Vec<ColumnSpec> {
    vec![
        required("run_id", Utf8, "Run"),
        required("job", Utf8, "Name of the job"),
        optional(
            "logical_date",
            Utf8,
            "Slice, YYYY-MM-DD; null for a run over an interval",
        ),
        optional(
            "stage",
            Utf8,
            "load, embed, segment, name or publish; null for the whole run",
        ),
        optional(
            "bucket_group",
            Int32,
            "Bucket group of the stage; null for the whole stage",
        ),
        required("outcome", Utf8, "succeeded, failed, cancelled or noop"),
        required("started_at", timestamp(), "Start"),
        required("finished_at", timestamp(), "End"),
        required("counts", Utf8, "JSON object of counters"),
        required(
            "table_versions",
            Utf8,
            "JSON object: table to version that the run left",
        ),
        required("configuration_hash", Utf8, "Hash of the settings"),
        required("input_fingerprint", Utf8, "Hash of the list of source files"),
        required("model_hashes", Utf8, "JSON object: model to hash"),
    ]
}
