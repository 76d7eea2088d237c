"""Cuts generated activities into a base and two days on which few users are active.

    python split_days.py ACTIVITIES_DIR OUT_DIR

Writes under OUT_DIR, as Parquet: `base` (everything before the last two of the 182 days), `day-1` (the last day but
one, of one user in a hundred) and `day-10` (the last day, of one user in ten). Users are chosen by a hash of their id,
so they are spread over all buckets. Prints one line of JSON: rows and users of each.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import polars

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
DAYS = 182


def main() -> None:
    activities, out = Path(sys.argv[1]), Path(sys.argv[2])
    day = [START + timedelta(days=DAYS - 2 + number) for number in range(3)]
    time, user = polars.col("occurred_at"), polars.col("user_id")
    kept = {
        "base": time < day[0],
        "day-1": (time >= day[0]) & (time < day[1]) & (user.hash(1) % 100 == 0),
        "day-10": (time >= day[1]) & (time < day[2]) & (user.hash(2) % 10 == 0),
    }
    facts = {}
    for name, condition in kept.items():
        (out / name).mkdir(parents=True)
        rows, users = 0, set()
        # File by file: the whole does not have to fit into memory.
        for file in sorted(activities.glob("*.parquet")):
            part = polars.read_parquet(file).filter(condition)
            if part.height > 0:
                part.write_parquet(out / name / file.name)
                rows += part.height
                users.update(part["user_id"].unique())
        facts[name] = {"rows": rows, "users": len(users)}
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
