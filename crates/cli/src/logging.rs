//! The log of the libraries, on standard error, for whoever looks into a problem.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::{environment, output};

const QUIET: &str = "warn";

/// Starts logging with the filter of `WAYFARE_LOG`, for example `info` or `wayfare_pipeline=debug`; by default warnings.
pub(crate) fn start() {
    let wanted = environment::variable("WAYFARE_LOG").unwrap_or_else(|| QUIET.to_owned());
    let filter = EnvFilter::try_new(&wanted).unwrap_or_else(|error| {
        output::talk(&format!(
            "warning: WAYFARE_LOG is not a log filter, using `{QUIET}`: {error}"
        ));
        EnvFilter::new(QUIET)
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(output::colours())
        .with_writer(io::stderr)
        .init();
}
