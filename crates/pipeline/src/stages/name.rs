//! `name`: a name for every distinct naming input, the strongest from the language model, then the rows of
//! `journeys` with their names.
//!
//! Which inputs the model names follows from the journeys that are published, never from which run saw them
//! first; so the order of runs does not show in the result.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::prelude::SessionContext;
use wayfare_functions::list_arguments::texts_type;
use wayfare_functions::write_files::Arrangement;
use wayfare_tables::{DataFile, JOURNEY_NAMES, JOURNEYS, Manifest};

use super::carrying::{carry, superseded_of};
use super::segment::{CHANGED_USERS, Changes, SEGMENTED, changed_users_schema, segmented_schema};
use super::{Produced, buckets_of, in_groups, output_of, rows_of};
use crate::catalogue::{self, Parameter, Parameters, Statement};
use crate::dataset::{Dataset, sort_columns};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::statement::{self, Output, Place};

const STAGE: &str = "name";
/// The part of the stage that writes the rows of a bucket group.
const ROWS: &str = "name-rows";
const NAMING_INPUTS: &str = "naming_inputs";
const CHOSEN_NAMES: &str = "chosen_names";

/// Names and the journeys that bear them.
#[derive(Debug)]
pub(crate) struct Named {
    /// New rows of the cache.
    pub(crate) new_names: Vec<DataFile>,
    pub(crate) manifest: Manifest,
    pub(crate) groups: Vec<Manifest>,
    /// Buckets whose files of `journeys` are replaced.
    pub(crate) buckets: BTreeSet<u32>,
}

pub(crate) fn chosen_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("naming_input", DataType::Utf8, false),
        Field::new("namer", DataType::Utf8, true),
        Field::new("name", DataType::Utf8, true),
        Field::new("name_source", DataType::Utf8, true),
        Field::new("name_score", DataType::Float32, true),
        Field::new("name_flags", texts_type(), true),
    ]))
}

/// Names journeys and writes their rows.
pub(crate) async fn run(
    run: &Run<'_>,
    changes: &Changes,
    segmented: &[Manifest],
) -> Result<Named, PipelineError> {
    let manifest = run
        .group(STAGE, 0, |attempt| name_inputs(run, segmented, attempt))
        .await?;
    let renamed: BTreeSet<u32> = manifest
        .digest
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .ok_or_else(|| PipelineError::Bug {
            message: "the manifest of `name` lists no buckets".to_owned(),
        })?;
    let mut buckets = changes.buckets();
    buckets.extend(&renamed);
    let chosen = manifest.files.get(CHOSEN_NAMES).cloned().unwrap_or_default();
    let affected = (0..run.settings.tables.bucket_groups()).filter_map(|group| {
        let mut affected = run.buckets_of_group(group);
        affected.retain(|bucket| buckets.contains(bucket));
        (!affected.is_empty()).then_some((group, affected))
    });
    let work = affected.map(|(group, affected)| {
        let work = RowsWork {
            run,
            segmented,
            chosen: &chosen,
            place: run.place(STAGE, group),
        };
        let renamed: Vec<u32> = renamed
            .intersection(&affected.iter().copied().collect())
            .copied()
            .collect();
        run.group(ROWS, group, move |attempt| async move {
            work.write_group(&affected, &renamed, attempt).await
        })
    });
    let groups = in_groups(run.engine.group_policy(), work).await?;
    let new_names = manifest
        .files
        .get(JOURNEY_NAMES.name)
        .cloned()
        .unwrap_or_default();
    Ok(Named {
        new_names,
        manifest,
        groups,
        buckets,
    })
}

fn parameters(run: &Run<'_>) -> Parameters {
    let model_namer = run
        .model_namer
        .as_ref()
        .map_or_else(String::new, |namer| namer.id());
    let reference = run
        .namer_reference
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    Parameters::from([
        ("encoder", Parameter::Text(run.encoder.id().to_owned())),
        ("extractive_namer", Parameter::Text(run.extractive_namer.id())),
        ("model_namer", Parameter::Text(model_namer)),
        ("namer_reference", Parameter::Text(reference)),
        (
            "extractive_reference",
            Parameter::Text(run.extractive_reference.to_string()),
        ),
        (
            "max_model_names",
            Parameter::Integer(i64::try_from(run.settings.name.max_model_names).unwrap_or(i64::MAX)),
        ),
        ("run_id", Parameter::Text(run.run_id.clone())),
    ])
}

