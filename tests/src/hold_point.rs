//! A place in the program where a process waits for the test, so that what the test does then lands exactly there.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::until;

/// Environment variable: `NAME:FOLDER`.
const HOLD_VARIABLE: &str = "WAYFARE_HOLD_AT";

/// A named point and the folder through which the processes that reach it are seen and let go.
#[derive(Debug)]
pub struct HoldPoint {
    name: &'static str,
    folder: TempDir,
}

impl HoldPoint {
    /// The point `name`, at which nobody is yet.
    pub fn new(name: &'static str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("wayfare-hold-")
            .tempdir()
            .expect("a temporary folder");
        Self { name, folder }
    }

    /// What makes a process wait there, for its environment.
    pub fn variable(&self) -> (String, String) {
        let place = format!("{}:{}", self.name, self.folder.path().display());
        (HOLD_VARIABLE.to_owned(), place)
    }

    /// The processes that have reached it.
    pub fn reached(&self) -> Vec<u32> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder is readable");
        let names = entries.map(|entry| entry.expect("its entries are readable").file_name());
        names
            .filter_map(|name| name.to_str()?.strip_prefix("reached-")?.parse().ok())
            .collect()
    }

    /// Waits until a process is there, and gives its number.
    #[track_caller]
    pub fn wait(&self, limit: Duration) -> u32 {
        until(&format!("a process reaches `{}`", self.name), limit, || {
            !self.reached().is_empty()
        });
        self.reached()[0]
    }

    /// Lets all go on, and whoever comes later pass.
    pub fn release(&self) {
        let go: PathBuf = self.folder.path().join("go");
        std::fs::write(go, "").expect("the folder takes a file");
    }
}
