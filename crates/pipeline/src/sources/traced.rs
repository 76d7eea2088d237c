//! Which cells a query could not read, carried along to its rows.
//!
//! `try_cast` gives null for a text that is not of the type, and after that nobody can tell it from a cell that was
//! empty. So each column of a query that is made of such casts gets a second column with the text that could not be
//! read, null where all could. Through projections, filters and subqueries this is exact; a join, an aggregate or
//! anything else ends the trace, and its nulls are what they look like: missing.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, TableReference};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, try_cast, when};

/// Stands for the columns that the query's WHERE reads.
pub(super) const CONDITION: &str = "condition";

/// The name of the column with what could not be read of `column`.
pub(super) fn unreadable(column: &str) -> String {
    format!("unreadable {column}")
}

/// The same rows, and those that a WHERE could not judge because of a cell that is not readable, with a column
/// [`unreadable`] for each column that casts.
pub(super) fn traced(plan: &LogicalPlan) -> LogicalPlan {
    // Two columns of one name, for example, can be had in a plan but not be built again; then there is no trace.
    trace(plan).map_or_else(|_| plan.clone(), |traced| traced.plan)
}

struct Traced {
    plan: LogicalPlan,
    /// Columns of the plan, each with the column that holds what could not be read of it.
    cells: Vec<(Column, Column)>,
    /// What could not be read, of a row that a WHERE below would otherwise have left out.
    condition: Option<Expr>,
}

impl Traced {
    fn untouched(plan: &LogicalPlan) -> Self {
        Self {
            plan: plan.clone(),
            cells: Vec::new(),
            condition: None,
        }
    }

    fn is_untouched(&self) -> bool {
        self.cells.is_empty() && self.condition.is_none()
    }

    /// What could not be read of the columns in an expression.
    fn read_by(&self, expression: &Expr) -> Vec<Expr> {
        let columns = expression.column_refs();
        let cells = self.cells.iter().filter(|(column, _)| columns.contains(column));
        cells.map(|(_, text)| Expr::Column(text.clone())).collect()
    }

    fn requalified(self, alias: &TableReference) -> Self {
        let under = |column: Column| Column::new(Some(alias.clone()), column.name);
        let cells = self
            .cells
            .into_iter()
            .map(|(column, text)| (under(column), under(text)));
        Self {
            plan: self.plan,
            cells: cells.collect(),
            // SQL puts a projection between a WHERE and a name, so that this is a column by now.
            condition: self.condition.and_then(|condition| match condition {
                Expr::Column(column) => Some(Expr::Column(under(column))),
                _ => None,
            }),
        }
    }
}

fn trace(plan: &LogicalPlan) -> Result<Traced> {
    match plan {
        LogicalPlan::SubqueryAlias(named) => {
            let mut inner = trace(&named.input)?;
            if inner.is_untouched() {
                return Ok(Traced::untouched(plan));
            }
            inner.plan = LogicalPlanBuilder::from(inner.plan)
                .alias(named.alias.clone())?
                .build()?;
            Ok(inner.requalified(&named.alias))
        }
        LogicalPlan::Filter(filter) => {
            let mut inner = trace(&filter.input)?;
            if inner.is_untouched() {
                return Ok(Traced::untouched(plan));
            }
            let judged = filter.predicate.clone();
            let predicate = match first_of(inner.read_by(&judged)) {
                None => judged,
                Some(text) => {
                    let unjudged = when(judged.clone().is_not_true(), text.clone()).end()?;
                    inner.condition = first_of(inner.condition.into_iter().chain([unjudged]).collect());
                    judged.or(text.is_not_null())
                }
            };
            inner.plan = LogicalPlanBuilder::from(inner.plan).filter(predicate)?.build()?;
            Ok(inner)
        }
        LogicalPlan::Projection(projection) => {
            let inner = trace(&projection.input)?;
            let mut columns = projection.expr.clone();
            let mut cells = Vec::new();
            for (expression, (qualifier, field)) in projection.expr.iter().zip(projection.schema.iter()) {
                let mut texts = inner.read_by(expression);
                texts.extend(failed_casts(expression)?);
                if let Some(text) = first_of(texts) {
                    let name = unreadable(field.name());
                    columns.push(text.alias(&name));
                    cells.push((
                        Column::new(qualifier.cloned(), field.name()),
                        Column::from_name(name),
                    ));
                }
            }
            let condition = inner.condition.map(|text| {
                columns.push(text.alias(unreadable(CONDITION)));
                Expr::Column(Column::from_name(unreadable(CONDITION)))
            });
            if cells.is_empty() && condition.is_none() {
                return Ok(Traced::untouched(plan));
            }
            let plan = LogicalPlanBuilder::from(inner.plan).project(columns)?.build()?;
            Ok(Traced {
                plan,
                cells,
                condition,
            })
        }
        _ => Ok(Traced::untouched(plan)),
    }
}

/// For each `try_cast` in an expression, what it gives null for although it was given something.
fn failed_casts(expression: &Expr) -> Result<Vec<Expr>> {
    let mut texts = Vec::new();
    expression.apply(|part| {
        if let Expr::TryCast(cast) = part {
            let given = cast.expr.as_ref().clone();
            let failed = given.clone().is_not_null().and(part.clone().is_null());
            texts.push(when(failed, try_cast(given, DataType::Utf8)).end()?);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(texts)
}

fn first_of(mut texts: Vec<Expr>) -> Option<Expr> {
    match texts.len() {
        0 => None,
        1 => texts.pop(),
        _ => Some(coalesce(texts)),
    }
}
