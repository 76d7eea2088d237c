//! `segment`: per bucket, the users whose activities changed. No shuffle, no sort: the log is sorted by user.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::prelude::SessionContext;
use wayfare_functions::segment_settings::SegmentSettings;
use wayfare_functions::segmented::segmented_fields;
use wayfare_functions::write_files::Arrangement;
use wayfare_tables::{
    ACTIVITY_LOG, DataFile, JOURNEY_ACTIVITIES, JOURNEY_ALIASES, Manifest, SEGMENT_STATE, TableSpec,
};

use super::carrying::{carry, superseded_of};
use super::embed::Embedded;
use super::load::Loaded;
use super::{Produced, buckets_of, in_groups, rows_of};
use crate::catalogue::{self, Parameter, Parameters, Statement};
use crate::dataset::{Dataset, bucket_field, bucket_of_file, sort_columns};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::statement::{self, Output, Place};

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

/// Where the statements of a bucket group run, and with what.
struct GroupWork<'w> {
    run: &'w Run<'w>,
    changes: &'w Changes,
    parameters: Parameters,
    place: Place,
    attempt: String,
}

async fn segment_group(
    run: &Run<'_>,
    changes: &Changes,
    embedded: &Embedded,
    group: u32,
    buckets: Vec<u32>,
    attempt: String,
) -> Result<Produced, PipelineError> {
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
    let work = GroupWork {
        run,
        changes,
        parameters,
        place: run.place(STAGE, group),
        attempt,
    };
    let mut produced = Produced::default();
    work.segment_users(&buckets, &mut produced).await?;
    for table in &TABLES {
        work.write_table(table, &buckets, &mut produced).await?;
    }
    let assigned = &produced.files[JOURNEY_ACTIVITIES.name];
    produced.count(
        "assigned_activities",
        assigned.iter().map(DataFile::live_rows).sum(),
    );
    Ok(produced)
}

/// The statements that bring a table of users up to date.
struct TableStatements {
    spec: &'static TableSpec,
    fresh: Statement,
    superseded: Statement,
    moved: Option<Statement>,
    carried: Statement,
}

const TABLES: [TableStatements; 3] = [
    TableStatements {
        spec: &SEGMENT_STATE,
        fresh: catalogue::STATE_FRESH,
        superseded: catalogue::STATE_SUPERSEDED,
        moved: None,
        carried: catalogue::STATE_CARRIED,
    },
    TableStatements {
        spec: &JOURNEY_ACTIVITIES,
        fresh: catalogue::ACTIVITIES_FRESH,
        superseded: catalogue::ACTIVITIES_SUPERSEDED,
        moved: Some(catalogue::ACTIVITIES_MOVED),
        carried: catalogue::ACTIVITIES_CARRIED,
    },
    TableStatements {
        spec: &JOURNEY_ALIASES,
        fresh: catalogue::ALIASES_FRESH,
        superseded: catalogue::ALIASES_SUPERSEDED,
        moved: None,
        carried: catalogue::ALIASES_CARRIED,
    },
];

