//! The code of the documentation: commands that the program takes, settings that it knows, queries that run.

use std::path::PathBuf;
use std::process::Command;

use arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use serde_json::Value;
use tempfile::TempDir;
use wayfare_pipeline::report::RunReport;
use wayfare_pipeline::settings::JobSettings;
use wayfare_tests::book::{Block, blocks, folder, pages};
use wayfare_tests::contents::session;
use wayfare_tests::installed::python;
use wayfare_tests::program::{assert_success, command, finish, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, repository, run};

/// Where the examples' tables lie, relative to where they are run.
const TABLES: &str = "tables/movielens";

/// The blocks of the documentation in one language; there must be some.
fn examples(language: &str) -> Vec<Block> {
    let mut files: Vec<PathBuf> = pages().iter().map(|page| folder().join(page)).collect();
    files.push(repository().join("README.md"));
    let found: Vec<Block> = blocks(&files)
        .into_iter()
        .filter(|block| block.language == language)
        .collect();
    assert!(
        !found.is_empty(),
        "the documentation has no example in `{language}`"
    );
    found
}

/// The simple commands of a shell script, as words. Knows quotes, comments and lines that go on; expands nothing.
fn commands(script: &str) -> Vec<Vec<String>> {
    let mut commands: Vec<Vec<String>> = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let script = script.replace("\\\n", " ");
    let mut letters = script.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => while letters.next_if(|letter| *letter != '\n').is_some() {},
            (None, ' ' | '\n' | ';' | '|' | '&' | '>' | '<') => {
                let command = commands.last_mut().expect("there is a command under way");
                command.extend(word.take());
                // What follows `>` is not an argument: it makes a command of its own, which nothing looks at.
                if letter != ' ' && !command.is_empty() {
                    commands.push(Vec::new());
                }
            }
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    commands
        .last_mut()
        .expect("there is a command under way")
        .extend(word);
    let is_assignment = |word: &String| word.split_once('=').is_some_and(|(name, _)| is_variable(name));
    for command in &mut commands {
        let first = command.iter().position(|word| !is_assignment(word));
        command.drain(..first.unwrap_or(command.len()));
    }
    commands.retain(|command| !command.is_empty());
    commands
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '_')
}

#[test]
fn commands_are_split_as_a_shell_does() {
    let script = "A=1 wayfare run \"my job.toml\" \\\n  --set a='b c' # why\n\ncd x && wayfare sql t > out; cat out | head\n";
    let expected: [&[&str]; 6] = [
        &["wayfare", "run", "my job.toml", "--set", "a=b c"],
        &["cd", "x"],
        &["wayfare", "sql", "t"],
        &["out"],
        &["cat", "out"],
        &["head"],
    ];
    assert_eq!(commands(script), expected);
}

/// Each is carried out in an empty folder: the program finds nothing to work on, and says so, but it takes the arguments.
#[test]
fn the_program_takes_every_command_of_the_documentation() {
    let developer_commands = std::fs::read_to_string(repository().join("crates/xtask/src/main.rs"))
        .expect("the developer commands");
    let mut tried = 0;
    for block in examples("sh") {
        for words in commands(&block.text) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["wayfare", arguments @ ..] => {
                    let nowhere = TempDir::new().expect("a temporary folder");
                    let output = finish(command(arguments).current_dir(nowhere.path()));
                    let code = output.status.code();
                    assert!(
                        code.is_some_and(|code| code != 2),
                        "{}: {words:?}\n{}",
                        block.place,
                        said(&output)
                    );
                    tried += 1;
                }
                ["cargo", "xtask", name, ..] => {
                    assert!(
                        developer_commands.contains(&format!("{name:?} =>")),
                        "{}: {words:?}",
                        block.place
                    );
                }
                _ => {}
            }
        }
    }
    assert!(tried > 20, "only {tried} commands were found");
}

#[test]
fn the_program_knows_every_setting_of_the_documentation() {
    for block in examples("toml") {
        let settings = toml::from_str::<JobSettings>(&block.text);
        assert!(
            settings.is_ok(),
            "{}: {}",
            block.place,
            settings.expect_err("it is not")
        );
    }
}

#[test]
fn results_in_the_documentation_have_the_form_of_results() {
    for block in examples("json") {
        let result: Value =
            serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place));
        for run in result["runs"].as_array().into_iter().flatten() {
            let report = serde_json::from_value::<RunReport>(run.clone());
            report.unwrap_or_else(|error| panic!("{}: {error}", block.place));
        }
    }
}

/// The small world, published where the examples look for tables.
async fn published() -> SmallWorld {
    let world = SmallWorld::new();
    std::fs::create_dir(world.path("tables")).expect("a folder for tables");
    run(&world.settings(TABLES, &[]), &DATES).await;
    world
}

/// How many rows a query gives, for one of the users where it asks for one.
async fn count(session: &SessionContext, query: &str) -> Result<usize, DataFusionError> {
    let mut frame = session.sql(query).await?;
    if query.contains("$user_id") {
        frame = frame.with_param_values(vec![("user_id".to_owned(), ScalarValue::from("u01"))])?;
    }
    let batches = frame.collect().await?;
    Ok(batches.iter().map(RecordBatch::num_rows).sum())
}

#[test]
fn every_query_of_the_documentation_runs() {
    block_on(|| async {
        let world = published().await;
        let session = session(&world.tables(TABLES)).await;
        for block in examples("sql") {
            let query = block.text.trim().trim_end_matches(';');
            let rows = count(&session, query).await;
            let rows = rows.unwrap_or_else(|error| panic!("{}: {error}\n{query}", block.place));
            assert!(rows > 0, "{}: the query finds nothing\n{query}", block.place);
        }
    });
}

/// What another program than ours runs is only read by Python; what reads the tables is run.
#[test]
fn every_script_of_the_documentation_is_python_and_what_reads_tables_runs() {
    block_on(|| async {
        let world = published().await;
        let home = TempDir::new().expect("a temporary folder");
        let call = |arguments: &[&str]| {
            let mut call = Command::new(python());
            call.args(arguments)
                .current_dir(world.path(""))
                .env("HOME", home.path());
            call.output().expect("the interpreter starts")
        };
        // Stands for `INSTALL delta`, which needs a network: the same file, from the installed package.
        let install = "import pathlib, duckdb, duckdb_extension_delta\n\
            package = pathlib.Path(duckdb_extension_delta.__file__).parent\n\
            file = package / 'extensions' / f'v{duckdb.__version__}' / 'delta.duckdb_extension'\n\
            duckdb.execute(f\"INSTALL '{file}'\")";
        assert_success(&call(&["-c", install]), "installing DuckDB's extension");
        let mut reading = String::new();
        for block in examples("python") {
            let compile = "import sys; compile(sys.argv[1], 'example', 'exec')";
            let compiled = call(&["-c", compile, &block.text]);
            assert_success(&compiled, &block.place);
            if block.place.contains("reading.md") {
                reading.push_str(&block.text);
            }
        }
        let output = call(&["-c", &reading]);
        assert_success(&output, "the scripts of reading.md");
        assert!(
            !output.stdout.is_empty(),
            "the scripts of reading.md print nothing"
        );
    });
}
