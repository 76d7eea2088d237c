//! What reaches a store, in which parts, and what of it stays when the writing is given up.

use std::fmt::{Display, Formatter};
use std::sync::Mutex;

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, ObjectMeta, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result as StoreResult, UploadPart,
};

use super::*;

const PART: usize = 5 << 20;

#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Put(usize),
    Begun,
    Part(usize),
    Completed,
    Aborted,
}

/// Tells what is asked of it; refuses the part with this number.
#[derive(Debug)]
struct Recorder {
    inner: InMemory,
    seen: Arc<Mutex<Vec<Seen>>>,
    refused_part: Option<usize>,
}

impl Recorder {
    fn new(refused_part: Option<usize>) -> (Arc<dyn ObjectStore>, Arc<Mutex<Vec<Seen>>>) {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let store = Self {
            inner: InMemory::new(),
            seen: Arc::clone(&seen),
            refused_part,
        };
        (Arc::new(store), seen)
    }
}

#[derive(Debug)]
struct RecordedUpload {
    inner: Box<dyn MultipartUpload>,
    seen: Arc<Mutex<Vec<Seen>>>,
    refused_part: Option<usize>,
    parts: usize,
}

fn record(seen: &Mutex<Vec<Seen>>, what: Seen) {
    seen.lock().unwrap().push(what);
}

#[async_trait]
impl MultipartUpload for RecordedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        record(&self.seen, Seen::Part(data.content_length()));
        self.parts += 1;
        if self.refused_part == Some(self.parts) {
            return Box::pin(async {
                Err(object_store::Error::Generic {
                    store: "recorder",
                    source: "refused".into(),
                })
            });
        }
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> StoreResult<PutResult> {
        record(&self.seen, Seen::Completed);
        self.inner.complete().await
    }

    async fn abort(&mut self) -> StoreResult<()> {
        record(&self.seen, Seen::Aborted);
        self.inner.abort().await
    }
}

impl Display for Recorder {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Recorder")
    }
}

#[async_trait]
impl ObjectStore for Recorder {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> StoreResult<PutResult> {
        record(&self.seen, Seen::Put(payload.content_length()));
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> StoreResult<Box<dyn MultipartUpload>> {
        record(&self.seen, Seen::Begun);
        Ok(Box::new(RecordedUpload {
            inner: self.inner.put_multipart_opts(location, options).await?,
            seen: Arc::clone(&self.seen),
            refused_part: self.refused_part,
            parts: 0,
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> StoreResult<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, StoreResult<Path>>,
    ) -> BoxStream<'static, StoreResult<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> StoreResult<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> StoreResult<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

async fn write(upload: &mut PartUpload, chunks: usize) -> Result<()> {
    for _ in 0..chunks {
        upload.write(Bytes::from(vec![7; 1 << 20])).await?;
    }
    Ok(())
}

fn path() -> Path {
    Path::from("folder/file")
}

#[tokio::test]
async fn a_bucket_gets_parts_that_it_takes() {
    let (store, seen) = Recorder::new(None);
    let mut upload = PartUpload::new(Arc::clone(&store), path(), PART);
    write(&mut upload, 12).await.unwrap();
    upload.complete().await.unwrap();
    drop(upload);
    let part = PART;
    assert_eq!(
        *seen.lock().unwrap(),
        [
            Seen::Begun,
            Seen::Part(part),
            Seen::Part(part),
            Seen::Part(2 << 20),
            Seen::Completed
        ]
    );
    assert_eq!(store.head(&path()).await.unwrap().size, 12 << 20);
}

#[tokio::test]
async fn a_small_file_is_put_as_a_whole() {
    let (store, seen) = Recorder::new(None);
    let mut upload = PartUpload::new(store, path(), PART);
    write(&mut upload, 4).await.unwrap();
    upload.complete().await.unwrap();
    drop(upload);
    assert_eq!(*seen.lock().unwrap(), [Seen::Put(4 << 20)]);
}

#[tokio::test]
async fn parts_are_taken_back_when_one_is_refused() {
    let (store, seen) = Recorder::new(Some(2));
    let mut upload = PartUpload::new(Arc::clone(&store), path(), PART);
    write(&mut upload, 12).await.unwrap_err();
    drop(upload);
    assert_eq!(seen.lock().unwrap().last(), Some(&Seen::Aborted));
    assert!(store.head(&path()).await.is_err());
}

#[tokio::test]
async fn parts_are_taken_back_when_nobody_completes_them() {
    let (store, seen) = Recorder::new(None);
    let mut upload = PartUpload::new(store, path(), PART);
    write(&mut upload, 6).await.unwrap();
    drop(upload);
    // The runtime has one thread, which comes to what was spawned once this test waits.
    tokio::task::yield_now().await;
    assert_eq!(seen.lock().unwrap().last(), Some(&Seen::Aborted));
}
