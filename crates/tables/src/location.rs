//! Where the tables live: one place that turns what a person typed into an object store and a URL.
//!
//! It only names the place. Nothing is created until something is written there.

use std::path::{Path as FilePath, PathBuf, absolute};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use url::Url;

use crate::error::TablesError;
use crate::schema::TableSpec;

/// The root directory of a set of tables.
#[derive(Clone, Debug)]
pub struct TableRoot {
    url: Url,
    local_path: Option<PathBuf>,
    /// The whole storage system: Delta's kernel addresses it by the full path of a URL.
    storage: Arc<dyn ObjectStore>,
    /// The same storage, seen from the root of the tables.
    store: Arc<dyn ObjectStore>,
}

impl TableRoot {
    /// Reads a local path (absolute or relative to the working directory) or a `file://` URL.
    ///
    /// # Errors
    /// [`TablesError::UnsupportedScheme`] for any other URL, [`TablesError::InvalidLocation`] if the path is unusable.
    pub fn parse(url_or_path: &str) -> Result<Self, TablesError> {
        let scheme = url_or_path.split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            None => Self::local(url_or_path, FilePath::new(url_or_path)),
            Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
                let path = Url::parse(url_or_path)
                    .ok()
                    .and_then(|url| url.to_file_path().ok())
                    .ok_or_else(|| invalid(url_or_path, "it is not a file URL with an absolute path"))?;
                Self::local(url_or_path, &path)
            }
            Some(scheme) => Err(TablesError::UnsupportedScheme {
                location: url_or_path.to_owned(),
                scheme: scheme.to_owned(),
            }),
        }
    }

    fn local(location: &str, path: &FilePath) -> Result<Self, TablesError> {
        let path =
            resolve(path).map_err(|error| invalid(location, &format!("cannot resolve it: {error}")))?;
        if path.is_file() {
            return Err(invalid(location, "it is a file, not a directory"));
        }
        let url =
            Url::from_directory_path(&path).map_err(|()| invalid(location, "it has no absolute form"))?;
        Self::with_storage(Arc::new(LocalFileSystem::new()), url)
    }

    /// The directory `url` in a storage system of the caller's making, whose paths are those of the URL. What a new scheme
    /// has to call.
    ///
    /// The storage must offer create-if-absent ([`object_store::PutMode::Create`]) that holds against other writers.
    pub fn with_storage(storage: Arc<dyn ObjectStore>, mut url: Url) -> Result<Self, TablesError> {
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
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
            store: Arc::new(PrefixStore::new(Arc::clone(&storage), prefix)),
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

    pub(crate) fn storage(&self) -> &Arc<dyn ObjectStore> {
        &self.storage
    }

    pub(crate) fn table_store(&self, spec: &TableSpec) -> Arc<dyn ObjectStore> {
        Arc::new(PrefixStore::new(
            Arc::clone(&self.store),
            Path::from(spec.directory),
        ))
    }
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
