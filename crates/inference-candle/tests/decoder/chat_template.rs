//! Chat templates as models bring them, from both kinds of files.

use candle_core::DType;
use serde_json::json;
use tempfile::TempDir;
use wayfare_inference::{ChatMessage, ChatRole, Generator, InferenceError};
use wayfare_inference_candle::CandleGenerator;

use crate::tiny_model::{Family, TinyModel};

/// In the manner of Llama 3: python's methods, block trimming, namespaces, tokens from the settings.
const TEMPLATE: &str = "{{- bos_token }}
{%- set seen = namespace(count=0) %}
{%- for message in messages %}
    {%- if message['role'] not in ['system', 'user', 'assistant'] %}
        {{- raise_exception('unknown role') }}
    {%- endif %}
    {%- if message.content.startswith('!') %}
        {{- raise_exception('no exclamations') }}
    {%- endif %}
    {%- set seen.count = seen.count + 1 %}
    {{- '[' + message['role'] + seen.count|string + ']' + message['content'].strip().split('|')[-1] + eos_token }}
{%- endfor %}
{% if add_generation_prompt %}
[assistant]{% if enable_thinking is defined and enable_thinking is false %} no thinking{% endif %}

{% endif %}";

fn messages(user: &str) -> Vec<ChatMessage> {
    [(ChatRole::System, " Be brief. "), (ChatRole::User, user)]
        .map(|(role, text)| ChatMessage {
            role,
            text: text.to_owned(),
        })
        .to_vec()
}

fn generator(template: Option<serde_json::Value>, file: Option<&str>) -> CandleGenerator {
    let folder = TempDir::new().expect("a folder");
    TinyModel::new(Family::Llama, true).write_folder(folder.path(), DType::F32, 1, json!({}));
    let mut settings = json!({"bos_token": "<s>", "eos_token": {"content": "</s>"}});
    if let Some(template) = template {
        settings["chat_template"] = template;
    }
    std::fs::write(folder.path().join("tokenizer_config.json"), settings.to_string()).expect("writes");
    if let Some(file) = file {
        std::fs::write(folder.path().join("chat_template.jinja"), file).expect("writes");
    }
    CandleGenerator::load(folder.path()).expect("loads")
}

#[test]
fn templates_render_as_transformers_renders_them() {
    let expected = "<s>[system1]Be brief.</s>[user2]name</s>[assistant] no thinking\n";
    let several = json!([{"name": "tools", "template": "x"}, {"name": "default", "template": TEMPLATE}]);
    for generator in [
        generator(Some(json!(TEMPLATE)), None),
        generator(Some(several), None),
        generator(Some(json!("wrong")), Some(TEMPLATE)),
    ] {
        assert_eq!(
            generator.render_chat(&messages("a|name")).expect("renders"),
            expected
        );
    }
}

#[test]
fn a_template_can_refuse_and_a_model_may_have_none() {
    let error = generator(Some(json!(TEMPLATE)), None)
        .render_chat(&messages("!"))
        .expect_err("the template refuses");
    let cause = std::error::Error::source(&error)
        .expect("has a cause")
        .to_string();
    assert!(cause.contains("no exclamations"), "{cause}");
    assert!(matches!(
        generator(None, None).render_chat(&messages("x")),
        Err(InferenceError::Unsupported {
            what: "chat template",
            ..
        })
    ));
}
