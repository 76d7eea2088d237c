//! `wayfare evaluate`: how good results are, where what is right is known.

pub(super) mod extraction;
mod naming;
mod vectors;

use std::path::Path;

use crate::args::evaluate::EvaluateCommand;
use crate::failure::Failure;

pub(super) fn evaluate(command: &EvaluateCommand) -> Result<(), Failure> {
    match command {
        EvaluateCommand::Extraction(args) => extraction::extraction(args),
        EvaluateCommand::Naming(args) => naming::naming(args),
    }
}

/// A result that could not be put where it was wanted.
fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    Failure::from(error).context(format!("cannot write `{}`", path.display()))
}
