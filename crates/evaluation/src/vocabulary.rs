//! The words of the synthetic world: topics that people pursue, and everyday things that they only glance at.
//!
//! All written for this project. Titles put the words of a topic together by template, so that an encoder can
//! tell the topics apart without any two titles being the same.

mod everyday;
mod topics;

pub use everyday::everyday_item;
pub use topics::TOPICS;

/// Something a person may pursue for months.
#[derive(Debug, Clone, Copy)]
pub struct Topic {
    /// The journey as a person would say it; the label in the truth table.
    pub journey: &'static str,
    /// One or two words that name the topic.
    pub subject: &'static str,
    /// Facets of the topic, separated by semicolons.
    facets: &'static str,
}

impl Topic {
    pub fn facets(&self) -> Vec<&'static str> {
        self.facets.split(';').map(str::trim).collect()
    }
}

/// The text of an item: what a platform would know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemText {
    pub title: String,
    pub text: Option<String>,
    pub tags: Vec<String>,
}

/// `{s}` is the subject, `{f}` a facet.
const TITLES: [&str; 12] = [
    "{s} for beginners: {f}",
    "{f}, a {s} guide",
    "my first month of {s}: {f}",
    "five {s} tips on {f}",
    "{s}: {f} step by step",
    "what nobody tells you about {f} in {s}",
    "{f} explained in ten minutes | {s}",
    "common {s} mistakes with {f}",
    "from zero to {f}: my {s} diary",
    "{s} questions answered: {f}",
    "how I finally understood {f} ({s})",
    "advanced {s}: {f}",
];

/// The `number`-th item of a topic. Titles repeat, with a part number, only after all combinations were used.
pub fn topic_item(topic: &Topic, number: usize) -> ItemText {
    let facets = topic.facets();
    let facet = facets[number % facets.len()];
    let [second, third] = [1, 4].map(|step| facets[(number + step + number / facets.len()) % facets.len()]);
    let template = TITLES[(number / facets.len() + number % facets.len()) % TITLES.len()];
    let title = template.replace("{s}", topic.subject).replace("{f}", facet);
    let part = number / (facets.len() * TITLES.len());
    ItemText {
        title: capitalise(&if part == 0 {
            title
        } else {
            format!("{title}, part {}", part + 1)
        }),
        text: Some(format!(
            "All about {s}: {facet}, {second} and {third}. More {s} every week.",
            s = topic.subject
        )),
        tags: vec![topic.subject.to_owned(), facet.to_owned()],
    }
}

fn capitalise(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
