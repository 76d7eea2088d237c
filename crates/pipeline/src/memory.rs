//! How much memory this process holds at most, stage by stage.

/// Linux keeps the peak here and forgets it when `5` is written to the other file; elsewhere nothing is known.
const STATUS: &str = "/proc/self/status";
const CLEAR_REFS: &str = "/proc/self/clear_refs";

/// Lets the next peak be that of what comes now.
pub(crate) fn forget_peak() {
    if let Err(error) = std::fs::write(CLEAR_REFS, "5") {
        tracing::debug!(%error, "the peak of memory covers earlier stages, too");
    }
}

/// The most bytes of memory held since [`forget_peak`].
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string(STATUS).ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let number = kibibytes.trim().strip_suffix("kB")?.trim();
    number.parse::<u64>().ok().map(|number| number * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_that_of_what_came_since_it_was_forgotten() {
        const LARGE: usize = 96 << 20;
        let large = std::hint::black_box(vec![1_u8; LARGE]);
        let with = peak_bytes().unwrap();
        drop(large);
        forget_peak();
        let without = peak_bytes().unwrap();
        assert!(with > LARGE as u64, "{with}");
        assert!(
            without + (LARGE as u64) / 2 < with,
            "{without} is not below {with}"
        );
    }
}
