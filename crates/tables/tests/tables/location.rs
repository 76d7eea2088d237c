//! What a person may type as the place of the tables, and what it becomes.

use object_store::{ObjectStoreExt, path::Path};
use tempfile::TempDir;
use wayfare_tables::{ErrorClass, JOURNEYS, TableChange, TableRoot, TablesError, commit, load_table};

use crate::support::transaction;

#[test]
fn spellings_of_one_directory_give_one_url() {
    let directory = TempDir::new().unwrap();
    let plain = directory.path().canonicalize().unwrap().join("not yet/there");
    let plain = plain.to_str().unwrap();
    let expected = TableRoot::parse(plain).unwrap();
    assert!(
        expected.url().as_str().ends_with("/not%20yet/there/"),
        "{}",
        expected.url()
    );
    assert_eq!(expected.local_path().unwrap().to_str(), Some(plain));
    for spelling in [
        format!("{plain}/"),
        format!("file://{}", plain.replace(' ', "%20")),
    ] {
        assert_eq!(
            TableRoot::parse(&spelling).unwrap().url(),
            expected.url(),
            "{spelling}"
        );
    }
    assert!(
        !directory.path().join("not yet").exists(),
        "naming a place must not create it"
    );
}

#[test]
fn other_schemes_are_refused_with_what_is_supported() {
    for location in ["hdfs://name/tables", "http://host/tables"] {
        let error = TableRoot::parse(location).unwrap_err();
        assert!(matches!(error, TablesError::UnsupportedScheme { .. }), "{error}");
        for form in ["local path or a file:// URL", "s3://bucket/prefix"] {
            assert!(error.to_string().contains(form), "{error}");
        }
        assert_eq!(error.class(), ErrorClass::UserInput);
    }
}

#[test]
fn a_place_in_a_bucket_is_named_without_asking_for_it() {
    for (location, url, prefix) in [
        ("s3://bucket-of-nobody", "s3://bucket-of-nobody/", ""),
        ("S3://bucket-of-nobody/a/b", "s3://bucket-of-nobody/a/b/", "a/b"),
        (
            "s3://bucket-of-nobody/t%C3%A4bles/",
            "s3://bucket-of-nobody/t%C3%A4bles/",
            "täbles",
        ),
    ] {
        let root = TableRoot::parse(location).unwrap();
        assert_eq!((root.url().as_str(), root.prefix().as_ref()), (url, prefix));
        assert_eq!(root.local_path(), None);
        assert_eq!(
            root.table_url(&JOURNEYS).as_str(),
            format!("{url}restricted/journeys/")
        );
    }
    for location in ["s3://", "s3:///tables", "s3://bucket/a//b"] {
        let error = TableRoot::parse(location).unwrap_err();
        assert!(matches!(error, TablesError::InvalidLocation { .. }), "{error}");
    }
}

#[test]
fn a_file_is_not_a_place_for_tables() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = TableRoot::parse(file.to_str().unwrap()).unwrap_err();
    assert!(matches!(error, TablesError::InvalidLocation { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_characters_in_the_directory_do_not_matter() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("täbles #1 100%");
    let root = TableRoot::parse(path.to_str().unwrap()).unwrap();
    root.store().put(&Path::from("a/b"), "x".into()).await.unwrap();
    assert!(path.join("a/b").is_file());
    commit(
        &root,
        &JOURNEYS,
        &TableChange::default(),
        &transaction("run", 1),
        "",
    )
    .await
    .unwrap();
    assert_eq!(load_table(&root, &JOURNEYS, None).await.unwrap().version, Some(0));
    assert!(
        path.join("restricted/journeys/_delta_log/00000000000000000000.json")
            .is_file()
    );
}
