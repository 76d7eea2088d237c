//! A model's own chat template, rendered as `transformers` renders it.
//!
//! It sees the messages of prompt files only. Texts of strangers are put into the rendered prompt afterwards, as
//! characters: a template never sees them, and its control tokens never come from them.

use std::path::Path;

use minijinja::value::{Kwargs, ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value, context};
use wayfare_inference::{ChatMessage, ChatRole};

use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::verify::read_file;
use crate::weights::folder::parse;

/// A template and the tokens that it may write.
#[derive(Debug, Clone)]
pub(crate) struct ChatTemplate {
    source: String,
    first_token: String,
    last_token: String,
}

impl ChatTemplate {
    /// None where the file has no template.
    pub(crate) fn from_gguf(gguf: &Gguf) -> Result<Option<Self>, ModelError> {
        const KEY: &str = "tokenizer.chat_template";
        if gguf.value(KEY).is_none() {
            return Ok(None);
        }
        let tokens = gguf.texts("tokenizer.ggml.tokens")?;
        let token = |key: &str| -> Result<String, ModelError> {
            if gguf.value(key).is_none() {
                return Ok(String::new());
            }
            let id = gguf.count(key)?;
            let token = tokens.get(id).copied();
            token
                .map(str::to_owned)
                .ok_or_else(|| gguf.format_error(format!("the metadata `{key}` is not a token")))
        };
        Ok(Some(Self {
            source: gguf.text(KEY)?.to_owned(),
            first_token: token("tokenizer.ggml.bos_token_id")?,
            last_token: token("tokenizer.ggml.eos_token_id")?,
        }))
    }

    /// `chat_template.jinja`, or what `tokenizer_config.json` holds; None where there is neither.
    pub(crate) fn from_folder(folder: &Path) -> Result<Option<Self>, ModelError> {
        let settings_path = folder.join("tokenizer_config.json");
        let settings = if settings_path.exists() {
            parse(&settings_path, &read_file(&settings_path)?)?
        } else {
            serde_json::Value::Null
        };
        let template_path = folder.join("chat_template.jinja");
        let source = if template_path.exists() {
            Some(String::from_utf8_lossy(&read_file(&template_path)?).into_owned())
        } else {
            template_of(&settings).map(str::to_owned)
        };
        let token = |key: &str| {
            let token = &settings[key];
            token
                .as_str()
                .or_else(|| token["content"].as_str())
                .unwrap_or_default()
                .to_owned()
        };
        Ok(source.map(|source| Self {
            source,
            first_token: token("bos_token"),
            last_token: token("eos_token"),
        }))
    }

    /// The conversation up to where the model's next message begins.
    pub(crate) fn render(&self, messages: &[ChatMessage]) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.set_unknown_method_callback(python_method);
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| context! { role => role(message.role), content => message.text })
            .collect();
        environment.render_str(
            &self.source,
            context! {
                messages,
                add_generation_prompt => true,
                // A name needs no chain of thought.
                enable_thinking => false,
                bos_token => self.first_token,
                eos_token => self.last_token,
            },
        )
    }
}

/// One template, or the one called `default` of several.
fn template_of(settings: &serde_json::Value) -> Option<&str> {
    let template = settings.get("chat_template")?;
    template.as_str().or_else(|| {
        template
            .as_array()?
            .iter()
            .find(|entry| entry["name"] == "default")?["template"]
            .as_str()
    })
}

fn role(role: ChatRole) -> &'static str {
    match role {
        ChatRole::System => "system",
        ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
    }
}

/// Methods of Python's strings and dictionaries that templates call.
fn python_method(state: &State, value: &Value, method: &str, arguments: &[Value]) -> Result<Value, Error> {
    if value.kind() == ValueKind::Map {
        return match method {
            "items" => state.apply_filter("items", std::slice::from_ref(value)),
            "keys" => Ok(value.try_iter()?.collect()),
            "get" => {
                let (key, default): (Value, Option<Value>) = from_args(arguments)?;
                let found = value.get_item(&key)?;
                Ok(if found.is_undefined() {
                    default.unwrap_or(Value::from(()))
                } else {
                    found
                })
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        };
    }
    let text = value
        .as_str()
        .ok_or_else(|| Error::from(ErrorKind::UnknownMethod))?;
    let strip = |left: bool, right: bool| -> Result<Value, Error> {
        let (characters,): (Option<String>,) = from_args(arguments)?;
        let stripped = |character: char| match &characters {
            Some(characters) => characters.contains(character),
            None => character.is_whitespace(),
        };
        let text = if left {
            text.trim_start_matches(stripped)
        } else {
            text
        };
        let text = if right {
            text.trim_end_matches(stripped)
        } else {
            text
        };
        Ok(Value::from(text))
    };
    match method {
        "strip" => strip(true, true),
        "lstrip" => strip(true, false),
        "rstrip" => strip(false, true),
        "startswith" => {
            let (start,): (String,) = from_args(arguments)?;
            Ok(Value::from(text.starts_with(&start)))
        }
        "endswith" => {
            let (end,): (String,) = from_args(arguments)?;
            Ok(Value::from(text.ends_with(&end)))
        }
        "split" => {
            let (separator, _): (Option<String>, Kwargs) = from_args(arguments)?;
            Ok(match separator {
                Some(separator) => text.split(separator.as_str()).map(Value::from).collect(),
                None => text.split_whitespace().map(Value::from).collect(),
            })
        }
        "replace" => {
            let (from, to): (String, String) = from_args(arguments)?;
            Ok(Value::from(text.replace(&from, &to)))
        }
        "upper" => Ok(Value::from(text.to_uppercase())),
        "lower" => Ok(Value::from(text.to_lowercase())),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}
