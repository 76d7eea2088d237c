//! Reads of large objects as many requests for a piece each.
//!
//! A reader may be slower than the network. One request for everything would then either end at its timeout or pile up in
//! memory what nobody has asked for yet; and a fault near the end would have it all read again.

use std::fmt::{Display, Formatter};
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

/// Bytes of a piece; what is not larger is read as before.
const PIECE_BYTES: u64 = 8 << 20;

/// A store whose answers are never larger than a piece.
#[derive(Debug)]
pub(super) struct InPieces {
    inner: Arc<dyn ObjectStore>,
    piece_bytes: u64,
}

impl InPieces {
    pub(super) fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self {
            inner,
            piece_bytes: PIECE_BYTES,
        }
    }
}

impl Display for InPieces {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for InPieces {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let step = self.piece_bytes;
        let asked = match &options.range {
            Some(GetRange::Bounded(range))
                if !options.head && range.end.saturating_sub(range.start) > step =>
            {
                Some(range.clone())
            }
            // How much that is, the answer says.
            _ => None,
        };
        let mut first = options.clone();
        if let Some(asked) = &asked {
            first.range = Some(GetRange::Bounded(asked.start..asked.start + step));
        }
        let first = self.inner.get_opts(location, first).await?;
        let range = match &asked {
            Some(asked) => asked.start..asked.end.min(first.meta.size),
            None => first.range.clone(),
        };
        if options.head || range.end - range.start <= step {
            return Ok(first);
        }
        let (meta, attributes) = (first.meta.clone(), first.attributes.clone());
        let (begun, start) = if asked.is_some() {
            (first.into_stream(), range.start + step)
        } else {
            // Everything is on its way in one answer: dropped and not read, its transfer ends here.
            drop(first);
            (stream::empty().boxed(), range.start)
        };
        // All pieces must be of one object, whatever is written in the meantime.
        let piece = GetOptions {
            if_match: options.if_match.or_else(|| meta.e_tag.clone()),
            version: options.version,
            ..GetOptions::default()
        };
        let (inner, location, end) = (Arc::clone(&self.inner), location.clone(), range.end);
        let starts = (start..end).step_by(usize::try_from(step).unwrap_or(usize::MAX));
        let rest = stream::iter(starts).then(move |start| {
            let (inner, location, mut piece) = (Arc::clone(&inner), location.clone(), piece.clone());
            piece.range = Some(GetRange::Bounded(start..end.min(start + step)));
            async move { inner.get_opts(&location, piece).await?.bytes().await }
        });
        Ok(GetResult {
            payload: GetResultPayload::Stream(begun.chain(rest).boxed()),
            meta,
            range,
            attributes,
        })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    fn store() -> (Arc<InMemory>, InPieces) {
        let memory = Arc::new(InMemory::new());
        let inner: Arc<dyn ObjectStore> = Arc::clone(&memory) as _;
        let store = InPieces {
            inner,
            piece_bytes: 10,
        };
        (memory, store)
    }

    async fn chunks(result: GetResult) -> Vec<usize> {
        let chunks = result.into_stream().map(|chunk| chunk.unwrap().len());
        chunks.collect().await
    }

    #[tokio::test]
    async fn the_pieces_are_the_object() {
        let (_, store) = store();
        let path = Path::from("object");
        for length in [0_u8, 1, 10, 11, 35] {
            let bytes: Vec<u8> = (0..length).collect();
            store.put(&path, bytes.clone().into()).await.unwrap();
            let read = store.get(&path).await.unwrap();
            assert_eq!(read.meta.size, u64::from(length));
            assert_eq!(read.bytes().await.unwrap(), bytes);
        }
        assert_eq!(chunks(store.get(&path).await.unwrap()).await, [10, 10, 10, 5]);
        let read = store.get_range(&path, 3..30).await.unwrap();
        assert_eq!(read, (3..30).collect::<Vec<u8>>());
        let beyond = store.get_range(&path, 20..1000).await.unwrap();
        assert_eq!(beyond, (20..35).collect::<Vec<u8>>());
        let suffix = GetOptions {
            range: Some(GetRange::Suffix(12)),
            ..GetOptions::default()
        };
        assert_eq!(
            chunks(store.get_opts(&path, suffix).await.unwrap()).await,
            [10, 2]
        );
        assert_eq!(store.head(&path).await.unwrap().size, 35);
    }

    #[tokio::test]
    async fn pieces_of_different_objects_are_not_put_together() {
        let (memory, store) = store();
        let path = Path::from("object");
        store.put(&path, vec![1; 25].into()).await.unwrap();
        let mut read = store.get(&path).await.unwrap().into_stream();
        assert_eq!(read.next().await.unwrap().unwrap(), vec![1; 10]);
        memory.put(&path, vec![2; 25].into()).await.unwrap();
        let error = read.next().await.unwrap().unwrap_err();
        assert!(
            matches!(error, object_store::Error::Precondition { .. }),
            "{error}"
        );
    }
}
