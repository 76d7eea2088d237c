//! Parquet and CSV files as sources: registered, planned and read through as a run would.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Int64Array, ListArray, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use tempfile::TempDir;
use wayfare_pipeline::engine::EmbeddedEngine;
use wayfare_pipeline::settings::{JobSettings, Slice, SourceFormat, SourceQuery, SourceTable};
use wayfare_pipeline::sources::read_through;
use wayfare_tests::runtime::block_on;
use wayfare_tests::trial;

use crate::fuzz;
use crate::mutation::{LONGEST_SCRIPT, mutated};

const CSV: &str = "\
user_id,item_id,occurred_at,weight
u1,b1,2026-01-01T10:00:00Z,1
u1,\"b2, or not\",2026-01-02T10:00:00Z,
u2,\"c\"\"1\",2026-01-03,0.5
";

fn rows() -> RecordBatch {
    let texts = |values: [&str; 4]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
        None,
    ]);
    let days: Vec<i64> = (0..4).map(|day| day * 86_400_000_000).collect();
    let columns: [(&str, ArrayRef); 6] = [
        ("user_id", texts(["u1", "u1", "u2", "u2"])),
        ("item_id", texts(["b1", "b2", "b1", "a longer id"])),
        (
            "occurred_at",
            Arc::new(TimestampMicrosecondArray::from(days).with_timezone("UTC")),
        ),
        (
            "weight",
            Arc::new(Float32Array::from(vec![
                Some(1.0),
                None,
                Some(f32::NAN),
                Some(0.5),
            ])),
        ),
        ("tags", Arc::new(tags)),
        ("views", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

/// The same rows as files of several kinds.
fn parquet_files() -> Vec<Vec<u8>> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1).expect("a level"));
    [
        (Compression::UNCOMPRESSED, true),
        (Compression::UNCOMPRESSED, false),
        (zstd, true),
    ]
    .into_iter()
    .map(|(compression, dictionary)| {
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_dictionary_enabled(dictionary)
            .build();
        let mut bytes = Vec::new();
        let mut writer =
            ArrowWriter::try_new(&mut bytes, rows().schema(), Some(properties)).expect("a Parquet writer");
        writer.write(&rows()).expect("the rows are written");
        writer.close().expect("the file is finished");
        bytes
    })
    .collect()
}

fn query(sql: &str) -> SourceQuery {
    SourceQuery { sql: sql.to_owned() }
}

struct Place {
    folder: TempDir,
    engine: EmbeddedEngine,
    settings: JobSettings,
}

impl Place {
    fn new(format: SourceFormat) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let table = SourceTable {
            path: folder.path().join("file").display().to_string(),
            format,
            ..SourceTable::default()
        };
        let mut settings = JobSettings::default();
        settings.job.slice = Slice::All;
        settings.sources.tables.insert("file".to_owned(), table);
        settings.sources.activities = query("SELECT user_id, item_id, occurred_at, weight FROM file");
        settings.sources.items = query("SELECT item_id, user_id AS title FROM file");
        let engine = trial::engine();
        Self {
            folder,
            engine,
            settings,
        }
    }

    /// Reads the file; an error must be one of the source, and say so.
    fn check(&self, bytes: &[u8]) -> bool {
        std::fs::write(self.folder.path().join("file"), bytes).expect("the file is written");
        let read = block_on(|| read_through(&self.engine, &self.settings, Slice::DATE_OF_ALL));
        match read {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.exit_code(), 3, "{error:?}");
                assert!(error.hint().is_some(), "{error:?}");
                false
            }
        }
    }
}

#[test]
fn parquet() {
    let place = Place::new(SourceFormat::Parquet);
    let sound = parquet_files();
    for file in &sound {
        assert!(place.check(file), "the sound file is readable");
    }
    fuzz!(usual: 400, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        let (choice, script) = input.split_first().unwrap_or((&0, &[]));
        let file = &sound[usize::from(*choice) % sound.len()];
        place.check(&mutated(file, script, &[b"PAR1", b"\xff\xff\xff\xff\x0f"]));
    });
}

#[test]
fn csv() {
    let place = Place::new(SourceFormat::Csv);
    assert!(place.check(CSV.as_bytes()), "the sound file is readable");
    let words: [&[u8]; 8] = [
        b"\"",
        b",",
        b"\n",
        b"\r\n",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\0",
        b",,,,,",
    ];
    fuzz!(usual: 400, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        match input.split_first() {
            Some((choice, bytes)) if choice % 8 == 0 => place.check(bytes),
            Some((_, script)) => place.check(&mutated(CSV.as_bytes(), script, &words)),
            None => place.check(&[]),
        };
    });
}
