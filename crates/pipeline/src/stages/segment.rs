//! `segment`: per bucket, the users whose activities changed. No shuffle, no sort: the log is sorted by user.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use wayfare_functions::segment_settings::SegmentSettings;
use wayfare_functions::segmented::segmented_fields;
use wayfare_functions::write_files::Arrangement;
use wayfare_tables::{
    ACTIVITY_LOG, DataFile, JOURNEY_ACTIVITIES, JOURNEY_ALIASES, Manifest, SEGMENT_STATE, TableSpec,
};

use super::embed::Embedded;
use super::load::Loaded;
use super::{Produced, in_groups, rows_of};
use crate::catalogue::{self, Parameter, Parameters, Statement};
use crate::dataset::{Dataset, bucket_field, bucket_of_file, sort_columns};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::statement::{self, Output};

const STAGE: &str = "segment";
/// Intermediate output: one row per user that was segmented.
pub(crate) const SEGMENTED: &str = "segmented";
/// Intermediate output: one row per user whose activities changed.
pub(crate) const CHANGED_USERS: &str = "changed_users";

/// What changed, and who is therefore touched.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The log as it will be.
    pub(crate) log: Vec<DataFile>,
    /// Files of the log that hold the activities that came or went, with `recompute` as a partition value.
    pub(crate) slices: Vec<DataFile>,
}

impl Changes {
    /// Works out the changes from the slices; everything changes when texts of items or the settings did.
    pub(crate) fn of(run: &Run<'_>, loaded: &Loaded, embedded: &Embedded) -> Self {
        let log = loaded.log(run);
        let flagged = |file: &DataFile, recompute: bool| {
            let mut file = file.clone();
            file.partition
                .insert("recompute".to_owned(), Some(recompute.to_string()));
            file
        };
        let replaced = loaded.changed_dates();
        let old = run.base_of(&ACTIVITY_LOG).iter();
        let slices = if embedded.items_changed || run.settings_changed() {
            // Users that only the old slices had must be touched, too: their journeys go.
            let gone = old.filter(|file| Run::is_of_dates(&replaced, file));
            log.iter().chain(gone).map(|file| flagged(file, true)).collect()
        } else {
            let gone = old
                .filter(|file| Run::is_of_dates(&replaced, file))
                .map(|file| flagged(file, true));
            gone.chain(loaded.new_activities().map(|file| flagged(file, false)))
                .collect()
        };
        Self { log, slices }
    }

    /// The buckets with something to do.
    pub(crate) fn buckets(&self) -> BTreeSet<u32> {
        self.slices.iter().filter_map(bucket_of_file).collect()
    }

    /// The table `slice_changes`.
    pub(crate) fn dataset(&self) -> Dataset {
        Dataset {
            partition_fields: vec![
                bucket_field(),
                Arc::new(Field::new("recompute", DataType::Boolean, false)),
            ],
            ..Dataset::of_table(&ACTIVITY_LOG, self.slices.clone())
        }
    }
}

/// The columns of the intermediate output [`SEGMENTED`].
pub(crate) fn segmented_schema() -> SchemaRef {
    let own = [
        Field::new("user_id", DataType::Utf8, false),
        Field::new("resumes", DataType::Boolean, false),
    ];
    let own = own.into_iter().map(Arc::new);
    Arc::new(Schema::new(
        own.chain(segmented_fields().iter().cloned()).collect::<Vec<_>>(),
    ))
}

/// The columns of the intermediate output [`CHANGED_USERS`].
pub(crate) fn changed_users_schema() -> SchemaRef {
    const OF_SEGMENTED: [&str; 5] = [
        "aliases",
        "settled_at",
        "settled_item",
        "settled_journeys",
        "retired_journeys",
    ];
    let own = [
        Field::new("user_id", DataType::Utf8, false),
        Field::new("resumes", DataType::Boolean, false),
    ];
    let segmented = segmented_fields();
    let others = segmented
        .iter()
        .filter(|field| OF_SEGMENTED.contains(&field.name().as_str()));
    let own = own.into_iter().map(Arc::new);
    Arc::new(Schema::new(own.chain(others.cloned()).collect::<Vec<_>>()))
}

