//! The commands: one module each. A command gets parsed arguments and ends in a result or a [`Failure`].

mod bench;
mod cluster;
mod config;
mod docs;
mod doctor;
mod driver_service;
mod evaluate;
mod executor;
mod generate;
mod init;
mod job;
mod maintain;
mod models;
mod plan;
mod report;
mod run;
mod runs;
mod scheduler;
mod sql;
mod submit;
mod tune;

use crate::args::{Command, ModelsCommand};
use crate::failure::Failure;

/// Carries out a command.
pub(crate) async fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Init(args) => init::init(&args).await,
        Command::Run(args) => run::run(&args).await,
        Command::Submit(args) => submit::submit(&args).await,
        Command::Plan(args) => plan::plan(&args).await,
        Command::Runs(command) => runs::runs(&command).await,
        Command::Report(args) => report::report(&args).await,
        Command::Sql(args) => sql::sql(&args).await,
        Command::Generate(args) => generate::generate(&args),
        Command::Evaluate(command) => evaluate::evaluate(&command),
        Command::Tune(command) => tune::tune(&command),
        Command::Bench(command) => bench::bench(&command),
        Command::Maintain(args) => maintain::maintain(&args).await,
        Command::Models(ModelsCommand::Verify { job }) => models::verify(&job),
        Command::Doctor(args) => doctor::doctor(&args).await,
        Command::Scheduler(args) => scheduler::scheduler(args).await,
        Command::Executor(args) => executor::executor(args).await,
        Command::Cluster(command) => cluster::cluster(command).await,
        Command::Config(command) => config::config(&command),
        Command::Docs(command) => docs::docs(&command),
    }
}
