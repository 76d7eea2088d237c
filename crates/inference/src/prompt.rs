//! Prompts as files: how a journey is laid out for a model, and the examples before it.
//!
//! A prompt is known by the hash of its file, which is part of the namer's id: changing a byte makes the cache of names
//! start anew. The fixed parts may hold a model's control tokens, by its chat template; what is a journey's own may not.

use std::sync::LazyLock;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::InferenceError;
use crate::generator::{ChatMessage, ChatRole, Generator};
use crate::naming_input::NamingInput;
use crate::subject::Subject;

/// The built-in prompt that is used where none is named.
pub const DEFAULT_PROMPT: &str = "few-shot";

const BUILT_IN: &[(&str, &str)] = &[
    ("few-shot", include_str!("../prompts/few-shot.toml")),
    ("zero-shot", include_str!("../prompts/zero-shot.toml")),
    ("chat", include_str!("../prompts/chat.toml")),
];
/// The same, read. A test holds that each can be.
static READ_IN: LazyLock<Vec<Prompt>> = LazyLock::new(|| {
    let read = BUILT_IN.iter().map(|(name, text)| Prompt::parse(name, text));
    read.filter_map(Result::ok).collect()
});
/// Stands in a rendered chat where a journey's own part will be. Plain letters: no template changes them.
const PLACE_OF_THE_JOURNEY: &str = "JourneyStandsHere";
/// More titles cost time and do not make names better (the published ablation finds a plateau).
const MOST_TITLES: usize = 64;

/// A prompt file that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// It is not TOML of this form.
    #[error("the prompt is not readable")]
    Syntax(#[source] Box<toml::de::Error>),
    /// A field lacks its placeholder.
    #[error("`{field}` of the prompt must hold `{placeholder}` once")]
    Placeholder {
        /// The field.
        field: &'static str,
        /// What has to stand in it.
        placeholder: &'static str,
    },
    /// A number is out of bounds.
    #[error("`{field}` of the prompt must be from 1 to {most}")]
    Number {
        /// The field.
        field: &'static str,
        /// The largest value.
        most: usize,
    },
    /// The built-in prompts do not include this one.
    #[error("there is no built-in prompt `{name}`; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

/// How a prompt continues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptForm {
    /// The model goes on with a text.
    #[default]
    Completion,
    /// The model answers in a conversation, laid out by its own chat template.
    Chat,
}

/// A journey and the name a person would give it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Titles of its items.
    pub titles: Vec<String>,
    /// Its concepts.
    #[serde(default)]
    pub concepts: Vec<String>,
    /// Its name.
    pub name: String,
}

/// A prompt file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    form: PromptForm,
    most_titles: usize,
    most_concepts: usize,
    opening: String,
    journey: String,
    title: String,
    question: String,
    answer: String,
    separator: String,
    #[serde(default)]
    examples: Vec<Example>,
}

/// A prompt that is ready to use.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
    file: File,
    name: String,
    sha256: String,
}

/// A journey's prompt in the parts of a [`crate::PromptBatch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptParts {
    /// Shared by all journeys.
    pub prefix: String,
    /// The journey's own, which is untrusted text.
    pub input: String,
    /// Shared by all journeys.
    pub suffix: &'static str,
}

/// The prompt of a journey by a built-in completion; none for another name, or for a chat, which needs a model.
pub fn prompt_parts(prompt: &str, input: &NamingInput) -> Option<PromptParts> {
    let prompt = READ_IN.iter().find(|known| known.name == prompt)?;
    (prompt.file.form == PromptForm::Completion).then(|| PromptParts {
        prefix: prompt.completion_frame().prefix,
        input: prompt.render(input),
        suffix: &prompt.file.question,
    })
}

/// What stands before and after a journey's own part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// What all prompts start with.
    pub prefix: String,
    /// What all prompts end with.
    pub suffix: String,
}

