//! Item packs that lie in a bucket, copied to this machine once: what is mapped into memory has to be a local file.
//!
//! The copies are shared by all processes of the machine that use one folder. Nothing of them is trusted: whoever opens one
//! checks its hash. A copy has its name only when it is complete.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use url::Url;
use uuid::Uuid;
use wayfare_tables::{TablesError, storage_of};
use xxhash_rust::xxh3::Xxh3Default;

use crate::error::FunctionError;
use crate::item_pack::PackReference;

/// Copies that are kept, the youngest: those of the jobs and runs that use this machine at the same time.
const KEPT: usize = 4;
/// A copy under way that is older belongs to a process that died.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
const COPY: &str = "arrow";
const COPY_UNDER_WAY: &str = "part";

/// The local copy of a pack below `folder`, and whether it had to be fetched for that. Blocks until it is there; may be
/// called on the threads of a runtime.
pub(crate) fn copy_of(
    reference: &PackReference,
    folder: &FilePath,
) -> Result<(PathBuf, bool), FunctionError> {
    let hash = &reference.hash;
    // It comes from a plan and becomes the name of a file.
    if hash.len() != 32 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(FunctionError::Pack {
            uri: reference.uri.clone(),
            message: format!("`{hash}` is not the hash of a pack"),
        });
    }
    let packs = folder.join("packs");
    let copy = packs.join(format!("{hash}.{COPY}"));
    if copy.is_file() {
        return Ok((copy, false));
    }
    let failed = |source| not_kept(&packs, source);
    fs::create_dir_all(&packs).map_err(failed)?;
    let attempt = packs.join(format!("{hash}-{}.{COPY_UNDER_WAY}", Uuid::new_v4().simple()));
    let fetched = std::thread::scope(|scope| {
        // A runtime cannot be waited for on the threads of another.
        let fetching = scope.spawn(|| fetch(reference, &attempt));
        fetching.join().unwrap_or_else(|_| {
            Err(FunctionError::Pack {
                uri: reference.uri.clone(),
                message: "a thread panicked while it was fetched".to_owned(),
            })
        })
    });
    let renamed = fetched.and_then(|()| fs::rename(&attempt, &copy).map_err(failed));
    if let Err(error) = renamed {
        fs::remove_file(&attempt).ok();
        return Err(error);
    }
    sweep(&packs, &copy);
    Ok((copy, true))
}

/// Forgets a copy that turned out to be damaged.
pub(crate) fn forget(copy: &FilePath) {
    fs::remove_file(copy).ok();
}

fn fetch(reference: &PackReference, into: &FilePath) -> Result<(), FunctionError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| not_kept(into, source))?;
    runtime.block_on(download(reference, into))
}

/// Chunk by chunk, so that a pack may be larger than the memory.
async fn download(reference: &PackReference, into: &FilePath) -> Result<(), FunctionError> {
    let not_fetched = |source: TablesError| FunctionError::PackNotFetched {
        uri: reference.uri.clone(),
        source: Box::new(source),
    };
    let (url, path) = place_of(&reference.uri)?;
    let store = storage_of(&url).map_err(not_fetched)?;
    let unread = |source| {
        not_fetched(TablesError::Storage {
            action: "read",
            path: path.to_string(),
            source,
        })
    };
    let mut chunks = store.get(&path).await.map_err(unread)?.into_stream();
    let mut file = File::create(into).map_err(|source| not_kept(into, source))?;
    let mut hasher = Xxh3Default::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(unread)?;
        hasher.update(&chunk);
        file.write_all(&chunk).map_err(|source| not_kept(into, source))?;
    }
    let actual = format!("{:032x}", hasher.digest128());
    if actual != reference.hash {
        return Err(FunctionError::PackHash {
            uri: reference.uri.clone(),
            expected: reference.hash.clone(),
            actual,
        });
    }
    Ok(())
}

fn place_of(uri: &str) -> Result<(Url, Path), FunctionError> {
    let failed = |message: String| FunctionError::Pack {
        uri: uri.to_owned(),
        message,
    };
    let url = Url::parse(uri).map_err(|error| failed(format!("it is not a URL: {error}")))?;
    let path = Path::from_url_path(url.path()).map_err(|error| failed(error.to_string()))?;
    Ok((url, path))
}

