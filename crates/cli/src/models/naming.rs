//! A namer from its reference: every part is read once, compared with its hash and only then used.

use std::path::Path;
use std::sync::Arc;

use wayfare_functions::models::ModelReference;
use wayfare_functions::namer_reference::{BUILT_IN_TOPICS, ModelNamer, NamerReference};
use wayfare_inference::{Encoder, Generator, InferenceError, Namer, NamerOptions, Prompt, Topics};
use wayfare_inference_candle::{Adapter, CandleGenerator, ModelError, ModelFile, StoredAdapter};

use super::local;

/// Loads the namer; `encoder` gives the encoder that names are compared by.
pub(super) fn namer(
    reference: &NamerReference,
    encoder: impl Fn(&ModelReference) -> Result<Arc<dyn Encoder>, InferenceError>,
) -> Result<Namer, InferenceError> {
    let topics = Arc::new(topics(&reference.topics).map_err(|error| failed(&reference.topics, error))?);
    let Some(used) = &reference.model else {
        return Ok(Namer::extractive_without(topics));
    };
    let options = NamerOptions {
        prompt: prompt(&used.prompt).map_err(|error| failed(&used.prompt, error))?,
        topics,
        encoder: used.encoder.as_ref().map(encoder).transpose()?,
    };
    let generator = generator(used).map_err(|error| failed(&used.model, error))?;
    Namer::new(generator, &options)
}

fn failed(reference: &ModelReference, source: ModelError) -> InferenceError {
    InferenceError::Model {
        model: reference.path.clone(),
        operation: "its weights from the file",
        source: Box::new(source),
    }
}

fn generator(used: &ModelNamer) -> Result<Arc<dyn Generator>, ModelError> {
    verify(&used.model)?;
    let adapter = used
        .adapter
        .as_ref()
        .map(|adapter| adapter_for(adapter, used))
        .transpose()?;
    let generator = CandleGenerator::load_with(&local(&used.model.path), adapter.as_ref())?;
    Ok(Arc::new(generator))
}

/// The adapter, if it was trained with the prompt that it is to be used with.
fn adapter_for(reference: &ModelReference, used: &ModelNamer) -> Result<StoredAdapter, ModelError> {
    let path = local(&reference.path);
    let stored = Adapter::read(&path)?;
    check(reference, &stored.sha256)?;
    if stored.adapter.prompt == used.prompt.path {
        return Ok(stored);
    }
    Err(ModelError::Format {
        path,
        reason: format!(
            "it was trained with the prompt `{}` and is to be used with `{}`; set `name.prompt` to the former",
            stored.adapter.prompt, used.prompt.path
        ),
    })
}

fn prompt(reference: &ModelReference) -> Result<Prompt, ModelError> {
    let unusable = |error: &dyn std::error::Error| ModelError::Format {
        path: local(&reference.path),
        reason: with_causes(error),
    };
    if let Ok(built_in) = Prompt::built_in(&reference.path) {
        check(reference, built_in.sha256())?;
        return Ok(built_in);
    }
    let path = local(&reference.path);
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or("prompt");
    let read = Prompt::parse(name, &text(&path)?).map_err(|error| unusable(&error))?;
    check(reference, read.sha256())?;
    Ok(read)
}

fn topics(reference: &ModelReference) -> Result<Topics, ModelError> {
    let topics = if reference.path == BUILT_IN_TOPICS {
        Topics::built_in()
    } else {
        let path = local(&reference.path);
        Topics::parse(&text(&path)?).map_err(|error| ModelError::Format {
            path,
            reason: error.to_string(),
        })?
    };
    check(reference, topics.sha256())?;
    Ok(topics)
}

fn text(path: &Path) -> Result<String, ModelError> {
    std::fs::read_to_string(path).map_err(|source| ModelError::Read {
        path: path.to_owned(),
        source,
    })
}

fn check(reference: &ModelReference, actual: &str) -> Result<(), ModelError> {
    if actual.eq_ignore_ascii_case(&reference.sha256) {
        return Ok(());
    }
    Err(ModelError::HashMismatch {
        path: local(&reference.path),
        expected: reference.sha256.clone(),
        actual: actual.to_owned(),
    })
}

/// Compares the hash of a file with the reference.
pub(super) fn verify(reference: &ModelReference) -> Result<(), ModelError> {
    ModelFile {
        path: local(&reference.path),
        sha256: reference.sha256.clone(),
    }
    .verify()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(error.to_string().trim());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_encoder(_: &ModelReference) -> Result<Arc<dyn Encoder>, InferenceError> {
        unreachable!("extractive names need no encoder")
    }

    #[test]
    fn topics_of_a_file_are_used_only_if_they_are_the_referenced_ones()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("topics.txt");
        std::fs::write(&path, "knitting\n")?;
        let mut reference = NamerReference::extractive();
        reference.topics = ModelReference {
            path: path.display().to_string(),
            sha256: Topics::parse("knitting\n")?.sha256().to_owned(),
        };
        let ours = namer(&reference, no_encoder)?;
        assert_ne!(ours.id(), Namer::extractive().id());
        std::fs::write(&path, "crochet\n")?;
        let error = namer(&reference, no_encoder).expect_err("another file");
        assert!(with_causes(&error).contains("was asked for"), "{error:?}");
        Ok(())
    }

    #[test]
    fn a_prompt_of_a_file_says_what_is_wrong_with_it() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "form = \"completion\"\n")?;
        let reference = ModelReference {
            path: path.display().to_string(),
            sha256: "0".repeat(64),
        };
        let error = prompt(&reference).expect_err("no prompt").to_string();
        assert!(
            error.contains("own.toml") && error.contains("missing field"),
            "{error}"
        );
        let built_in = ModelReference {
            path: "few-shot".to_owned(),
            ..reference
        };
        assert!(matches!(prompt(&built_in), Err(ModelError::HashMismatch { .. })));
        Ok(())
    }
}
