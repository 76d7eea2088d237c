//! The scripts of `slt/`: SQL as analysts write it, over tables that two runs have published.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use async_trait::async_trait;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use sqllogictest::strict_column_validator;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner, default_normalizer, default_validator};
use wayfare_functions::models::ModelReference;
use wayfare_tests::contents::session;
use wayfare_tests::goldens::accepting;
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, repository, run};

/// `RUN sql/analyst/file.sql name=value …` stands for the file with these parameters.
const RUN_FILE: &str = "RUN ";

/// What a script talks to.
struct Analyst {
    session: SessionContext,
}

impl Analyst {
    async fn query(&self, text: &str) -> Result<DBOutput<DefaultColumnType>, DataFusionError> {
        let (sql, parameters) = self.statement(text)?;
        let mut frame = self.session.sql(&sql).await?;
        if !parameters.is_empty() {
            frame = frame.with_param_values(parameters.into_iter().collect::<Vec<_>>())?;
        }
        let types: Vec<DefaultColumnType> = frame
            .schema()
            .fields()
            .iter()
            .map(|field| column_type(field.data_type()))
            .collect();
        let batches = frame.collect().await?;
        if types.is_empty() {
            return Ok(DBOutput::StatementComplete(0));
        }
        let options = FormatOptions::default().with_null("NULL");
        let mut rows = Vec::new();
        for batch in &batches {
            let columns = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column, &options));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                let text = |column: usize| cell(&types[column], &columns[column].value(row).to_string());
                rows.push((0..columns.len()).map(text).collect());
            }
        }
        Ok(DBOutput::Rows { types, rows })
    }

    fn statement(&self, text: &str) -> Result<(String, BTreeMap<String, ScalarValue>), DataFusionError> {
        let Some(call) = text.strip_prefix(RUN_FILE) else {
            return Ok((text.to_owned(), BTreeMap::new()));
        };
        let mut words = call.split_whitespace();
        let file = repository().join(words.next().unwrap_or_default());
        let parameters = words
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), ScalarValue::from(value)))
            .collect();
        Ok((std::fs::read_to_string(file)?, parameters))
    }
}

fn column_type(data_type: &DataType) -> DefaultColumnType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DefaultColumnType::Text,
        other if other.is_integer() => DefaultColumnType::Integer,
        other if other.is_floating() => DefaultColumnType::FloatingPoint,
        _ => DefaultColumnType::Any,
    }
}

/// Numbers to four places: what is compared is what is computed, not how it is printed.
fn cell(kind: &DefaultColumnType, text: &str) -> String {
    match (kind, text.parse::<f64>()) {
        (DefaultColumnType::FloatingPoint, Ok(number)) => format!("{number:.4}"),
        _ if text.is_empty() => "(empty)".to_owned(),
        _ => text.to_owned(),
    }
}

#[async_trait]
impl AsyncDB for Analyst {
    type Error = DataFusionError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, DataFusionError> {
        self.query(sql).await
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "wayfare"
    }
}

/// Every script, in the order of their paths.
fn scripts() -> Vec<PathBuf> {
    let mut scripts = Vec::new();
    for area in ["functions", "tables", "analyst"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt").join(area);
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        scripts.extend(entries.map(|entry| entry.expect("entries of a folder are readable").path()));
    }
    scripts.sort();
    scripts
}

#[test]
fn scripts_give_what_they_say() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("tables", &[]);
        run(&settings, &DATES[..12]).await;
        run(&settings, &DATES[12..]).await;
        let tables = world.tables("tables");
        let encoder = ModelReference {
            path: settings.encoder.path.clone(),
            sha256: settings.encoder.sha256.clone(),
        };
        let mut failures = Vec::new();
        for script in scripts() {
            let session = session(&tables).await;
            let mut runner = Runner::new(|| async {
                Ok(Analyst {
                    session: session.clone(),
                })
            });
            runner.with_column_validator(strict_column_validator);
            runner.set_var("ENCODER".to_owned(), encoder.to_string());
            let result = if accepting() {
                let updated = runner
                    .update_test_file(
                        &script,
                        " ",
                        default_validator,
                        default_normalizer,
                        strict_column_validator,
                    )
                    .await;
                updated.map_err(|error| error.to_string())
            } else {
                runner
                    .run_file_async(&script)
                    .await
                    .map_err(|error| error.display(false).to_string())
            };
            failures.extend(result.err().map(|error| format!("{}\n{error}", script.display())));
        }
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    });
}
