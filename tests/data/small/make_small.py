"""Writes items.csv and activities.csv, the small world of the tests. The same files every time:

    python make_small.py

Forty items of five interests; thirteen users with known interests over fifteen dates, four days apart. Three users pursue two
interests side by side; some users turn to another interest half-way; every user strays now and then. A few rows are
wrong on purpose, and one user is seen on one date only.
"""

import csv
import datetime
import random
from pathlib import Path

INTERESTS = {
    "baking": (
        "baking bread",
        "everything for baking bread",
        "Sourdough starter jar|Rye bread flour|Proofing basket|Bread scoring knife|Baking stone|Wheat loaf pan"
        "|Dried yeast sachets|Dough scraper",
    ),
    "cycling": (
        "cycling bicycle",
        "gear for cycling",
        "Road bicycle tyres|Bicycle chain oil|Cycling gloves|Bicycle helmet|Repair stand|Cycling jersey"
        "|Bicycle lights|Saddle bag",
    ),
    "astronomy": (
        "astronomy telescope",
        "observing the night sky",
        "Telescope eyepiece|Star chart|Moon filter|Planet observing guide|Telescope tripod|Night sky atlas"
        "|Meteor camera mount|Solar telescope",
    ),
    "knitting": (
        "knitting yarn",
        "patterns and yarn",
        "Merino wool yarn|Circular knitting needles|Sock pattern|Yarn winder|Stitch markers|Knitting bag"
        "|Cable sweater pattern|Alpaca yarn",
    ),
    "coffee": (
        "coffee espresso",
        "brewing good coffee",
        "Espresso beans|Coffee grinder|Pour over kettle|Milk frother|Espresso machine cleaner|Coffee filter papers"
        "|Latte cups|Cold brew bottle",
    ),
}

# Interests in the first and in the second half of the time.
USERS = {
    "u01": (["baking", "cycling"], ["baking", "cycling"]),
    "u02": (["astronomy", "knitting"], ["astronomy", "knitting"]),
    "u03": (["coffee", "baking"], ["coffee", "baking"]),
    "u04": (["cycling"], ["cycling"]),
    "u05": (["astronomy"], ["coffee"]),
    "u06": (["knitting"], ["knitting"]),
    "u07": (["coffee"], ["astronomy"]),
    "u08": (["baking"], ["baking"]),
    "u09": (["cycling"], ["knitting"]),
    "u10": (["astronomy"], ["astronomy"]),
    "u11": (["knitting"], ["cycling"]),
    "u12": (["coffee"], ["coffee"]),
}
FIRST_DATE = datetime.date(2026, 1, 1)
DATES = [FIRST_DATE + datetime.timedelta(days=4 * step) for step in range(15)]
NOISE_SHARE = 0.12
ONCE_SEEN = ("u13", DATES[6], "coffee-2")


def items():
    for interest, (tags, text, titles) in INTERESTS.items():
        for number, title in enumerate(titles.split("|"), start=1):
            yield [f"{interest}-{number}", title, text, tags]


def activities(chance):
    for place, date in enumerate(DATES):
        for user, halves in USERS.items():
            interests = halves[place * 2 // len(DATES)]
            for _ in range(chance.choice([1, 2, 2, 3])):
                noise = chance.random() < NOISE_SHARE
                interest = chance.choice(list(INTERESTS)) if noise else chance.choice(interests)
                yield row(chance, user, f"{interest}-{chance.randint(1, 8)}", date)
        if date == ONCE_SEEN[1]:
            yield row(chance, ONCE_SEEN[0], ONCE_SEEN[2], date)


def row(chance, user, item, date):
    time = f"{chance.randint(6, 22):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
    return [user, item, f"{date.isoformat()}T{time}Z", chance.choice(["1", "1", "1", "2", "0.5"])]


def wrong(rows):
    """A repeated row, two items at one moment, and rows that cannot be used."""
    repeated, twin = rows[10], list(rows[40])
    twin[1] = "coffee-1" if twin[1] != "coffee-1" else "coffee-2"
    return [
        [*repeated[:3], "0.5"],
        twin,
        ["u01", "baking-1", f"{DATES[1].isoformat()}T10:00:00Z", "-1"],
        ["", "baking-1", f"{DATES[2].isoformat()}T10:00:00Z", "1"],
        ["u02", "chess-1", f"{DATES[3].isoformat()}T10:00:00Z", "1"],
        ["u03", "", f"{DATES[3].isoformat()}T11:00:00Z", "1"],
        ["u04", "chess-2", f"{DATES[14].isoformat()}T11:00:00Z", "1"],
    ]


def write(name, header, rows):
    with open(Path(__file__).parent / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    write("items.csv", ["item_id", "title", "text", "tags"], items())
    rows = list(activities(random.Random(20260101)))
    rows += wrong(rows)
    # Sources promise no order.
    random.Random(7).shuffle(rows)
    write("activities.csv", ["user_id", "item_id", "occurred_at", "weight"], rows)


if __name__ == "__main__":
    main()
