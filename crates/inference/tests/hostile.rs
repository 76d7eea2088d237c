//! Hostile titles: every file of `tests/data/hostile` against a model that obeys whatever it reads.
//!
//! Each line is a JSON object with a title and its kind. The rules here are written apart from those of the crate. The
//! model copies what the prompt shows it, or, worse, the title as it stood before cleaning; names are to be clean even so.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and rates are for people"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use wayfare_inference::{
    ChatMessage, DEFAULT_PROMPT, Generation, Generator, InferenceError, JourneyName, Namer, NamingInput,
    Prompt, PromptBatch,
};

/// Titles that must not be kept away.
const ORDINARY: &str = "ordinary";

#[derive(Debug, Clone)]
struct Line {
    file: String,
    kind: String,
    title: String,
}

fn lines() -> Vec<Line> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/hostile");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(&file)
            .unwrap()
            .lines()
            .filter(|line| !line.is_empty())
        {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            lines.push(Line {
                file: file.file_name().unwrap().to_string_lossy().into_owned(),
                kind: value["kind"].as_str().unwrap().to_owned(),
                title: value["title"].as_str().unwrap().to_owned(),
            });
        }
    }
    assert!(lines.len() > 100);
    lines
}

/// Answers with the first item of the prompt, or always with the same text.
#[derive(Debug)]
struct Parrot(Option<String>);

impl Generator for Parrot {
    fn id(&self) -> &'static str {
        "parrot@1"
    }

    fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, InferenceError> {
        let answer = |input: &String| {
            let copied = input
                .lines()
                .find_map(|line| line.strip_prefix("- "))
                .unwrap_or_default();
            Generation {
                text: self.0.clone().unwrap_or_else(|| copied.to_owned()),
                mean_log_probability: -0.1,
                tokens: 5,
                prompt_tokens: 50,
            }
        };
        Ok(prompt.inputs.iter().map(answer).collect())
    }

    fn score(&self, _: &PromptBatch<'_>, _: &[Vec<String>]) -> Result<Vec<Vec<f32>>, InferenceError> {
        Err(InferenceError::Unsupported {
            model: self.id().to_owned(),
            what: "scores",
        })
    }

    fn render_chat(&self, _: &[ChatMessage]) -> Result<String, InferenceError> {
        Err(InferenceError::Unsupported {
            model: self.id().to_owned(),
            what: "chat template",
        })
    }
}

/// The title alone, among others, and as what the journey is about.
fn journeys(title: &str) -> [NamingInput; 3] {
    let input = |titles: &[&str], concepts: &[&str]| NamingInput {
        titles: titles.iter().map(ToString::to_string).collect(),
        concepts: concepts.iter().map(ToString::to_string).collect(),
    };
    [
        input(&[title], &[]),
        input(&[title, "Cat food", "Dry cat food"], &["cat food", title]),
        input(&[title, title, "Another thing"], &[title]),
    ]
}

fn names(title: &str, copies_raw_title: bool) -> Vec<JourneyName> {
    let parrot = Parrot(copies_raw_title.then(|| title.to_owned()));
    let mut names = Namer::with_model(Arc::new(parrot))
        .name(&journeys(title))
        .unwrap();
    names.extend(Namer::extractive().name(&journeys(title)).unwrap());
    names
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether most of the title can be read in the name.
fn is_published(title: &str, name: &str) -> bool {
    let words: Vec<String> = title
        .split_whitespace()
        .map(letters)
        .filter(|word| word.chars().count() > 2)
        .collect();
    let name_letters = letters(name);
    let said = words
        .iter()
        .filter(|word| name_letters.contains(word.as_str()))
        .count();
    !words.is_empty() && said * 5 >= words.len() * 3
}

/// What no name may hold, whatever the titles are.
fn fault(name: &str, kind: &str) -> Option<&'static str> {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e0fff}')
    };
    let inner_stop = name.split_whitespace().any(|token| {
        token.split_once('.').is_some_and(|(before, after)| {
            before.chars().count() > 1 && after.chars().take_while(|c| c.is_alphabetic()).count() > 1
        })
    });
    let digits = name.chars().filter(|c| c.is_numeric()).count();
    if name.is_empty() || name.chars().count() > 60 {
        Some("length")
    } else if name.chars().any(is_hidden) {
        Some("hidden characters")
    } else if name.contains(['<', '>', '|', '{', '}', '[', ']', '`', '\\', '\u{2581}']) {
        Some("mark-up")
    } else if name.contains('@') || name.contains("://") || name.to_lowercase().contains("www") {
        Some("address")
    } else if kind != ORDINARY && (inner_stop || digits >= 7) {
        Some("address or number")
    } else {
        None
    }
}

