//! Where the links of built pages lead: a reader of just as much HTML as that takes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a page offers to links, and where its own lead.
#[derive(Debug, Default)]
struct Page {
    ids: BTreeSet<String>,
    links: Vec<String>,
}

/// What the links of a folder of pages lead to.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Links that lead nowhere, with the page that has them and why.
    pub(super) broken: Vec<String>,
    /// Links to other sites; nobody follows them here.
    pub(super) external: BTreeSet<String>,
    /// How many lead to something in the folder.
    pub(super) followed: usize,
}

/// Follows every link of every page below `folder`.
pub(super) fn follow_links(folder: &Path) -> Links {
    let mut files = BTreeMap::new();
    read(folder, "", &mut files);
    let mut links = Links::default();
    for (name, page) in &files {
        for link in page.iter().flat_map(|page| &page.links) {
            if link.contains("://") {
                links.external.insert(link.clone());
            } else if let Some(problem) = problem(name, link, &files) {
                links.broken.push(format!("{name}: `{link}` {problem}"));
            } else {
                links.followed += 1;
            }
        }
    }
    links
}

/// Files by their path from the folder; those that are pages are parsed.
fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Option<Page>>) {
    for entry in std::fs::read_dir(folder).expect("the folder of pages is readable") {
        let path = entry.expect("its entries are readable").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("names of files are text");
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else {
            let is_page = path.extension().is_some_and(|extension| extension == "html");
            let page = is_page.then(|| parse(&std::fs::read_to_string(&path).expect("pages are text")));
            files.insert(name, page);
        }
    }
}

fn problem(page: &str, link: &str, files: &BTreeMap<String, Option<Page>>) -> Option<String> {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    if path.starts_with('/') {
        return Some("starts at the root of a site: it does not work in a file".to_owned());
    }
    let target = if path.is_empty() {
        page.to_owned()
    } else {
        join(page, &decode(path))
    };
    let Some(target_page) = files
        .get(&target)
        .or_else(|| files.get(&format!("{target}index.html")))
    else {
        return Some(format!("leads to `{target}`, which is not there"));
    };
    let found = match target_page {
        Some(page) => fragment.is_empty() || page.ids.contains(&decode(fragment)),
        None => fragment.is_empty(),
    };
    (!found).then(|| format!("leads to a place in `{target}` that is not there"))
}

/// The path that `link` means on `page`.
fn join(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// `%20` is a space.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'%')
            .then(|| after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parse(html: &str) -> Page {
    let mut page = Page::default();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = split_tag(after);
        rest = after;
        let name = tag
            .split(|letter: char| letter.is_whitespace() || letter == '/')
            .next()
            .unwrap_or_default();
        for (attribute, value) in attributes(tag) {
            match attribute {
                "id" => {
                    page.ids.insert(value);
                }
                "name" if name == "a" => {
                    page.ids.insert(value);
                }
                "href" | "src" if !value.starts_with("data:") => page.links.push(value),
                _ => {}
            }
        }
        // What stands in a script or a style sheet is no HTML.
        if name == "script" || name == "style" {
            rest = rest
                .split_once(&format!("</{name}"))
                .map_or("", |(_, after)| after);
        }
    }
    page
}

/// What stands up to the `>` that ends a tag, and what follows.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '>') => return (&text[..at], &text[at + 1..]),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    (text, "")
}

/// The attributes of a tag that have a quoted value.
fn attributes(tag: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let quote = after.chars().next().filter(|first| matches!(first, '"' | '\''));
        let Some((value, after)) = quote.and_then(|quote| after[1..].split_once(quote)) else {
            rest = after;
            continue;
        };
        found.push((name, unescape(value)));
        rest = after;
    }
    found
}

fn unescape(value: &str) -> String {
    value
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pages: &[(&str, &str)], broken: &[&str]) {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        for (name, text) in pages {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(file, text).expect("a page");
        }
        assert_eq!(follow_links(folder.path()).broken, broken);
    }

    #[test]
    fn links_to_pages_places_and_files_are_followed() {
        let index = r##"<a href="sub/page.html#a%20place">x</a> <a href="#here" id="here">y</a>
            <link href="style.css?v=1"> <img src='sub/a&amp;b.png' alt="a > b"> <a href="https://example.org/x">z</a>"##;
        let page =
            r#"<h2 id="a place"></h2><a href="../index.html#here">back</a><a href="./page.html">self</a>"#;
        let files = [
            ("index.html", index),
            ("sub/page.html", page),
            ("style.css", ""),
            ("sub/a&b.png", ""),
        ];
        check(&files, &[]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let index = r##"<a href="gone.html">x</a> <a href="page.html#gone">y</a> <a href="#gone">z</a> <a href="/page.html">r</a>"##;
        check(
            &[("index.html", index), ("page.html", "<p id='there'>")],
            &[
                "index.html: `gone.html` leads to `gone.html`, which is not there",
                "index.html: `page.html#gone` leads to a place in `page.html` that is not there",
                "index.html: `#gone` leads to a place in `index.html` that is not there",
                "index.html: `/page.html` starts at the root of a site: it does not work in a file",
            ],
        );
    }

    #[test]
    fn what_is_no_tag_is_no_link() {
        let text = r#"<!-- <a href="gone"> --><script>x = '<a href="gone">';</script><code>&lt;a href=&quot;gone&quot;&gt;</code>"#;
        check(&[("index.html", text)], &[]);
    }
}
