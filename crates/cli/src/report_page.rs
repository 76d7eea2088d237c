//! The page of a run: one HTML file without network or scripts, for people.
//!
//! Owns every word, number format and drawing of it. Refuses to look anything up: all facts come from
//! [`wayfare_pipeline::run_page`], and everything in them is treated as written by a stranger.

mod axis;
mod bins;
mod format;
mod histogram;
mod lane;
mod stages;
mod tables;
mod timelines;
mod untrusted;
mod view;

use minijinja::{Environment, UndefinedBehavior};
use wayfare_pipeline::run_page::RunFacts;

use crate::failure::Failure;

const PAGE: &str = "page.html.jinja";
const TEMPLATES: [(&str, &str); 5] = [
    (PAGE, include_str!("report_page/page.html.jinja")),
    ("style.css", include_str!("report_page/style.css")),
    ("charts.html.jinja", include_str!("report_page/charts.html.jinja")),
    (
        "journeys.html.jinja",
        include_str!("report_page/journeys.html.jinja"),
    ),
    (
        "timelines.html.jinja",
        include_str!("report_page/timelines.html.jinja"),
    ),
];

/// The page as HTML.
///
/// # Errors
/// Only if a template does not fit the facts, which is a bug.
pub(crate) fn render(facts: &RunFacts) -> Result<String, Failure> {
    let page = || {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(untrusted::format);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        environment.get_template(PAGE)?.render(view::page(facts))
    };
    page().map_err(|error: minijinja::Error| {
        Failure::bug(&format!("the page of run `{}`: {error:#}", facts.run_id))
    })
}

#[cfg(test)]
mod tests {
    use super::TEMPLATES;

    #[test]
    fn no_template_lets_text_through_unescaped_or_asks_the_network() {
        for (name, text) in TEMPLATES {
            for forbidden in [
                "|safe",
                "| safe",
                "autoescape",
                "http:",
                "https:",
                "@import",
                "url(",
                "<script",
            ] {
                assert!(!text.contains(forbidden), "{name} has `{forbidden}`");
            }
        }
    }
}
