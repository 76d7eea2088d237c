//! Where the time went: the stages as shares of a bar, with rates, and the slowest named in words.

use serde::Serialize;
use wayfare_pipeline::run_page::{RunFacts, StageFacts};

use super::format;
use super::lane::units;

/// What is not a stage: opening tables, loading models, summing up.
const OTHER: &str = "other";
/// Below this share nothing is a bottleneck.
const HALF: f64 = 0.5;
/// A bar's part that is smaller than this many thousandths would not be seen.
const NARROWEST: f64 = 4.0;

/// The section.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Timings {
    /// Which stage took most of the time.
    pub(super) headline: String,
    /// What that time went into and what would make it less.
    pub(super) advice: String,
    /// What else has to be known to read the times; may be empty.
    pub(super) remark: String,
    pub(super) total: String,
    pub(super) stages: Vec<StageView>,
}

/// One stage for the template.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StageView {
    pub(super) stage: String,
    pub(super) seconds: String,
    pub(super) share: String,
    /// Thousandths of the bar.
    pub(super) x: String,
    pub(super) width: String,
    /// What was done, in words.
    pub(super) work: String,
    /// How fast; empty where a rate says nothing.
    pub(super) rate: String,
    pub(super) is_bottleneck: bool,
}

/// The section; `None` if no stage has done anything.
pub(super) fn timings(facts: &RunFacts) -> Option<Timings> {
    if facts.stages.is_empty() {
        return None;
    }
    let in_stages: f64 = facts.stages.iter().map(|stage| stage.seconds).sum();
    let earlier: usize = facts
        .stages
        .iter()
        .map(|stage| stage.parts_of_earlier_attempts)
        .sum();
    let parts: usize = facts.stages.iter().map(|stage| stage.parts).sum();
    let elapsed = facts
        .finished_at_ms
        .map(|end| (end - facts.started_at_ms) as f64 / 1000.0);
    let mut stages = facts.stages.clone();
    // Of a run that was continued, the time between the attempts is nobody's work.
    let total = match elapsed.filter(|_| earlier == 0) {
        Some(elapsed) if elapsed > in_stages => {
            stages.push(StageFacts {
                stage: OTHER.to_owned(),
                seconds: elapsed - in_stages,
                counts: std::collections::BTreeMap::new(),
                parts: 0,
                parts_of_earlier_attempts: 0,
            });
            elapsed
        }
        _ => in_stages,
    };
    let slowest = stages.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
    let share = if total > 0.0 { slowest.seconds / total } else { 0.0 };
    let slowest_share = format::share(slowest.seconds, total);
    let headline = if share >= HALF {
        format!(
            "{} is the bottleneck: {slowest_share} of the time",
            title(&slowest.stage)
        )
    } else {
        format!(
            "No single bottleneck; {} took most, {slowest_share} of the time",
            doing(&slowest.stage)
        )
    };
    let remark = if earlier == 0 {
        String::new()
    } else {
        format!(
            "This run was continued after an interruption: {earlier} of its {parts} parts were finished by an earlier \
             attempt and are counted with the time that they took then."
        )
    };
    Some(Timings {
        headline,
        advice: advice(slowest),
        remark,
        total: format::seconds(total),
        stages: views(&stages, total, &slowest.stage),
    })
}

fn views(stages: &[StageFacts], total: f64, slowest: &str) -> Vec<StageView> {
    let widest = stages
        .iter()
        .map(|stage| (stage.seconds / total.max(1e-9) * 1000.0).max(NARROWEST));
    let widths: Vec<f64> = widest.collect();
    let scale = 1000.0 / widths.iter().sum::<f64>();
    let mut x = 0.0;
    let mut views = Vec::with_capacity(stages.len());
    for (stage, width) in stages.iter().zip(widths) {
        views.push(StageView {
            stage: stage.stage.clone(),
            seconds: format::seconds(stage.seconds),
            share: format::share(stage.seconds, total),
            x: units(x),
            width: units(width * scale),
            work: work(stage),
            rate: rate(stage),
            is_bottleneck: stage.stage == slowest,
        });
        x += width * scale;
    }
    views
}

