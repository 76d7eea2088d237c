//! What can go wrong between the processes of a cluster.

use std::net::SocketAddr;
use std::path::PathBuf;

use datafusion::error::DataFusionError;

/// An error of a cluster's process, with the facts that its reader needs.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error("`{address}` is not a loopback address, and nothing on it would be authenticated or encrypted")]
    NotLoopback { address: SocketAddr },
    #[error("no loopback address is left for the inside of `{address}`")]
    NoInnerAddress { address: SocketAddr },
    #[error("cannot use `{}` for TLS", path.display())]
    Tls {
        path: PathBuf,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("`{address}` is not an address of the form HOST:PORT")]
    Address { address: String },
    #[error("cannot listen on `{address}`")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot use the folder `{}`", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the scheduler at `{address}` cannot be reached")]
    Unreachable {
        address: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the scheduler at `{address}` refused the work: {message}")]
    Refused { address: String, message: String },
    #[error("the scheduler at `{address}` has no memory of job `{job}`: it was restarted")]
    Forgotten { address: String, job: String },
    #[error("job `{job}` failed on the cluster: {message}")]
    Failed { job: String, message: String },
    #[error("the result of job `{job}` could not be fetched from executor `{executor}`")]
    Result {
        job: String,
        executor: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{kind} ended: {message}")]
    Ended { kind: &'static str, message: String },
}

impl ClusterError {
    /// Whether the same work may well succeed if it is submitted again.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Forgotten { .. } | Self::Result { .. } => true,
            Self::Failed { message, .. } => crate::retry_class::says_passing(message),
            _ => false,
        }
    }
}

impl From<ClusterError> for DataFusionError {
    fn from(error: ClusterError) -> Self {
        Self::External(Box::new(error))
    }
}
