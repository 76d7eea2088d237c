//! The contracts: what a Delta log gives back is what was declared, and nothing in the list contradicts itself.

use std::collections::HashSet;

use arrow::datatypes::{DataType, Schema};
use deltalake_core::kernel::StructType;
use deltalake_core::kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use wayfare_tables::{TableChange, all_tables, commit, load_table, tables_reference_markdown};

use crate::support::{Place, transaction};

#[test]
fn schemas_survive_the_way_through_delta() {
    for table in all_tables() {
        let declared = table.schema();
        let delta: StructType = declared.as_ref().try_into_kernel().unwrap();
        let text = serde_json::to_string(&delta).unwrap();
        let parsed: StructType = serde_json::from_str(&text).unwrap();
        let returned: Schema = (&parsed).try_into_arrow().unwrap();
        assert_eq!(&returned, declared.as_ref(), "{}", table.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_can_be_created_and_opened() {
    let place = Place::new();
    for table in all_tables() {
        let change = TableChange::default();
        let outcome = commit(&place.root, table, &change, &transaction("t", 1), "create")
            .await
            .unwrap();
        assert_eq!(outcome.version(), 0, "{}", table.name);
        let snapshot = load_table(&place.root, table, None).await.unwrap();
        assert_eq!(snapshot.version, Some(0), "{}", table.name);
        assert!(snapshot.files.is_empty());
    }
}

#[test]
fn file_schema_and_partition_columns_make_up_the_schema() {
    for table in all_tables() {
        let file_schema = table.file_schema();
        let mut names: Vec<&str> = file_schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        names.extend(table.partition_columns);
        let unique: HashSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{}", table.name);
        assert_eq!(names.len(), table.schema().fields().len(), "{}", table.name);
        for column in table.key.iter().chain(table.partition_columns) {
            assert!(unique.contains(column), "{}.{column} is not a column", table.name);
        }
    }
}

#[test]
fn tables_with_user_ids_are_restricted() {
    for table in all_tables() {
        let has_user = table.schema().field_with_name("user_id").is_ok();
        assert!(
            !has_user || table.directory.starts_with("restricted/"),
            "{}",
            table.name
        );
    }
}

#[test]
fn partition_columns_are_text_or_small_integers() {
    for table in all_tables() {
        for column in table.partition_columns {
            let schema = table.schema();
            let data_type = schema.field_with_name(column).unwrap().data_type();
            assert!(
                matches!(data_type, DataType::Utf8 | DataType::Int32),
                "{}.{column}",
                table.name
            );
        }
    }
}

#[test]
fn the_reference_describes_every_column() {
    let page = tables_reference_markdown();
    for table in all_tables() {
        assert!(page.contains(&format!("## `{}`", table.name)));
        for column in (table.columns)() {
            assert!(!column.description.is_empty(), "{}.{}", table.name, column.name);
            assert!(page.contains(&format!("| `{}` |", column.name)));
        }
    }
    assert!(page.contains("| `concepts` | `array<struct<term: string, weight: float>>` | no |"));
}

/// `docs/tables.md` is written by `wayfare docs tables`.
#[test]
fn the_documented_tables_are_the_tables() {
    let documented = include_str!("../../../../docs/tables.md");
    assert_eq!(
        documented,
        tables_reference_markdown(),
        "run `wayfare docs tables > docs/tables.md`"
    );
}
