//! Progress for a person: one bar per stage, with rate and time left.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use wayfare_pipeline::observer::{Event, Observer};

const KNOWN_TOTAL: &str = "  {prefix:<8} [{bar:32}] {human_pos}/{human_len} {msg}  {per_sec}  {eta} left";
const UNKNOWN_TOTAL: &str = "  {prefix:<8} {spinner} {human_pos} {msg}  {per_sec}  {elapsed}";
const FRAME: Duration = Duration::from_millis(120);

/// The bars of the stages that are under way.
#[derive(Debug, Default)]
pub(super) struct Bars {
    screen: MultiProgress,
    active: Mutex<Vec<(&'static str, ProgressBar)>>,
}

impl Bars {
    fn say(&self, text: &str) {
        // A terminal that has gone is no reason to stop.
        self.screen.println(text).ok();
    }

    fn with<R>(&self, change: impl FnOnce(&mut Vec<(&'static str, ProgressBar)>) -> R) -> R {
        change(&mut self.active.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn start(&self, stage: &'static str, unit: &'static str, total: Option<u64>) {
        let template = if total.is_some() {
            KNOWN_TOTAL
        } else {
            UNKNOWN_TOTAL
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self
            .screen
            .add(total.map_or_else(ProgressBar::new_spinner, ProgressBar::new));
        bar.set_style(style);
        bar.set_prefix(stage);
        bar.set_message(unit);
        bar.enable_steady_tick(FRAME);
        self.with(|active| active.push((stage, bar)));
    }

    fn finish(&self, stage: &'static str) {
        self.with(|active| {
            active.retain(|(name, bar)| {
                if *name == stage {
                    bar.finish_and_clear();
                }
                *name != stage
            });
        });
    }
}

impl Observer for Bars {
    fn observe(&self, event: &Event) {
        match event {
            Event::RunStarted {
                run_id,
                dates,
                resumed,
            } => {
                let how = if *resumed { ", continued" } else { "" };
                self.say(&format!("run {run_id}{how}: {}", super::describe_dates(dates)));
            }
            Event::StageStarted { stage, unit, total } => self.start(stage, unit, *total),
            Event::StageProgress { stage, done } => self.with(|active| {
                if let Some((_, bar)) = active.iter().find(|(name, _)| name == stage) {
                    bar.set_position(*done);
                }
            }),
            Event::StageFinished {
                stage,
                seconds,
                counts,
                ..
            } => {
                self.finish(stage);
                self.say(&format!(
                    "  {stage:<8} {seconds:>8.1} s  {}",
                    super::describe_counts(counts)
                ));
            }
            Event::Note { text } => self.say(text),
        }
    }
}
