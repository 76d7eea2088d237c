//! How each statement of the catalogue is planned: over tables that exist only as lists of files, as its stage would
//! register and write them.
//!
//! Reads nothing and runs nothing. What it shows is what the tests hold on to: where rows are moved or sorted.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use wayfare_functions::artefacts::FunctionDefaults;
use wayfare_functions::list_arguments::texts_type;
use wayfare_functions::models::ModelProvider;
use wayfare_functions::segmented::time_type;
use wayfare_functions::write_files::Arrangement;
use wayfare_tables::{ACTIVITY_LOG, DataFile, JOURNEYS, TableSpec, all_tables};

use crate::catalogue::{self, Parameter, Parameters, Statement};
use crate::dataset::{Dataset, bucket_field, sort_columns};
use crate::engine::{EmbeddedEngine, Engine, SessionNeeds};
use crate::error::PipelineError;
use crate::stages::load::scattered_schema;
use crate::stages::name::chosen_schema;
use crate::stages::segment::{changed_users_schema, segmented_schema};
use crate::statement::{self, Output, Place};

/// Buckets of the group that is planned.
const BUCKETS: [u32; 4] = [0, 1, 2, 3];
/// Daily files of each bucket.
const DAYS: u32 = 30;
/// Large enough that no rule takes a file for a small one.
const FILE_BYTES: u64 = 64 << 20;

/// The physical plan of a statement over four buckets with thirty daily files each, its writing included.
pub async fn explain_statement(
    statement: Statement,
    models: Arc<dyn ModelProvider>,
) -> Result<Arc<dyn ExecutionPlan>, PipelineError> {
    let engine = EmbeddedEngine::new(models, BUCKETS.len(), 0);
    let in_buckets = in_buckets(statement);
    let needs = SessionNeeds {
        root: None,
        partitions: in_buckets.then_some(BUCKETS.len()),
        keep_order: in_buckets,
        defaults: FunctionDefaults::default(),
    };
    let session = engine.session(&needs)?;
    let place = Place {
        job: "explain".to_owned(),
        stage: "plan",
        group: 0,
    };
    for (name, dataset) in datasets(statement) {
        if in_buckets && name != "chosen_names" {
            session.register_table(name, dataset.with_places(&BUCKETS)?)?;
        } else {
            session.register_table(name, dataset.provider()?)?;
        }
    }
    register_sources(&session, &place).await?;
    let plan = match written(statement) {
        None => statement::plan(&session, statement, &parameters(), &place).await?,
        Some(writing) => {
            let output = Output {
                directory: "directory",
                attempt: "attempt",
                file_schema: writing.file_schema,
                partition_columns: writing.partition_columns,
                sort_columns: writing.sort_columns,
                arrangement: writing.arrangement,
            };
            statement::plan_write(&session, statement, &parameters(), &place, &output)
                .await?
                .0
        }
    };
    Ok(session.state().create_physical_plan(&plan).await?)
}

/// Whether the statement runs over a bucket group, one partition per bucket.
fn in_buckets(statement: Statement) -> bool {
    statement.name.starts_with("pipeline/segment/")
        || statement == catalogue::SLICE_DIGEST
        || [
            catalogue::JOURNEYS_FRESH,
            catalogue::JOURNEYS_CARRIED,
            catalogue::JOURNEYS_SUPERSEDED,
        ]
        .contains(&statement)
}

struct Writing {
    file_schema: Option<SchemaRef>,
    partition_columns: &'static [&'static str],
    sort_columns: &'static [&'static str],
    arrangement: Arrangement,
}

impl Writing {
    fn table(spec: &'static TableSpec) -> Self {
        Self {
            file_schema: Some(spec.file_schema()),
            partition_columns: spec.partition_columns,
            sort_columns: sort_columns(spec),
            arrangement: match [ACTIVITY_LOG.name, JOURNEYS.name].contains(&spec.name) {
                true => Arrangement::Gathered,
                false => Arrangement::InOrder,
            },
        }
    }

    fn of_users(schema: SchemaRef) -> Self {
        Self {
            file_schema: Some(schema),
            partition_columns: &["bucket"],
            sort_columns: &["user_id"],
            arrangement: Arrangement::InOrder,
        }
    }

    fn plain() -> Self {
        Self {
            file_schema: None,
            partition_columns: &[],
            sort_columns: &[],
            arrangement: Arrangement::InOrder,
        }
    }
}

