//! Texts and their vectors in a Parquet file, so that evaluating again need not encode again.
//!
//! A file belongs to one encoder, which it names; with another it is refused instead of being mixed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Builder, ListBuilder, RecordBatch, StringArray};
use arrow::datatypes::Float32Type;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::error::EvaluationError;

/// The key in the file's metadata that names the encoder.
const ENCODER_KEY: &str = "wayfare.encoder_sha256";

/// Vectors by text.
#[derive(Debug)]
pub struct VectorFile {
    path: PathBuf,
    encoder_sha256: String,
    vectors: BTreeMap<String, Vec<f32>>,
}

impl VectorFile {
    /// Reads what the file holds, which is nothing where there is none.
    pub fn open(path: &Path, encoder_sha256: &str) -> Result<Self, EvaluationError> {
        let mut vectors = BTreeMap::new();
        if path.exists() {
            read(path, encoder_sha256, &mut vectors)?;
        }
        Ok(Self {
            path: path.to_owned(),
            encoder_sha256: encoder_sha256.to_owned(),
            vectors,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn get(&self, text: &str) -> Option<&[f32]> {
        self.vectors.get(text).map(Vec::as_slice)
    }

    pub fn insert(&mut self, text: String, vector: Vec<f32>) {
        self.vectors.insert(text, vector);
    }

    /// Finds out, before the work of encoding, whether the file can be written.
    pub fn check_writable(&self) -> Result<(), EvaluationError> {
        let partial = self.partial();
        File::create(&partial)
            .and_then(|_| fs::remove_file(&partial))
            .map_err(|source| self.unwritten(source))
    }

    /// Writes the file as a whole; whoever reads it sees what was there before, or all of this.
    pub fn save(&self) -> Result<(), EvaluationError> {
        let partial = self.partial();
        let file = File::create(&partial).map_err(|source| self.unwritten(source))?;
        let mut vectors = ListBuilder::new(Float32Builder::new());
        for vector in self.vectors.values() {
            vectors.values().append_slice(vector);
            vectors.append(true);
        }
        let texts = StringArray::from_iter_values(self.vectors.keys());
        let batch = RecordBatch::try_from_iter([
            ("text", Arc::new(texts) as ArrayRef),
            ("vector", Arc::new(vectors.finish()) as ArrayRef),
        ])
        .map_err(|source| EvaluationError::Columns { source })?;
        self.write(file, &batch)
            .map_err(|source| EvaluationError::Parquet {
                path: self.path.clone(),
                source,
            })?;
        fs::rename(&partial, &self.path).map_err(|source| self.unwritten(source))
    }

    fn write(&self, file: File, batch: &RecordBatch) -> Result<(), ParquetError> {
        let encoder = KeyValue::new(ENCODER_KEY.to_owned(), self.encoder_sha256.clone());
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_key_value_metadata(Some(vec![encoder]))
            .build();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties))?;
        writer.write(batch)?;
        writer.close().map(|_| ())
    }

    /// Where the file is made.
    fn partial(&self) -> PathBuf {
        self.path.with_extension("parquet.partial")
    }

    fn unwritten(&self, source: std::io::Error) -> EvaluationError {
        EvaluationError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

fn read(
    path: &Path,
    encoder_sha256: &str,
    vectors: &mut BTreeMap<String, Vec<f32>>,
) -> Result<(), EvaluationError> {
    let failed = |source: ParquetError| EvaluationError::Parquet {
        path: path.to_owned(),
        source,
    };
    let unusable = |reason: String| EvaluationError::VectorFile {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(|source| EvaluationError::Read {
        path: path.to_owned(),
        source,
    })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
    let keys = builder.metadata().file_metadata().key_value_metadata();
    let encoder = keys
        .into_iter()
        .flatten()
        .find(|pair| pair.key == ENCODER_KEY)
        .and_then(|pair| pair.value.clone());
    match encoder {
        Some(encoder) if encoder == encoder_sha256 => {}
        Some(encoder) => {
            return Err(unusable(format!(
                "its vectors are of the encoder with the hash {encoder}, not {encoder_sha256}"
            )));
        }
        None => return Err(unusable("it names no encoder".to_owned())),
    }
    for batch in builder.build().map_err(failed)? {
        let batch = batch.map_err(|source| failed(source.into()))?;
        let texts = batch
            .column_by_name("text")
            .and_then(|column| column.as_string_opt::<i32>());
        let lists = batch
            .column_by_name("vector")
            .and_then(|column| column.as_list_opt::<i32>());
        let (Some(texts), Some(lists)) = (texts, lists) else {
            return Err(unusable("it has no columns `text` and `vector`".to_owned()));
        };
        for row in 0..batch.num_rows() {
            let list = lists.value(row);
            let vector = list
                .as_primitive_opt::<Float32Type>()
                .ok_or_else(|| unusable("its vectors are not lists of float32".to_owned()))?;
            vectors.insert(texts.value(row).to_owned(), vector.values().to_vec());
        }
    }
    Ok(())
}
