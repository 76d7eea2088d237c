"""Finds the height at which Ward's tree is to be cut: the one with the best BCubed F1 on planted journeys.

    python ward_cut.py DATA_DIR

Heights grow with the length of histories, so it is done for each such length, on data of another seed than is compared.
"""

import argparse
import tempfile
from pathlib import Path

import numpy
import pyarrow.parquet

import agreement
import prepared
from ward_fastcluster import ward_labels

CUTS = [1.4, 1.6, 1.8, 2.0, 2.4, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir")
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--min-activities", type=int, default=4)
    options = parser.parse_args()
    data = Path(options.data_dir)
    activities = pyarrow.parquet.read_table(data / "activities.parquet").to_pandas()
    user = activities["user_id"].factorize()[0]
    chosen = user < options.users
    user = user[chosen]
    truth = pyarrow.parquet.read_table(data / "truth.parquet")["journey"].to_numpy()[chosen]
    with tempfile.TemporaryDirectory(prefix="wayfare-peers-") as folder:
        prepared.prepare(data / "vectors.parquet", folder)
        vectors, row_of_item = prepared.open_in_worker(folder)
        rows = activities["item_id"][chosen].map(row_of_item).to_numpy()
        of_users = [vectors[of_user] for of_user in numpy.split(rows, numpy.flatnonzero(numpy.diff(user)) + 1)]
    scores = {}
    for cut in CUTS:
        labels = numpy.concatenate([ward_labels(found, cut, options.min_activities) for found in of_users])
        scores[cut] = agreement.against_truth(user, labels, truth)
        print(cut, *(f"{name}={value:.3f}" for name, value in scores[cut].items()), flush=True)
    print("best:", max(CUTS, key=lambda cut: scores[cut]["bcubed_f1"]))


if __name__ == "__main__":
    main()
