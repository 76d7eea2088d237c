"""What every peer does around its clustering: arguments, the dialogue with run.py, labels as a file.

A peer loads, says `{"start_seconds": S}`, then answers each line on standard input with a line of JSON: `round` with
`{"seconds": S, "activities": N}`, a path with `{"labels": PATH}` once the labels are there. It ends with its input.
Standard output carries nothing else, so that a library that prints cannot be taken for an answer.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass

import pyarrow
import pyarrow.compute
import pyarrow.parquet

from leader import NONE


@dataclass(frozen=True)
class Options:
    activities: str
    prepared: str
    threshold: float
    min_activities: int
    threads: int


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--activities", required=True, help="Parquet, sorted by user and time")
    parser.add_argument("--prepared", required=True, help="folder that `prepared.prepare` wrote")
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--min-activities", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    return Options(**vars(parser.parse_args()))


def serve(start):
    """Runs the peer. `start(options)` gives two functions: `round() -> activities`, which is timed, and
    `labels() -> table` of user_id, occurred_at and label."""
    options = parse()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**facts):
        print(json.dumps(facts), file=answers, flush=True)

    began = time.perf_counter()
    round_, labels = start(options)
    answer(start_seconds=time.perf_counter() - began)
    for line in sys.stdin:
        asked = line.strip()
        if asked == "round":
            began = time.perf_counter()
            activities = round_()
            answer(seconds=time.perf_counter() - began, activities=activities)
        else:
            pyarrow.parquet.write_table(labels(), asked)
            answer(labels=asked)


def labelled(activities, labels):
    """The table of labels for the rows of `activities`, none as null."""
    labels = pyarrow.array(labels, pyarrow.int32())
    kept = pyarrow.compute.if_else(pyarrow.compute.equal(labels, NONE), None, labels)
    return pyarrow.table(
        {"user_id": activities["user_id"], "occurred_at": activities["occurred_at"], "label": kept}
    )
