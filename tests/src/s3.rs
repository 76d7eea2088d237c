//! An S3 server in this process, over a folder: objects are plain files, so tests also read tables without the server.
//!
//! `s3s-fs` looks whether an object exists and then renames, which two writers can both get through. Here conditional
//! requests to one key wait for each other, so that create-if-absent holds as it does on S3.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::header::{IF_MATCH, IF_NONE_MATCH};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::listening::Listening;

/// The one bucket. Short, because `s3s-fs` puts bucket and key into the name of a file.
pub const BUCKET: &str = "way";
const ACCESS_KEY: &str = "tester";
const SECRET_KEY: &str = "not-a-secret";

/// The server and its folder; both go with the value.
#[derive(Debug)]
pub struct S3 {
    listening: Listening,
    folder: TempDir,
}

impl S3 {
    /// A server whose bucket is empty.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("wayfare-s3-")
            .tempdir()
            .expect("a temporary folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a folder for the bucket");
        let files = FileSystem::new(folder.path()).expect("the folder can be served");
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let store = Arc::new(Store {
            service: service.build(),
            keys: Mutex::default(),
        });
        let listening = Listening::anywhere(move |stream| serve(Arc::clone(&store), stream));
        Self { listening, folder }
    }

    /// The URL at which clients find it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.listening.address())
    }

    /// Host and port.
    pub fn address(&self) -> std::net::SocketAddr {
        self.listening.address()
    }

    /// Where the objects below `s3://BUCKET/prefix/` lie as files.
    pub fn folder(&self, prefix: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(prefix)
    }
}

/// The URL of a prefix in the bucket.
pub fn url(prefix: &str) -> String {
    format!("s3://{BUCKET}/{prefix}")
}

/// What a process needs in its environment to use the store at `endpoint`.
pub fn environment(endpoint: &str) -> Vec<(String, String)> {
    let pairs = [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("AWS_ENDPOINT", endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

struct Store {
    service: S3Service,
    /// One per key that was ever written under a condition.
    keys: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Store {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, HttpError> {
        let headers = request.headers();
        let conditional = headers.contains_key(IF_NONE_MATCH) || headers.contains_key(IF_MATCH);
        // Reading under a condition changes nothing.
        let writes = !request.method().is_safe();
        let key = (conditional && writes).then(|| self.key(request.uri().path()));
        let _turn = match &key {
            Some(key) => Some(key.lock().await),
            None => None,
        };
        self.service.call(request.map(Body::from)).await
    }

    fn key(&self, path: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(keys.entry(path.to_owned()).or_default())
    }
}

async fn serve(store: Arc<Store>, stream: TcpStream) {
    let answer = move |request| {
        let store = Arc::clone(&store);
        async move { store.answer(request).await }
    };
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
    // A client that hangs up is the client's affair.
    connection.await.ok();
}
