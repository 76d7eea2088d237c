//! Everything that a name depends on, named in the plan itself: the language model, its adapter, the prompt, the blocked
//! topics, and the encoder that names are compared by.
//!
//! Written as one line, so that it can stand in SQL: `PATH#sha256:HEX; prompt=…; topics=…`, each part a
//! [`ModelReference`]. An executor loads exactly these, or refuses.

use std::fmt::Display;

use wayfare_inference::{DEFAULT_PROMPT, Prompt, Topics};

use crate::error::FunctionError;
use crate::models::ModelReference;

/// What stands in a plan in the place of a model where no language model is asked for.
pub const EXTRACTIVE: &str = "extractive";
/// The path of the list of blocked topics that comes with the program.
pub const BUILT_IN_TOPICS: &str = "built-in";

const HASH: &str = "#sha256:";
const BETWEEN: &str = "; ";

/// A namer, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamerReference {
    /// The language model and what it is used with; none for names from the journeys' own words.
    pub model: Option<ModelNamer>,
    /// [`BUILT_IN_TOPICS`], or a file.
    pub topics: ModelReference,
}

/// A language model and what it is used with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelNamer {
    /// The file of the model.
    pub model: ModelReference,
    /// What tuning has added to it, if anything.
    pub adapter: Option<ModelReference>,
    /// The name of a built-in prompt, or a file.
    pub prompt: ModelReference,
    /// By which names are compared with titles, if any.
    pub encoder: Option<ModelReference>,
}

impl NamerReference {
    /// Names from the journeys' own words, with the built-in topics.
    pub fn extractive() -> Self {
        Self {
            model: None,
            topics: built_in_topics(),
        }
    }

    /// A language model with the built-in prompt and topics.
    pub fn of_model(model: ModelReference) -> Self {
        let prompt = built_in_prompt(DEFAULT_PROMPT).unwrap_or_else(|| ModelReference {
            path: DEFAULT_PROMPT.to_owned(),
            sha256: String::new(),
        });
        Self {
            model: Some(ModelNamer {
                model,
                adapter: None,
                prompt,
                encoder: None,
            }),
            topics: built_in_topics(),
        }
    }

    /// The same topics without the model.
    #[must_use]
    pub fn without_model(&self) -> Self {
        Self {
            model: None,
            topics: self.topics.clone(),
        }
    }

    /// Every file it names, the encoder's folder included.
    pub fn files(&self) -> Vec<&ModelReference> {
        let model = self.model.iter().flat_map(|used| {
            let prompt = Some(&used.prompt).filter(|prompt| built_in_prompt(&prompt.path).is_none());
            [
                Some(&used.model),
                used.adapter.as_ref(),
                prompt,
                used.encoder.as_ref(),
            ]
        });
        let topics = Some(&self.topics).filter(|topics| topics.path != BUILT_IN_TOPICS);
        model.chain([topics]).flatten().collect()
    }

    /// Reads what [`Display`] writes. Of the parts after the first, those that are missing are the built-in ones.
    pub fn parse(text: &str) -> Result<Self, FunctionError> {
        Self::read(text).ok_or_else(|| FunctionError::NamerReference {
            text: text.to_owned(),
        })
    }

    fn read(text: &str) -> Option<Self> {
        let (mut reference, mut rest) = match text.strip_prefix(EXTRACTIVE) {
            Some(rest) if rest.is_empty() || rest.starts_with(BETWEEN) => (Self::extractive(), rest),
            _ => {
                let (model, rest) = first_reference(text)?;
                (Self::of_model(model), rest)
            }
        };
        while !rest.is_empty() {
            let (key, value) = rest.strip_prefix(BETWEEN)?.split_once('=')?;
            let (value, after) = first_reference(value)?;
            rest = after;
            match (key, &mut reference.model) {
                ("topics", _) => reference.topics = value,
                ("adapter", Some(used)) => used.adapter = Some(value),
                ("prompt", Some(used)) => used.prompt = value,
                ("encoder", Some(used)) => used.encoder = Some(value),
                _ => return None,
            }
        }
        Some(reference)
    }
}

