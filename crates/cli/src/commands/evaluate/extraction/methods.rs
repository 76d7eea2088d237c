//! Which methods are compared, and with which parameters.

use serde::Serialize;
use wayfare_evaluation::extraction::baselines;
use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory};
use wayfare_evaluation::extraction::method::Method;
use wayfare_evaluation::extraction::tuning::{self, Objective, Trial};
use wayfare_evaluation::extraction::wayfare::Wayfare;
use wayfare_journeys::Params;

use crate::args::evaluate::EvaluateExtractionArgs;
use crate::failure::Failure;
use crate::output;

/// Ours, beside the baselines.
const WAYFARE: &str = "wayfare";

/// The methods, ready to run.
pub(super) struct Chosen {
    pub(super) methods: Vec<Box<dyn Method>>,
    /// How each was tuned; empty where none was.
    pub(super) tuning: Vec<Tuning>,
}

/// What tuning one method came to.
#[derive(Debug, Serialize)]
pub(super) struct Tuning {
    method: String,
    /// Choices of parameters that were tried.
    trials: usize,
    chosen: Trial,
    /// False where the method gave up too much for the coverage that was asked for, and need not reach it.
    floor_kept: bool,
}

/// The names in their order, each once, and the reference among them.
pub(super) fn names(given: &[String], reference: &str) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = Vec::new();
    let all = given.iter().map(|name| name.trim()).chain([reference]);
    for name in all.filter(|name| !name.is_empty()) {
        if name != WAYFARE && !baselines::NAMES.contains(&name) {
            return Err(Failure::usage(format!(
                "there is no method `{name}`; methods are `{WAYFARE}` and the baselines `{}`",
                baselines::NAMES.join("`, `")
            )));
        }
        if !names.iter().any(|there| there == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The methods with their defaults, and ours with the given parameters.
pub(super) fn untuned(names: &[String], params: Params) -> Result<Chosen, Failure> {
    let methods = names.iter().map(|name| -> Result<Box<dyn Method>, Failure> {
        if name == WAYFARE {
            return Ok(Box::new(Wayfare { params }));
        }
        baselines::by_name(name, params.min_activities)
            .ok_or_else(|| Failure::bug("a baseline is named that cannot be made"))
    });
    Ok(Chosen {
        methods: methods.collect::<Result<_, _>>()?,
        tuning: Vec::new(),
    })
}

/// The methods, each with the parameters that suit these users best.
pub(super) fn tuned(
    names: &[String],
    catalogue: &Catalogue,
    users: &[UserHistory],
    args: &EvaluateExtractionArgs,
) -> Result<Chosen, Failure> {
    let objective = Objective {
        coverage_floor: args.coverage_floor,
        min_activities: args.min_activities,
        ..Objective::default()
    };
    let mut chosen = Chosen {
        methods: Vec::new(),
        tuning: Vec::new(),
    };
    for name in names {
        output::talk(&format!("tuning {name} on {} users", users.len()));
        let tuned = tuning::tune(name, catalogue, users, objective)?;
        output::talk(&format!(
            "  of {} trials the best has {}",
            tuned.trials.len(),
            tuned.method.parameters()
        ));
        chosen.tuning.push(Tuning {
            method: name.clone(),
            trials: tuned.trials.len(),
            chosen: tuned.chosen,
            floor_kept: tuned.floor_kept,
        });
        chosen.methods.push(tuned.method);
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_compared_and_no_method_twice() {
        let given = ["ward", " icpc", "ward"].map(str::to_owned);
        assert_eq!(names(&given, "icpc").unwrap(), ["ward", "icpc"]);
        assert_eq!(names(&given, "wayfare").unwrap(), ["ward", "icpc", "wayfare"]);
        let failure = names(&given, "warp").unwrap_err();
        assert!(
            failure.messages()[0].contains("no method `warp`"),
            "{:?}",
            failure.messages()
        );
    }
}
