"""Peer: the clustering of leader.py compiled by numba over sorted arrays, users in parallel.

Written to be hard to beat with numba: scratch arrays are made once per block of users, nothing is allocated per
activity, and sums may be reassociated, so that LLVM turns them into vector instructions of the machine it runs on.
"""

import numba
import numpy
import pyarrow.parquet
from numba import njit, prange

import item_index
import peer
import prepared
from leader import NONE

USERS_PER_BLOCK = 64


def start(options):
    numba.set_num_threads(options.threads)
    vectors = numpy.asarray(prepared.open_vectors(options.prepared))
    index = item_index.build(prepared.open_item_ids(options.prepared))
    pyarrow.set_cpu_count(options.threads)

    def run():
        activities = pyarrow.parquet.read_table(options.activities)
        rows = numpy.concatenate([item_index.rows_of(index, chunk) for chunk in activities["item_id"].chunks])
        if (rows == item_index.EMPTY).any():
            raise SystemExit(f"{options.activities} has an item without a vector")
        labels = numpy.empty(rows.size, numpy.int32)
        bounds = user_bounds(activities["user_id"].chunks)
        cluster(vectors, rows, bounds, numpy.float32(options.threshold), options.min_activities, labels)
        return activities, labels

    return lambda: run()[0].num_rows, lambda: peer.labelled(*run())


def user_bounds(chunks):
    """The first row of each user, and the number of rows at the end."""
    differs = numpy.concatenate([item_index.starts(chunk) for chunk in chunks])
    first = 0
    for before, chunk in zip(chunks, chunks[1:]):
        first += len(before)
        differs[first] = before[-1] != chunk[0]
    return numpy.append(numpy.flatnonzero(differs), differs.size)


@njit(parallel=True)
def cluster(vectors, rows, bounds, threshold, min_activities, labels):
    users = bounds.size - 1
    for block in prange((users + USERS_PER_BLOCK - 1) // USERS_PER_BLOCK):
        first = block * USERS_PER_BLOCK
        last = min(first + USERS_PER_BLOCK, users)
        cluster_users(vectors, rows, bounds[first : last + 1], threshold, min_activities, labels)


@njit
def cluster_users(vectors, rows, bounds, threshold, min_activities, labels):
    sums = numpy.empty((64, vectors.shape[1]), numpy.float32)
    lengths = numpy.empty(64, numpy.float32)
    sizes = numpy.empty(64, numpy.int32)
    for user in range(bounds.size - 1):
        opened = 0
        for position in range(bounds[user], bounds[user + 1]):
            vector = vectors[rows[position]]
            nearest, similarity = most_similar(sums, lengths, opened, vector)
            if nearest >= 0 and similarity >= threshold:
                add(sums[nearest], vector)
                length = lengths[nearest]
                lengths[nearest] = numpy.sqrt(length * length + 2 * similarity * length + 1)
                sizes[nearest] += 1
            else:
                if opened == sizes.size:
                    sums, lengths, sizes = grown(sums), grown(lengths), grown(sizes)
                nearest = opened
                sums[nearest] = vector
                lengths[nearest] = 1
                sizes[nearest] = 1
                opened += 1
            labels[position] = nearest
        for position in range(bounds[user], bounds[user + 1]):
            if sizes[labels[position]] < min_activities:
                labels[position] = NONE


@njit
def grown(array):
    return numpy.concatenate((array, numpy.empty_like(array)))


@njit(fastmath=True)
def add(total, vector):
    for dimension in range(vector.size):
        total[dimension] += vector[dimension]


@njit(fastmath=True)
def most_similar(sums, lengths, opened, vector):
    nearest, highest = -1, numpy.float32(-2)
    for cluster in range(opened):
        total = sums[cluster]
        product = numpy.float32(0)
        for dimension in range(vector.size):
            product += total[dimension] * vector[dimension]
        similarity = product / lengths[cluster]
        if similarity > highest:
            nearest, highest = cluster, similarity
    return nearest, highest


if __name__ == "__main__":
    peer.serve(start)
