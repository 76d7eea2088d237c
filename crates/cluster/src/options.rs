//! Settings that travel with every job, known to driver, scheduler and executors alike.
//!
//! Ballista drops keys that a process does not know, so all three build their sessions from [`session_config`].

use ballista_core::config::{
    BALLISTA_ADAPTIVE_PLANNER_ENABLED, BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE,
    BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, BallistaConfig,
};
use ballista_core::extension::SessionConfigHelperExt;
use datafusion::common::config::ConfigExtension;
use datafusion::common::extensions_options;
use datafusion::prelude::SessionConfig;
use wayfare_functions::artefacts::FunctionDefaults;
use wayfare_pipeline::engine::{SessionNeeds, session};

/// Plans carry the locations of every map task's output, and statements over whole tables those of every file.
pub(crate) const MESSAGE_BYTES: u32 = 256 << 20;

extensions_options! {
    /// Ours among the settings of a session.
    pub struct WayfareOptions {
        /// Work for accelerators must not run anywhere else.
        pub accelerator_required: bool, default = false
    }
}

impl ConfigExtension for WayfareOptions {
    const PREFIX: &'static str = "wayfare";
}

/// A plain session's settings as a cluster needs them.
pub(crate) fn for_cluster(config: SessionConfig) -> SessionConfig {
    config
        .with_option_extension(BallistaConfig::default())
        .with_option_extension(WayfareOptions::default())
        .ballista_restricted_configuration()
        // It does not survive the loss of an executor whose output is still needed.
        .set_bool(BALLISTA_ADAPTIVE_PLANNER_ENABLED, false)
        // What is lost with a task is one partition.
        .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
        .set_usize(BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE, MESSAGE_BYTES as usize)
}

/// What scheduler and executors start a session from, before the job's own settings.
pub(crate) fn session_config() -> SessionConfig {
    let needs = SessionNeeds {
        root: None,
        partitions: None,
        keep_order: false,
        defaults: FunctionDefaults::default(),
    };
    // Some functions take settings in when they are registered, the time zone for one.
    for_cluster(session::config(&needs, 1))
}