/// How the statement's rows are written; `None` where they are handed to the driver or read by analysts.
fn written(statement: Statement) -> Option<Writing> {
    use wayfare_tables::{
        ITEM_VECTORS, JOURNEY_ACTIVITIES, JOURNEY_ALIASES, JOURNEY_NAMES, REJECTED_ROWS, SEGMENT_STATE,
    };
    let tables: [(Statement, &'static TableSpec); 14] = [
        (catalogue::ACTIVITY_LOG, &ACTIVITY_LOG),
        (catalogue::REJECTED_ROWS, &REJECTED_ROWS),
        (catalogue::ITEM_VECTORS, &ITEM_VECTORS),
        (catalogue::STATE_FRESH, &SEGMENT_STATE),
        (catalogue::STATE_CARRIED, &SEGMENT_STATE),
        (catalogue::ACTIVITIES_FRESH, &JOURNEY_ACTIVITIES),
        (catalogue::ACTIVITIES_CARRIED, &JOURNEY_ACTIVITIES),
        (catalogue::ACTIVITIES_MOVED, &JOURNEY_ACTIVITIES),
        (catalogue::ALIASES_FRESH, &JOURNEY_ALIASES),
        (catalogue::ALIASES_CARRIED, &JOURNEY_ALIASES),
        (catalogue::NEW_EXTRACTIVE_NAMES, &JOURNEY_NAMES),
        (catalogue::NEW_MODEL_NAMES, &JOURNEY_NAMES),
        (catalogue::JOURNEYS_FRESH, &JOURNEYS),
        (catalogue::JOURNEYS_CARRIED, &JOURNEYS),
    ];
    if let Some((_, spec)) = tables.iter().find(|(candidate, _)| *candidate == statement) {
        return Some(Writing::table(spec));
    }
    match statement {
        catalogue::SEGMENTED => Some(Writing::of_users(segmented_schema())),
        catalogue::CHANGED_USERS => Some(Writing::of_users(changed_users_schema())),
        catalogue::SCATTERED_ACTIVITIES => Some(Writing {
            file_schema: Some(scattered_schema()),
            partition_columns: &["bucket_group"],
            arrangement: Arrangement::Scattered,
            ..Writing::plain()
        }),
        catalogue::FRESH_ITEMS | catalogue::NAMING_INPUTS => Some(Writing::plain()),
        catalogue::CHOSEN_NAMES => Some(Writing {
            file_schema: Some(chosen_schema()),
            ..Writing::plain()
        }),
        _ => None,
    }
}

/// Every table that statements name, and the intermediate results of the stages before.
fn datasets(statement: Statement) -> Vec<(&'static str, Dataset)> {
    let mut datasets: Vec<(&'static str, Dataset)> = Vec::new();
    for spec in all_tables() {
        let daily = spec.partition_columns.contains(&"bucket");
        let files = if daily {
            bucket_files(&[])
        } else {
            vec![file("part-0.parquet".to_owned(), &[])]
        };
        let files = files.into_iter().map(|mut file| {
            if spec.partition_columns.contains(&"logical_date") {
                file.partition
                    .insert("logical_date".to_owned(), Some("2026-01-01".to_owned()));
            }
            file
        });
        datasets.push((spec.name, Dataset::of_table(spec, files.collect())));
    }
    let recompute = Arc::new(Field::new("recompute", DataType::Boolean, false));
    datasets.push((
        "slice_changes",
        Dataset {
            partition_fields: vec![bucket_field(), recompute],
            ..Dataset::of_table(&ACTIVITY_LOG, bucket_files(&[("recompute", "false")]))
        },
    ));
    datasets.push(("slice_activities", dataset_of(&datasets, ACTIVITY_LOG.name)));
    for (name, schema) in [
        ("segmented", segmented_schema()),
        ("changed_users", changed_users_schema()),
    ] {
        datasets.push((name, Dataset::of_users(name, schema, bucket_files(&[]))));
    }
    datasets.push((
        "planned_activities",
        Dataset::plain(
            "planned",
            planned_schema(),
            vec![file("part-0.parquet".to_owned(), &[])],
        ),
    ));
    // What a statement makes is not there yet when it runs.
    for (name, schema, maker) in [
        ("fresh_items", item_schema(), catalogue::FRESH_ITEMS),
        ("naming_inputs", naming_inputs_schema(), catalogue::NAMING_INPUTS),
        ("chosen_names", chosen_schema(), catalogue::CHOSEN_NAMES),
        (
            "scattered_activities",
            scattered_schema(),
            catalogue::SCATTERED_ACTIVITIES,
        ),
    ] {
        if statement != maker {
            datasets.push((
                name,
                Dataset::plain(name, schema, vec![file("part-0.parquet".to_owned(), &[])]),
            ));
        }
    }
    datasets
}

fn dataset_of(datasets: &[(&'static str, Dataset)], name: &str) -> Dataset {
    let found = datasets
        .iter()
        .find(|(candidate, _)| *candidate == name)
        .map(|(_, dataset)| dataset.clone());
    found.unwrap_or_else(|| Dataset::of_table(&ACTIVITY_LOG, Vec::new()))
}

fn bucket_files(more: &[(&str, &str)]) -> Vec<DataFile> {
    let of_bucket = |bucket: u32| {
        (1..=DAYS).map(move |day| {
            let mut all = vec![("bucket".to_owned(), bucket.to_string())];
            all.extend(
                more.iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
            );
            file(format!("bucket={bucket}/day-{day:02}.parquet"), &all)
        })
    };
    BUCKETS.into_iter().flat_map(of_bucket).collect()
}

fn file(path: String, partition: &[(String, String)]) -> DataFile {
    let partition = partition
        .iter()
        .map(|(name, value)| (name.clone(), Some(value.clone())));
    DataFile {
        path,
        size: FILE_BYTES,
        rows: 1_000_000,
        partition: partition.collect(),
        modified_ms: 0,
        deleted: None,
    }
}

/// The views over the sources, which a job brings as SQL over files of its own, and a view of analysts.
async fn register_sources(session: &SessionContext, place: &Place) -> Result<(), PipelineError> {
    let activities = Schema::new(vec![
        Field::new("user_id", DataType::Utf8, true),
        Field::new("item_id", DataType::Utf8, true),
        Field::new("occurred_at", time_type(), true),
        Field::new("weight", DataType::Float32, true),
        Field::new("unreadable", DataType::Utf8, true),
    ]);
    let items = Schema::new(vec![
        Field::new("item_id", DataType::Utf8, true),
        Field::new("title", DataType::Utf8, true),
        Field::new("text", DataType::Utf8, true),
        Field::new("tags", texts_type(), true),
    ]);
    for (name, schema) in [("source_activities", activities), ("source_items", items)] {
        let files = vec![file("part-0.parquet".to_owned(), &[])];
        session.register_table(name, Dataset::plain(name, Arc::new(schema), files).provider()?)?;
    }
    for (name, view) in [
        ("known_items", catalogue::KNOWN_ITEMS),
        ("checked_activities", catalogue::CHECKED_ACTIVITIES),
        ("journey_status", catalogue::VIEW_JOURNEY_STATUS),
    ] {
        let plan = statement::plan(session, view, &Parameters::new(), place).await?;
        session.register_table(name, session.execute_logical_plan(plan).await?.into_view())?;
    }
    Ok(())
}

fn item_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("item_id", DataType::Utf8, true),
        Field::new("title", DataType::Utf8, true),
        Field::new("text", DataType::Utf8, true),
        Field::new("tags", texts_type(), true),
        Field::new("embed_text", DataType::Utf8, true),
        Field::new("content_hash", DataType::Utf8, true),
    ]))
}

