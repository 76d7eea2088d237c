//! The command line's syntax. The documentation of each item here is its `--help`.
//!
//! Refuses to interpret: what arguments mean together with job files and the environment is up to the commands.

pub(crate) mod bench;
pub(crate) mod cluster;
pub(crate) mod evaluate;
pub(crate) mod tune;

use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand, ValueEnum};
use wayfare_pipeline::settings::LogicalDate;

use self::bench::BenchCommand;
use self::cluster::{ClusterCommand, EngineArgs, ExecutorArgs, SchedulerArgs, SubmitArgs};
use self::evaluate::EvaluateCommand;
use self::tune::TuneCommand;

const EXIT_CODES: &str = "Exit codes: 0 done or nothing to do, 1 failed, 2 usage, 3 configuration, 4 input missing, 5 quality \
gate, 6 too many rejected rows, 75 worth retrying, 143 cancelled.\n\
Environment: WAYFARE_<SECTION>__<KEY> sets a setting, WAYFARE_LOG filters the log (for example `info`), NO_COLOR switches \
colours off, \
WAYFARE_CLUSTER is the `--cluster` of `run` and `runs resume`.";

/// Turns a platform's activity log into named interest journeys
#[derive(Debug, Parser)]
#[command(name = "wayfare", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Propose a job file for your own activities and items, and check it as `plan` does
    Init(InitArgs),
    /// Run a job: load, embed, segment, name and publish. Repeating a run that is done changes nothing
    Run(RunArgs),
    /// Give a run to a cluster, which drives it by itself; prints the run's id
    Submit(SubmitArgs),
    /// Show what `run` would do: dates, rows, items to embed, names to generate, what is done already
    Plan(PlanArgs),
    /// Look into the ledger of runs; cancel, follow and resume one from any host
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Make the page about a run again: one HTML file with totals, timings, distributions and sample users
    Report(ReportArgs),
    /// Query the tables at their newest snapshot with SQL
    Sql(SqlArgs),
    /// Write synthetic activity with planted journeys
    Generate(GenerateArgs),
    /// Measure how good results are, where what is right is known
    #[command(subcommand)]
    Evaluate(EvaluateCommand),
    /// Teach a small language model to name, from titles that people gave to collections
    #[command(subcommand)]
    Tune(TuneCommand),
    /// Time one part of the program on its own, for comparison with other programs
    #[command(subcommand, hide = true)]
    Bench(BenchCommand),
    /// Checkpoint and clean the tables, remove files that nothing refers to
    Maintain(MaintainArgs),
    /// Look after the models that a job uses
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Check this machine, and that a job's models and tables can be used
    Doctor(DoctorArgs),
    /// Give out the work of a cluster
    Scheduler(SchedulerArgs),
    /// Do the work of a cluster
    Executor(ExecutorArgs),
    /// Run a whole cluster on this machine
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Show the settings of a job, or what a job file can say
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print generated reference pages as Markdown
    #[command(subcommand, hide = true)]
    Docs(DocsCommand),
}

#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// File or folder with activities: Parquet, CSV with a header, or a Delta table
    #[arg(long, value_name = "PATH")]
    pub(crate) activities: PathBuf,
    /// File or folder with items; without it, the activities carry the items' titles
    #[arg(long, value_name = "PATH")]
    pub(crate) items: Option<PathBuf>,
    /// Job file to write, or a folder to write `job.toml` into
    #[arg(long, value_name = "PATH", default_value = "job.toml")]
    pub(crate) out: PathBuf,
    /// Overwrite a job file that is there already
    #[arg(long)]
    pub(crate) force: bool,
    /// Name of the job; without it, it is made from the name of the activities
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Where the tables will lie; without it, in `tables/NAME`
    #[arg(long, value_name = "URL")]
    pub(crate) tables: Option<String>,
    /// Folder of a BERT-family sentence encoder; without it, the one in WAYFARE_ASSETS
    #[arg(long, value_name = "DIR")]
    pub(crate) encoder: Option<PathBuf>,
    /// GGUF file of a language model that names journeys; without it, the one in WAYFARE_ASSETS
    #[arg(long, value_name = "FILE.gguf")]
    pub(crate) model: Option<PathBuf>,
    /// Column of the activities that says who
    #[arg(long, value_name = "COLUMN")]
    pub(crate) user_column: Option<String>,
    /// Column of the activities that says which item
    #[arg(long, value_name = "COLUMN")]
    pub(crate) item_column: Option<String>,
    /// Column of the activities that says when
    #[arg(long, value_name = "COLUMN")]
    pub(crate) time_column: Option<String>,
    /// Column with the items' titles
    #[arg(long, value_name = "COLUMN")]
    pub(crate) title_column: Option<String>,
}

/// A job file and what replaces its settings.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct JobArgs {
    /// Job file
    #[arg(value_name = "JOB.toml")]
    pub(crate) job_file: PathBuf,
    /// Replace a setting, for example `--set tables.url=out`; wins over the environment and the job file
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) sets: Vec<String>,
}

