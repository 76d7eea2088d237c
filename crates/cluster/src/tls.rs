//! Encryption between the processes of a cluster, and who takes part: whoever holds a certificate of the cluster's own
//! authority, and nobody else.
//!
//! Every process has one certificate, which it shows as server and as client. Both sides check each other against the
//! same authority; a server must also have the name by which it was called. Refuses to know revocation lists, and systems'
//! own authorities.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::extension::EndpointOverrideFn;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tonic::transport::Endpoint;

use crate::error::ClusterError;
use crate::tls_tunnel::Tunnels;

/// For a server that listens to take a connection and show who it is.
const CONNECT_WITHIN: Duration = Duration::from_secs(20);
/// Of a call between a scheduler and an executor.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
const KEEP_ALIVE: Duration = Duration::from_mins(5);
/// What Ballista gives the connections through which shuffled rows come.
const CONNECTION_WINDOW_BYTES: u32 = 64 << 20;
const STREAM_WINDOW_BYTES: u32 = 16 << 20;

/// Where a process finds who it is and whom it trusts, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Its certificate, and those that lead from it to the authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// The certificates of the authority.
    pub authority: PathBuf,
}

/// Who a process is, and whom it trusts; cheap to clone.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    server: Arc<ServerConfig>,
    tunnels: Arc<Tunnels>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whoever prints it must not print keys.
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// What is spoken inside of the encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/2, as gRPC has it, and HTTP/1.1.
    Grpc,
    Http1,
}

impl Tls {
    /// Reads certificates and key. The connections that others ask for later are served on the runtime of the caller.
    ///
    /// # Errors
    /// [`ClusterError::Tls`] for a file that cannot be read or does not hold what it should.
    pub fn read(files: &TlsFiles) -> Result<Self, ClusterError> {
        let certificate = read(&files.certificate)?;
        let key = read(&files.key)?;
        let authority = read(&files.authority)?;
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |source: Box<dyn Error + Send + Sync>| ClusterError::Tls { path, source }
        };
        let chain = certificates(&certificate).map_err(unusable(&files.certificate))?;
        let private =
            PrivateKeyDer::from_pem_slice(&key).map_err(|error| unusable(&files.key)(Box::new(error)))?;
        let mut roots = RootCertStore::empty();
        for root in certificates(&authority).map_err(unusable(&files.authority))? {
            let added = roots.add(root);
            added.map_err(|error| unusable(&files.authority)(Box::new(error)))?;
        }
        let roots = Arc::new(roots);
        let server = server(Arc::clone(&roots), chain.clone(), private.clone_key());
        let client = client(roots, chain, private).map_err(unusable(&files.certificate))?;
        let connector = TlsConnector::from(Arc::new(client));
        let tunnels = Tunnels::new(connector.clone());
        let folder = |source| ClusterError::Folder {
            path: std::env::temp_dir(),
            source,
        };
        Ok(Self {
            connector,
            server: Arc::new(server.map_err(unusable(&files.certificate))?),
            tunnels: Arc::new(tunnels.map_err(folder)?),
        })
    }

    /// A connection to `HOST:PORT`, whose certificate must be for that host.
    pub async fn connect(&self, authority: &str) -> io::Result<TlsStream<TcpStream>> {
        let connecting = connect(&self.connector, authority);
        tokio::time::timeout(CONNECT_WITHIN, connecting).await?
    }

    /// For who listens.
    pub(crate) fn acceptor(&self, protocol: Protocol) -> TlsAcceptor {
        let mut server = ServerConfig::clone(&self.server);
        server.alpn_protocols = match protocol {
            Protocol::Grpc => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Protocol::Http1 => vec![b"http/1.1".to_vec()],
        };
        TlsAcceptor::from(Arc::new(server))
    }

    /// A place to connect to without encryption, from where everything goes to `HOST:PORT` with it.
    pub(crate) fn endpoint(&self, authority: &str) -> Result<Endpoint, Box<dyn Error + Send + Sync>> {
        let socket = self.tunnels.to(authority)?;
        let endpoint = Endpoint::from_shared(format!("unix:{}", socket.display()))?;
        Ok(endpoint
            .connect_timeout(CONNECT_WITHIN)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(CONNECT_WITHIN)
            .keep_alive_while_idle(true))
    }

    /// What Ballista makes of the address of a scheduler or executor that it calls.
    pub(crate) fn calls(&self) -> EndpointOverrideFn {
        let tls = self.clone();
        Arc::new(move |plain| Ok(tls.instead_of(&plain)?.timeout(ANSWER_WITHIN)))
    }

    /// What Ballista makes of the address of an executor from which rows come, for as long as they do.
    pub(crate) fn streams(&self) -> EndpointOverrideFn {
        let tls = self.clone();
        Arc::new(move |plain| {
            let endpoint = tls.instead_of(&plain)?;
            Ok(endpoint
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
                .initial_stream_window_size(STREAM_WINDOW_BYTES))
        })
    }

    fn instead_of(&self, plain: &Endpoint) -> Result<Endpoint, Box<dyn Error + Send + Sync>> {
        let authority = plain.uri().authority().ok_or("an address without a host")?;
        self.endpoint(authority.as_str())
    }
}

/// A connection to `HOST:PORT`, whose certificate must be for that host.
pub(crate) async fn connect(connector: &TlsConnector, authority: &str) -> io::Result<TlsStream<TcpStream>> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    connector.connect(name, stream).await
}

fn read(path: &Path) -> Result<Vec<u8>, ClusterError> {
    std::fs::read(path).map_err(|error| ClusterError::Tls {
        path: path.to_owned(),
        source: Box::new(error),
    })
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Box<dyn Error + Send + Sync>> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        return Err("no certificate in it".into());
    }
    Ok(found)
}

/// Named, because another part of the program may have chosen another one for the process.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn server(
    roots: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Box<dyn Error + Send + Sync>> {
    let members = WebPkiClientVerifier::builder_with_provider(roots, provider()).build()?;
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(builder
        .with_client_cert_verifier(members)
        .with_single_cert(chain, key)?)
}

fn client(
    roots: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, Box<dyn Error + Send + Sync>> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(builder
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)?)
}
