//! Text from data on its way into the page: nothing in it may act, hide or reorder what stands around it.

use std::fmt::Write;

use minijinja::value::Value;
use minijinja::{Error, ErrorKind, Output, State};

/// Longer text is cut: a title of ten megabytes is one line on the page.
const MOST_CHARACTERS: usize = 160;

/// The page's formatter: every value that is not part of the template passes through here.
pub(super) fn format(output: &mut Output<'_>, _state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        let message = "a value that the page needs is not there";
        return Err(Error::new(ErrorKind::UndefinedError, message));
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // Only what a macro of the template has put together is safe, and its parts have been here before.
    let written = if value.is_safe() {
        output.write_str(&text)
    } else {
        escape(output, &text)
    };
    written.map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

/// Writes `text` so that it is text wherever it stands in HTML: in an element or in a quoted attribute.
fn escape(output: &mut impl Write, text: &str) -> std::fmt::Result {
    for character in text.chars().filter_map(visible) {
        match character {
            '&' => output.write_str("&amp;")?,
            '<' => output.write_str("&lt;")?,
            '>' => output.write_str("&gt;")?,
            '"' => output.write_str("&quot;")?,
            '\'' => output.write_str("&#39;")?,
            harmless => output.write_char(harmless)?,
        }
    }
    Ok(())
}

/// One short line: what becomes of every text that comes from data, a job file or the ledger.
pub(super) fn line(text: &str) -> String {
    shortened(text, MOST_CHARACTERS)
}

/// Like [`line()`], at most `most` characters long.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut short = String::new();
    let mut characters = text.chars().filter_map(visible);
    for _ in 0..most {
        match characters.next() {
            Some(character) => short.push(character),
            None => return short.trim().to_owned(),
        }
    }
    if characters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short.trim().to_owned()
}

/// What may be shown of a character: breaks become spaces; controls, and marks that turn the direction of text around
/// or only hide things, go. Joiners stay, for scripts that are not written without them.
fn visible(character: char) -> Option<char> {
    match character {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        control if control.is_control() => None,
        '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        let mut escaped = String::new();
        escape(&mut escaped, "<script>alert(\"a\" + 'b')</script>&amp;\u{202e}").unwrap();
        assert_eq!(
            escaped,
            "&lt;script&gt;alert(&quot;a&quot; + &#39;b&#39;)&lt;/script&gt;&amp;amp;"
        );
    }

    #[test]
    fn what_hides_or_reorders_text_goes() {
        assert_eq!(
            line("a\u{202e}b\u{2066}c\u{200b}d\u{0}e\u{1b}[31mf"),
            "abcde[31mf"
        );
        assert_eq!(line(" two\nlines\u{2028}or three\t "), "two lines or three");
        assert_eq!(line("Größe 日本 🎬"), "Größe 日本 🎬");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
        let megabytes = "ü".repeat(5 << 20);
        assert_eq!(line(&megabytes).chars().count(), MOST_CHARACTERS);
    }
}
