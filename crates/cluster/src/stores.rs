//! The object stores that an executor may use: those that plans name, below the URLs that it was started with.
//!
//! A plan is code. What reaches an executor's port could name any file of the machine, so every path is checked, not
//! only the store.

use std::fmt::{Display, Formatter};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use url::Url;
use wayfare_tables::{AllowedPrefixes, storage_of};

/// Opens stores by URL, once per process.
#[derive(Debug, Clone)]
pub(crate) struct AllowedStores {
    allowed: Arc<AllowedPrefixes>,
}

impl AllowedStores {
    pub(crate) fn new(allowed: AllowedPrefixes) -> Self {
        Self {
            allowed: Arc::new(allowed),
        }
    }
}

impl ObjectStoreRegistry for AllowedStores {
    fn register_store(&self, _url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        // Stores follow from URLs alone: a store that only one process knows would make plans mean different things.
        Some(store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let store = storage_of(url).map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Arc::new(AllowedStore {
            store,
            url: url.clone(),
            allowed: Arc::clone(&self.allowed),
        }))
    }
}

/// A store in which only some paths can be used.
#[derive(Debug)]
struct AllowedStore {
    store: Arc<dyn ObjectStore>,
    url: Url,
    allowed: Arc<AllowedPrefixes>,
}

impl AllowedStore {
    fn check(&self, path: &Path) -> object_store::Result<()> {
        self.allowed
            .check_path(&self.url, path)
            .map_err(|error| object_store::Error::PermissionDenied {
                path: path.to_string(),
                source: Box::new(error),
            })
    }
}

impl Display for AllowedStore {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.store)
    }
}

#[async_trait]
impl ObjectStore for AllowedStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.check(location)?;
        self.store.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.check(location)?;
        self.store.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.check(location)?;
        self.store.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let (url, allowed, store) = (
            self.url.clone(),
            Arc::clone(&self.allowed),
            Arc::clone(&self.store),
        );
        let checked = Self { store, url, allowed };
        let inner = Arc::clone(&self.store);
        let locations = locations.map(move |location| {
            let location = location?;
            checked.check(&location)?;
            Ok(location)
        });
        inner.delete_stream(locations.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        match self.check(prefix.unwrap_or(&Path::default())) {
            Ok(()) => self.store.list(prefix),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.check(prefix.unwrap_or(&Path::default()))?;
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.check(from)?;
        self.check(to)?;
        self.store.copy_opts(from, to, options).await
    }
}