fn count(stage: &StageFacts, name: &str) -> u64 {
    stage.counts.get(name).copied().unwrap_or(0)
}

/// What a stage worked on, as a number, in one word for one of it.
fn measure(stage: &StageFacts) -> Option<(u64, &'static str)> {
    let measured = match stage.stage.as_str() {
        "load" => (count(stage, "activities") + count(stage, "rejected"), "activity"),
        "embed" => (count(stage, "texts"), "text"),
        "segment" => (count(stage, "users"), "user"),
        "name" if count(stage, "new_model_names") > 0 => (count(stage, "new_model_names"), "model name"),
        "name" => (count(stage, "journeys"), "journey"),
        _ => return None,
    };
    Some(measured).filter(|(number, _)| *number > 0)
}

fn rate(stage: &StageFacts) -> String {
    match measure(stage) {
        Some((number, what)) if stage.seconds > 0.0 => {
            let per_second = number as f64 / stage.seconds;
            let plural = format::counted(2, what);
            let plural = plural.trim_start_matches("2 ");
            format!("{} {plural}/s", format::rate(per_second))
        }
        _ => String::new(),
    }
}

fn work(stage: &StageFacts) -> String {
    let counted = |name: &str, what: &str| format::counted(count(stage, name), what);
    match stage.stage.as_str() {
        "load" => {
            let rejected = format::thousands(count(stage, "rejected"));
            format!(
                "{} loaded, {rejected} rejected",
                counted("activities", "activity")
            )
        }
        "embed" if count(stage, "texts") == 0 => "no new text".to_owned(),
        "embed" => format!(
            "{} of {} embedded",
            counted("texts", "distinct text"),
            counted("items", "item")
        ),
        "segment" => {
            let assigned = counted("assigned_activities", "activity");
            format!("{} segmented; {assigned} in journeys", counted("users", "user"))
        }
        "name" => {
            let (model, own) = (
                count(stage, "new_model_names"),
                count(stage, "new_extractive_names"),
            );
            format!(
                "{} by the model, {} from the journeys' own words; {}",
                format::counted(model, "new name"),
                format::thousands(own),
                counted("journeys", "journey")
            )
        }
        "publish" => format!("{} committed together", counted("tables", "table")),
        _ => "opening tables, loading models, summing up".to_owned(),
    }
}

fn title(stage: &str) -> &'static str {
    match stage {
        "load" => "Loading",
        "embed" => "Embedding",
        "segment" => "Segmenting",
        "name" => "Naming",
        "publish" => "Publishing",
        _ => "Starting up and summing up",
    }
}

fn doing(stage: &str) -> String {
    title(stage).to_lowercase()
}

fn advice(stage: &StageFacts) -> String {
    let each = measure(stage).map(|(number, _)| stage.seconds / number as f64);
    match (stage.stage.as_str(), each) {
        ("name", Some(each)) if count(stage, "new_model_names") > 0 => {
            let names = format::counted(count(stage, "new_model_names"), "name");
            format!(
                "The language model wrote {names}, at about {} each. Names are kept, so that later runs only write \
                 those that are new; name.max_model_names limits how many there can be.",
                duration(each)
            )
        }
        ("name", _) => {
            "Every journey got a name from its own words; no language model was needed.".to_owned()
        }
        ("embed", Some(each)) => {
            let texts = format::counted(count(stage, "texts"), "text");
            format!(
                "{texts} became vectors, at about {} each. Vectors are kept, so that later runs only embed texts that \
                 they have not seen.",
                duration(each)
            )
        }
        ("load", _) => {
            "Reading, checking and sorting the activities by user: the one time that rows are moved. More \
                        cores, and Parquet instead of CSV, make it faster."
                .to_owned()
        }
        ("segment", _) => {
            "Each user's history is grouped on its own, and later runs only touch users with new \
                           activity. More cores make it faster, as far as tables.buckets_per_group allows."
                .to_owned()
        }
        ("publish", _) => {
            "A fixed cost for each run: one commit for each table. Several logical dates in one run \
                           (--one-run) share it."
                .to_owned()
        }
        _ => "A fixed cost for each run. Several logical dates in one run (--one-run) share it.".to_owned(),
    }
}