/// Segments every bucket group with something to do.
pub(crate) async fn run(
    run: &Run<'_>,
    changes: &Changes,
    embedded: &Embedded,
) -> Result<Vec<Manifest>, PipelineError> {
    let touched = changes.buckets();
    let groups = run.settings.tables.bucket_groups();
    run.observer.observe(&Event::StageStarted {
        stage: STAGE,
        unit: "bucket groups",
        total: Some(groups.into()),
    });
    let done = AtomicU64::new(0);
    let work = (0..groups).map(|group| {
        let (touched, done) = (&touched, &done);
        async move {
            let mut buckets = run.buckets_of_group(group);
            buckets.retain(|bucket| touched.contains(bucket));
            let manifest = if buckets.is_empty() {
                None
            } else {
                let attempt = |attempt| segment_group(run, changes, embedded, group, buckets, attempt);
                Some(run.group(STAGE, group, attempt).await?)
            };
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            run.observer.observe(&Event::StageProgress { stage: STAGE, done });
            Ok(manifest)
        }
    });
    let manifests = in_groups(run.engine.group_policy(), work).await?;
    Ok(manifests.into_iter().flatten().collect())
}

async fn segment_group(
    run: &Run<'_>,
    changes: &Changes,
    embedded: &Embedded,
    group: u32,
    buckets: Vec<u32>,
    attempt: String,
) -> Result<Produced, PipelineError> {
    let session = run.bucket_session(buckets.len())?;
    let place = run.place(STAGE, group);
    let settings = SegmentSettings {
        params: run.settings.segment,
        pack: embedded.pack.clone(),
    };
    let settings = settings.to_json().map_err(|error| PipelineError::Bug {
        message: error.to_string(),
    })?;
    let parameters = Parameters::from([
        (
            "bucket_count",
            Parameter::Integer(i64::from(run.settings.tables.bucket_count)),
        ),
        ("settings", Parameter::Text(settings)),
        ("settings_hash", Parameter::Text(run.settings_hash.clone())),
        ("run_id", Parameter::Text(run.run_id.clone())),
    ]);
    let log = Dataset::of_table(&ACTIVITY_LOG, changes.log.clone());
    session.register_table("activity_log", log.bucketed(&buckets)?)?;
    session.register_table("slice_changes", changes.dataset().bucketed(&buckets)?)?;
    for spec in [&SEGMENT_STATE, &JOURNEY_ACTIVITIES, &JOURNEY_ALIASES] {
        let files = run.base_of(spec).to_vec();
        session.register_table(spec.name, Dataset::of_table(spec, files).bucketed(&buckets)?)?;
    }
    let mut produced = Produced::default();
    for (name, statement, schema) in [
        (SEGMENTED, catalogue::SEGMENTED, segmented_schema()),
        (CHANGED_USERS, catalogue::CHANGED_USERS, changed_users_schema()),
    ] {
        let directory = run.work_directory(name);
        let output = Output {
            directory: &directory,
            attempt: &attempt,
            file_schema: Some(Arc::clone(&schema)),
            partition_columns: &["bucket"],
            sort_columns: &["user_id"],
            arrangement: Arrangement::InOrder,
        };
        let (files, _) =
            statement::write(run.engine, &session, statement, &parameters, &place, &output).await?;
        session.register_table(
            name,
            Dataset::of_users(&directory, schema, files.clone()).bucketed(&buckets)?,
        )?;
        produced.count(if name == SEGMENTED { "users" } else { name }, rows_of(&files));
        produced.add(name, files);
    }
    let outputs: [(&TableSpec, Statement, Statement); 3] = [
        (&SEGMENT_STATE, catalogue::STATE_FRESH, catalogue::STATE_CARRIED),
        (
            &JOURNEY_ACTIVITIES,
            catalogue::ACTIVITIES_FRESH,
            catalogue::ACTIVITIES_CARRIED,
        ),
        (
            &JOURNEY_ALIASES,
            catalogue::ALIASES_FRESH,
            catalogue::ALIASES_CARRIED,
        ),
    ];
    for (spec, fresh, carried) in outputs {
        // Two files per bucket, both sorted by user: merging them on reading is cheaper than sorting here.
        for (statement, part) in [(fresh, "fresh"), (carried, "carried")] {
            let attempt = format!("{attempt}-{part}");
            let output = Output {
                directory: spec.directory,
                attempt: &attempt,
                file_schema: Some(spec.file_schema()),
                partition_columns: spec.partition_columns,
                sort_columns: sort_columns(spec),
                arrangement: Arrangement::InOrder,
            };
            let written =
                statement::write(run.engine, &session, statement, &parameters, &place, &output).await?;
            produced.add(spec.name, written.0);
        }
    }
    produced.count(
        "assigned_activities",
        rows_of(&produced.files[JOURNEY_ACTIVITIES.name]),
    );
    Ok(produced)
}