impl GroupWork<'_> {
    /// A session with the tables of earlier runs and the changes, over some buckets of the group.
    fn session(&self, buckets: &[u32]) -> Result<SessionContext, PipelineError> {
        let session = self.run.bucket_session(buckets.len())?;
        session.register_table("slice_changes", self.changes.dataset().bucketed(buckets)?)?;
        for spec in [&SEGMENT_STATE, &JOURNEY_ACTIVITIES, &JOURNEY_ALIASES] {
            let files = self.run.base_of(spec).to_vec();
            session.register_table(spec.name, Dataset::of_table(spec, files).with_places(buckets)?)?;
        }
        Ok(session)
    }

    /// The same with what [`GroupWork::segment_users`] made.
    fn session_with(&self, buckets: &[u32], produced: &Produced) -> Result<SessionContext, PipelineError> {
        let session = self.session(buckets)?;
        for (name, schema) in [
            (SEGMENTED, segmented_schema()),
            (CHANGED_USERS, changed_users_schema()),
        ] {
            let files = produced.files.get(name).cloned().unwrap_or_default();
            let dataset = Dataset::of_users(&self.run.work_directory(name), schema, files);
            session.register_table(name, dataset.bucketed(buckets)?)?;
        }
        Ok(session)
    }

    async fn segment_users(&self, buckets: &[u32], produced: &mut Produced) -> Result<(), PipelineError> {
        let session = self.session(buckets)?;
        let log = Dataset::of_table(&ACTIVITY_LOG, self.needed_log(&session).await?);
        session.register_table("activity_log", log.bucketed(buckets)?)?;
        for (name, statement, schema) in [
            (SEGMENTED, catalogue::SEGMENTED, segmented_schema()),
            (CHANGED_USERS, catalogue::CHANGED_USERS, changed_users_schema()),
        ] {
            let directory = self.run.work_directory(name);
            let output = Output {
                directory: &directory,
                attempt: &self.attempt,
                file_schema: Some(Arc::clone(&schema)),
                partition_columns: &["bucket"],
                sort_columns: &["user_id"],
                arrangement: Arrangement::InOrder,
            };
            let files = self.write(&session, statement, &output).await?;
            let dataset = Dataset::of_users(&directory, schema, files.clone());
            session.register_table(name, dataset.bucketed(buckets)?)?;
            produced.count(if name == SEGMENTED { "users" } else { name }, rows_of(&files));
            produced.add(name, files);
        }
        Ok(())
    }

    /// The files of the log that have to be read: of most buckets those that are new, as users go on from their states.
    async fn needed_log(&self, session: &SessionContext) -> Result<Vec<DataFile>, PipelineError> {
        if self.run.base_of(&SEGMENT_STATE).is_empty() {
            return Ok(self.changes.log.clone());
        }
        let engine = self.run.engine;
        let late = statement::rows(
            engine,
            session,
            catalogue::LATE_BUCKETS,
            &self.parameters,
            &self.place,
        )
        .await?;
        let whole: BTreeSet<u32> = buckets_of(&late);
        let new: BTreeSet<&str> = self
            .changes
            .slices
            .iter()
            .map(|file| file.path.as_str())
            .collect();
        let needed = self.changes.log.iter().filter(|file| {
            new.contains(file.path.as_str())
                || bucket_of_file(file).is_none_or(|bucket| whole.contains(&bucket))
        });
        Ok(needed.cloned().collect())
    }

    /// Writes what is new of a table, and what still holds where that does not stay in its files.
    async fn write_table(
        &self,
        table: &TableStatements,
        buckets: &[u32],
        produced: &mut Produced,
    ) -> Result<(), PipelineError> {
        let spec = table.spec;
        let session = self.session_with(buckets, produced)?;
        let files = self.write_part(&session, spec, table.fresh, "fresh").await?;
        produced.add(spec.name, files);
        let base = self.run.base_of(spec);
        if base.is_empty() {
            return Ok(());
        }
        let engine = self.run.engine;
        let rows = statement::rows(engine, &session, table.superseded, &self.parameters, &self.place).await?;
        let carrying = carry(base, buckets, &superseded_of(&rows)?, self.run.carrying_rule(&[]));
        produced.add(spec.name, carrying.kept);
        let anew = [
            (table.moved, &carrying.kept_buckets, "moved"),
            (Some(table.carried), &carrying.rewritten, "carried"),
        ];
        for (statement, buckets, part) in anew {
            if let Some(statement) = statement
                && !buckets.is_empty()
            {
                let session = self.session_with(buckets, produced)?;
                let files = self.write_part(&session, spec, statement, part).await?;
                produced.add(spec.name, files);
            }
        }
        Ok(())
    }

    async fn write_part(
        &self,
        session: &SessionContext,
        spec: &TableSpec,
        statement: Statement,
        part: &str,
    ) -> Result<Vec<DataFile>, PipelineError> {
        let attempt = format!("{}-{part}", self.attempt);
        // Several files per bucket, all sorted by user: merging them on reading is cheaper than sorting here.
        let output = Output {
            directory: spec.directory,
            attempt: &attempt,
            file_schema: Some(spec.file_schema()),
            partition_columns: spec.partition_columns,
            sort_columns: sort_columns(spec),
            arrangement: Arrangement::InOrder,
        };
        self.write(session, statement, &output).await
    }

    async fn write(
        &self,
        session: &SessionContext,
        statement: Statement,
        output: &Output<'_>,
    ) -> Result<Vec<DataFile>, PipelineError> {
        let engine = self.run.engine;
        let written =
            statement::write(engine, session, statement, &self.parameters, &self.place, output).await?;
        Ok(written.0)
    }
}
