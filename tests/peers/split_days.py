"""Cuts generated activities into a base and two days on which few users are active.

    python split_days.py ACTIVITIES_DIR OUT_DIR

Writes under OUT_DIR, as Parquet: `base` (a file per day, 180 days), `day-1` (the day after, on which one user in a
hundred is active) and `day-10` (the next day, one user in ten). Who is active is decided by a hash of the user's id
among those with any activity in the days that follow the base, so that active users are spread over all buckets. All
that such a user does within a week is moved into the one day. Prints one line of JSON: rows and users of each.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import polars

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
BASE_DAYS = 180
WEEK = timedelta(days=7)
DAYS = {"day-1": (0, 100), "day-10": (1, 10)}


def main() -> None:
    activities, out = Path(sys.argv[1]), Path(sys.argv[2])
    rows = polars.read_parquet(sorted(activities.glob("*.parquet")))
    time, user = polars.col("occurred_at"), polars.col("user_id")
    end = START + timedelta(days=BASE_DAYS)
    base = rows.filter(time < end)
    facts = {"base": write(base, out / "base")}
    users = base["user_id"].n_unique()
    for name, (number, one_in) in DAYS.items():
        week = rows.filter((time >= end + number * WEEK) & (time < end + (number + 1) * WEEK))
        who = week.select("user_id").unique().sort(user.hash(number)).head(users // one_in)
        day = end + timedelta(days=number)
        since_midnight = time - time.dt.truncate("1d")
        moved = week.join(who, on="user_id").with_columns(
            (polars.lit(day) + since_midnight).cast(rows.schema["occurred_at"]).alias("occurred_at")
        )
        facts[name] = write(moved, out / name)
    print(json.dumps(facts))


def write(rows: polars.DataFrame, folder: Path) -> dict:
    folder.mkdir(parents=True)
    by_day = rows.with_columns(polars.col("occurred_at").dt.date().alias("day")).partition_by("day", as_dict=True)
    for (day,), part in by_day.items():
        part.drop("day").sort("user_id", "occurred_at").write_parquet(folder / f"{day}.parquet")
    return {"rows": rows.height, "users": rows["user_id"].n_unique()}


if __name__ == "__main__":
    main()
