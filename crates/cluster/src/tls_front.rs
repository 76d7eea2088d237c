//! The encrypted side of a process: takes connections of members of the cluster, and passes what they say on, decrypted, to
//! Ballista, which listens on loopback only and cannot encrypt.
//!
//! ```text
//!  member ══ TLS ══► front (`--bind`) ── plain, loopback ──► Ballista's server
//! ```

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::error::ClusterError;
use crate::tls::{Protocol, Tls};

const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// After a connection could not be taken: the process may be out of file handles.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);
/// Where Ballista may listen, under the same port as the front: the scheduler tells others one port for both.
const INNER: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Serves until it is dropped.
#[derive(Debug)]
pub struct TlsFront {
    _serving: SpawnedTask<()>,
}

impl TlsFront {
    /// Passes what comes to `listener` on to `inner`.
    pub fn serve(listener: TcpListener, inner: SocketAddr, tls: &Tls, protocol: Protocol) -> Self {
        let acceptor = tls.acceptor(protocol);
        Self {
            _serving: SpawnedTask::spawn(accept(listener, inner, acceptor)),
        }
    }
}

async fn accept(listener: TcpListener, inner: SocketAddr, acceptor: TlsAcceptor) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(relay(stream, peer, inner, acceptor.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn relay(stream: TcpStream, peer: SocketAddr, inner: SocketAddr, acceptor: TlsAcceptor) {
    let passed = async {
        stream.set_nodelay(true)?;
        let handshake = tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream));
        let mut outside = handshake.await??;
        let mut inside = TcpStream::connect(inner).await?;
        inside.set_nodelay(true)?;
        tokio::io::copy_bidirectional(&mut outside, &mut inside).await
    };
    if let Err(error) = passed.await {
        // Also Ballista's own look whether an executor can be reached, which does not encrypt and asks nothing.
        tracing::debug!(%peer, %error, "a connection ended");
    }
}

/// A loopback address under which all these ports are free while the outer listeners hold theirs.
pub(crate) fn inner_host(ports: &[u16], outer: SocketAddr) -> Result<IpAddr, ClusterError> {
    let is_free = |ip: IpAddr| {
        let tried = ports
            .iter()
            .map(|port| std::net::TcpListener::bind(SocketAddr::new(ip, *port)));
        tried.collect::<io::Result<Vec<_>>>().is_ok()
    };
    INNER
        .into_iter()
        .find(|ip| is_free(*ip))
        .ok_or(ClusterError::NoInnerAddress { address: outer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_is_another_address_with_the_same_port() {
        for outer in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
            let listener = std::net::TcpListener::bind((outer, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let inner = inner_host(&[address.port()], address).unwrap();
            assert!(inner.is_loopback());
            assert_ne!(inner, address.ip());
            std::net::TcpListener::bind((inner, address.port())).unwrap();
        }
    }
}
