//! The only module that prints: data on standard output, talk on standard error.

use std::io::{self, IsTerminal, Write};

use crate::environment;
use crate::failure::Failure;

/// Writes data to standard output, which must all have been taken when this returns.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(write_failure)
}

/// Writes one line of data to standard output.
pub(crate) fn data_line(text: &str) -> Result<(), Failure> {
    data(&format!("{text}\n"))
}

/// Standard output for writers of data formats.
pub(crate) fn data_writer() -> impl Write + Send {
    io::BufWriter::new(io::stdout())
}

/// A failure to write data; that the reader has gone is not one.
pub(crate) fn write_failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::reader_gone(error)
    } else {
        Failure::from(error).context("cannot write the output")
    }
}

/// Says something to the person or log that follows the program; nobody listening is fine.
pub(crate) fn talk(text: &str) {
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// Says `prompt` without ending the line.
pub(crate) fn prompt(prompt: &str) {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).ok();
}

/// Prints a failure: `error:`, indented causes, `hint:`.
pub(crate) fn failure(failure: &Failure) {
    if failure.exit_code() == 0 {
        return;
    }
    let mut messages = failure.messages().into_iter();
    let label = if colours() {
        "\u{1b}[1;31merror:\u{1b}[0m"
    } else {
        "error:"
    };
    talk(&format!("{label} {}", messages.next().unwrap_or_default()));
    for cause in messages {
        talk(&format!("  caused by: {}", cause.replace('\n', "\n    ")));
    }
    if let Some(hint) = failure.hint() {
        talk(&format!("hint: {hint}"));
    }
}

/// Whether talk goes to a person.
pub(crate) fn talk_is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Whether statements are typed in.
pub(crate) fn input_is_typed() -> bool {
    io::stdin().is_terminal()
}

/// Whether talk may use colours, see <https://no-color.org>.
pub(crate) fn colours() -> bool {
    talk_is_watched() && environment::variable("NO_COLOR").is_none()
}