impl Prompt {
    /// The names of the prompts that come with the program.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A prompt that comes with the program.
    pub fn built_in(name: &str) -> Result<Self, PromptError> {
        match READ_IN.iter().find(|known| known.name == name) {
            Some(prompt) => Ok(prompt.clone()),
            None => Err(PromptError::Unknown {
                name: name.to_owned(),
                known: Self::built_in_names().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Reads a prompt file. `name` is for ids, for example the file's stem.
    pub fn parse(name: &str, text: &str) -> Result<Self, PromptError> {
        let file: File = toml::from_str(text).map_err(|error| PromptError::Syntax(Box::new(error)))?;
        for (field, value, placeholder) in [
            ("journey", &file.journey, "{titles}"),
            ("journey", &file.journey, "{concepts}"),
            ("title", &file.title, "{title}"),
            ("answer", &file.answer, "{name}"),
        ] {
            if value.matches(placeholder).count() != 1 {
                return Err(PromptError::Placeholder { field, placeholder });
            }
        }
        for (field, number) in [
            ("most_titles", file.most_titles),
            ("most_concepts", file.most_concepts),
        ] {
            if !(1..=MOST_TITLES).contains(&number) {
                return Err(PromptError::Number {
                    field,
                    most: MOST_TITLES,
                });
            }
        }
        Ok(Self {
            file,
            name: name.to_owned(),
            sha256: format!("{:x}", Sha256::digest(text.as_bytes())),
        })
    }

    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Name and hash, short: what a namer's id says of its prompt.
    pub fn id(&self) -> String {
        format!("{}-{}", self.name, self.sha256.get(..8).unwrap_or(&self.sha256))
    }

    /// The examples, in their order.
    pub fn examples(&self) -> &[Example] {
        &self.file.examples
    }

    /// What stands before and after each journey. A chat takes the generator's own template.
    pub fn frame(&self, generator: &dyn Generator) -> Result<Frame, InferenceError> {
        match self.file.form {
            PromptForm::Completion => Ok(self.completion_frame()),
            PromptForm::Chat => self.chat_frame(generator),
        }
    }

    pub(crate) fn completion_frame(&self) -> Frame {
        let mut prefix = self.file.opening.clone();
        for example in &self.file.examples {
            prefix.push_str(&self.layout(&example.titles, &example.concepts));
            prefix.push_str(&self.file.question);
            prefix.push_str(&self.answer(&example.name));
            prefix.push_str(&self.file.separator);
        }
        Frame {
            prefix,
            suffix: self.file.question.clone(),
        }
    }

    fn chat_frame(&self, generator: &dyn Generator) -> Result<Frame, InferenceError> {
        let message = |role, text| ChatMessage { role, text };
        let mut messages = Vec::new();
        if !self.file.opening.is_empty() {
            messages.push(message(ChatRole::System, self.file.opening.clone()));
        }
        for example in &self.file.examples {
            let asked = self.layout(&example.titles, &example.concepts) + &self.file.question;
            messages.push(message(ChatRole::User, asked));
            messages.push(message(ChatRole::Assistant, self.answer(&example.name)));
        }
        messages.push(message(
            ChatRole::User,
            format!("{PLACE_OF_THE_JOURNEY}{}", self.file.question),
        ));
        let rendered = generator.render_chat(&messages)?;
        let mut parts = rendered.split(PLACE_OF_THE_JOURNEY);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(prefix), Some(suffix), None) => Ok(Frame {
                prefix: prefix.to_owned(),
                suffix: suffix.to_owned(),
            }),
            _ => Err(InferenceError::Unsupported {
                model: generator.id().to_owned(),
                what: "chat template that writes a message once and unchanged",
            }),
        }
    }

    /// The part of a prompt that is one journey's own: cleaned titles and concepts, and nothing else.
    ///
    /// Training on journeys renders them by this, too.
    pub fn render(&self, input: &NamingInput) -> String {
        self.render_subject(&Subject::of(input))
    }

    pub(crate) fn render_subject(&self, subject: &Subject) -> String {
        let titles: Vec<&str> = subject.titles.iter().map(|title| title.shown.as_str()).collect();
        self.layout(&titles, &subject.concepts)
    }

    /// A journey of which nothing is known: how likely a name is after it says how common the name is.
    pub(crate) fn render_nothing(&self) -> String {
        self.layout(&[] as &[&str], &[] as &[&str])
    }

    /// A name as the model is expected to write it.
    pub fn answer(&self, name: &str) -> String {
        self.file.answer.replace("{name}", name)
    }

    fn layout(&self, titles: &[impl AsRef<str>], concepts: &[impl AsRef<str>]) -> String {
        let titles: String = titles
            .iter()
            .take(self.file.most_titles)
            .map(|title| self.file.title.replace("{title}", title.as_ref()))
            .collect();
        let concepts: Vec<&str> = concepts
            .iter()
            .take(self.file.most_concepts)
            .map(AsRef::as_ref)
            .collect();
        // Titles hold no braces, see `sanitize_title`, so that none can be taken for a placeholder.
        self.file
            .journey
            .replace("{titles}", &titles)
            .replace("{concepts}", &concepts.join(", "))
    }
}

#[cfg(test)]
mod tests;
