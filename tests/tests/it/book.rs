//! The documentation as a book: every page is in it, every link leads somewhere, what is generated is what the program
//! says, and what stands in it as code is code.

mod complete;
mod examples;
mod html;

use std::collections::BTreeSet;
use std::path::Path;

use wayfare_tests::book::{build, chapters, folder, links, pages};
use wayfare_tests::goldens;
use wayfare_tests::program::{assert_success, command, finish};
use wayfare_tests::small_world::repository;

/// Pages that the program writes, and the argument of `wayfare docs` that does.
const GENERATED: [(&str, &str); 4] = [
    ("tables.md", "tables"),
    ("job-file.md", "job-file"),
    ("command-line.md", "command-line"),
    ("exit-codes.md", "exit-codes"),
];
/// Other sites that the book links to. Nobody checks that they are there, so they are few.
const EXTERNAL: [&str; 1] = ["https://arxiv.org/abs/2305.15498"];

#[test]
fn the_book_builds_without_a_warning() {
    let said = build().said;
    assert!(!said.contains("WARN") && !said.contains("ERROR"), "{said}");
}

#[test]
fn every_link_of_the_book_leads_somewhere() {
    let book = build();
    let links = html::follow_links(book.folder.path());
    assert!(links.broken.is_empty(), "{}", links.broken.join("\n"));
    assert!(links.followed > pages().len(), "{links:?}");
    let external: Vec<&String> = links.external.iter().collect();
    assert_eq!(external, EXTERNAL);
}

#[test]
fn every_page_is_a_chapter() {
    let chapters: BTreeSet<String> = chapters().into_iter().collect();
    assert_eq!(chapters, pages().into_iter().collect());
}

#[test]
fn generated_pages_are_what_the_program_says() {
    let mut differences = Vec::new();
    for (page, argument) in GENERATED {
        let output = finish(&mut command(&["docs", argument]));
        assert_success(&output, argument);
        let text = String::from_utf8(output.stdout).expect("pages are text");
        goldens::compare(&folder().join(page), &text, &mut differences);
    }
    goldens::assert_none(&differences);
}

/// In the repository's own view, without the book, links are paths of files.
#[test]
fn links_between_files_of_the_repository_lead_to_files() {
    let readmes = [
        "README.md",
        "ARCHITECTURE.md",
        "jobs/README.md",
        "sql/README.md",
        "tests/README.md",
    ];
    let files = readmes.iter().map(|file| repository().join(file));
    let mut followed = 0;
    for file in files.chain(pages().iter().map(|page| folder().join(page))) {
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for link in links(&text).iter().filter(|link| !link.contains("://")) {
            let path = link.split('#').next().unwrap_or_default();
            let target = file.parent().unwrap_or(Path::new("")).join(path);
            assert!(
                path.is_empty() || target.exists(),
                "{}: `{link}` leads nowhere",
                file.display()
            );
            followed += 1;
        }
    }
    assert!(followed > 20, "only {followed} links were found");
}
