//! Where the tables live: one place that turns what a person typed into an object store and a URL.
//!
//! It only names the place. Nothing is created until something is written there.

use std::path::{Path as FilePath, PathBuf, absolute};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use url::Url;

use crate::error::TablesError;
use crate::schema::TableSpec;
use crate::storage::{parse_remote, storage_of};

/// The root directory of a set of tables.
#[derive(Clone, Debug)]
pub struct TableRoot {
    url: Url,
    local_path: Option<PathBuf>,
    /// The root's path in the storage system.
    prefix: Path,
    /// The whole storage system: Delta's kernel addresses it by the full path of a URL.
    storage: Arc<dyn ObjectStore>,
    /// The same storage, seen from the root of the tables.
    store: Arc<dyn ObjectStore>,
}

impl TableRoot {
    /// Reads a local path (absolute or relative to the working directory), a `file://` URL, or the URL of a place in a
    /// bucket (`s3://bucket/prefix`), whose storage system is opened but not asked for anything.
    ///
    /// # Errors
    /// [`TablesError::UnsupportedScheme`] for any other URL, [`TablesError::InvalidLocation`] if the place is unusable.
    pub fn parse(url_or_path: &str) -> Result<Self, TablesError> {
        match local_form(url_or_path)? {
            Some(path) => Self::local(url_or_path, &path),
            None => {
                let url = parse_remote(url_or_path)?;
                Self::with_storage(storage_of(&url)?, url)
            }
        }
    }

    fn local(location: &str, path: &FilePath) -> Result<Self, TablesError> {
        let path = resolved(location, path)?;
        if path.is_file() {
            return Err(invalid(location, "it is a file, not a directory"));
        }
        let url = directory_url(location, &path)?;
        Self::with_storage(storage_of(&url)?, url)
    }

    /// The directory `url` in a storage system of the caller's making, whose paths are those of the URL.
    ///
    /// The storage must offer create-if-absent ([`object_store::PutMode::Create`]) that holds against other writers.
    pub fn with_storage(storage: Arc<dyn ObjectStore>, url: Url) -> Result<Self, TablesError> {
        let url = with_slash(url);
        let prefix =
            Path::from_url_path(url.path()).map_err(|error| invalid(url.as_str(), &error.to_string()))?;
        let local_path = match url.scheme() {
            // Without the slash at the end.
            "file" => url.to_file_path().ok().map(|path| path.components().collect()),
            _ => None,
        };
        Ok(Self {
            url,
            local_path,
            store: Arc::new(PrefixStore::new(Arc::clone(&storage), prefix.clone())),
            prefix,
            storage,
        })
    }

    /// An object store whose paths start at the root of the tables.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The root; always ends with a slash.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The root as a path of this machine, if it is one.
    pub fn local_path(&self) -> Option<&FilePath> {
        self.local_path.as_deref()
    }

    /// The URL of a table's directory; always ends with a slash.
    pub fn table_url(&self, spec: &TableSpec) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{}/", self.url.path(), spec.directory));
        url
    }

    /// The whole storage system that the root is in, for those who address it by full paths.
    pub fn storage(&self) -> &Arc<dyn ObjectStore> {
        &self.storage
    }

    /// The path of the root in [`Self::storage`]; empty where it is the root of a bucket.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    pub(crate) fn table_store(&self, spec: &TableSpec) -> Arc<dyn ObjectStore> {
        Arc::new(PrefixStore::new(
            Arc::clone(&self.store),
            Path::from(spec.directory),
        ))
    }
}

/// The URL of a place as [`TableRoot::parse`] reads it, without opening it; always ends with a slash.
///
/// # Errors
/// As [`TableRoot::parse`], but that the place may be a file.
pub fn url_of(url_or_path: &str) -> Result<Url, TablesError> {
    match local_form(url_or_path)? {
        Some(path) => directory_url(url_or_path, &resolved(url_or_path, &path)?),
        None => Ok(with_slash(parse_remote(url_or_path)?)),
    }
}

/// The local path that a text stands for; `None` for the URL of anything else.
fn local_form(url_or_path: &str) -> Result<Option<PathBuf>, TablesError> {
    let is_url_of_file = match url_or_path.split_once("://") {
        None => return Ok(Some(PathBuf::from(url_or_path))),
        Some((scheme, _)) => scheme.eq_ignore_ascii_case("file"),
    };
    if !is_url_of_file {
        return Ok(None);
    }
    let path = Url::parse(url_or_path)
        .ok()
        .and_then(|url| url.to_file_path().ok());
    path.map(Some)
        .ok_or_else(|| invalid(url_or_path, "it is not a file URL with an absolute path"))
}

fn resolved(location: &str, path: &FilePath) -> Result<PathBuf, TablesError> {
    resolve(path).map_err(|error| invalid(location, &format!("cannot resolve it: {error}")))
}

fn directory_url(location: &str, path: &FilePath) -> Result<Url, TablesError> {
    Url::from_directory_path(path).map_err(|()| invalid(location, "it has no absolute form"))
}

fn with_slash(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

/// Two spellings of one directory must give one URL, and the directory may not exist yet: resolve what exists of it.
fn resolve(path: &FilePath) -> std::io::Result<PathBuf> {
    let path = absolute(path)?;
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            let rest = path.strip_prefix(ancestor).unwrap_or(FilePath::new(""));
            return Ok(if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            });
        }
    }
    Ok(path)
}

fn invalid(location: &str, reason: &str) -> TablesError {
    TablesError::InvalidLocation {
        location: location.to_owned(),
        reason: reason.to_owned(),
    }
}