/// Of one text or name: often far less than a tenth of a second.
fn duration(seconds: f64) -> String {
    if seconds < 0.1 {
        format!("{} ms", units((seconds * 1000.0).max(0.1)))
    } else {
        format::seconds(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_pipeline::run_page::{Notice, ShownTables};

    fn stage(name: &str, seconds: f64, counts: &[(&str, u64)]) -> StageFacts {
        StageFacts {
            stage: name.to_owned(),
            seconds,
            counts: counts
                .iter()
                .map(|(what, count)| ((*what).to_owned(), *count))
                .collect(),
            parts: 2,
            parts_of_earlier_attempts: 0,
        }
    }

    fn facts(stages: Vec<StageFacts>, milliseconds: i64) -> RunFacts {
        RunFacts {
            run_id: "films-1".to_owned(),
            job: "films".to_owned(),
            description: String::new(),
            notice: Notice::Nothing,
            dates: vec![],
            slice: None,
            outcome: None,
            error: None,
            started_at_ms: 1_000,
            finished_at_ms: Some(1_000 + milliseconds),
            stages,
            encoder: None,
            namer: None,
            configuration_hash: String::new(),
            program_version: String::new(),
            tables_url: String::new(),
            tables: ShownTables::NotPublished,
        }
    }

    #[test]
    fn the_slowest_stage_is_named_with_what_to_do_about_it() {
        let stages = vec![
            stage("load", 2.0, &[("activities", 90_000), ("rejected", 10_000)]),
            stage("name", 7.0, &[("new_model_names", 20), ("journeys", 400)]),
        ];
        let timings = timings(&facts(stages, 10_000)).expect("there are stages");
        assert_eq!(timings.headline, "Naming is the bottleneck: 70% of the time");
        assert!(
            timings.advice.contains("20 names, at about 0.3 s each"),
            "{}",
            timings.advice
        );
        let rates: Vec<&str> = timings.stages.iter().map(|stage| stage.rate.as_str()).collect();
        assert_eq!(rates, ["50,000 activities/s", "2.9 model names/s", ""]);
        assert_eq!(timings.stages[2].stage, OTHER);
        assert_eq!((timings.total.as_str(), timings.remark.as_str()), ("10 s", ""));
    }

    #[test]
    fn the_bar_is_filled_and_every_stage_can_be_seen() {
        let stages = vec![
            stage("load", 0.0, &[]),
            stage("segment", 9.0, &[]),
            stage("name", 0.01, &[]),
        ];
        let timings = timings(&facts(stages, 9_010)).expect("there are stages");
        let widths: Vec<f64> = timings
            .stages
            .iter()
            .map(|stage| stage.width.parse().expect("a number"))
            .collect();
        assert!((widths.iter().sum::<f64>() - 1000.0).abs() < 0.5, "{widths:?}");
        assert!(widths.iter().all(|width| *width > 3.0), "{widths:?}");
    }

    #[test]
    fn without_a_bottleneck_none_is_claimed() {
        let stages = vec![
            stage("load", 3.0, &[]),
            stage("segment", 3.5, &[]),
            stage("name", 3.2, &[]),
        ];
        let timings = timings(&facts(stages, 9_700)).expect("there are stages");
        assert!(
            timings.headline.starts_with("No single bottleneck; segmenting"),
            "{}",
            timings.headline
        );
    }

    #[test]
    fn a_continued_run_does_not_count_the_time_between_its_attempts() {
        let mut load = stage("load", 3.0, &[]);
        load.parts_of_earlier_attempts = 2;
        let timings =
            timings(&facts(vec![load, stage("name", 1.0, &[])], 86_400_000)).expect("there are stages");
        assert_eq!(timings.total, "4.0 s");
        assert!(timings.remark.contains("2 of its 4 parts"), "{}", timings.remark);
        assert_eq!(timings.stages.len(), 2);
    }

    #[test]
    fn a_run_that_did_nothing_has_no_timings() {
        assert!(timings(&facts(vec![], 10)).is_none());
    }
}
