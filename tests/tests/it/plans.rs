//! The physical plan of every statement, held against `plans/approved`: where rows move, and where they are sorted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use wayfare_pipeline::catalogue::{self, Statement};
use wayfare_pipeline::explain::explain_statement;
use wayfare_tests::fake_models::FakeModels;
use wayfare_tests::goldens;
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::with_causes;

async fn plan(statement: Statement) -> Arc<dyn ExecutionPlan> {
    let plan = explain_statement(statement, Arc::new(FakeModels)).await;
    plan.unwrap_or_else(|error| panic!("{}: {}", statement.name, with_causes(&error)))
}

/// `pipeline/load/01_known_items` is approved in `pipeline-load-01_known_items.txt`.
fn approved(statement: Statement) -> PathBuf {
    let file = format!("{}.txt", statement.name.replace('/', "-"));
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/plans/approved")
        .join(file)
}

fn text(plan: &dyn ExecutionPlan) -> String {
    let text = displayable(plan).indent(false).to_string();
    let lines: Vec<String> = text.lines().map(without_files).collect();
    lines.join("\n") + "\n"
}

/// The number of file groups matters; the names of the files, made up for the plan, do not.
fn without_files(line: &str) -> String {
    let Some((before, rest)) = line.split_once("file_groups={") else {
        return line.to_owned();
    };
    let Some((groups, after)) = rest.split_once('}') else {
        return line.to_owned();
    };
    let count = groups.split(':').next().unwrap_or(groups);
    format!("{before}file_groups={{{count}}}{after}")
}

/// The operators of a plan by name, from the top.
fn operators(plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    let mut names = vec![plan.name().to_owned()];
    for child in plan.children() {
        names.extend(operators(child));
    }
    names
}

#[test]
fn every_statement_is_planned_as_approved() {
    block_on(|| async {
        let mut differences = Vec::new();
        for statement in catalogue::ALL {
            let plan = plan(*statement).await;
            goldens::compare(&approved(*statement), &text(plan.as_ref()), &mut differences);
        }
        goldens::assert_none(&differences);
    });
}

#[test]
fn nothing_is_approved_that_does_not_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/approved");
    let known: Vec<PathBuf> = catalogue::ALL
        .iter()
        .map(|statement| approved(*statement))
        .collect();
    for entry in std::fs::read_dir(folder).expect("the folder of approved plans exists") {
        let file = entry.expect("its entries are readable").path();
        assert!(
            known.contains(&file),
            "{} is of no statement: remove it",
            file.display()
        );
    }
}

#[test]
fn segmentation_neither_moves_nor_sorts_rows() {
    block_on(|| async {
        for statement in catalogue::ALL
            .iter()
            .filter(|statement| statement.name.starts_with("pipeline/segment/"))
        {
            let plan = plan(*statement).await;
            // Deletion vectors are gathered by file; the rows they are of come from below.
            let of_users = below_gathering(&plan);
            for operator in of_users.iter().flat_map(operators) {
                let moves = [
                    "RepartitionExec",
                    "SortExec",
                    "CoalescePartitionsExec",
                    "SortPreservingMergeExec",
                ];
                assert!(
                    !moves.contains(&operator.as_str()),
                    "`{}` has a {operator}:\n{}",
                    statement.name,
                    text(plan.as_ref())
                );
            }
        }
    });
}

/// The plan, or what is below the exchange that gathers one row per file or per bucket.
fn below_gathering(plan: &Arc<dyn ExecutionPlan>) -> Vec<Arc<dyn ExecutionPlan>> {
    let is_small = |schema: &Schema| {
        let gathered = ["file", "bucket"];
        schema
            .fields()
            .first()
            .is_some_and(|field| gathered.contains(&field.name().as_str()))
            && schema.index_of("user_id").is_err()
    };
    if is_small(&plan.schema()) && plan.name() != "WriteFilesExec" {
        let partial = |plan: &Arc<dyn ExecutionPlan>| {
            plan.name() == "AggregateExec" && text(plan.as_ref()).starts_with("AggregateExec: mode=Partial,")
        };
        let mut below = plan.clone();
        while !partial(&below) {
            match below.children().first() {
                Some(child) if below.children().len() == 1 => below = Arc::clone(child),
                _ => return vec![Arc::clone(plan)],
            }
        }
        return vec![below];
    }
    vec![Arc::clone(plan)]
}

/// The subtrees below the operators that call models.
fn below_model_calls(plan: &Arc<dyn ExecutionPlan>) -> Vec<Arc<dyn ExecutionPlan>> {
    let children: Vec<Arc<dyn ExecutionPlan>> = plan.children().into_iter().cloned().collect();
    let mut below: Vec<Arc<dyn ExecutionPlan>> = children.iter().flat_map(below_model_calls).collect();
    if plan.name() == "async_func" {
        below.extend(children);
    }
    below
}

#[test]
fn models_are_called_once_per_row_and_only_for_what_is_new() {
    block_on(|| async {
        for (statement, chosen_by) in [
            // What is not distinct, or has a name already, must have been left out before the model is called.
            (catalogue::ITEM_VECTORS, "AggregateExec"),
            (catalogue::NEW_EXTRACTIVE_NAMES, "HashJoinExec"),
            (catalogue::NEW_MODEL_NAMES, "HashJoinExec"),
        ] {
            let plan = plan(statement).await;
            let (name, text) = (statement.name, text(plan.as_ref()));
            assert_eq!(
                text.matches("async_expr(name=").count(),
                1,
                "`{name}` calls the model more than once:\n{text}"
            );
            let below = below_model_calls(&plan);
            let [input] = below.as_slice() else {
                panic!("`{name}` does not call the model once:\n{text}")
            };
            assert!(
                operators(input).iter().any(|operator| operator == chosen_by),
                "`{name}`:\n{text}"
            );
            if statement == catalogue::NEW_MODEL_NAMES {
                let input = displayable(input.as_ref()).indent(false).to_string();
                assert!(
                    input.contains("FilterExec: place@"),
                    "the limit comes after the model:\n{text}"
                );
            }
        }
    });
}
