//! Names for what a requirements file installs, so that a changed file gets a folder of its own.
//!
//! Not a check of content: pip checks the hashes of the packages, and `assets` those of the files in them.

/// The first 12 hexadecimal digits of a hash (64-bit FNV-1a) over the lines that pip acts on, plus whatever else
/// decides what is installed, such as the interpreter's version. Comments, blank lines and indentation do not count.
pub(crate) fn of_requirements(requirements: &str, installed_for: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let lines = requirements
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines.chain([installed_for]) {
        for byte in line.bytes().chain(*b"\n") {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{:012x}", hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINNED: &str = "# why\nalpha==1.0 --hash=sha256:aa\n\nbeta==2.0 \\\n    --hash=sha256:bb\n";

    #[test]
    fn only_what_pip_acts_on_counts() {
        let rewritten = "alpha==1.0 --hash=sha256:aa\n# other words\nbeta==2.0 \\\n  --hash=sha256:bb\n";
        assert_eq!(of_requirements(PINNED, ""), of_requirements(rewritten, ""));
    }

    #[test]
    fn a_version_a_hash_an_interpreter_or_a_line_break_changes_the_name() {
        let original = of_requirements(PINNED, "3.11");
        assert_eq!(original.len(), 12);
        assert_ne!(
            original,
            of_requirements(&PINNED.replace("alpha==1.0", "alpha==1.1"), "3.11")
        );
        assert_ne!(original, of_requirements(&PINNED.replace("bb", "bc"), "3.11"));
        assert_ne!(original, of_requirements(PINNED, "3.12"));
        assert_ne!(of_requirements("a\nb", ""), of_requirements("ab", ""));
    }

    #[test]
    fn the_name_is_the_same_on_every_machine() {
        // FNV-1a of a single line feed, computed by another implementation.
        assert_eq!(of_requirements("", ""), "af63c74c8601");
    }
}
