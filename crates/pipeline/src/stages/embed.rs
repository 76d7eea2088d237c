//! `embed`: vectors and concepts for items whose text has none yet, and the item pack that segmentation reads.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use wayfare_functions::item_pack::{PackReference, encode_pack};
use wayfare_functions::list_arguments::{concepts_type, vector_type};
use wayfare_functions::write_files::Arrangement;
use wayfare_tables::{ACTIVITY_LOG, DataFile, ITEM_VECTORS, Manifest, TablesError};

use super::load::{Loaded, register_checked};
use super::{Produced, rows_of};
use crate::catalogue::{self, Parameter, Parameters};
use crate::dataset::Dataset;
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::settings::LogicalDate;
use crate::sources;
use crate::statement::{self, Output};

const STAGE: &str = "embed";
const PACKS: &str = "_wayfare/packs";

/// What the stage leaves for the others, kept in its manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Summary {
    pack: PackReference,
    /// Items got other texts, so journeys made with the old ones no longer follow from log and items.
    items_changed: bool,
}

/// The items as segmentation will see them.
#[derive(Debug)]
pub(crate) struct Embedded {
    pub(crate) new_vectors: Vec<DataFile>,
    pub(crate) pack: PackReference,
    pub(crate) items_changed: bool,
    pub(crate) manifest: Manifest,
}

/// Embeds what is new.
pub(crate) async fn run(run: &Run<'_>, loaded: &Loaded) -> Result<Embedded, PipelineError> {
    let manifest = match run.group(STAGE, 0, |attempt| embed(run, loaded, attempt)).await {
        Ok(manifest) => manifest,
        Err(error) => return Err(sources::fault::explain(run, last_date(run)?, error).await),
    };
    let summary: Summary = manifest
        .digest
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .ok_or_else(|| PipelineError::Bug {
            message: "the manifest of `embed` has no summary".to_owned(),
        })?;
    let new_vectors = manifest.files.get(ITEM_VECTORS.name).cloned().unwrap_or_default();
    Ok(Embedded {
        new_vectors,
        pack: summary.pack,
        items_changed: summary.items_changed,
        manifest,
    })
}

/// Items have no date; the last one stands for the present.
fn last_date(run: &Run<'_>) -> Result<LogicalDate, PipelineError> {
    run.dates.last().copied().ok_or_else(|| PipelineError::Bug {
        message: "no date".to_owned(),
    })
}

