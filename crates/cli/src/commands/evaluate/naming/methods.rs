//! Which ways of naming are compared, with their models.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wayfare_evaluation::naming::method::Method;
use wayfare_evaluation::naming::methods::{Extractive, FullNamer, NAMES, NearestTitle, Prompted, TopConcept};
use wayfare_inference::{DEFAULT_PROMPT, Generator, Namer, NamerOptions, Prompt};
use wayfare_inference_candle::{Adapter, CandleGenerator};

use crate::args::evaluate::EvaluateNamingArgs;
use crate::commands::evaluate::vectors::ItemVectors;
use crate::commands::init;
use crate::failure::Failure;

/// The names in their order, each once, and the reference among them.
pub(super) fn names(given: &[String], reference: &str) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = Vec::new();
    let all = given.iter().map(|name| name.trim()).chain([reference]);
    for name in all.filter(|name| !name.is_empty()) {
        if !NAMES.contains(&name) {
            return Err(Failure::usage(format!(
                "there is no way of naming `{name}`; there are `{}`",
                NAMES.join("`, `")
            )));
        }
        if !names.iter().any(|there| there == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The methods, with one language model for those that need it; `vectors` have the encoder by which the pipeline
/// compares names.
pub(super) fn load(
    names: &[String],
    args: &EvaluateNamingArgs,
    vectors: &ItemVectors,
) -> Result<Vec<Box<dyn Method>>, Failure> {
    let mut model = Model {
        path: args.model.clone(),
        base: None,
    };
    names
        .iter()
        .map(|name| method(name, args, vectors, &mut model))
        .collect()
}

/// The language model, loaded when the first method asks for it.
struct Model {
    path: Option<PathBuf>,
    base: Option<Arc<dyn Generator>>,
}

impl Model {
    fn path(&self) -> Result<PathBuf, Failure> {
        self.path
            .clone()
            .or_else(init::models::installed_namer)
            .ok_or_else(|| {
                Failure::usage(
                    "there is no language model: give its file with `--model`, or set WAYFARE_ASSETS",
                )
            })
    }

    fn base(&mut self) -> Result<Arc<dyn Generator>, Failure> {
        if let Some(base) = &self.base {
            return Ok(Arc::clone(base));
        }
        let base = CandleGenerator::load(&self.path()?).map_err(Failure::configuration)?;
        let base: Arc<dyn Generator> = Arc::new(base);
        self.base = Some(Arc::clone(&base));
        Ok(base)
    }
}

fn method(
    name: &str,
    args: &EvaluateNamingArgs,
    vectors: &ItemVectors,
    model: &mut Model,
) -> Result<Box<dyn Method>, Failure> {
    Ok(match name {
        "nearest-title" => Box::new(NearestTitle),
        "top-concept" => Box::new(TopConcept),
        "extractive" => Box::new(Extractive),
        "zero-shot" => Box::new(Prompted::new(name, model.base()?, "zero-shot")),
        "few-shot" => Box::new(Prompted::new(name, model.base()?, "few-shot")),
        "prompt-tuned" => adapted(name, "--adapter-prompt", args.adapter_prompt.as_deref(), model)?,
        "lora" => adapted(name, "--adapter-lora", args.adapter_lora.as_deref(), model)?,
        "pipeline" => pipeline(args.adapter_pipeline.as_deref(), vectors, model)?,
        _ => return Err(Failure::bug("a way of naming is listed that cannot be made")),
    })
}

fn adapted(
    name: &str,
    flag: &str,
    adapter: Option<&Path>,
    model: &Model,
) -> Result<Box<dyn Method>, Failure> {
    let file = adapter
        .ok_or_else(|| Failure::usage(format!("`{name}` needs an adapter: give its file with `{flag}`")))?;
    let (generator, prompt) = with_adapter(file, model)?;
    Ok(Box::new(Prompted::new(name, generator, prompt)))
}

/// The namer of a job: with the built-in topics, the encoder, and an adapter where there is one.
fn pipeline(
    adapter: Option<&Path>,
    vectors: &ItemVectors,
    model: &mut Model,
) -> Result<Box<dyn Method>, Failure> {
    let (generator, prompt) = match adapter {
        Some(file) => with_adapter(file, model)?,
        None => (model.base()?, DEFAULT_PROMPT),
    };
    let options = NamerOptions {
        prompt: Prompt::built_in(prompt).map_err(Failure::failed_with)?,
        encoder: Some(vectors.encoder()?),
        ..NamerOptions::built_in()
    };
    let namer = Namer::new(generator, &options).map_err(Failure::configuration)?;
    Ok(Box::new(FullNamer(Arc::new(namer))))
}

/// The model with the adapter, and the prompt that it was trained with.
fn with_adapter(file: &Path, model: &Model) -> Result<(Arc<dyn Generator>, &'static str), Failure> {
    let stored = Adapter::read(file).map_err(Failure::configuration)?;
    let prompt = Prompt::built_in_names()
        .find(|known| *known == stored.adapter.prompt)
        .ok_or_else(|| {
            Failure::usage(format!(
                "the adapter `{}` was trained with the prompt `{}`, which this program does not have",
                file.display(),
                stored.adapter.prompt
            ))
        })?;
    let generator =
        CandleGenerator::load_with(&model.path()?, Some(&stored)).map_err(Failure::configuration)?;
    Ok((Arc::new(generator), prompt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_compared_and_no_method_twice() {
        let given = ["few-shot", " lora", "few-shot"].map(str::to_owned);
        assert_eq!(names(&given, "lora").unwrap(), ["few-shot", "lora"]);
        assert_eq!(
            names(&given, "pipeline").unwrap(),
            ["few-shot", "lora", "pipeline"]
        );
        let failure = names(&given, "best").unwrap_err();
        assert!(
            failure.messages()[0].contains("no way of naming `best`"),
            "{:?}",
            failure.messages()
        );
    }
}
