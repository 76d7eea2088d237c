//! Where a process listens: on this machine only, unless somebody says that more is meant.

use std::net::{SocketAddr, TcpListener};

use crate::error::ClusterError;

/// An address to listen on. Nothing in Ballista's protocols authenticates or encrypts.
#[derive(Debug, Clone, Copy)]
pub struct Listen {
    pub address: SocketAddr,
    /// Other machines may reach it: somebody has said so, or TLS keeps strangers out.
    pub for_others: bool,
}

impl Listen {
    /// Refuses other machines' addresses where nobody asked for them.
    pub fn check(self) -> Result<SocketAddr, ClusterError> {
        if self.for_others || self.address.ip().is_loopback() {
            Ok(self.address)
        } else {
            Err(ClusterError::NotLoopback {
                address: self.address,
            })
        }
    }

    /// The address with a port that is free now, if any port will do.
    pub(crate) fn with_port(self) -> Result<SocketAddr, ClusterError> {
        let address = self.check()?;
        if address.port() != 0 {
            return Ok(address);
        }
        // Ballista wants the number before it listens; between here and there another process may take it, and then
        // the executor ends with an error that says so.
        TcpListener::bind(address)
            .and_then(|listener| listener.local_addr())
            .map_err(|source| ClusterError::Listen { address, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_kept_out_unless_asked_for() {
        let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
        let listen = |address, for_others| Listen { address, for_others };
        assert!(matches!(
            listen(everywhere, false).check(),
            Err(ClusterError::NotLoopback { .. })
        ));
        assert_eq!(listen(everywhere, true).check().unwrap(), everywhere);
        let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
        assert_eq!(listen(here, false).check().unwrap(), here);
        assert_ne!(listen(here, false).with_port().unwrap().port(), 0);
    }
}
