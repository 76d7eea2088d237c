//! `wayfare bench segment`: journeys of users from files, without tables. What is timed is in `wayfare_evaluation::speed`.

use serde_json::{Value, json};
use wayfare_evaluation::speed::{Method, SpeedOptions, measure};

use crate::args::bench::segment::{BenchSegmentArgs, SegmentMode};
use crate::commands::evaluate::extraction::segment_params;
use crate::failure::Failure;

pub(super) fn segment(args: &BenchSegmentArgs) -> Result<(), Failure> {
    let (mode, method) = match args.mode {
        SegmentMode::Wayfare => {
            let params = segment_params::resolve(None, &args.sets, args.min_activities)?;
            ("wayfare", Method::Wayfare(params))
        }
        SegmentMode::Icpc => {
            let method = Method::Icpc {
                join_threshold: args.join_threshold,
                min_activities: args.min_activities,
            };
            ("icpc", method)
        }
    };
    let options = SpeedOptions {
        activities: args.activities.clone(),
        vectors: args.vectors.clone(),
        method,
        threads: args.threads.max(1),
    };
    let measured = measure(&options, args.labels.as_deref())?;
    let mut facts = json!({
        "mode": mode,
        "threads": options.threads,
        "peak_memory_bytes": super::peak_bytes(),
        "labels": args.labels.as_ref().map(|path| path.display().to_string()),
    });
    if let (Value::Object(facts), Value::Object(measured)) = (&mut facts, serde_json::to_value(&measured)?) {
        facts.extend(measured);
    }
    super::print(&facts, args.output)
}