/// Removes the oldest copies beyond those that are kept, and what was abandoned. A process that has one mapped keeps it.
fn sweep(packs: &FilePath, newest: &FilePath) {
    let Some(now) = fs::metadata(newest).and_then(|copy| copy.modified()).ok() else {
        return;
    };
    let Ok(entries) = fs::read_dir(packs) else { return };
    let modified = |metadata: Metadata| metadata.modified().ok();
    let mut copies: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in entries.flatten() {
        let (path, written) = (entry.path(), entry.metadata().ok().and_then(modified));
        let (Some(written), Some(kind)) = (written, path.extension()) else {
            continue;
        };
        let age = now.duration_since(written).unwrap_or_default();
        if kind == COPY {
            copies.push((written, path));
        } else if kind == COPY_UNDER_WAY && age > ABANDONED {
            fs::remove_file(&path).ok();
        }
    }
    copies.sort();
    let surplus = copies.len().saturating_sub(KEPT);
    for (_, path) in copies.iter().filter(|(_, path)| path != newest).take(surplus) {
        fs::remove_file(path).ok();
    }
}

fn not_kept(path: &FilePath, source: io::Error) -> FunctionError {
    FunctionError::PackNotKept {
        path: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use xxhash_rust::xxh3::xxh3_128;

    use super::*;

    /// A pack as far as this module looks at it: bytes and their hash, at a URL that is opened through its storage.
    fn stored(folder: &TempDir, bytes: &[u8]) -> PackReference {
        let hash = format!("{:032x}", xxh3_128(bytes));
        let path = folder.path().join(&hash);
        fs::write(&path, bytes).unwrap();
        PackReference {
            uri: Url::from_file_path(path).unwrap().to_string(),
            hash,
        }
    }

    fn names(folder: &FilePath) -> Vec<String> {
        let entries = fs::read_dir(folder.join("packs")).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_pack_is_fetched_once() {
        let (bucket, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let reference = stored(&bucket, &bytes);
        let (copy, fetched) = copy_of(&reference, cache.path()).unwrap();
        assert!(fetched);
        assert_eq!(fs::read(&copy).unwrap(), bytes);
        let (again, fetched) = copy_of(&reference, cache.path()).unwrap();
        assert_eq!((again, fetched), (copy.clone(), false));
        assert_eq!(names(cache.path()), [format!("{}.arrow", reference.hash)]);
        forget(&copy);
        assert!(copy_of(&reference, cache.path()).unwrap().1);
    }

    #[tokio::test]
    async fn it_may_be_fetched_on_a_thread_of_a_runtime() {
        let (bucket, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let reference = stored(&bucket, b"bytes");
        assert!(copy_of(&reference, cache.path()).unwrap().1);
    }

    #[test]
    fn what_is_not_the_pack_or_not_there_leaves_nothing() {
        let (bucket, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let mut reference = stored(&bucket, b"bytes");
        reference.hash = "0".repeat(32);
        let error = copy_of(&reference, cache.path()).unwrap_err();
        assert!(matches!(error, FunctionError::PackHash { .. }), "{error}");
        reference.uri.push_str("-gone");
        let error = copy_of(&reference, cache.path()).unwrap_err();
        assert!(matches!(error, FunctionError::PackNotFetched { .. }), "{error}");
        assert!(names(cache.path()).is_empty());
    }

    #[test]
    fn a_hash_that_is_a_path_is_refused() {
        let cache = TempDir::new().unwrap();
        for hash in ["../../etc/passwd", "", "0123456789abcdef0123456789abcdeg"] {
            let reference = PackReference {
                uri: "s3://bucket/pack".to_owned(),
                hash: hash.to_owned(),
            };
            let error = copy_of(&reference, cache.path()).unwrap_err();
            assert!(matches!(error, FunctionError::Pack { .. }), "{error}");
        }
    }

    #[test]
    fn only_the_youngest_copies_are_kept() {
        let (bucket, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let references: Vec<_> = (0..7_u8).map(|byte| stored(&bucket, &[byte])).collect();
        let start = SystemTime::UNIX_EPOCH;
        for (age, reference) in (1..).zip(&references) {
            let (copy, _) = copy_of(reference, cache.path()).unwrap();
            let file = File::options().write(true).open(copy).unwrap();
            file.set_modified(start + Duration::from_secs(age)).unwrap();
        }
        let mut kept: Vec<String> = references[7 - KEPT..]
            .iter()
            .map(|reference| format!("{}.arrow", reference.hash))
            .collect();
        kept.sort();
        assert_eq!(names(cache.path()), kept);
    }
}
