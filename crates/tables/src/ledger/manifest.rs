//! Manifests: the one proof that a stage of a bucket group is done, and by which files.
//!
//! Two attempts may finish the same group. Both write files under their own names; the manifest is created once, so one
//! attempt wins and the files of the other are never referred to.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::run_path;
use crate::crash_point::crash_point;
use crate::data_file::DataFile;
use crate::error::TablesError;
use crate::json_object::{self, Created};
use crate::location::TableRoot;

const KIND: &str = "manifest";
/// Manifests read at once.
const CONCURRENT_READS: usize = 16;

/// What one attempt at one stage of one bucket group produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub run_id: String,
    pub stage: String,
    pub group: u32,
    /// Unique per attempt; part of the names of its files.
    pub attempt: String,
    /// Output name (a table, or an intermediate result) to its files.
    pub files: BTreeMap<String, Vec<DataFile>>,
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// Digest of the rows, where the stage computes one.
    #[serde(default)]
    pub digest: Option<String>,
    pub started_at_ms: i64,
    pub finished_at_ms: i64,
}

/// Declares the group done unless it is; returns the manifest that counts, by whichever attempt came first.
pub async fn write_manifest(root: &TableRoot, manifest: &Manifest) -> Result<Manifest, TablesError> {
    let path = manifest_path(&manifest.run_id, &manifest.stage, manifest.group)?;
    crash_point(&format!("manifest:{}:before", manifest.stage));
    let created = json_object::create(root, &path, KIND, manifest).await?;
    crash_point(&format!("manifest:{}:after", manifest.stage));
    Ok(match created {
        Created::First => manifest.clone(),
        Created::Exists(winner) => winner,
    })
}

/// The manifest of a group; `None` while it is not done.
pub async fn read_manifest(
    root: &TableRoot,
    run_id: &str,
    stage: &str,
    group: u32,
) -> Result<Option<Manifest>, TablesError> {
    let path = manifest_path(run_id, stage, group)?;
    let manifest: Option<Manifest> = json_object::read(root, &path, KIND).await?;
    if let Some(manifest) = &manifest {
        let found = (manifest.run_id.as_str(), manifest.stage.as_str(), manifest.group);
        json_object::belongs(&path, KIND, found == (run_id, stage, group))?;
    }
    Ok(manifest)
}

/// How many groups of a stage are done, without reading what they made.
pub async fn count_manifests(root: &TableRoot, run_id: &str, stage: &str) -> Result<usize, TablesError> {
    Ok(finished_groups(root, run_id, stage).await?.len())
}

/// The manifests of a stage, by group.
pub async fn list_manifests(
    root: &TableRoot,
    run_id: &str,
    stage: &str,
) -> Result<Vec<Manifest>, TablesError> {
    let groups = finished_groups(root, run_id, stage).await?;
    let mut manifests: Vec<Manifest> = futures::stream::iter(groups)
        .map(|group| read_manifest(root, run_id, stage, group))
        .buffer_unordered(CONCURRENT_READS)
        .try_filter_map(|manifest| async { Ok(manifest) })
        .try_collect()
        .await?;
    manifests.sort_by_key(|manifest| manifest.group);
    Ok(manifests)
}

async fn finished_groups(root: &TableRoot, run_id: &str, stage: &str) -> Result<Vec<u32>, TablesError> {
    let directory = run_path(run_id, json_object::segment("stage", stage)?)?;
    let objects: Vec<_> = root
        .store()
        .list(Some(&directory))
        .try_collect()
        .await
        .map_err(|error| json_object::storage("list", &directory, error))?;
    Ok(objects
        .iter()
        .filter_map(|object| group_of(object.location.filename()?))
        .collect())
}

fn manifest_path(run_id: &str, stage: &str, group: u32) -> Result<Path, TablesError> {
    let stage = json_object::segment("stage", stage)?;
    run_path(run_id, &format!("{stage}/group-{group:05}.json"))
}

fn group_of(file_name: &str) -> Option<u32> {
    file_name
        .strip_prefix("group-")?
        .strip_suffix(".json")?
        .parse()
        .ok()
}
