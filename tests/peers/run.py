"""Runs Wayfare and its peers in turn on the same files, and prints rates, ratios and the agreement of labels.

    python run.py DATA_DIR --wayfare target/release/wayfare

DATA_DIR is what make_data.py wrote. Every program stays within the same `--threads` processors. Peers stay loaded
between the rounds, and each does one round that is not counted; a program's time is of reading rows and clustering.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow
import pyarrow.compute
import pyarrow.parquet

import agreement
import prepared

OURS = "wayfare"
OURS_WHOLE = "wayfare, whole file"
LEADERS = {"numba": "numba_leader.py", "polars": "polars_leader.py", "pyspark": "pyspark_leader.py"}
WARD = {"ward": "ward_fastcluster.py"}


class Peer:
    """A peer's process, loaded and ready for rounds."""

    def __init__(self, name, script, arguments, environment, log):
        self.name, self.log, self.label_file = name, log, None
        with open(log, "w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name(script), *map(str, arguments)],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            )
        self.start_seconds = self.answer()["start_seconds"]

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"peer `{self.name}` ended with {self.process.wait()}:\n{self.log.read_text()[-4000:]}")
        return json.loads(line)

    def round(self):
        return self.ask("round")

    def labels(self, folder):
        self.label_file = self.ask(folder / f"labels-{self.name}.parquet")["labels"]
        return self.label_file

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Wayfare:
    """The program under comparison: a process for each round, which says itself how long it clustered."""

    start_seconds = None

    def __init__(self, name, program, activities, vectors, threads):
        self.name, self.label_file = name, None
        self.command = [
            program, "bench", "segment", "--activities", str(activities), "--vectors", str(vectors),
            "--threads", str(threads), "--json",
        ]

    def round(self):
        done = subprocess.run(self.command, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"`{' '.join(self.command)}` ended with {done.returncode}")
        facts = json.loads(done.stdout)
        self.label_file = facts.get("labels")
        return facts

    def labels(self, folder):
        """A copy of the last round's labels, or none where the program gave none."""
        return self.label_file and shutil.copy(self.label_file, folder / f"labels-{OURS}.parquet")

    def end(self):
        """Its processes end with their rounds."""


