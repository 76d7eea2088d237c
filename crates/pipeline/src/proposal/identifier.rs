//! Names of columns in SQL: quoted unless they read the same without quotes.

use datafusion::logical_expr::sqlparser::keywords::ALL_KEYWORDS;

/// The name as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let plain = |other: char| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_';
    let is_keyword = || ALL_KEYWORDS.contains(&name.to_ascii_uppercase().as_str());
    if begins && name.chars().all(plain) && !is_keyword() {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use datafusion::prelude::SessionContext;

    use super::*;

    #[test]
    fn only_odd_names_are_quoted() {
        for (name, expected) in [
            ("user_id", "user_id"),
            ("_a1", "_a1"),
            ("userId", "\"userId\""),
            ("Kunden Nr.", "\"Kunden Nr.\""),
            ("1st", "\"1st\""),
            ("order", "\"order\""),
            ("timestamp", "\"timestamp\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("größe", "\"größe\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(name), expected);
        }
    }

    #[tokio::test]
    async fn every_quoted_name_finds_its_column() {
        let names = [
            "user_id",
            "userId",
            "USER",
            "a b",
            "a.b",
            "a:b",
            "it's",
            "say \"hi\"",
            "order",
            "select",
            "date",
            "größe",
            "100%",
            "a--b",
            "$x",
            "a\\b",
            "interval",
            "end",
        ];
        for name in names {
            let values = Arc::new(Int64Array::from(vec![7])) as ArrayRef;
            let session = SessionContext::new();
            let rows = RecordBatch::try_from_iter([(name, values)]).unwrap();
            session.register_batch("t", rows).unwrap();
            let sql = format!(
                "SELECT {quoted} AS x FROM t WHERE {quoted} = 7",
                quoted = quoted(name)
            );
            let sql = crate::catalogue::render(&sql, &|_| None).unwrap();
            let found = session.sql(&sql).await.unwrap().count().await.unwrap();
            assert_eq!(found, 1, "{sql}");
        }
    }
}
