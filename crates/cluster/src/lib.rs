//! Wayfare's plans on many machines: the only crate that knows Ballista.
//!
//! Owns the scheduler and executor processes, where tasks are placed, how plans travel, and the cluster's side of the
//! seam [`wayfare_pipeline::engine::Engine`]. Refuses to know what a statement means or which of them a run needs.
//!
//! ```text
//!  driver ── physical plan ──► scheduler ── tasks ──► executors ── files ──► object storage
//!     ▲                            │                      │
//!     └──────── job status ────────┘◄───── results ───────┘ (one row per file)
//! ```

mod bottleneck;
mod client;
mod codec;
mod endpoint;
mod engine;
mod error;
mod executor;
mod health;
mod listen;
mod options;
mod placement;
mod retry_class;
mod scheduler;
mod steady_plan;
mod stores;
mod task_log;
mod tls;
mod tls_front;
mod tls_tunnel;
mod watchdog;

pub use bottleneck::{ExecutorKind, WaitingTasks};
pub use engine::{ClusterEngine, ClusterOptions};
pub use error::ClusterError;
pub use executor::{Accelerator, ExecutorIdentity, ExecutorOptions, run_executor};
pub use listen::Listen;
pub use scheduler::{SchedulerOptions, run_scheduler};
pub use tls::{Protocol, Tls, TlsFiles};
pub use tls_front::TlsFront;
