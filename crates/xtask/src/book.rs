//! The documentation of `docs/` as a book that a browser reads without a network.

use std::process::Command;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::{process, readers};

/// What happens to the book once it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Print,
    /// Also opens its first page in the browser.
    Open,
}

/// Builds the book into the build folder and prints its first page's place.
pub(crate) fn build(checkout: &Checkout, then: Then) -> Result<()> {
    let mdbook = readers::set_up(checkout)?.mdbook;
    let book = checkout.target.join("book");
    let mut command = Command::new(mdbook);
    command
        .arg("build")
        .arg(checkout.file("docs"))
        .arg("--dest-dir")
        .arg(&book);
    if then == Then::Open {
        command.arg("--open");
    }
    process::run(&mut command)?;
    println!("{}", book.join("index.html").display());
    Ok(())
}
