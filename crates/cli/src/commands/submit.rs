//! `wayfare submit`: gives a run to a cluster and does not wait for it.

use wayfare_cluster::Tls;

use super::driver_service::message::{RunStatus, Standing, Submission};
use super::job;
use crate::args::cluster::SubmitArgs;
use crate::failure::Failure;
use crate::{http_call, output, tls};

pub(super) async fn submit(args: &SubmitArgs) -> Result<(), Failure> {
    let settings = job::settings(&args.job)?.settings;
    let runs = job::runs(&args.selection, &settings)?;
    let [dates] = runs.as_slice() else {
        return Err(Failure::usage(format!(
            "these dates are {} runs, and `submit` gives one; add `--one-run` to take all dates in one",
            runs.len()
        )));
    };
    let submission = Submission {
        settings: settings.to_recorded()?,
        dates: dates.iter().map(ToString::to_string).collect(),
        require_accelerator: args.require_accelerator,
    };
    let tls = tls::read(&args.tls)?;
    let status = give(&args.cluster, &submission, tls.as_ref()).await?;
    match (status.standing, status.run_id) {
        (Standing::Running | Standing::Done | Standing::Noop, Some(run_id)) => {
            output::data_line(&run_id)?;
            output::talk(&said(status.standing, &settings.tables.url, &run_id));
            Ok(())
        }
        (_, _) => {
            let code = status.exit_code.unwrap_or(crate::exit_code::FAILED);
            Err(Failure::told(&status.messages, code, status.hint))
        }
    }
}

fn said(standing: Standing, tables_url: &str, run_id: &str) -> String {
    if standing == Standing::Noop {
        return "nothing to do: the tables hold this already".to_owned();
    }
    format!("next:\n  wayfare runs watch {tables_url} {run_id}\n  wayfare runs cancel {tables_url} {run_id}")
}

async fn give(address: &str, submission: &Submission, tls: Option<&Tls>) -> Result<RunStatus, Failure> {
    let text = serde_json::to_string(submission)?;
    let answer = http_call::post(address, "/runs", &text, tls)
        .await
        .map_err(|error| {
            let error = anyhow::Error::new(error).context(format!("cannot give the run to `{address}`"));
            Failure::passing(
                error,
                "look whether the scheduler runs, and whether it was given this address as `--driver-bind`",
            )
        })?;
    serde_json::from_str(&answer.body).map_err(|_| {
        let said = answer.body.lines().next().unwrap_or_default();
        Failure::failed(format!(
            "`{address}` does not take runs, it answered {}: {said}; the address is what the scheduler was given as \
             `--driver-bind`, not that of the scheduler itself",
            answer.status
        ))
    })
}