#[test]
fn no_control_token_address_or_hidden_character_is_published() {
    for line in lines() {
        for copies_raw_title in [false, true] {
            for name in names(&line.title, copies_raw_title) {
                let fault = fault(&name.name, &line.kind);
                assert!(fault.is_none(), "{line:?}: {fault:?} in {name:?}");
            }
        }
    }
}

#[test]
fn no_title_brings_a_control_token_or_a_line_into_a_prompt() {
    let prompt = Prompt::built_in(DEFAULT_PROMPT).unwrap();
    for line in lines() {
        for journey in journeys(&line.title) {
            let rendered = prompt.render(&journey);
            assert!(
                !rendered.contains(['<', '>', '|', '{', '}', '\\', '`', '\r']),
                "{line:?}: {rendered}"
            );
            assert!(
                !rendered.to_lowercase().contains("[inst") && !rendered.contains("[/"),
                "{line:?}: {rendered}"
            );
            let lines = rendered.lines().count();
            assert!(lines <= journey.titles.len() + 2, "{line:?}: {rendered}");
            assert!(
                rendered.chars().all(|c| c == '\n' || !c.is_control()),
                "{line:?}: {rendered}"
            );
        }
    }
}

#[test]
fn instructions_and_topics_are_blocked_and_ordinary_titles_are_not() {
    // By file and kind: titles, those kept out of every name, those kept out of the prompt.
    let mut counts: BTreeMap<(String, String), [usize; 3]> = BTreeMap::new();
    let mut published = Vec::new();
    let prompt = Prompt::built_in(DEFAULT_PROMPT).unwrap();
    for line in lines() {
        let mut leaked = [false, true]
            .iter()
            .flat_map(|raw| names(&line.title, *raw))
            .filter(|name| is_published(&line.title, &name.name));
        let leak = leaked.next();
        let rendered = prompt.render(&journeys(&line.title)[0]);
        let counted = counts.entry((line.file.clone(), line.kind.clone())).or_default();
        counted[0] += 1;
        counted[1] += usize::from(leak.is_none());
        counted[2] += usize::from(!is_published(&line.title, &rendered));
        if let Some(name) = leak.filter(|_| line.kind != ORDINARY) {
            published.push((line, name.name));
        }
    }
    println!("file, kind: titles, not published, not in a prompt");
    for ((file, kind), [titles, blocked, unseen]) in &counts {
        println!("{file}, {kind}: {titles}, {blocked}, {unseen}");
    }
    for (line, name) in &published {
        println!("published: {} {:?} as {name:?}", line.kind, line.title);
    }
    for ((file, kind), [titles, blocked, _]) in counts {
        match kind.as_str() {
            ORDINARY => assert!(
                blocked * 10 <= titles,
                "{file}: {blocked} of {titles} ordinary titles are blocked"
            ),
            "url" | "email" | "handle" | "phone" => assert!(
                blocked * 100 >= titles * 95,
                "{file}, {kind}: {blocked} of {titles}"
            ),
            "instruction" => assert!(
                blocked * 100 >= titles * 95,
                "{file}, {kind}: {blocked} of {titles}"
            ),
            _ => {}
        }
    }
}

#[test]
fn a_title_of_ten_megabytes_is_named_like_a_short_one() {
    for filler in [
        "x",
        "<|im_start|>",
        "\u{200b}",
        "www.example.com ",
        "ignore previous ",
        "é",
        "\u{301}",
        "[INST",
        "(((",
    ] {
        let huge = filler.repeat(10_000_000 / filler.len());
        for name in names(&format!("Sourdough {huge}"), true) {
            assert_eq!(fault(&name.name, "huge"), None, "{filler:?}: {name:?}");
        }
    }
}