/// Which logical dates.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SelectionArgs {
    /// Logical date, YYYY-MM-DD. Without a date: the newest complete slice (yesterday, or the last month that has ended)
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    pub(crate) date: Option<LogicalDate>,
    /// First of several logical dates
    #[arg(long, value_name = "DATE", requires = "to")]
    pub(crate) from: Option<LogicalDate>,
    /// Last of several logical dates, included
    #[arg(long, value_name = "DATE", requires = "from")]
    pub(crate) to: Option<LogicalDate>,
    /// Take all dates in one run instead of one run per date: faster, published at once
    #[arg(long)]
    pub(crate) one_run: bool,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object on the last line
    Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// The caller's name for this run, repeated in the result; what makes runs idempotent is the logical date
    #[arg(long, value_name = "KEY")]
    pub(crate) run_key: Option<String>,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// How the result of a run is handed over.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ResultArgs {
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
    /// Also write the JSON result to this file; /airflow/xcom/return.json is written wherever its folder exists
    #[arg(long, value_name = "FILE")]
    pub(crate) result_file: Option<PathBuf>,
    /// Do not write the page about the run, which `wayfare report` can still make later
    #[arg(long)]
    pub(crate) no_report: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List all runs, oldest first
    List {
        /// Where the tables are
        tables_url: String,
        /// How the list is printed
        #[arg(long, value_enum, default_value_t)]
        output: OutputFormat,
    },
    /// Show one run: its dates, its outcome, and which bucket groups are done
    Show {
        /// Where the tables are
        tables_url: String,
        /// Run id, as `runs list` prints it
        run_id: String,
        /// How the run is printed
        #[arg(long, value_enum, default_value_t)]
        output: OutputFormat,
    },
    /// Follow a run until it ends; the exit code is that of the run
    Watch {
        /// Where the tables are
        tables_url: String,
        /// Run id, as `runs list` prints it
        run_id: String,
    },
    /// Ask a run to stop at its next safe point, wherever it is driven
    Cancel {
        /// Where the tables are
        tables_url: String,
        /// Run id, as `runs list` prints it
        run_id: String,
    },
    /// Go on with a run that failed, was cancelled or died, with the settings that it began with
    Resume(ResumeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    /// Where the tables are
    pub(crate) tables_url: String,
    /// Run id, as `runs list` prints it
    pub(crate) run_id: String,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Where the tables are
    pub(crate) tables_url: String,
    /// Run id, as `runs list` prints it; without it, the run that published the newest snapshot
    pub(crate) run_id: Option<String>,
    /// Write the page to this file instead of among the restricted tables. It shows what single users did
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How query results are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// Boxes, for people
    #[default]
    Table,
    /// Comma-separated with a header; lists and structs as text
    Csv,
    /// One JSON object per row
    Json,
    /// Parquet, to the file given with --output
    Parquet,
}

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("statements").args(["query", "file"]))]
pub(crate) struct SqlArgs {
    /// Where the tables are
    pub(crate) tables_url: String,
    /// Statements to run; without -c and -f they are read from standard input
    #[arg(short = 'c', long = "command", value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// File with statements to run
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Format of the results
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: QueryFormat,
    /// Write the results to this file instead of standard output
    #[arg(long, short, value_name = "FILE", required_if_eq("format", "parquet"))]
    pub(crate) output: Option<PathBuf>,
    /// Value of `$NAME` in the statements: a number, `true`, `false`, or text
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) params: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MaintainArgs {
    /// Where the tables are
    pub(crate) tables_url: String,
    /// Keep unreferenced files that are younger than this many hours: runs and readers may still need them
    #[arg(long, value_name = "HOURS", default_value_t = 168)]
    pub(crate) retention_hours: u64,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Compare the models' files with the hashes in the job file
    Verify {
        #[command(flatten)]
        job: JobArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Job file whose models and tables to check
    #[arg(value_name = "JOB.toml")]
    pub(crate) job_file: Option<PathBuf>,
    /// Replace a setting of the job
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "job_file")]
    pub(crate) sets: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting of a job as it will be used, in TOML
    Show {
        #[command(flatten)]
        job: JobArgs,
        /// Say of each value where it comes from
        #[arg(long)]
        origin: bool,
    },
    /// Print the JSON Schema of job files, by which editors complete and check them
    Schema,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DocsCommand {
    /// The tables and their columns
    Tables,
    /// The exit codes
    ExitCodes,
    /// The keys of the job file
    JobFile,
    /// The commands and their arguments
    CommandLine,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArgs {
    /// Users
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub(crate) users: u64,
    /// Activities of all users together, met exactly
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    pub(crate) activities: u64,
    /// Equal seeds and options give equal files
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Days that the activities spread over, from 2024-01-01
    #[arg(long, value_name = "COUNT", default_value_t = 180)]
    pub(crate) days: u32,
    /// Share of activities, 0 to 1, that belong to no journey
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    pub(crate) noise_share: f64,
    /// Share of activities, 0 to 1, in bursts: many on one topic within minutes, and none later. Above 0, `truth` gets the
    /// column `noise_source`
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) burst_share: f64,
    /// Share of activities, 0 to 1, that become known up to a week late. Above 0, `activities` gets the column
    /// `logical_date`
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) late_share: f64,
    /// Share of activities, 0 to 1, whose row comes twice; on top of --activities
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) duplicate_share: f64,
    /// Most rows of one file; activities are cut between users. Files are written side by side
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    pub(crate) rows_per_file: u64,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
