//! What `cargo xtask test` installs for tests, and names to them in the environment.

use std::path::PathBuf;

/// The interpreter with the packages of `requirements-tests.txt`.
pub fn python() -> PathBuf {
    path_in("WAYFARE_PYTHON", "the readers of `requirements-tests.txt`")
}

/// The program that builds the book.
pub fn mdbook() -> PathBuf {
    path_in("WAYFARE_MDBOOK", "mdBook")
}

#[expect(
    clippy::disallowed_methods,
    reason = "not a setting of the program, what was installed for its tests"
)]
fn path_in(variable: &str, what: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from);
    path.unwrap_or_else(|| {
        panic!("{variable} is not set: run `cargo xtask test`, which installs {what} and sets it")
    })
}
