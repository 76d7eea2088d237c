//! Just enough of an HTML reader to look into a page: a tree of elements, strict about what it accepts.

const VOID: [&str; 4] = ["meta", "link", "br", "hr"];

/// An element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

/// What an element contains, in order.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Element(Element),
}

impl Element {
    /// The value of an attribute; empty if it is not there.
    pub(super) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }

    /// Whether it has the class.
    pub(super) fn has_class(&self, class: &str) -> bool {
        self.attribute("class").split(' ').any(|found| found == class)
    }

    /// Every element below, in the order of the page.
    pub(super) fn all(&self) -> Vec<&Self> {
        let mut all = Vec::new();
        for child in &self.children {
            if let Node::Element(element) = child {
                all.push(element);
                all.extend(element.all());
            }
        }
        all
    }

    /// Every element below with this name.
    pub(super) fn named(&self, name: &str) -> Vec<&Self> {
        self.all()
            .into_iter()
            .filter(|element| element.name == name)
            .collect()
    }

    /// The text that a person sees, with single spaces.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.collect_text(&mut text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn collect_text(&self, text: &mut String) {
        for child in &self.children {
            match child {
                Node::Text(more) => text.push_str(more),
                Node::Element(element) if ["style", "title", "svg"].contains(&element.name.as_str()) => {}
                Node::Element(element) => element.collect_text(text),
            }
        }
        if !["bdi", "span", "strong"].contains(&self.name.as_str()) {
            text.push(' ');
        }
    }
}

/// Reads a page; panics where a tag is not closed, an attribute not quoted or a character not escaped.
#[track_caller]
pub(super) fn read(page: &str) -> Element {
    let mut rest = page
        .strip_prefix("<!doctype html>")
        .expect("a page begins with its type");
    let mut open = vec![Element::default()];
    while !rest.is_empty() {
        if let Some(tag) = rest.strip_prefix("</") {
            let (name, after) = tag.split_once('>').expect("a closing tag ends");
            let closed = open.pop().expect("something is open");
            assert_eq!(closed.name, name, "closed by another tag, before {after:.80}");
            add(&mut open, Node::Element(closed));
            rest = after;
        } else if rest.starts_with('<') {
            let (element, closed, after) = tag(rest);
            rest = after;
            if closed || VOID.contains(&element.name.as_str()) {
                add(&mut open, Node::Element(element));
            } else if element.name == "style" {
                let (_, after) = rest.split_once("</style>").expect("the style ends");
                add(&mut open, Node::Element(element));
                rest = after;
            } else {
                open.push(element);
            }
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            add(&mut open, Node::Text(unescaped(text)));
            rest = after;
        }
    }
    assert_eq!(
        open.len(),
        1,
        "not closed: {:?}",
        open.last().map(|element| &element.name)
    );
    open.remove(0)
}

fn add(open: &mut [Element], node: Node) {
    let parent = open.last_mut().expect("the page itself is open");
    parent.children.push(node);
}

/// The element of the tag that `text` begins with, whether it is closed at once, and what follows.
fn tag(text: &str) -> (Element, bool, &str) {
    let mut rest = &text[1..];
    let end = rest.find([' ', '>', '/']).expect("a tag ends");
    let name = rest[..end].to_owned();
    assert!(
        name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric()),
        "not a tag: {text:.80}"
    );
    rest = rest[end..].trim_start();
    let mut attributes = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return (
                Element {
                    name,
                    attributes,
                    children: Vec::new(),
                },
                true,
                after,
            );
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (
                Element {
                    name,
                    attributes,
                    children: Vec::new(),
                },
                false,
                after,
            );
        }
        let (attribute, after) = rest.split_once("=\"").expect("an attribute has a quoted value");
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(attribute.chars().all(is_name), "not an attribute: {rest:.80}");
        let (value, after) = after.split_once('"').expect("a quoted value ends");
        assert!(!value.contains('<'), "not escaped: {value:.80}");
        attributes.push((attribute.to_owned(), unescaped(value)));
        rest = after.trim_start();
    }
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    assert!(!text.contains('>'), "not escaped: {text:.80}");
    for part in parts {
        let (name, after) = part.split_once(';').expect("a reference to a character ends");
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("an unknown reference: {other:.40}"),
        });
        plain.push_str(after);
    }
    plain
}
