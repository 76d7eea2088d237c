//! Hands the bytes of one file to the store in parts of a chosen size.
//!
//! What a file holds back before it hands it on counts where a task has a file open for every bucket group:
//! `object_store`'s own buffered writer holds five megabytes and more.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::parquet::arrow::async_writer::AsyncFileWriter;
use datafusion::parquet::errors::{ParquetError, Result};
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};

/// A file that is being written. Nothing is at its place before it is complete.
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
    /// Remote stores want parts of at least five megabytes, but for the last.
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
        match &mut self.upload {
            None => self.store.put(&self.location, rest.into()).await.map(drop),
            Some(upload) => {
                if !rest.is_empty() {
                    upload.put_part(rest.into()).await?;
                }
                upload.complete().await.map(drop)
            }
        }
    }
}

fn failed(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileWriter for PartUpload {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.take_in(&bytes).await.map_err(failed) })
    }

    fn complete(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.end().await.map_err(failed) })
    }
}
