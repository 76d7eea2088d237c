//! `wayfare evaluate`: how good results are, where what is right is known.

pub(super) mod extraction;

use crate::args::evaluate::EvaluateCommand;
use crate::failure::Failure;

pub(super) fn evaluate(command: &EvaluateCommand) -> Result<(), Failure> {
    match command {
        EvaluateCommand::Extraction(args) => extraction::extraction(args),
    }
}
