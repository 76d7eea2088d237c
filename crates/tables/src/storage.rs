//! The storage systems behind URLs: a whole bucket or file system, opened once per process.
//!
//! Credentials come from the environment or from the machine's own metadata service, never from a URL, a job file or a
//! plan. Nothing is asked of a storage system before the first read or write.

mod allowed;
mod in_pieces;
mod passing;
mod remote;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use url::Url;

use crate::error::TablesError;

pub use allowed::AllowedPrefixes;
pub use passing::is_passing;
pub(crate) use passing::{causes, class_of_answer};
pub use remote::RETRY_VARIABLE;

/// By scheme and authority, so that everything that a process does with a bucket shares its connections.
static OPENED: LazyLock<Mutex<HashMap<String, Arc<dyn ObjectStore>>>> = LazyLock::new(Mutex::default);

/// The storage system that a URL is in; its paths are those of the URL, from the root of the bucket or file system.
///
/// May be called from any thread, and what it returns may be used from any runtime.
///
/// # Errors
/// [`TablesError::UnsupportedScheme`] for a scheme that this program was not built for, [`TablesError::InvalidLocation`]
/// for a URL that names no bucket or holds credentials, and for settings in the environment that cannot be used.
pub fn storage_of(url: &Url) -> Result<Arc<dyn ObjectStore>, TablesError> {
    check_place(url)?;
    let key = store_url(url);
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = opened.get(&key) {
        return Ok(Arc::clone(store));
    }
    let store: Arc<dyn ObjectStore> = match url.scheme() {
        "file" => Arc::new(LocalFileSystem::new()),
        _ => remote::open(url)?,
    };
    opened.insert(key, Arc::clone(&store));
    Ok(store)
}

/// The storage system's own URL, `scheme://authority/`, under which a runtime registers it.
pub fn store_url(url: &Url) -> String {
    format!("{}://{}/", url.scheme(), url.host_str().unwrap_or_default())
}

/// Reads a URL of a place in a bucket, without opening its storage system.
///
/// # Errors
/// As [`storage_of`].
pub fn parse_remote(location: &str) -> Result<Url, TablesError> {
    let scheme = location.split_once("://").map_or("", |(scheme, _)| scheme);
    if !remote::is_supported(&scheme.to_ascii_lowercase()) {
        return Err(TablesError::UnsupportedScheme {
            location: location.to_owned(),
            scheme: scheme.to_owned(),
        });
    }
    let url = Url::parse(location).map_err(|error| TablesError::InvalidLocation {
        location: location.to_owned(),
        reason: format!("it is not a URL: {error}"),
    })?;
    check_place(&url)?;
    Ok(url)
}

/// The forms of a location that this program reads, for messages.
pub(crate) fn supported_forms() -> String {
    let mut forms = "a local path or a file:// URL".to_owned();
    for &scheme in remote::SCHEMES {
        forms.extend([", or ", scheme, "://bucket/prefix"]);
    }
    forms
}

/// A place in a bucket has a bucket and a path and nothing else. The password of a URL is not repeated.
fn check_place(url: &Url) -> Result<(), TablesError> {
    let invalid = |reason: &str| {
        let mut shown = url.clone();
        shown.set_query(None);
        // Refused only by URLs without an authority, and those have no user either.
        shown
            .set_username("")
            .and_then(|()| shown.set_password(None))
            .ok();
        Err(TablesError::InvalidLocation {
            location: shown.to_string(),
            reason: reason.to_owned(),
        })
    };
    if url.scheme() == "file" {
        return Ok(());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return invalid("it names no bucket");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("it holds credentials; they come from the environment");
    }
    if url.query().is_some() || url.fragment().is_some() || url.port().is_some() {
        return invalid("a place in a bucket has no port, query or fragment");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_opened_once_and_its_url_ends_at_the_bucket() {
        let first = storage_of(&Url::parse("s3://bucket-of-tests/a/b").unwrap()).unwrap();
        let second = storage_of(&Url::parse("s3://bucket-of-tests/c").unwrap()).unwrap();
        let other = storage_of(&Url::parse("s3://other-bucket-of-tests/c").unwrap()).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &other));
        for (url, expected) in [
            ("s3://bucket/a/b", "s3://bucket/"),
            ("file:///data/tables/", "file:///"),
        ] {
            assert_eq!(store_url(&Url::parse(url).unwrap()), expected);
        }
    }

    #[test]
    fn a_url_that_is_no_place_in_a_bucket_is_refused_without_its_secrets() {
        for (location, reason) in [
            ("s3:///tables", "names no bucket"),
            ("s3://key:secret@bucket/tables", "holds credentials"),
            ("s3://bucket/tables?token=secret", "no port, query or fragment"),
            ("s3://bucket:9000/tables", "no port, query or fragment"),
        ] {
            let error = parse_remote(location).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("secret"), "{error}");
            let url = Url::parse(location).unwrap();
            assert!(storage_of(&url).is_err(), "{location}");
        }
    }
}
