"""Writes the small world as Delta tables with the names and types that somebody else chose.

    python write_delta.py ACTIVITIES.csv ITEMS.csv OUT_DIR

OUT_DIR/plays is partitioned by a column whose values need escaping in paths, was written in several commits, compacted
in part, and has lost rows that had been there before, so that files lie in its folder which it no longer holds.
OUT_DIR/catalogue is a table of one commit. Nothing is fetched.
"""

import sys
from pathlib import Path

import polars
from deltalake import DeltaTable, write_deltalake


def main(activities_csv, items_csv, out):
    rows = polars.read_csv(activities_csv, schema_overrides={"weight": polars.Float64})
    plays = rows.select(
        polars.col("user_id").alias("Listener Id"),
        polars.col("item_id").alias("sku"),
        polars.col("occurred_at").str.to_datetime(time_unit="us", time_zone="UTC").alias("played_at"),
        polars.col("weight").alias("play_count"),
        (polars.lit("shelf: ") + polars.col("item_id").str.split("-").list.first() + polars.lit(" / 100 %")).alias("shelf"),
    )
    third = plays.height // 3
    target = Path(out) / "plays"
    write_deltalake(target, plays[:third], partition_by=["shelf"])
    write_deltalake(target, plays[third : 2 * third], mode="append")
    # Rows that go again: the files with them stay in the folder.
    ghosts = plays[:40].with_columns(polars.lit("ghost").alias("Listener Id"))
    write_deltalake(target, ghosts, mode="append")
    table = DeltaTable(target)
    table.delete("\"Listener Id\" = 'ghost'")
    table.optimize.compact()
    table.create_checkpoint()
    write_deltalake(target, plays[2 * third :], mode="append")

    items = polars.read_csv(items_csv).select(
        polars.col("item_id").alias("sku"),
        polars.col("title").alias("product_name"),
        polars.col("text").alias("description"),
        polars.col("tags").str.split(" ").alias("keywords"),
    )
    write_deltalake(Path(out) / "catalogue", items)


if __name__ == "__main__":
    main(*sys.argv[1:])
