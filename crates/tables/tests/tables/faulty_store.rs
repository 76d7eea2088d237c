//! A store that fails when told to: before a write takes effect, or after it did and only the answer is lost.

use std::fmt::{Display, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What happens to the next write of a path that contains `path`, and to the reads after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) path: &'static str,
    pub(crate) kind: FaultKind,
    /// Reads that fail once the fault has struck.
    pub(crate) failing_reads: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FaultKind {
    /// Nothing is written and the writer sees an error.
    Refused,
    /// Written, but the writer sees an error.
    AnswerLost,
    /// Written, the answer lost, and the client's own retry finds the object: what S3 clients report after a reset.
    RetriedAfterLostAnswer,
}

#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: LocalFileSystem,
    fault: Fault,
    struck: AtomicU32,
    failing_reads: AtomicU32,
}

impl FaultyStore {
    pub(crate) fn new(fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            inner: LocalFileSystem::new(),
            fault,
            struck: AtomicU32::new(0),
            failing_reads: AtomicU32::new(0),
        })
    }

    /// How often the fault struck; a test in which it never did proves nothing.
    pub(crate) fn struck(&self) -> u32 {
        self.struck.load(Ordering::SeqCst)
    }

    fn check_read(&self) -> Result<()> {
        let left = self
            .failing_reads
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => Err(reset()),
            Err(_) => Ok(()),
        }
    }
}

impl Display for FaultyStore {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FaultyStore({:?})", self.fault)
    }
}

fn reset() -> Error {
    Error::Generic {
        store: "faulty",
        source: Box::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let strikes = location.as_ref().contains(self.fault.path) && self.struck() == 0;
        if !strikes {
            return self.inner.put_opts(location, payload, options).await;
        }
        self.struck.store(1, Ordering::SeqCst);
        if self.fault.kind != FaultKind::Refused {
            self.inner
                .put_opts(location, payload.clone(), options.clone())
                .await?;
        }
        self.failing_reads
            .store(self.fault.failing_reads, Ordering::SeqCst);
        if self.fault.kind == FaultKind::RetriedAfterLostAnswer {
            return self.inner.put_opts(location, payload, options).await;
        }
        Err(reset())
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.check_read()?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
