//! The job file of a proposal: what was decided, why, and what else it could be.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::decisions::Decisions;
use super::mapping::ITEM_TABLE;
use super::role::{Confidence, Understood};
use super::roles::{ACTIVITIES, ITEMS};
use super::{ModelChoice, ProposalRequest};
use crate::settings::{JobSettings, SourceFormat, SourceTable};

/// Of a line of comment, with its `# `.
const COMMENT_WIDTH: usize = 118;

/// Everything that the text says.
pub(super) struct JobText<'a> {
    pub(super) request: &'a ProposalRequest,
    /// With the queries and with absolute paths.
    pub(super) draft: &'a JobSettings,
    pub(super) understood: &'a [Understood],
    pub(super) decisions: &'a Decisions,
    pub(super) other_numbers: &'a [&'a str],
}

impl JobText<'_> {
    /// The text of the job file.
    pub(super) fn render(&self) -> String {
        let mut text = Text::default();
        let JobSettings { job, tables, .. } = self.draft;
        let decisions = self.decisions;
        text.comment(&format!(
            "Written by `wayfare init`. Lines with CHECK deserve a look; `wayfare docs job-file` explains every key, and \
             `wayfare plan {}` shows what a run would do.",
            self.request.job_file.display()
        ));
        text.line("[job]");
        text.value("name", &job.name);
        text.value("description", &job.description);
        text.comment(&decisions.slice.why);
        text.value("slice", &name_of(&decisions.slice.value));

        text.section("[tables]");
        text.value("url", &tables.url);
        text.comment(&decisions.bucket_count.why);
        text.line(&format!("bucket_count = {}", decisions.bucket_count.value));
        text.line("buckets_per_group = 4");

        for (name, table) in &self.draft.sources.tables {
            self.source_table(&mut text, name, table);
        }
        text.line("");
        self.meanings(&mut text, ACTIVITIES);
        if !self.other_numbers.is_empty() && !self.understood.iter().any(|one| one.role.target() == "weight")
        {
            let names = self.other_numbers.join("`, `");
            text.comment(&format!(
                "There is no weight: every activity counts the same. Numbers that could be one: `{names}`."
            ));
        }
        text.line("[sources.activities]");
        text.sql(&self.draft.sources.activities.sql);
        text.line("");
        self.meanings(&mut text, ITEMS);
        if !self.draft.sources.tables.contains_key(ITEM_TABLE) {
            text.comment("The items are those that the activities name.");
        }
        text.line("[sources.items]");
        text.sql(&self.draft.sources.items.sql);

        text.section("[load]");
        text.comment(&decisions.max_rejected_share.why);
        text.line(&format!(
            "max_rejected_share = {:?}",
            decisions.max_rejected_share.value
        ));

        self.models(&mut text);
        text.line("");
        text.comment(&decisions.filters.why);
        text.line("[segment]");
        let filters = decisions.filters.value;
        text.line(&format!("min_activities = {}", filters.min_activities));
        text.line(&format!("min_active_days = {}", filters.min_active_days));
        text.line(&format!("min_span_days = {:?}", filters.min_span_days));
        self.namer(&mut text);
        text.0
    }

    fn source_table(&self, text: &mut Text, name: &str, table: &SourceTable) {
        text.section(&format!("[sources.tables.{name}]"));
        text.value(
            "path",
            &path_in_job_file(Path::new(&table.path), &self.request.job_file),
        );
        match table.format {
            SourceFormat::Parquet => {}
            SourceFormat::Delta => text.value("format", "delta"),
            SourceFormat::Csv => {
                text.value("format", "csv");
                if table.delimiter != ',' {
                    text.value("delimiter", &table.delimiter.to_string());
                }
                if table.multiline {
                    text.line("multiline = true");
                }
                if table.quote != '"' {
                    text.comment("Quotes are characters like any other in this file.");
                    text.line("quote = \"\\u0000\"");
                }
                let columns = table.columns.iter().flatten();
                let entries =
                    columns.map(|(column, kind)| format!("[{}, {}]", string(column), string(&name_of(kind))));
                let entries: Vec<String> = entries.collect();
                text.list("columns", &entries);
            }
        }
    }

    fn meanings(&self, text: &mut Text, source: &str) {
        for one in self.understood.iter().filter(|one| one.source == source) {
            let check = if one.confidence == Confidence::Sure {
                ""
            } else {
                "CHECK: "
            };
            let target = one.role.target();
            let mut comment = format!(
                "{check}{target} is `{}` ({}): {}.",
                one.column, one.confidence, one.why
            );
            if !one.others.is_empty() {
                // Writing to a string cannot fail.
                write!(comment, " Other candidates: `{}`.", one.others.join("`, `")).ok();
            }
            text.comment(&comment);
        }
    }

    fn models(&self, text: &mut Text) {
        text.section("[encoder]");
        match &self.request.encoder {
            Some(ModelChoice { path, sha256 }) => {
                text.value("path", path);
                text.value("sha256", sha256);
            }
            None => {
                text.comment(
                    "CHECK: a folder with a BERT-family sentence encoder (`model.safetensors`, `config.json`, \
                     `tokenizer.json`, `vocab.txt`) and the hash that `sha256sum model.safetensors` prints.",
                );
                text.line("# path = \"models/all-MiniLM-L6-v2\"");
                text.line("# sha256 = \"\"");
            }
        }
    }

    fn namer(&self, text: &mut Text) {
        text.section("[name]");
        match &self.request.namer {
            Some(ModelChoice { path, sha256 }) => {
                text.value("model", path);
                text.value("sha256", sha256);
                text.comment(
                    "The strongest journeys get names from the model, the others from their own words.",
                );
                text.line("max_model_names = 200");
            }
            None => {
                text.comment(
                    "Without a language model names are put together from the journeys' own words. To have one: a GGUF \
                     file and the hash that `sha256sum` prints.",
                );
                text.line("# model = \"models/model.gguf\"");
                text.line("# sha256 = \"\"");
            }
        }
    }
}

