//! Inputs that nobody would write: readers of whatever lies on disk must answer with a value or an error, never with a
//! panic, and what they accept they must be able to work with.
//!
//! Each target runs a fixed number of inputs, new ones every time; a failure prints its input and its seed. With
//! `WAYFARE_FUZZ_SECONDS` set, each runs for so many seconds instead and says how many inputs that were.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod effort;
mod item_pack;
mod job_file;
mod models;
mod mutation;
mod records;
mod sources;
mod state;

/// Runs a check on inputs of at most `longest` bytes; `usual` of them where no time is asked for.
macro_rules! fuzz {
    (usual: $usual:expr, longest: $longest:expr, $check:expr) => {{
        let effort = crate::effort::Effort::asked_for($usual);
        let check = crate::effort::Check::of($check);
        bolero::check!()
            .with_iterations(effort.iterations)
            .with_test_time(effort.time)
            .with_max_len($longest)
            .for_each(|input: &[u8]| {
                effort.count();
                check.try_on(input);
            });
        effort.tell(concat!(module_path!(), " line ", line!()));
    }};
}
use fuzz;
