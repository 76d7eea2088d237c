//! Folders for tests, removed when the test ends.

use std::path::{Path, PathBuf};

/// A folder of its own for one test.
pub(crate) struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// An empty folder; `name` tells this test's folder from those of other tests of this process.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, relative: &str, content: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that cannot be removed must not hide the test's own failure.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
