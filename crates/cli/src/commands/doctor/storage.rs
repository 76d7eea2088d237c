//! Whether tables can be written where the job wants them, and only once where only once is meant.

use std::path::{Path as LocalPath, PathBuf};

use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, PutMode, PutOptions};
use wayfare_tables::{TableRoot, all_tables, is_passing, latest_snapshot, load_table};

use crate::clock;
use crate::failure::Failure;

/// Writes a small object twice: the second write must be refused, on that rests every promise about runs.
pub(super) async fn check(tables_url: &str) -> Result<String, Failure> {
    let root = TableRoot::parse(tables_url).map_err(Failure::tables("cannot open the tables".to_owned()))?;
    let created = missing_folders(&root);
    let path = Path::from(format!(
        "_wayfare/doctor/{}-{}",
        std::process::id(),
        clock::now().timestamp_micros()
    ));
    let create = || async {
        root.store()
            .put_opts(
                &path,
                Vec::from("checked").into(),
                PutOptions::from(PutMode::Create),
            )
            .await
    };
    create()
        .await
        .map_err(|error| unusable(tables_url, "cannot write there", error))?;
    let second = create().await;
    root.store()
        .delete(&path)
        .await
        .map_err(|error| unusable(tables_url, "cannot delete there", error))?;
    remove_empty_folders(&root, &created);
    match second {
        Err(Error::AlreadyExists { .. }) => Ok(format!(
            "{} is writable, create-if-absent holds; {}",
            root.url(),
            published(&root).await?
        )),
        Ok(_) => Err(Failure::failed(format!(
            "`{tables_url}` let a file be created twice: this storage cannot keep two runs apart, use another"
        ))),
        Err(error) => Err(unusable(
            tables_url,
            "an object that exists was not refused as such",
            error,
        )),
    }
}

/// What readers see, which must be readable.
async fn published(root: &TableRoot) -> Result<String, Failure> {
    let newest = latest_snapshot(root).await.map_err(Failure::tables(
        "cannot read the newest snapshot record".to_owned(),
    ))?;
    let Some(record) = newest else {
        return Ok("nothing is published yet".to_owned());
    };
    for spec in all_tables() {
        if let Some(version) = record.tables.get(spec.name) {
            load_table(root, spec, Some(*version))
                .await
                .map_err(Failure::tables(format!(
                    "cannot read version {version} of `{}`, which snapshot {} names",
                    spec.name, record.sequence
                )))?;
        }
    }
    Ok(format!(
        "snapshot {} of run `{}` is readable",
        record.sequence, record.run_id
    ))
}

fn unusable(tables_url: &str, problem: &str, error: Error) -> Failure {
    let failure = if is_passing(&error) {
        Failure::passing(error, "storage may be back later: try again then")
    } else {
        Failure::configuration(error)
    };
    failure.context(format!("`{tables_url}`: {problem}"))
}

/// The folders that writing will make, innermost first.
fn missing_folders(root: &TableRoot) -> Vec<PathBuf> {
    let ancestors = root.local_path().into_iter().flat_map(LocalPath::ancestors);
    ancestors
        .take_while(|folder| !folder.exists())
        .map(LocalPath::to_owned)
        .collect()
}

/// The check leaves nothing behind: folders that hold something are not removed by this.
fn remove_empty_folders(root: &TableRoot, created: &[PathBuf]) {
    let Some(tables) = root.local_path() else {
        return;
    };
    let bookkeeping = tables.join("_wayfare");
    for folder in [&bookkeeping.join("doctor"), &bookkeeping]
        .into_iter()
        .chain(created)
    {
        std::fs::remove_dir(folder).ok();
    }
}
