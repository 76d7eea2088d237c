//! The calling side of encryption: for each process that this one calls there is a socket file, and what Ballista says there,
//! plainly, goes to that process encrypted.
//!
//! ```text
//!  Ballista's client ── plain, socket file ──► tunnel ══ TLS ══► front of another process
//! ```
//!
//! Only the user of this process may open the files: whoever could would be taken for it.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::tls::connect;

/// The tunnels of a process, by `HOST:PORT`; they and their files go with the value.
pub(crate) struct Tunnels {
    connector: TlsConnector,
    runtime: Handle,
    /// Nobody else may enter it.
    folder: TempDir,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    sockets: HashMap<String, PathBuf>,
    serving: JoinSet<()>,
}

impl std::fmt::Debug for Tunnels {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What it connects with says nothing of itself.
        formatter
            .debug_struct("Tunnels")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Tunnels {
    /// None yet; they will be served on the runtime of the caller.
    pub(crate) fn new(connector: TlsConnector) -> io::Result<Self> {
        Ok(Self {
            connector,
            runtime: Handle::try_current().map_err(io::Error::other)?,
            folder: tempfile::Builder::new().prefix("wayfare-tls-").tempdir()?,
            open: Mutex::default(),
        })
    }

    /// The socket file from which everything goes to `authority`. Does not connect yet.
    pub(crate) fn to(&self, authority: &str) -> io::Result<PathBuf> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(socket) = open.sockets.get(authority) {
            return Ok(socket.clone());
        }
        let socket = self.folder.path().join(open.sockets.len().to_string());
        let listener = {
            let _on_runtime = self.runtime.enter();
            UnixListener::bind(&socket)?
        };
        let serving = serve(listener, authority.to_owned(), self.connector.clone());
        open.serving.spawn_on(serving, &self.runtime);
        open.sockets.insert(authority.to_owned(), socket.clone());
        Ok(socket)
    }
}

async fn serve(listener: UnixListener, authority: String, connector: TlsConnector) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(relay(stream, authority.clone(), connector.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(crate::tls_front::PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn relay(mut inside: UnixStream, authority: String, connector: TlsConnector) {
    let passed = async {
        let mut outside = connect(&connector, &authority).await?;
        tokio::io::copy_bidirectional(&mut inside, &mut outside).await
    };
    if let Err(error) = passed.await {
        tracing::warn!(to = authority, %error, "an encrypted connection ended");
    }
}