def main():
    options = parse()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    data = Path(options.data_dir)
    with tempfile.TemporaryDirectory(dir=options.work, prefix="wayfare-peers-") as folder:
        folder = Path(folder)
        activities = first_users(data / "activities.parquet", options.peer_activities, folder)
        prepared.prepare(data / "vectors.parquet", folder / "prepared")
        programs = []
        try:
            for program in begin(options, data, activities, folder):
                programs.append(program)
            results = measure(programs, options.rounds)
            add_agreement(results, programs, folder, data / "truth.parquet")
        finally:
            for program in programs:
                program.end()
    add_ratios(results)
    print(as_table(results))
    if options.json:
        Path(options.json).write_text(json.dumps({"options": vars(options), "results": results}, indent=1) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir")
    parser.add_argument("--wayfare", help="the program; left out, only the peers run")
    parser.add_argument("--peers", nargs="*", choices=[*LEADERS, *WARD], default=[*LEADERS, *WARD])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer-activities", type=int, default=1_000_000, help="peers run on the first users with so many")
    parser.add_argument("--threshold", type=float, default=0.5, help="cosine at which an activity joins a leader's cluster")
    parser.add_argument("--ward-cut", type=float, default=2.8, help="height from ward_cut.py")
    parser.add_argument("--min-activities", type=int, default=4)
    parser.add_argument("--work", help="where temporary files go: an f32 per value of all vectors")
    parser.add_argument("--json", help="file to write the results to")
    return parser.parse_args()


def first_users(activities, wanted, folder):
    """The file itself, or one of the whole users among its first `wanted` rows."""
    source = pyarrow.parquet.ParquetFile(activities)
    if source.metadata.num_rows <= wanted:
        return activities
    batches, rows = [], 0
    for batch in source.iter_batches():
        batches.append(batch)
        rows += batch.num_rows
        if rows > wanted:
            break
    table = pyarrow.Table.from_batches(batches).slice(0, wanted + 1)
    last = table["user_id"][wanted]
    whole = pyarrow.compute.sum(pyarrow.compute.not_equal(table["user_id"], last)).as_py()
    if not whole:
        raise SystemExit(f"the first user of {activities} has more than {wanted} activities")
    pyarrow.parquet.write_table(table.slice(0, whole), folder / "activities.parquet", row_group_size=250_000)
    return folder / "activities.parquet"


def begin(options, data, activities, folder):
    """The programs, each loaded before the next starts."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", OPENBLAS_NUM_THREADS="1")
    for variable in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        environment[variable] = str(options.threads)
    # Where set, it holds numpy to a slower kernel than the machine's.
    environment.pop("OPENBLAS_CORETYPE", None)
    if options.wayfare:
        vectors = data / "vectors.parquet"
        yield Wayfare(OURS, options.wayfare, activities, vectors, options.threads)
        if activities != data / "activities.parquet":
            yield Wayfare(OURS_WHOLE, options.wayfare, data / "activities.parquet", vectors, options.threads)
    for name in options.peers:
        arguments = [
            "--activities", activities, "--prepared", folder / "prepared", "--threads", options.threads,
            "--threshold", options.ward_cut if name in WARD else options.threshold,
            "--min-activities", options.min_activities,
        ]
        yield Peer(name, (LEADERS | WARD)[name], arguments, environment, folder / f"{name}.log")


def measure(programs, rounds):
    seconds = {program.name: [] for program in programs}
    results = {}
    for number in range(rounds + 1):
        for program in programs:
            facts = program.round()
            if number == 0:
                results[program.name] = {"activities": facts["activities"], "start_seconds": program.start_seconds}
            else:
                seconds[program.name].append(facts["seconds"])
            print(f"round {number} {program.name}: {facts['seconds']:.3f} s", file=sys.stderr, flush=True)
    for name, result in results.items():
        result["seconds"] = seconds[name]
        result["median_seconds"] = statistics.median(seconds[name])
        result["activities_per_second"] = result["activities"] / result["median_seconds"]
    return results


def add_agreement(results, programs, folder, truth):
    files = {program.name: program.labels(folder) for program in programs if program.name != OURS_WHOLE}
    files = {name: path for name, path in files.items() if path}
    if not files:
        return
    users, labels, planted = agreement.aligned(files, truth if truth.exists() else None)
    leaders = [name for name in labels if name in LEADERS]
    for name in labels:
        result = results[name]
        result["activities_compared"] = int(users.size)
        if name != OURS and OURS in labels:
            result["ari_to_ours"] = agreement.adjusted_rand(users, labels[OURS], labels[name])
            result["users_as_ours"] = agreement.users_alike(users, labels[OURS], labels[name])
        if name in leaders[1:]:
            result[f"users_as_{leaders[0]}"] = agreement.users_alike(users, labels[leaders[0]], labels[name])
        if planted is not None:
            result |= agreement.against_truth(users, labels[name], planted)
            result["ari_to_truth"] = agreement.adjusted_rand(users, labels[name], planted)


def add_ratios(results):
    for ours, key in ((OURS, "ours_is_times"), (OURS_WHOLE, "ours_on_whole_file_is_times")):
        for name, result in results.items():
            if ours in results and name not in (OURS, OURS_WHOLE):
                result[key] = results[ours]["activities_per_second"] / result["activities_per_second"]


def as_table(results):
    """Markdown: a line for each program, a column for each figure that any of them has."""
    hidden = {"seconds"}
    columns = list(dict.fromkeys(key for result in results.values() for key in result if key not in hidden))

    def shown(value):
        if value is None:
            return ""
        return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if value >= 1000 else f"{value:.3f}"

    lines = [["program", *(column.replace("_", " ") for column in columns)], ["---"] * (len(columns) + 1)]
    lines += [[name, *(shown(result.get(column)) for column in columns)] for name, result in results.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
