//! What the code can do or say and a reader may meet is in the book.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::prelude::SessionContext;
use wayfare_functions::artefacts::FunctionDefaults;
use wayfare_functions::registry::register_functions;
use wayfare_pipeline::catalogue::CHECKED_ACTIVITIES;
use wayfare_pipeline::engine::{EmbeddedEngine, Engine};
use wayfare_tests::book::{Block, blocks, folder};
use wayfare_tests::fake_models::FakeModels;
use wayfare_tests::small_world::repository;

fn page(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names of all functions that a session knows.
fn functions(session: &SessionContext) -> BTreeSet<String> {
    let state = session.state();
    let scalars = state.scalar_functions().keys();
    let aggregates = state.aggregate_functions().keys();
    scalars
        .chain(aggregates)
        .chain(state.window_functions().keys())
        .cloned()
        .collect()
}

#[test]
fn every_function_is_on_its_page() {
    let (without, with) = (SessionContext::new(), SessionContext::new());
    let engine = EmbeddedEngine::new(Arc::new(FakeModels), 1, 0);
    register_functions(&with, engine.artefacts(), &FunctionDefaults::default());
    let own: BTreeSet<String> = &functions(&with) - &functions(&without);
    assert!(own.len() >= 13, "{own:?}");
    let page = page("functions.md");
    // What a function becomes in a plan is nothing that people write.
    for function in own.iter().filter(|name| !name.ends_with("_async")) {
        assert!(
            page.contains(&format!("| `{function}(")),
            "functions.md does not describe `{function}`"
        );
    }
}

#[test]
fn every_reason_for_a_rejection_is_explained() {
    let page = page("own-data.md");
    let reasons: Vec<&str> = CHECKED_ACTIVITIES
        .text
        .split("THEN '")
        .skip(1)
        .filter_map(|rest| rest.split('\'').next())
        .collect();
    assert!(reasons.len() >= 6, "{reasons:?}");
    for reason in reasons {
        // The name of a column follows what ends in `_`.
        let written = if reason.ends_with('_') {
            format!("`{reason}")
        } else {
            format!("`{reason}`")
        };
        assert!(page.contains(&written), "own-data.md does not explain `{reason}`");
    }
}

/// The text of all Rust files of the program, with strings that go on over several lines in one piece.
fn sources() -> String {
    let mut text = String::new();
    let mut folders = vec![repository().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("entries of a folder are readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).expect("sources are text");
                let pieces: Vec<&str> = source.split("\\\n").map(str::trim_start).collect();
                text.push_str(&pieces.concat());
            }
        }
    }
    text
}

#[test]
fn every_error_that_is_explained_is_one_of_the_program() {
    let sources = sources();
    let file = folder().join("troubleshooting.md");
    let errors: Vec<Block> = blocks(&[file])
        .into_iter()
        .filter(|block| block.language == "text")
        .collect();
    assert!(errors.len() > 15, "only {} errors are explained", errors.len());
    for error in errors {
        // The program fills in what differs.
        for part in error.text.split('…').map(str::trim).filter(|part| part.len() > 2) {
            assert!(sources.contains(part), "{}: no source says `{part}`", error.place);
        }
    }
}
