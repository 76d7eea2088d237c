//! Small JSON objects at fixed paths, written at most once: the primitive under snapshot records, manifests and claims.

use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};

use crate::error::TablesError;
use crate::location::TableRoot;

/// Whether [`create`] was first.
#[derive(Debug)]
pub(crate) enum Created<T> {
    First,
    /// There is one already. It may be our own, if the answer to the write was lost: what tells runs, attempts or
    /// tokens apart is inside it.
    Exists(T),
}

/// Writes `value` unless the object exists. After any error, what is stored decides and not the error.
pub(crate) async fn create<T: Serialize + DeserializeOwned>(
    root: &TableRoot,
    path: &Path,
    kind: &'static str,
    value: &T,
) -> Result<Created<T>, TablesError> {
    let bytes = encode(path, kind, value)?;
    let options = PutOptions::from(PutMode::Create);
    let Err(error) = root.store().put_opts(path, bytes.into(), options).await else {
        return Ok(Created::First);
    };
    match read_bytes(root, path).await {
        Ok(Some(stored)) => Ok(Created::Exists(decode(path, kind, &stored)?)),
        _ => Err(storage("write", path, error)),
    }
}

/// Writes `value` in the place of whatever is there.
pub(crate) async fn replace<T: Serialize>(
    root: &TableRoot,
    path: &Path,
    kind: &'static str,
    value: &T,
) -> Result<(), TablesError> {
    let bytes = encode(path, kind, value)?;
    root.store()
        .put(path, bytes.into())
        .await
        .map_err(|error| storage("write", path, error))?;
    Ok(())
}

/// Reads the object; `None` if there is none.
pub(crate) async fn read<T: DeserializeOwned>(
    root: &TableRoot,
    path: &Path,
    kind: &'static str,
) -> Result<Option<T>, TablesError> {
    match read_bytes(root, path).await? {
        Some(bytes) => decode(path, kind, &bytes).map(Some),
        None => Ok(None),
    }
}

/// Refuses a record that is readable but not the one that belongs at its path: a copy from elsewhere must not count.
pub(crate) fn belongs(path: &Path, kind: &'static str, is_the_one: bool) -> Result<(), TablesError> {
    if is_the_one {
        return Ok(());
    }
    Err(TablesError::CorruptRecord {
        path: path.to_string(),
        kind,
        source: serde_json::Error::custom("what it says it is of is not what its path says"),
    })
}

/// Checks that `name` is one path segment that means the same on every storage system.
pub(crate) fn segment<'a>(kind: &'static str, name: &'a str) -> Result<&'a str, TablesError> {
    let fits = (1..=200).contains(&name.len())
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-=+".contains(&byte));
    if fits {
        Ok(name)
    } else {
        Err(TablesError::InvalidName {
            kind,
            name: name.to_owned(),
        })
    }
}

pub(crate) fn storage(action: &'static str, path: &Path, source: object_store::Error) -> TablesError {
    TablesError::Storage {
        action,
        path: path.to_string(),
        source,
    }
}

async fn read_bytes(root: &TableRoot, path: &Path) -> Result<Option<Vec<u8>>, TablesError> {
    let object = match root.store().get(path).await {
        Ok(object) => object,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(storage("read", path, error)),
    };
    let bytes = object
        .bytes()
        .await
        .map_err(|error| storage("read", path, error))?;
    Ok(Some(bytes.to_vec()))
}

fn encode<T: Serialize>(path: &Path, kind: &'static str, value: &T) -> Result<Vec<u8>, TablesError> {
    serde_json::to_vec_pretty(value).map_err(|source| TablesError::EncodeRecord {
        path: path.to_string(),
        kind,
        source,
    })
}

fn decode<T: DeserializeOwned>(path: &Path, kind: &'static str, bytes: &[u8]) -> Result<T, TablesError> {
    serde_json::from_slice(bytes).map_err(|source| TablesError::CorruptRecord {
        path: path.to_string(),
        kind,
        source,
    })
}
