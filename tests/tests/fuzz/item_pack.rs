//! Item packs: the hash of each input is told rightly, so that it is their reader that is tried.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, ListArray, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use tempfile::TempDir;
use wayfare_functions::item_pack::{ItemPack, PackReference, encode_pack};
use wayfare_functions::list_arguments::{concept_fields, concepts_type, element, vector_type};
use xxhash_rust::xxh3::xxh3_128;

use crate::fuzz;
use crate::mutation::{LONGEST_SCRIPT, mutated};

const ITEMS: [&str; 3] = ["a", "b", "item-c"];
const DIMENSION: usize = 4;

fn sound_rows() -> RecordBatch {
    let values = Arc::new(Float32Array::from_iter_values((0..12_u8).map(f32::from))) as ArrayRef;
    let vectors = ListArray::new(
        element(DataType::Float32),
        OffsetBuffer::from_lengths([DIMENSION; 3]),
        values,
        None,
    );
    let parts: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["bread", "rye", "bicycle"])),
        Arc::new(Float32Array::from(vec![1.0, 0.5, 1.0])),
    ];
    let concepts = ListArray::new(
        element(DataType::Struct(concept_fields())),
        OffsetBuffer::from_lengths([2, 0, 1]),
        Arc::new(StructArray::new(concept_fields(), parts, None)),
        None,
    );
    let schema = Schema::new(vec![
        Field::new("item_id", DataType::Utf8, false),
        Field::new("title", DataType::Utf8, true),
        Field::new("vector", vector_type(), false),
        Field::new("concepts", concepts_type(), true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(ITEMS.to_vec())),
        Arc::new(StringArray::from(vec![
            Some("Rye bread"),
            None,
            Some("Road bicycle"),
        ])),
        Arc::new(vectors),
        Arc::new(concepts),
    ];
    RecordBatch::try_new(Arc::new(schema), columns).expect("columns as the schema says")
}

fn sound_pack() -> Vec<u8> {
    encode_pack(vec![sound_rows()], DIMENSION)
        .expect("a sound pack")
        .0
}

#[test]
fn a_pack_does_not_show_the_batches_of_its_rows() {
    let rows = sound_rows();
    for cut in 0..=ITEMS.len() {
        let batches = vec![rows.slice(0, cut), rows.slice(cut, ITEMS.len() - cut)];
        let (bytes, hash) = encode_pack(batches, DIMENSION).expect("a sound pack");
        assert_eq!(bytes, sound_pack(), "cut at {cut}");
        assert_eq!(hash, format!("{:032x}", xxh3_128(&bytes)));
    }
    assert!(encode_pack(Vec::new(), DIMENSION).is_err(), "no batch");
    assert!(
        encode_pack(vec![rows], DIMENSION + 1).is_err(),
        "vectors of another size"
    );
}

/// Opens the pack and reads every row of it.
fn check(folder: &TempDir, bytes: &[u8]) -> bool {
    let path = folder.path().join("pack.arrow");
    std::fs::write(&path, bytes).expect("the pack is written");
    let reference = PackReference {
        uri: format!("file://{}", path.display()),
        hash: format!("{:032x}", xxh3_128(bytes)),
    };
    let Ok(pack) = ItemPack::open(&reference) else {
        return false;
    };
    let mut vector = Vec::new();
    for row in 0..pack.len() {
        pack.vector_into(row, &mut vector);
        let length: usize = pack.concepts(row).map(|(term, _)| term.len()).sum();
        assert!(length + pack.title(row).len() <= bytes.len());
    }
    ITEMS
        .iter()
        .filter_map(|item| pack.row(item))
        .all(|row| row < pack.len().max(ITEMS.len()))
}

#[test]
fn any_bytes_and_changed_packs() {
    let folder = TempDir::new().expect("a temporary folder");
    let sound = sound_pack();
    assert!(check(&folder, &sound), "the sound pack opens");
    fuzz!(usual: 3_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        match input.split_first() {
            Some((choice, bytes)) if choice % 8 == 0 => check(&folder, bytes),
            Some((_, script)) => check(&folder, &mutated(&sound, script, &[b"ARROW1", b"\xff\xff\xff\xff"])),
            None => check(&folder, &[]),
        };
    });
}