/// The intermediate outputs of `segment`, over all groups.
fn segment_outputs(run: &Run<'_>, segmented: &[Manifest]) -> [(&'static str, Dataset); 2] {
    [
        (SEGMENTED, segmented_schema()),
        (CHANGED_USERS, changed_users_schema()),
    ]
    .map(|(name, schema)| {
        (
            name,
            Dataset::of_users(&run.work_directory(name), schema, output_of(segmented, name)),
        )
    })
}

fn replace_table(session: &SessionContext, name: &str, dataset: &Dataset) -> Result<(), PipelineError> {
    session.deregister_table(name)?;
    session.register_table(name, dataset.provider()?)?;
    Ok(())
}

async fn name_inputs(
    run: &Run<'_>,
    segmented: &[Manifest],
    attempt: String,
) -> Result<Produced, PipelineError> {
    let session = run.session()?;
    let place = run.place(STAGE, 0);
    let parameters = parameters(run);
    for (name, dataset) in segment_outputs(run, segmented) {
        session.register_table(name, dataset.provider()?)?;
    }
    for spec in [&JOURNEYS, &JOURNEY_NAMES] {
        let dataset = Dataset::of_table(spec, run.base_of(spec).to_vec());
        session.register_table(spec.name, dataset.provider()?)?;
    }
    let mut produced = Produced::default();
    let inputs_directory = run.work_directory(NAMING_INPUTS);
    let output = work_output(&inputs_directory, &attempt);
    let (inputs, schema) = statement::write(
        run.engine,
        &session,
        catalogue::NAMING_INPUTS,
        &parameters,
        &place,
        &output,
    )
    .await?;
    produced.count("naming_inputs", rows_of(&inputs));
    session.register_table(
        NAMING_INPUTS,
        Dataset::plain(&inputs_directory, schema, inputs).provider()?,
    )?;

    write_new_names(run, &session, &parameters, &place, &attempt, &mut produced).await?;
    let new_names = produced
        .files
        .get(JOURNEY_NAMES.name)
        .cloned()
        .unwrap_or_default();
    let all_names = run
        .base_of(&JOURNEY_NAMES)
        .iter()
        .cloned()
        .chain(new_names)
        .collect();
    replace_table(
        &session,
        JOURNEY_NAMES.name,
        &Dataset::of_table(&JOURNEY_NAMES, all_names),
    )?;

    let chosen_directory = run.work_directory(CHOSEN_NAMES);
    let output = Output {
        file_schema: Some(chosen_schema()),
        ..work_output(&chosen_directory, &attempt)
    };
    let (chosen, schema) = statement::write(
        run.engine,
        &session,
        catalogue::CHOSEN_NAMES,
        &parameters,
        &place,
        &output,
    )
    .await?;
    let dataset = Dataset::plain(&chosen_directory, schema, chosen.clone());
    session.register_table(CHOSEN_NAMES, dataset.provider()?)?;
    produced.add(CHOSEN_NAMES, chosen);

    let renamed = statement::rows(
        run.engine,
        &session,
        catalogue::RENAMED_BUCKETS,
        &parameters,
        &place,
    )
    .await?;
    let json = serde_json::to_string(&buckets_of(&renamed));
    produced.digest = Some(json.map_err(|error| PipelineError::Bug {
        message: error.to_string(),
    })?);
    Ok(produced)
}

async fn write_new_names(
    run: &Run<'_>,
    session: &SessionContext,
    parameters: &Parameters,
    place: &Place,
    attempt: &str,
    produced: &mut Produced,
) -> Result<(), PipelineError> {
    let artefacts = Arc::clone(run.engine.artefacts());
    let limit = run
        .settings
        .name
        .max_model_names
        .min(produced.counts["naming_inputs"]);
    let total = run.model_namer.as_ref().map(|_| limit);
    run.observer.observe(&Event::StageStarted {
        stage: STAGE,
        unit: "model names",
        total,
    });
    let mut statements = vec![(
        catalogue::NEW_EXTRACTIVE_NAMES,
        "extractive",
        "new_extractive_names",
    )];
    if run.model_namer.is_some() {
        statements.push((catalogue::NEW_MODEL_NAMES, "model", "new_model_names"));
    }
    for (statement, part, counted) in statements {
        let attempt = format!("{attempt}-{part}");
        let output = Output {
            directory: JOURNEY_NAMES.directory,
            file_schema: Some(JOURNEY_NAMES.file_schema()),
            ..work_output("", &attempt)
        };
        let write = statement::write(run.engine, session, statement, parameters, place, &output);
        let files = if part == "model" {
            let before = artefacts.tokens();
            let written = run.watched(STAGE, || artefacts.journeys_named(), write).await?;
            let after = artefacts.tokens();
            // What is counted elsewhere is not known here, and zero would be a lie.
            if run.engine.models_run_here() {
                produced.count("tokens_read", after.read - before.read);
                produced.count("tokens_written", after.written - before.written);
            }
            written.0
        } else {
            write.await?.0
        };
        produced.count(counted, rows_of(&files));
        produced.add(JOURNEY_NAMES.name, files);
    }
    let calls = produced.counts.get("new_model_names").copied().unwrap_or(0);
    produced.count("model_calls", calls);
    Ok(())
}

