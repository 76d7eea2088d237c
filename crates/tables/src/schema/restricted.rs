//! Tables that hold user ids, or text that came from what single users did: readable by the few, deleted on request.

use arrow::datatypes::DataType::{Binary, Float32, Int32, Int64, Utf8};

use super::types::{concepts, list_of, optional, representative_items, required, run_id, timestamp, vector};
use super::{ColumnSpec, TableSpec};

/// Valid activities, one row each.
pub static ACTIVITY_LOG: TableSpec = TableSpec {
    name: "activity_log",
    directory: "restricted/activity_log",
    partition_columns: &["logical_date", "bucket"],
    key: &["bucket", "user_id", "occurred_at", "item_id"],
    purpose: "Validated activities, by logical date and bucket; each file is sorted by user_id, occurred_at, item_id.",
    columns: activity_log_columns,
};

/// The published journeys.
pub static JOURNEYS: TableSpec = TableSpec {
    name: "journeys",
    directory: "restricted/journeys",
    partition_columns: &["bucket"],
    key: &["bucket", "user_id", "journey_id"],
    purpose: "The interest journeys of each user, described and named.",
    columns: journeys_columns,
};

/// Which activity belongs to which journey.
pub static JOURNEY_ACTIVITIES: TableSpec = TableSpec {
    name: "journey_activities",
    directory: "restricted/journey_activities",
    partition_columns: &["bucket"],
    key: &["bucket", "user_id", "journey_id", "occurred_at", "item_id"],
    purpose: "The activities of each journey; activities that belong to no kept journey are absent.",
    columns: journey_activities_columns,
};

/// Where the segmenter left off.
pub static SEGMENT_STATE: TableSpec = TableSpec {
    name: "segment_state",
    directory: "restricted/segment_state",
    partition_columns: &["bucket"],
    key: &["bucket", "user_id"],
    purpose: "What the segmenter needs to go on tomorrow as if it had never stopped; not for analysts.",
    columns: segment_state_columns,
};

/// What became of journey ids.
pub static JOURNEY_ALIASES: TableSpec = TableSpec {
    name: "journey_aliases",
    directory: "restricted/journey_aliases",
    partition_columns: &["bucket"],
    key: &["bucket", "user_id", "old_journey_id"],
    purpose: "Journey ids that no longer exist, and the journey that each became.",
    columns: journey_aliases_columns,
};

/// Names that were generated once and need not be generated again.
pub static JOURNEY_NAMES: TableSpec = TableSpec {
    name: "journey_names",
    directory: "restricted/journey_names",
    partition_columns: &[],
    key: &["naming_input", "namer"],
    purpose: "Cache of generated names by naming input and namer.",
    columns: journey_names_columns,
};

/// Rows of the sources that were not accepted.
pub static REJECTED_ROWS: TableSpec = TableSpec {
    name: "rejected_rows",
    directory: "restricted/rejected_rows",
    partition_columns: &["logical_date"],
    key: &["run_id", "source", "file", "row"],
    purpose: "Source rows that failed validation, with the reason.",
    columns: rejected_rows_columns,
};

fn user_id() -> ColumnSpec {
    required("user_id", Utf8, "User; integer ids are written in decimal")
}

fn bucket() -> ColumnSpec {
    required(
        "bucket",
        Int32,
        "xxh3_64(user_id) modulo the bucket count of these tables",
    )
}

fn logical_date() -> ColumnSpec {
    required("logical_date", Utf8, "Slice that the row came with, YYYY-MM-DD")
}

fn activity_log_columns() -> Vec<ColumnSpec> {
    vec![
        user_id(),
        required("occurred_at", timestamp(), "When it happened"),
        required("item_id", Utf8, "Item; integer ids are written in decimal"),
        required(
            "weight",
            Float32,
            "How much it counts; 1 unless the source says otherwise",
        ),
        run_id(),
        logical_date(),
        bucket(),
    ]
}