impl Display for NamerReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.model {
            None => f.write_str(EXTRACTIVE)?,
            Some(used) => {
                write!(f, "{}", used.model)?;
                if let Some(adapter) = &used.adapter {
                    write!(f, "{BETWEEN}adapter={adapter}")?;
                }
                write!(f, "{BETWEEN}prompt={}", used.prompt)?;
                if let Some(encoder) = &used.encoder {
                    write!(f, "{BETWEEN}encoder={encoder}")?;
                }
            }
        }
        write!(f, "{BETWEEN}topics={}", self.topics)
    }
}

/// The reference to a prompt that comes with the program, if there is one of this name.
pub fn built_in_prompt(name: &str) -> Option<ModelReference> {
    Prompt::built_in(name).ok().map(|prompt| ModelReference {
        path: name.to_owned(),
        sha256: prompt.sha256().to_owned(),
    })
}

/// The reference to the topics that come with the program.
pub fn built_in_topics() -> ModelReference {
    ModelReference {
        path: BUILT_IN_TOPICS.to_owned(),
        sha256: Topics::built_in().sha256().to_owned(),
    }
}

/// The reference at the start of a text, and what follows it. A hash ends a reference only where another part or nothing
/// follows, so that a path may hold anything else.
fn first_reference(text: &str) -> Option<(ModelReference, &str)> {
    text.match_indices(HASH).find_map(|(at, _)| {
        let start = at + HASH.len();
        let digest = text.get(start..start + 64)?;
        let rest = text.get(start + 64..)?;
        let is_whole = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        (at > 0 && is_whole && (rest.is_empty() || rest.starts_with(BETWEEN))).then(|| {
            let reference = ModelReference {
                path: text[..at].to_owned(),
                sha256: digest.to_owned(),
            };
            (reference, rest)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(path: &str, digit: char) -> ModelReference {
        ModelReference {
            path: path.to_owned(),
            sha256: digit.to_string().repeat(64),
        }
    }

    #[test]
    fn what_is_written_is_read_again() -> Result<(), FunctionError> {
        let full = NamerReference {
            model: Some(ModelNamer {
                model: reference("/models/a; b=c#1.gguf", '1'),
                adapter: Some(reference("s3://bucket/tuned.safetensors", '2')),
                prompt: reference("my prompt.toml", '3'),
                encoder: Some(reference("/models/encoder", '4')),
            }),
            topics: reference("topics, ours.txt", '5'),
        };
        for reference in [
            NamerReference::extractive(),
            NamerReference::of_model(reference("m.gguf", 'a')),
            full.without_model(),
            full,
        ] {
            assert_eq!(
                NamerReference::parse(&reference.to_string())?,
                reference,
                "{reference}"
            );
        }
        Ok(())
    }

    #[test]
    fn short_forms_stand_for_the_built_in_parts() -> Result<(), FunctionError> {
        assert_eq!(NamerReference::parse("extractive")?, NamerReference::extractive());
        let model = reference("m.gguf", 'a');
        assert_eq!(
            NamerReference::parse(&model.to_string())?,
            NamerReference::of_model(model)
        );
        Ok(())
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        let hash = "0".repeat(64);
        for text in [
            String::new(),
            "m.gguf".to_owned(),
            format!("#sha256:{hash}"),
            format!("m#sha256:{hash}0"),
            format!("m#sha256:{hash}; wings=w#sha256:{hash}"),
            format!("m#sha256:{hash}; prompt=few-shot"),
            format!("extractive; adapter=a#sha256:{hash}"),
            "extractively".to_owned(),
        ] {
            let error = NamerReference::parse(&text).err().map(|error| error.to_string());
            assert!(
                error.is_some_and(|error| error.contains("does not name a namer")),
                "{text}"
            );
        }
    }

    #[test]
    fn files_are_what_has_to_be_there() {
        let mut reference = NamerReference::of_model(reference("m.gguf", 'a'));
        let paths = |reference: &NamerReference| -> Vec<String> {
            reference
                .files()
                .into_iter()
                .map(|file| file.path.clone())
                .collect()
        };
        assert_eq!(paths(&reference), ["m.gguf"]);
        reference.topics.path = "topics.txt".to_owned();
        assert_eq!(paths(&reference), ["m.gguf", "topics.txt"]);
        assert!(paths(&NamerReference::extractive()).is_empty());
    }
}
