//! Source files in a bucket: what lies below a URL, and the bucket as a store of the session.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use url::Url;
use wayfare_tables::storage::parse_remote;
use wayfare_tables::{storage_of, store_url};

use super::files::ListedFile;
use super::source_error;
use crate::error::PipelineError;

/// The place of a source in a bucket; `None` for one that lies on this machine.
///
/// # Errors
/// [`PipelineError::Source`] for a URL that no source can have.
pub(super) fn place_of(name: &str, path: &str) -> Result<Option<Url>, PipelineError> {
    match path.split_once("://") {
        None | Some(("file", _)) => Ok(None),
        Some(_) => parse_remote(path)
            .map(Some)
            .map_err(|error| source_error(name, &error)),
    }
}

/// Everything that lies at the place or below it, as it is stored; an object at the place itself is all there is.
pub(super) async fn list(place: &Url) -> Result<Vec<ListedFile>, DataFusionError> {
    let objects = objects(place).await?;
    let files = objects.into_iter().map(|object| listed(place, object));
    files.collect()
}

/// Whether there is anything below a folder of the place.
pub(super) async fn has_folder(place: &Url, folder: &str) -> Result<bool, DataFusionError> {
    let (store, path) = open(place)?;
    let first = store.list(Some(&path.join(folder))).try_next().await?;
    Ok(first.is_some())
}

/// Every object below a place, by its path from there, with its bytes.
pub(super) async fn sizes_below(place: &Url) -> Result<HashMap<String, u64>, DataFusionError> {
    let (store, path) = open(place)?;
    let sizes = store.list(Some(&path)).map_ok(|object| {
        let below: Option<Path> = object.location.prefix_match(&path).map(Iterator::collect);
        (below.unwrap_or_default().to_string(), object.size)
    });
    Ok(sizes.try_collect().await?)
}

/// Makes the bucket of a place known to the session, and gives the URL under which it is.
pub(super) fn register(session: &SessionContext, place: &Url) -> Result<ObjectStoreUrl, DataFusionError> {
    let url = ObjectStoreUrl::parse(store_url(place))?;
    // The file system is known to every session.
    if place.scheme() != "file" {
        let store = storage_of(place).map_err(|error| DataFusionError::External(Box::new(error)))?;
        session.register_object_store(url.as_ref(), store);
    }
    Ok(url)
}

async fn objects(place: &Url) -> Result<Vec<ObjectMeta>, DataFusionError> {
    let (store, path) = open(place)?;
    if !path.as_ref().is_empty() && !place.path().ends_with('/') {
        match store.head(&path).await {
            // Consoles put an empty object in the place of a folder.
            Ok(object) if object.size > 0 => return Ok(vec![object]),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let all: Vec<ObjectMeta> = store.list(Some(&path)).try_collect().await?;
    Ok(of_source(all, &path))
}

fn open(place: &Url) -> Result<(Arc<dyn ObjectStore>, Path), DataFusionError> {
    let path = Path::from_url_path(place.path()).map_err(object_store::Error::from)?;
    let store = storage_of(place).map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok((store, path))
}

/// In their order, without what other programs keep beside the data, under names that begin with a dot or an underscore, and without
/// the empty objects that stand for folders.
fn of_source(mut all: Vec<ObjectMeta>, place: &Path) -> Vec<ObjectMeta> {
    all.sort_by(|left, right| left.location.cmp(&right.location));
    let is_folder = |object: &ObjectMeta| {
        let below = format!("{}/", object.location);
        let first = all.partition_point(|other| other.location.as_ref() < below.as_str());
        let has_content = all
            .get(first)
            .is_some_and(|other| other.location.as_ref().starts_with(&below));
        object.size == 0 && (object.location == *place || has_content)
    };
    let is_hidden = |object: &ObjectMeta| {
        let parts = object.location.prefix_match(place);
        parts.is_none_or(|mut parts| {
            parts.any(|part| part.as_ref().starts_with('.') || part.as_ref().starts_with('_'))
        })
    };
    let objects = all
        .iter()
        .filter(|object| !is_folder(object) && !is_hidden(object));
    objects.cloned().collect()
}

fn listed(place: &Url, object: ObjectMeta) -> Result<ListedFile, DataFusionError> {
    let mut url = place.clone();
    // Segment by segment: `%` in a name is a letter like any other.
    url.path_segments_mut()
        .map_err(|()| DataFusionError::Configuration(format!("`{place}` has no path")))?
        .clear()
        .extend(object.location.parts());
    let modified_ns = object.last_modified.timestamp_nanos_opt().unwrap_or_default();
    Ok(ListedFile {
        path: url.as_str().into(),
        bytes: object.size,
        modified_ns: u128::try_from(modified_ns).unwrap_or_default(),
        url: Some(url),
        e_tag: object.e_tag,
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn object(location: &str, size: u64) -> ObjectMeta {
        ObjectMeta {
            location: Path::parse(location).unwrap(),
            last_modified: DateTime::from_timestamp_nanos(1_700_000_000_123_456_789),
            size,
            e_tag: Some("tag".to_owned()),
            version: None,
        }
    }

    #[test]
    fn folders_and_what_others_keep_beside_the_data_are_no_files() {
        let all = [
            ("data", 0),
            ("data/b-2/x.parquet", 3),
            ("data/b/y.parquet", 4),
            ("data/b", 0),
            ("data/a.parquet", 5),
            ("data/empty.csv", 0),
            ("data/_SUCCESS", 0),
            ("data/.hidden/z.parquet", 1),
            ("data/b/_temporary/0/part", 1),
        ];
        let all = all.map(|(location, size)| object(location, size)).to_vec();
        let found = of_source(all, &Path::from("data"));
        let found: Vec<&str> = found.iter().map(|object| object.location.as_ref()).collect();
        let expected = [
            "data/a.parquet",
            "data/b-2/x.parquet",
            "data/b/y.parquet",
            "data/empty.csv",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_listed_object_is_found_again_by_its_url() {
        let place = Url::parse("s3://bucket/da ta/").unwrap();
        for location in ["da ta/100% #1?.parquet", "da ta/täg=1/a%2Fb"] {
            let file = listed(&place, object(location, 7)).unwrap();
            let url = file.url.unwrap();
            assert_eq!(
                Path::from_url_path(url.path()).unwrap().as_ref(),
                location,
                "{url}"
            );
            assert_eq!((url.query(), url.fragment()), (None, None));
            assert_eq!((file.bytes, file.modified_ns), (7, 1_700_000_000_123_456_789));
        }
    }

    #[test]
    fn places_of_this_machine_are_told_from_buckets() {
        for local in ["plays.csv", "/data/plays", "file:///data/plays"] {
            assert!(place_of("plays", local).unwrap().is_none(), "{local}");
        }
        let bucket = place_of("plays", "s3://bucket/plays").unwrap().unwrap();
        assert_eq!(bucket.as_str(), "s3://bucket/plays");
        let error = place_of("plays", "hdfs://name/plays").unwrap_err();
        assert!(matches!(error, PipelineError::Source { .. }), "{error}");
    }
}
