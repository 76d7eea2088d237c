//! Developer commands, run as `cargo xtask COMMAND`: set-up, the demo, the test suite and the repository's own rules.
//!
//! Owns what happens around the code: what is installed where, in which order things run, how long each took. It
//! links none of the workspace's crates, so that it compiles in seconds.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer command talks to a person: results on stdout, talk on stderr"
)]

mod assets;
mod bench;
mod book;
mod checkout;
mod demo;
mod fingerprint;
mod install;
mod process;
mod readers;
#[cfg(test)]
mod scratch;
mod suite;
mod tally;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::checkout::Checkout;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  setup                     install models and demo data into the cache; prints their folder
  demo [--job NAME] [--keep] [-- ARGS]
                            set up, build, and run a job on real activity (movielens, complete-journey);
                            starts from empty tables unless --keep; ARGS go to `wayfare run`
  test [--faults] [ARGS]    set up, tidy, format check, all tests: what CI runs; --faults adds those fault tests of the
                            cluster that take long; ARGS go to `cargo test`
  lint                      clippy on all targets, warnings denied
  tidy                      the rules that no compiler checks
  goldens [--accept]        run the tests of expected files; --accept rewrites the files instead
  bench scale [COUNT...]    time and memory of load and segment over COUNT synthetic activities each
  bench tax [COUNT]         the same work on the embedded engine and on a cluster of this machine, in turn
  bench cluster [COUNT]     load and segment of many activities on a cluster of this machine, with the memory of each process
  bench increment [USERS COUNT]
                            a day on which 1% and 10% of the users are active against the run over all days before
  book [--open]             build the documentation of docs/ as a book and print where it is

The cache is $WAYFARE_CACHE, by default ~/.cache/wayfare.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        bail!("no command given\n\n{USAGE}");
    };
    if matches!(command.as_str(), "help" | "-h" | "--help") {
        print!("{USAGE}");
        return Ok(());
    }
    let checkout = Checkout::locate()?;
    match command.as_str() {
        "setup" => {
            refuse_arguments(command, rest)?;
            println!("{}", assets::set_up(&checkout)?.display());
            Ok(())
        }
        "demo" => demo::run(&checkout, &demo::Request::parse(rest)?),
        "test" => match rest {
            [flag, rest @ ..] if flag == "--faults" => suite::test(&checkout, suite::Faults::All, rest),
            _ => suite::test(&checkout, suite::Faults::Quick, rest),
        },
        "bench" => match rest {
            [what, sizes @ ..] if what == "scale" => bench::scale(&checkout, sizes),
            [what, sizes @ ..] if what == "tax" => bench::tax(&checkout, sizes),
            [what, sizes @ ..] if what == "cluster" => bench::big(&checkout, sizes),
            [what, sizes @ ..] if what == "increment" => bench::increment(&checkout, sizes),
            _ => bail!("`bench` knows `scale`, `tax`, `cluster` and `increment`"),
        },
        "lint" => {
            refuse_arguments(command, rest)?;
            suite::lint(&checkout)
        }
        "tidy" => {
            refuse_arguments(command, rest)?;
            tidy::run(&checkout.root)
        }
        "goldens" => match rest {
            [] => suite::goldens(&checkout, suite::Goldens::Compare),
            [flag] if flag == "--accept" => suite::goldens(&checkout, suite::Goldens::Accept),
            _ => bail!("`goldens` takes only --accept"),
        },
        "book" => match rest {
            [] => book::build(&checkout, book::Then::Print),
            [flag] if flag == "--open" => book::build(&checkout, book::Then::Open),
            _ => bail!("`book` takes only --open"),
        },
        unknown => bail!("no command `{unknown}`\n\n{USAGE}"),
    }
}

fn refuse_arguments(command: &str, rest: &[String]) -> Result<()> {
    if let Some(argument) = rest.first() {
        bail!("`{command}` takes no argument, found `{argument}`");
    }
    Ok(())
}