fn work_output<'o>(directory: &'o str, attempt: &'o str) -> Output<'o> {
    Output {
        directory,
        attempt,
        file_schema: None,
        partition_columns: &[],
        sort_columns: &[],
        arrangement: Arrangement::InOrder,
    }
}

/// Where the rows of journeys of a bucket group are written.
struct RowsWork<'w> {
    run: &'w Run<'w>,
    segmented: &'w [Manifest],
    chosen: &'w [DataFile],
    place: Place,
}

impl RowsWork<'_> {
    fn session(&self, buckets: &[u32]) -> Result<SessionContext, PipelineError> {
        let session = self.run.bucket_session(buckets.len())?;
        for (name, dataset) in segment_outputs(self.run, self.segmented) {
            session.register_table(name, dataset.bucketed(buckets)?)?;
        }
        let journeys = Dataset::of_table(&JOURNEYS, self.run.base_of(&JOURNEYS).to_vec());
        session.register_table(JOURNEYS.name, journeys.with_places(buckets)?)?;
        let directory = self.run.work_directory(CHOSEN_NAMES);
        let chosen = Dataset::plain(&directory, chosen_schema(), self.chosen.to_vec());
        session.register_table(CHOSEN_NAMES, chosen.provider()?)?;
        Ok(session)
    }

    /// Journeys of `renamed` buckets are all written anew, those of others where they changed.
    async fn write_group(
        &self,
        buckets: &[u32],
        renamed: &[u32],
        attempt: String,
    ) -> Result<Produced, PipelineError> {
        let mut produced = Produced::default();
        let session = self.session(buckets)?;
        self.write_part(
            &session,
            catalogue::JOURNEYS_FRESH,
            format!("{attempt}-fresh"),
            &mut produced,
        )
        .await?;
        let base = self.run.base_of(&JOURNEYS);
        if !base.is_empty() {
            let rows = statement::rows(
                self.run.engine,
                &session,
                catalogue::JOURNEYS_SUPERSEDED,
                &parameters(self.run),
                &self.place,
            )
            .await?;
            let carrying = carry(
                base,
                buckets,
                &superseded_of(&rows)?,
                self.run.carrying_rule(renamed),
            );
            produced.add(JOURNEYS.name, carrying.kept);
            if !carrying.rewritten.is_empty() {
                let session = self.session(&carrying.rewritten)?;
                let attempt = format!("{attempt}-carried");
                self.write_part(&session, catalogue::JOURNEYS_CARRIED, attempt, &mut produced)
                    .await?;
            }
        }
        let journeys = &produced.files[JOURNEYS.name];
        produced.count("journeys", journeys.iter().map(DataFile::live_rows).sum());
        Ok(produced)
    }

    async fn write_part(
        &self,
        session: &SessionContext,
        statement: Statement,
        attempt: String,
        produced: &mut Produced,
    ) -> Result<(), PipelineError> {
        let output = Output {
            directory: JOURNEYS.directory,
            attempt: &attempt,
            file_schema: Some(JOURNEYS.file_schema()),
            partition_columns: JOURNEYS.partition_columns,
            sort_columns: sort_columns(&JOURNEYS),
            // The names are joined in from a table without buckets, which may move rows between tasks.
            arrangement: Arrangement::Gathered,
        };
        let parameters = parameters(self.run);
        let written = statement::write(
            self.run.engine,
            session,
            statement,
            &parameters,
            &self.place,
            &output,
        )
        .await?;
        produced.add(JOURNEYS.name, written.0);
        Ok(())
    }
}
