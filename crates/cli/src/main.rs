//! The `wayfare` binary: arguments to settings to commands.
//!
//! Owns the choice of candle for models, everything that is printed, and the exit code. Refuses to hold any step of a
//! run: those are in the crates below.

mod args;
mod clock;
mod commands;
mod environment;
mod event_line;
mod exit_code;
mod failure;
mod http_call;
mod interrupt;
mod logging;
mod models;
mod output;
mod parent;
mod process_signal;
mod progress;
mod report_page;
mod text_table;
mod tls;

use std::process::ExitCode;
use std::thread;

use clap::Parser;

use crate::args::Args;
use crate::failure::Failure;

/// Planning a long statement recurses deeply, in unoptimised builds most of all.
pub(crate) const STACK_BYTES: usize = 32 << 20;

fn main() -> ExitCode {
    let args = Args::parse();
    logging::start();
    // The first thread's stack is the system's choice, so the work is done on one of ours.
    let outcome = thread::Builder::new()
        .name("wayfare".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || run(args))
        .map_err(|error| Failure::from(error).context("cannot start a thread"))
        .and_then(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(Failure::bug("a thread of this program panicked")))
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build()
        .map_err(|error| Failure::from(error).context("cannot start the runtime"))?;
    let result = runtime.block_on(commands::execute(args.command));
    // A cancelled statement may still be computing; nothing that it does is kept.
    runtime.shutdown_background();
    result
}