async fn embed(run: &Run<'_>, loaded: &Loaded, attempt: String) -> Result<Produced, PipelineError> {
    let session = run.session()?;
    let place = run.place(STAGE, 0);
    register_checked(run, &session, last_date(run)?).await?;
    // Other settings have all users computed anew, and another encoder is one: then every item of the log is needed.
    let activities = if run.settings_changed() {
        loaded.log(run)
    } else {
        let slices = loaded.slices.iter();
        slices.flat_map(|slice| slice.activities.clone()).collect()
    };
    session.register_table(
        "slice_activities",
        Dataset::of_table(&ACTIVITY_LOG, activities).provider()?,
    )?;
    let known = run.base_of(&ITEM_VECTORS).to_vec();
    session.register_table(
        "item_vectors",
        Dataset::of_table(&ITEM_VECTORS, known.clone()).provider()?,
    )?;
    let parameters = Parameters::from([
        ("encoder", Parameter::Text(run.encoder.id().to_owned())),
        (
            "encoder_reference",
            Parameter::Text(run.encoder_reference.to_string()),
        ),
        ("run_id", Parameter::Text(run.run_id.clone())),
    ]);

    let directory = run.work_directory("fresh_items");
    let output = Output {
        directory: &directory,
        attempt: &attempt,
        file_schema: None,
        partition_columns: &[],
        sort_columns: &[],
        arrangement: Arrangement::InOrder,
    };
    let (fresh, schema) = statement::write(
        run.engine,
        &session,
        catalogue::FRESH_ITEMS,
        &parameters,
        &place,
        &output,
    )
    .await?;
    let fresh_count = rows_of(&fresh);
    session.register_table(
        "fresh_items",
        Dataset::plain(&directory, schema, fresh).provider()?,
    )?;
    let texts = count(
        run,
        &session,
        "SELECT count(DISTINCT embed_text) FROM fresh_items",
    )
    .await?;
    let changed = statement::rows(
        run.engine,
        &session,
        catalogue::CHANGED_ITEMS,
        &parameters,
        &place,
    )
    .await?;
    let items_changed = changed.iter().any(|batch| batch.num_rows() > 0);

    run.observer.observe(&Event::StageStarted {
        stage: STAGE,
        unit: "texts",
        total: Some(texts),
    });
    let mut produced = Produced::default();
    produced.count("items", fresh_count);
    produced.count("texts", texts);
    if fresh_count > 0 {
        let output = Output {
            directory: ITEM_VECTORS.directory,
            file_schema: Some(ITEM_VECTORS.file_schema()),
            ..output.clone()
        };
        let artefacts = Arc::clone(run.engine.artefacts());
        let write = statement::write(
            run.engine,
            &session,
            catalogue::ITEM_VECTORS,
            &parameters,
            &place,
            &output,
        );
        let (files, _) = run.watched(STAGE, || artefacts.texts_encoded(), write).await?;
        produced.add(ITEM_VECTORS.name, files);
    }
    let published = run.base.as_ref().filter(|base| base.encoder == run.encoder.id());
    let published = published
        .and_then(|base| base.item_pack.as_ref())
        .map(|pack| PackReference {
            uri: pack.uri.clone(),
            hash: pack.hash.clone(),
        });
    // A pack that was lost or damaged is made again from the vectors, and then is the same.
    let usable = published.filter(|pack| fresh_count == 0 && run.engine.artefacts().pack(pack).is_ok());
    let pack = match usable {
        Some(pack) => pack,
        None => {
            let all = known
                .into_iter()
                .chain(produced.files.get(ITEM_VECTORS.name).cloned().unwrap_or_default());
            session.deregister_table("item_vectors")?;
            let dataset = Dataset::of_table(&ITEM_VECTORS, all.collect());
            session.register_table("item_vectors", dataset.provider()?)?;
            let rows =
                statement::rows(run.engine, &session, catalogue::ITEM_PACK, &parameters, &place).await?;
            write_pack(run, rows).await?
        }
    };
    let summary = serde_json::to_string(&Summary { pack, items_changed });
    produced.digest = Some(summary.map_err(|error| PipelineError::Bug {
        message: error.to_string(),
    })?);
    Ok(produced)
}

async fn count(
    run: &Run<'_>,
    session: &datafusion::prelude::SessionContext,
    sql: &str,
) -> Result<u64, PipelineError> {
    let plan = session.state().create_logical_plan(sql).await?;
    let batches = run.engine.execute(session, plan).await?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    let count = first.map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0));
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The columns of the statement that makes a pack.
fn pack_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("item_id", DataType::Utf8, false),
        Field::new("title", DataType::Utf8, true),
        Field::new("vector", vector_type(), false),
        Field::new("concepts", concepts_type(), false),
    ]))
}

async fn write_pack(run: &Run<'_>, mut rows: Vec<RecordBatch>) -> Result<PackReference, PipelineError> {
    let bug = |message: String| PipelineError::Bug { message };
    if rows.is_empty() {
        // Where no activity could be used there is no item, and a pack without items.
        rows.push(RecordBatch::new_empty(pack_schema()));
    }
    let encoded = encode_pack(rows, run.encoder.dimension());
    let (bytes, hash) = encoded.map_err(|error| bug(error.to_string()))?;
    let path = Path::from(format!("{PACKS}/{hash}.arrow"));
    let put = run.root.store().put(&path, bytes.into()).await;
    put.map_err(|source| {
        let written = TablesError::Storage {
            action: "write",
            path: path.to_string(),
            source,
        };
        PipelineError::tables(&run.settings.job.name, "writing the item pack")(written)
    })?;
    let uri = match run.root.local_path() {
        Some(local) => format!("file://{}/{path}", local.display()),
        None => format!("{}{path}", run.root.url()),
    };
    Ok(PackReference { uri, hash })
}
