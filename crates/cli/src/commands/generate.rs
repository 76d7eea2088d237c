//! `wayfare generate`.

use wayfare_evaluation::GenerateOptions;

use crate::args::GenerateArgs;
use crate::failure::Failure;
use crate::output;

/// Writes synthetic activity and says what was written.
pub(super) fn generate(args: &GenerateArgs) -> Result<(), Failure> {
    let options = GenerateOptions {
        users: args.users,
        activities: args.activities,
        seed: args.seed,
        days: args.days,
        noise_share: args.noise_share,
        burst_share: args.burst_share,
        late_share: args.late_share,
        duplicate_share: args.duplicate_share,
        rows_per_file: args.rows_per_file,
        ..GenerateOptions::default()
    };
    let generated = wayfare_evaluation::generate(&options, &args.out)?;
    let repeated = match generated.duplicates {
        0 => String::new(),
        rows => format!(", {rows} rows twice"),
    };
    output::data(&format!(
        "wrote to {}\n  activities/  {} files, {} activities of {} users{repeated}\n  items/       {} files, {} items\n  \
         truth/       {} files, {} planted journeys with {} activities\n",
        args.out.display(),
        generated.activity_files.len(),
        generated.activities,
        generated.users,
        generated.item_files.len(),
        generated.items,
        generated.truth_files.len(),
        generated.planted_journeys,
        generated.planted_activities,
    ))
}