fn planned_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("item_id", DataType::Utf8, true),
        Field::new("run", DataType::Int64, false),
    ]))
}

fn naming_inputs_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("naming_input", DataType::Utf8, true),
        Field::new("titles", texts_type(), true),
        Field::new("concepts", texts_type(), true),
        Field::new("strength", DataType::Int64, true),
        Field::new("place", DataType::UInt64, true),
    ]))
}

/// A value for every parameter; plans must not depend on what they are.
fn parameters() -> Parameters {
    let texts = [
        ("encoder", "encoder@1"),
        (
            "encoder_reference",
            "models/encoder#sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ),
        ("extractive_namer", "extractive@1"),
        ("extractive_reference", "extractive"),
        ("logical_date", "2026-01-01"),
        ("model_namer", "namer@1"),
        (
            "namer_reference",
            "models/namer#sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ),
        ("run_id", "run"),
        ("settings", "{}"),
        ("settings_hash", "settings"),
    ];
    let mut parameters: BTreeMap<&'static str, Parameter> = texts
        .into_iter()
        .map(|(name, text)| (name, Parameter::Text(text.to_owned())))
        .collect();
    parameters.insert("bucket_count", Parameter::Integer(4));
    parameters.insert("buckets_per_group", Parameter::Integer(4));
    parameters.insert("max_model_names", Parameter::Integer(200));
    for (name, number) in [
        ("most_journeys", 10),
        ("most_names", 12),
        ("most_users", 8),
        ("users", 1_000),
    ] {
        parameters.insert(name, Parameter::Integer(number));
    }
    for name in ["user_ids", "journey_ids"] {
        parameters.insert(
            name,
            Parameter::Texts(vec!["first".to_owned(), "second".to_owned()]),
        );
    }
    parameters
}
