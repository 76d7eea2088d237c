//! Hands the bytes of one file to the store in parts of a chosen size, and takes them back if the file never comes to be.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::parquet::arrow::async_writer::AsyncFileWriter;
use datafusion::parquet::errors::{ParquetError, Result};
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;

/// A file that is being written. Nothing is at its place before it is complete, and what was handed on before is taken back
/// if it never is.
#[derive(Debug)]
pub(crate) struct PartUpload {
    store: Arc<dyn ObjectStore>,
    location: Path,
    part_bytes: usize,
    held_back: Vec<u8>,
    /// Begun with the first part that is full; a file without one is put as a whole.
    upload: Option<Box<dyn MultipartUpload>>,
}

impl PartUpload {
    /// Parts of `part_bytes`; object storage takes none below 5 MiB, but for the last.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, location: Path, part_bytes: usize) -> Self {
        Self {
            store,
            location,
            part_bytes,
            held_back: Vec::new(),
            upload: None,
        }
    }

    async fn take_in(&mut self, bytes: &[u8]) -> object_store::Result<()> {
        self.held_back.extend_from_slice(bytes);
        if self.held_back.len() < self.part_bytes {
            return Ok(());
        }
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.store.put_multipart(&self.location).await?),
        };
        let part = std::mem::take(&mut self.held_back);
        upload.put_part(part.into()).await
    }

    async fn end(&mut self) -> object_store::Result<()> {
        let rest = std::mem::take(&mut self.held_back);
        let Some(upload) = &mut self.upload else {
            return self.store.put(&self.location, rest.into()).await.map(drop);
        };
        if !rest.is_empty() {
            upload.put_part(rest.into()).await?;
        }
        upload.complete().await?;
        self.upload = None;
        Ok(())
    }

    /// Parts of a file that does not come to be cost money until somebody removes them. Best effort: what cannot be
    /// removed now is left to the bucket's own rules.
    async fn take_back(&mut self) {
        if let Some(upload) = self.upload.take() {
            abort(upload, &self.location).await;
        }
    }
}

impl Drop for PartUpload {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        let location = self.location.clone();
        // Whoever drops it may be a statement that was cancelled: there is nobody left to wait for this.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn(async move { abort(upload, &location).await }));
        }
    }
}

async fn abort(mut upload: Box<dyn MultipartUpload>, location: &Path) {
    if let Err(error) = upload.abort().await {
        tracing::debug!(%location, %error, "parts of a file that was given up could not be removed");
    }
}

fn failed(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileWriter for PartUpload {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let taken = self.take_in(&bytes).await;
            if taken.is_err() {
                self.take_back().await;
            }
            taken.map_err(failed)
        })
    }

    fn complete(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let ended = self.end().await;
            if ended.is_err() {
                self.take_back().await;
            }
            ended.map_err(failed)
        })
    }
}

#[cfg(test)]
mod tests;