fn journeys_columns() -> Vec<ColumnSpec> {
    vec![
        user_id(),
        required(
            "journey_id",
            Utf8,
            "Made from the journey's first activity; `journey_aliases` has others that it had",
        ),
        required("started_at", timestamp(), "Its first activity"),
        required("last_active_at", timestamp(), "Its latest activity"),
        required("activity_count", Int64, "Activities in it"),
        required("active_days", Int32, "Distinct UTC days with an activity"),
        required(
            "vector",
            vector(),
            "Unit vector of the journey in the space of the encoder",
        ),
        required(
            "representative_items",
            representative_items(),
            "Items nearest to the vector, best first, with their cosine similarity",
        ),
        required("concepts", concepts(), "Salient terms, heaviest first"),
        optional("name", Utf8, "Name in words a person would use"),
        optional("name_source", Utf8, "Who made the name: model or extractive"),
        optional(
            "name_score",
            Float32,
            "Score of the name among its candidates; higher is better",
        ),
        optional("name_flags", list_of(Utf8), "Checks that rejected candidates"),
        optional(
            "naming_input",
            Utf8,
            "Hash of what the name was made from, 16 hexadecimal digits",
        ),
        optional("namer", Utf8, "Namer and version that made the name"),
        required("encoder", Utf8, "Encoder and version of the vector"),
        run_id(),
        bucket(),
    ]
}

fn journey_activities_columns() -> Vec<ColumnSpec> {
    vec![
        user_id(),
        required("journey_id", Utf8, "Journey that the activity belongs to"),
        required("occurred_at", timestamp(), "When it happened"),
        required("item_id", Utf8, "Item"),
        optional(
            "similarity",
            Float32,
            "Cosine similarity of item and journey vector",
        ),
        run_id(),
        bucket(),
    ]
}

fn segment_state_columns() -> Vec<ColumnSpec> {
    vec![
        user_id(),
        required("state", Binary, "Encoded state of the segmenter"),
        required(
            "watermark_at",
            timestamp(),
            "Time of the latest activity in the state",
        ),
        required("watermark_item", Utf8, "Item of the latest activity in the state"),
        required(
            "settings",
            Utf8,
            "Hash of the parameters and the encoder that the state was made with",
        ),
        run_id(),
        bucket(),
    ]
}

fn journey_aliases_columns() -> Vec<ColumnSpec> {
    vec![
        user_id(),
        required("old_journey_id", Utf8, "Another id that the journey had"),
        required("journey_id", Utf8, "The id that it has now"),
        required(
            "since",
            timestamp(),
            "Time of the activity that merged them, or that the journey began with",
        ),
        required(
            "reason",
            Utf8,
            "`merged` into an older one for good, or `other_start`: begun with another activity as seen by an earlier run",
        ),
        run_id(),
        bucket(),
    ]
}

fn journey_names_columns() -> Vec<ColumnSpec> {
    vec![
        required(
            "naming_input",
            Utf8,
            "Hash of what the name was made from, 16 hexadecimal digits",
        ),
        required("namer", Utf8, "Namer and version that made the name"),
        required("name", Utf8, "The name"),
        required("name_source", Utf8, "model or extractive"),
        optional(
            "score",
            Float32,
            "Score of the name among its candidates; higher is better",
        ),
        optional("flags", list_of(Utf8), "Checks that rejected candidates"),
        optional("titles", list_of(Utf8), "Titles that the name was made from"),
        optional("concepts", list_of(Utf8), "Terms that the name was made from"),
        run_id(),
    ]
}

fn rejected_rows_columns() -> Vec<ColumnSpec> {
    vec![
        run_id(),
        required("source", Utf8, "Source of the row, such as activities or items"),
        optional("file", Utf8, "File that it was read from, where known"),
        optional("row", Int64, "Position in the file, from 0, where known"),
        required("reason", Utf8, "Check that failed"),
        optional("payload", Utf8, "The row as JSON, truncated"),
        logical_date(),
    ]
}
