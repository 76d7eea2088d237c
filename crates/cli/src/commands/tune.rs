//! `wayfare tune`: learns names from titled collections into a small file beside a base model.
//!
//! What an example is stands in `wayfare_evaluation::collections`, how it is learnt in `wayfare_inference_candle::tuning`;
//! here are files, progress and words.

mod data;
mod progress;

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use wayfare_inference_candle::tuning::{Loss, Tuner, TuningMethod, TuningModel, TuningOptions};

use self::data::Data;
use crate::args::OutputFormat;
use crate::args::tune::{TuneArgs, TuneCommand, TuningPrompt};
use crate::failure::Failure;
use crate::output;

const ADAPTER: &str = "adapter.safetensors";
const CHECKPOINT: &str = "checkpoint.safetensors";
/// Gradients are shortened to this length, as is usual.
const MOST_GRADIENT_NORM: f64 = 1.0;

/// Tunes, writes the adapter and prints what came of it.
pub(super) fn tune(command: &TuneCommand) -> Result<(), Failure> {
    let (args, method, learning_rate) = match command {
        TuneCommand::Prompt(args) => {
            let method = TuningMethod::SoftPrompt {
                tokens: args.virtual_tokens,
                text: args.begin_as.clone(),
            };
            (&args.tune, method, args.learning_rate)
        }
        TuneCommand::Lora(args) => {
            let method = TuningMethod::LowRank {
                rank: args.rank,
                alpha: args.alpha,
                modules: args.modules.clone(),
                last_layers: args.last_layers,
            };
            (&args.tune, method, args.learning_rate)
        }
    };
    let checkpoint = prepare(&args.out, args.resume)?;
    let data = Data::read(args)?;
    let model = TuningModel::load(&args.model)?;
    let (train, held_out) = data.tokens(&model, args.prompt)?;
    output::talk(&format!(
        "{} training and {} held-out examples of {} and {} lists; {} lists are left for tests",
        train.len(),
        held_out.len(),
        data.train_lists.len(),
        data.held_out_lists.len(),
        data.test_lists.len()
    ));
    let mut tuner = Tuner::new(
        &model,
        method,
        options(args, learning_rate),
        train,
        held_out.clone(),
    )?;
    if args.resume && checkpoint.exists() {
        tuner.resume(&checkpoint)?;
        output::talk(&format!("going on after step {}", tuner.steps()));
    }
    let untuned = tuner.loss(&held_out, true)?;
    output::talk(&format!("held-out loss of the base model: {}", words(&untuned)));
    let few_shot = if args.compare_few_shot {
        let (_, held_out) = data.tokens(&model, TuningPrompt::FewShot)?;
        let loss = tuner.loss(&held_out, true)?;
        output::talk(&format!(
            "held-out loss of the base model, few-shot: {}",
            words(&loss)
        ));
        Some(loss)
    } else {
        None
    };

    let (began, before) = (Instant::now(), tuner.steps());
    let tuned = tuner.run(Some(&checkpoint), &mut progress::teller(args.steps))?;
    let (seconds, steps) = (began.elapsed().as_secs_f64(), tuner.steps() - before);
    let path = args.out.join(ADAPTER);
    let adapter = tuner.adapter(data::prompt_name(args.prompt), &data.describe(args))?;
    let sha256 = adapter.write(&path).map_err(Failure::failed_with)?;
    report(
        args,
        &json!({
            "adapter": path.display().to_string(),
            "adapter_sha256": sha256,
            "base_sha256": model.base().sha256,
            "prompt": data::prompt_name(args.prompt),
            "configuration": adapter.configuration,
            "held_out_loss": { "untuned": untuned, "untuned_few_shot": few_shot, "tuned": tuned },
            "looks": tuner.looks(),
            "trained_values": tuner.trained_values(),
            "steps": tuner.steps(),
            "seconds": seconds,
            "seconds_per_step": (steps > 0).then(|| seconds / steps as f64),
        }),
        [Some(&untuned), few_shot.as_ref(), Some(&tuned)],
    )
}

fn report(args: &TuneArgs, result: &Value, losses: [Option<&Loss>; 3]) -> Result<(), Failure> {
    if args.output == OutputFormat::Json {
        return output::data_line(&serde_json::to_string(result)?);
    }
    let mut text = String::new();
    let labels = ["base model", "base model, few-shot", "tuned"];
    for (label, loss) in labels.into_iter().zip(losses) {
        if let Some(loss) = loss {
            text += &format!("{label:<22}{}\n", words(loss));
        }
    }
    let of = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
    text += &format!(
        "{} steps; wrote {}\n\nIn a job file:\n\n[name]\nadapter = \"{}\"\nadapter_sha256 = \"{}\"\n",
        result["steps"],
        of("adapter"),
        of("adapter"),
        of("adapter_sha256")
    );
    output::data(&text)
}

/// A loss for people; its exponential is how many tokens the model wavers between.
fn words(loss: &Loss) -> String {
    format!(
        "{:.4} per token of a name and its end, {:.4} without the end",
        loss.with_end, loss.name
    )
}

/// The checkpoint's path in a folder that is there; what an earlier run left is not overwritten by mistake.
fn prepare(out: &Path, resume: bool) -> Result<std::path::PathBuf, Failure> {
    std::fs::create_dir_all(out)
        .map_err(|error| Failure::from(error).context(format!("cannot make `{}`", out.display())))?;
    let checkpoint = out.join(CHECKPOINT);
    if !resume && checkpoint.exists() {
        return Err(Failure::usage(format!(
            "`{}` holds the checkpoint of an earlier run: go on with it with `--resume`, or choose another folder",
            out.display()
        )));
    }
    Ok(checkpoint)
}

fn options(args: &TuneArgs, learning_rate: f64) -> TuningOptions {
    TuningOptions {
        steps: args.steps,
        batch: args.batch,
        learning_rate,
        warm_up_steps: args.warm_up_steps,
        weight_decay: args.weight_decay,
        most_gradient_norm: MOST_GRADIENT_NORM,
        seed: args.seed,
        held_out_every: args.held_out_every,
        patience: args.patience,
    }
}