/// An absolute path as a job file should name it: from its own folder if it lies below that.
pub fn path_in_job_file(path: &Path, job_file: &Path) -> String {
    let absolute = std::path::absolute(job_file).ok();
    let folder = absolute.as_deref().and_then(Path::parent);
    let folder = folder.and_then(|folder| folder.canonicalize().ok());
    let below = folder.and_then(|folder| path.strip_prefix(folder).ok().map(Path::to_owned));
    match below.filter(|below| !below.as_os_str().is_empty()) {
        Some(below) => below.display().to_string(),
        None => path.display().to_string(),
    }
}

/// The name of a setting's value.
fn name_of(value: &impl Serialize) -> String {
    let value = toml::Value::try_from(value).ok();
    value
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A string as TOML writes it.
fn string(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// Lines of TOML.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
    }

    fn value(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {}", string(value)));
    }

    /// A comment in lines that are not too long.
    fn comment(&mut self, comment: &str) {
        let mut line = "#".to_owned();
        // A name may hold anything, and a line break would end the comment.
        for word in comment.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > COMMENT_WIDTH && line != "#" {
                self.line(&line);
                "#".clone_into(&mut line);
            }
            line.push(' ');
            line.extend(
                word.chars()
                    .map(|character| if character.is_control() { '?' } else { character }),
            );
        }
        self.line(&line);
    }

    fn list(&mut self, key: &str, entries: &[String]) {
        let in_line = format!("{key} = [{}]", entries.join(", "));
        if in_line.chars().count() <= COMMENT_WIDTH {
            self.line(&in_line);
            return;
        }
        self.line(&format!("{key} = ["));
        for entry in entries {
            self.line(&format!("  {entry},"));
        }
        self.line("]");
    }

    /// The query as lines, with what TOML would read otherwise escaped.
    fn sql(&mut self, sql: &str) {
        let mut escaped = String::new();
        for character in sql.chars() {
            match character {
                '\\' => escaped.push_str("\\\\"),
                '"' if escaped.ends_with("\"\"") => escaped.push_str("\\\""),
                '\n' | '\t' => escaped.push(character),
                control if control.is_control() => {
                    // Writing to a string cannot fail.
                    write!(escaped, "\\u{:04X}", u32::from(control)).ok();
                }
                other => escaped.push(other),
            }
        }
        self.line(&format!("sql = \"\"\"\n{escaped}\n\"\"\""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_survive_toml() {
        for sql in [
            "SELECT a\nFROM t",
            "SELECT \"say \"\"hi\"\"\"\"\" AS x, '\\d{2}' FROM t",
            "SELECT \"tab\there\r\" FROM \"\"\"t\"",
        ] {
            let mut text = Text::default();
            text.sql(sql);
            let read: toml::Table = text.0.parse().unwrap();
            assert_eq!(read["sql"].as_str().map(str::trim_end), Some(sql), "{}", text.0);
        }
    }

    #[test]
    fn comments_stay_comments_whatever_names_hold() {
        let mut text = Text::default();
        text.comment(&format!(
            "a name with a line break: `a\nb` {}",
            "and more words ".repeat(30)
        ));
        text.comment("");
        assert!(text.0.lines().all(|line| line.starts_with('#')), "{}", text.0);
        assert!(text.0.lines().all(|line| line.chars().count() <= COMMENT_WIDTH));
        assert!(text.0.lines().count() > 4);
    }
}
