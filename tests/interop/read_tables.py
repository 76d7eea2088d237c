"""Reads published tables as other projects do, and holds what they read against each other.

    python read_tables.py TABLES_DIR

It goes through the newest snapshot record, so each table is read at the version that this record names. DuckDB (with
its delta extension), polars and delta-rs must agree on every measure, and each must see every documented
column. Prints one line of JSON; a disagreement ends with exit status 1 and says who read what.

Nothing is fetched: DuckDB's extension is a file of the installed package. TABLES_DIR must not contain a space: polars
2.1 does not find the data files of a Delta table under such a path.
"""

import json
import sys
from pathlib import Path

import deltalake
import duckdb
import duckdb_extension_delta
import polars

# Per table: its folder, the documented columns, and the measures on which the readers must agree. A measure is a
# function and the column that it is applied to.
TABLES = {
    "journeys": (
        "restricted/journeys",
        "bucket user_id journey_id started_at last_active_at activity_count active_days vector"
        " representative_items concepts name name_source name_score name_flags namer encoder run_id",
        [
            ("sum", "activity_count"),
            ("distinct", "journey_id"),
            ("min", "last_active_at"),
            ("max", "last_active_at"),
        ],
    ),
    "journey_activities": (
        "restricted/journey_activities",
        "bucket user_id journey_id occurred_at item_id similarity run_id",
        [("distinct", "journey_id"), ("min", "occurred_at"), ("max", "occurred_at")],
    ),
    "item_vectors": (
        "shared/item_vectors",
        "content_hash encoder item_id vector concepts run_id",
        [("distinct", "content_hash"), ("distinct", "encoder")],
    ),
}


def newest_snapshot(tables_dir):
    """The record with the highest sequence; its file name is the sequence in 20 digits."""
    records = sorted((tables_dir / "_wayfare" / "snapshots").glob("[0-9]" * 20 + ".json"))
    if not records:
        sys.exit(f"no snapshot record under {tables_dir}: nothing is published there")
    record = json.loads(records[-1].read_text())
    if record["sequence"] != int(records[-1].stem):
        sys.exit(f"{records[-1].name} says that its sequence is {record['sequence']}")
    return record


def label(function, column):
    return f"{function}_{column}"


def read_with_duckdb(folder, version, measures):
    package = Path(duckdb_extension_delta.__file__).parent
    extension = package / "extensions" / f"v{duckdb.__version__}" / "delta.duckdb_extension"
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    connection.execute(f"LOAD '{extension}'")
    expressions = {
        "sum": "coalesce(sum({0}), 0)",
        "distinct": "count(DISTINCT {0})",
        "min": "epoch_us(min({0}))",
        "max": "epoch_us(max({0}))",
    }
    source = f"delta_scan('{folder}', version={version})"
    columns = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    selected = ["count(*)"]
    selected += [expressions[function].format(column) for function, column in measures]
    values = connection.execute(f"SELECT {', '.join(selected)} FROM {source}").fetchone()
    return columns, named(measures, values)


def read_with_polars(folder, version, measures):
    expressions = {
        "sum": lambda column: column.sum(),
        "distinct": lambda column: column.drop_nulls().n_unique(),
        "min": lambda column: column.min().dt.epoch("us"),
        "max": lambda column: column.max().dt.epoch("us"),
    }
    frame = polars.scan_delta(str(folder), version=version)
    selected = [polars.len().alias("rows")]
    for function, column in measures:
        selected.append(expressions[function](polars.col(column)).alias(label(function, column)))
    values = frame.select(selected).collect().row(0)
    return frame.collect_schema().names(), named(measures, values)


def read_with_delta_rs(folder, version, measures):
    table = deltalake.DeltaTable(str(folder), version=version)
    expressions = {
        "sum": "coalesce(sum({0}), 0)",
        "distinct": "count(DISTINCT {0})",
        "min": "cast(min({0}) AS bigint)",
        "max": "cast(max({0}) AS bigint)",
    }
    selected = ["count(*) AS rows"]
    for function, column in measures:
        selected.append(f"{expressions[function].format(column)} AS {label(function, column)}")
    query = f"SELECT {', '.join(selected)} FROM published"
    result = deltalake.QueryBuilder().register("published", table).execute(query).read_all()
    values = polars.DataFrame(result).row(0)
    return [field.name for field in table.schema().fields], named(measures, values)


def named(measures, values):
    labels = ["rows"] + [label(function, column) for function, column in measures]
    return {name: None if value is None else int(value) for name, value in zip(labels, values, strict=True)}


READERS = {"duckdb": read_with_duckdb, "polars": read_with_polars, "delta-rs": read_with_delta_rs}


def read_table(tables_dir, name, version):
    """What all readers read of one table at one version."""
    folder, documented, measures = TABLES[name]
    readings = {}
    for reader, read in READERS.items():
        columns, readings[reader] = read((tables_dir / folder).resolve(), version, measures)
        missing = sorted(set(documented.split()) - set(columns))
        if missing:
            sys.exit(f"{reader} finds no column {', '.join(missing)} in {name} at version {version}")
    agreed, *others = readings.values()
    if any(other != agreed for other in others):
        sys.exit(f"the readers disagree on {name} at version {version}: {json.dumps(readings)}")
    return agreed


def main(arguments):
    if len(arguments) != 1:
        sys.exit("usage: read_tables.py TABLES_DIR")
    tables_dir = Path(arguments[0])
    snapshot = newest_snapshot(tables_dir)
    absent = sorted(TABLES.keys() - snapshot["tables"].keys())
    if absent:
        sys.exit(f"snapshot {snapshot['sequence']} has no version of {', '.join(absent)}")
    agreed = {name: read_table(tables_dir, name, snapshot["tables"][name]) for name in TABLES}
    rows = {name: measures["rows"] for name, measures in agreed.items()}
    facts = {"snapshot": snapshot["sequence"], "readers": list(READERS), "measures": agreed}
    print(json.dumps({**rows, **facts}))


if __name__ == "__main__":
    main(sys.argv[1:])
