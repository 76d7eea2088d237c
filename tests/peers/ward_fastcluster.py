"""Peer: Ward's method for each user, all activities at once, by fastcluster. `--threshold` is the height of the cut.

Distances come from one matrix product, which is faster than fastcluster's own; users are spread over processes.
"""

from functools import cache
from multiprocessing import get_context

import fastcluster
import numpy
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import squareform

import peer
import prepared
from leader import drop_small

USERS_PER_TASK = 32


def ward_labels(vectors, cut, min_activities):
    count = vectors.shape[0]
    if count < 2:
        return drop_small(numpy.zeros(count, numpy.int32), min_activities)
    squared = 2 - 2 * (vectors @ vectors.T)
    numpy.fill_diagonal(squared, 0)
    distances = numpy.sqrt(numpy.maximum(squared, 0)).astype(numpy.float64)
    tree = fastcluster.linkage(squareform(distances, checks=False), method="ward", preserve_input=False)
    labels = fcluster(tree, cut, criterion="distance").astype(numpy.int32) - 1
    return drop_small(labels, min_activities)


def cluster_users(task):
    options, users = task
    vectors = loaded(options.prepared)
    return numpy.concatenate(
        [ward_labels(vectors[rows], options.threshold, options.min_activities) for rows in users]
    )


@cache
def loaded(folder):
    return prepared.open_vectors(folder)


def start(options):
    pool = get_context("forkserver").Pool(options.threads)
    item_ids = prepared.open_item_ids(options.prepared)
    pyarrow.set_cpu_count(options.threads)

    def run():
        activities = pyarrow.parquet.read_table(options.activities)
        rows = pyarrow.compute.index_in(activities["item_id"], item_ids).to_numpy()
        runs = pyarrow.compute.run_end_encode(activities["user_id"].combine_chunks())
        users = numpy.split(rows, runs.run_ends.to_numpy()[:-1])
        tasks = [
            (options, users[first : first + USERS_PER_TASK]) for first in range(0, len(users), USERS_PER_TASK)
        ]
        return activities, numpy.concatenate(pool.map(cluster_users, tasks, chunksize=1))

    return lambda: run()[0].num_rows, lambda: peer.labelled(*run())


if __name__ == "__main__":
    peer.serve(start)
