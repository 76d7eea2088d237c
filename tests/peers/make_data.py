"""Writes synthetic users with planted journeys, for the comparison of speed in this folder.

    python make_data.py OUT_DIR --activities 1000000 --items 2000000

OUT_DIR/vectors.parquet     item_id, vector: unit vectors around the centres of topics, in the order of item_id
OUT_DIR/activities.parquet  user_id, item_id, occurred_at, sorted by user and time, times distinct within a user
OUT_DIR/truth.parquet       user_id, occurred_at, journey: the planted journey, -1 for noise

A user has `--journeys` topics, each active in a window of its own, and noise drawn from the whole catalogue at any time.
Within a topic items are drawn by Zipf's law; popular items lie scattered over the catalogue, as they do where it is
sorted by id. The same arguments give the same rows. Memory follows from the number of items, not of activities.
"""

import argparse
import time
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet

USERS_PER_CHUNK = 5_000
ITEMS_PER_CHUNK = 65_536
ITEMS_PER_TOPIC = 500
YEAR_US = 365 * 86_400_000_000
FIRST_INSTANT_US = 1_704_067_200_000_000
TIME = pyarrow.timestamp("us", tz="UTC")
VALUE_TYPES = {"f32": pyarrow.float32(), "f16": pyarrow.float16(), "i8": pyarrow.int8()}


def main():
    options = parse()
    out = Path(options.out_dir)
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    # A stream each, so that the number of activities does not show in the vectors, nor the type of value in either.
    catalogue_stream, vector_stream, user_stream = numpy.random.default_rng(options.seed).spawn(3)
    items_of_topic = catalogue(options, catalogue_stream)
    write_vectors(out / "vectors.parquet", options, items_of_topic, vector_stream)
    print(f"{options.items} vectors after {time.monotonic() - started:.1f} s", flush=True)
    users = write_activities(out, options, items_of_topic, user_stream)
    print(f"{users * options.per_user} activities of {users} users after {time.monotonic() - started:.1f} s")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out_dir")
    parser.add_argument("--activities", type=int, default=1_000_000, help="rounded up to whole users")
    parser.add_argument("--items", type=int, default=2_000_000, help="distinct items; rounded down to whole topics")
    parser.add_argument("--zipf", type=float, default=1.0, help="exponent of the law by which items of a topic are drawn")
    parser.add_argument("--per-user", type=int, default=200)
    parser.add_argument("--journeys", type=int, default=4)
    parser.add_argument("--noise", type=float, default=0.25, help="share of activities that belong to no journey")
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--tightness", type=float, default=0.75, help="mean cosine of an item to its topic's centre")
    parser.add_argument("--dtype", choices=VALUE_TYPES, default="f32", help="how the values of a vector are stored")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.topics = max(2 * options.journeys, options.items // ITEMS_PER_TOPIC)
    options.items -= options.items % options.topics
    if options.items == 0:
        parser.error(f"fewer items than the {options.topics} topics")
    return options


def catalogue(options, stream):
    """The item numbers of each topic, the most popular first: an array topics x items of a topic."""
    return stream.permutation(options.items).astype(numpy.int32).reshape(options.topics, -1)


def write_vectors(path, options, items_of_topic, stream):
    topic_of_item = numpy.empty(options.items, numpy.int32)
    topic_of_item[items_of_topic] = numpy.arange(options.topics, dtype=numpy.int32)[:, None]
    centres = unit(stream.standard_normal((options.topics, options.dimensions), numpy.float32))
    along = numpy.float32(options.tightness)
    across = numpy.float32(numpy.sqrt((1 - options.tightness**2) / options.dimensions))
    value_type = VALUE_TYPES[options.dtype]
    schema = pyarrow.schema([("item_id", pyarrow.string()), ("vector", pyarrow.list_(value_type))])
    # Parquet stores an int8 in four bytes unless a dictionary makes one of it; other values repeat too seldom.
    dictionary = ["vector.list.element"] if options.dtype == "i8" else False
    with pyarrow.parquet.ParquetWriter(path, schema, compression="none", use_dictionary=dictionary) as writer:
        for first in range(0, options.items, ITEMS_PER_CHUNK):
            topics = topic_of_item[first : first + ITEMS_PER_CHUNK]
            vectors = stream.standard_normal((topics.size, options.dimensions), numpy.float32)
            vectors *= across
            vectors += along * centres[topics]
            values = pyarrow.array(stored(unit(vectors), options.dtype).reshape(-1), value_type)
            offsets = numpy.arange(topics.size + 1, dtype=numpy.int32) * options.dimensions
            lists = pyarrow.ListArray.from_arrays(pyarrow.array(offsets), values)
            writer.write_table(pyarrow.table([ids("item", first, topics.size), lists], schema=schema))


def stored(vectors, dtype):
    """Unit vectors as they are written. Whole numbers keep a vector's direction; readers restore its length."""
    if dtype == "i8":
        return numpy.rint(vectors * (127 / numpy.abs(vectors).max(axis=1, keepdims=True))).astype(numpy.int8)
    return vectors.astype(numpy.float16 if dtype == "f16" else numpy.float32)


def write_activities(out, options, items_of_topic, stream):
    users = -(-options.activities // options.per_user)
    item_ids = ids("item", 0, options.items)
    popularity = numpy.arange(1, items_of_topic.shape[1] + 1, dtype=numpy.float64) ** -options.zipf
    cumulative = numpy.cumsum(popularity / popularity.sum())
    row = [("user_id", pyarrow.string()), ("occurred_at", TIME)]
    schema = pyarrow.schema([row[0], ("item_id", pyarrow.string()), row[1]])
    truth_schema = pyarrow.schema([*row, ("journey", pyarrow.int8())])
    with (
        pyarrow.parquet.ParquetWriter(out / "activities.parquet", schema, compression="snappy") as activities,
        pyarrow.parquet.ParquetWriter(out / "truth.parquet", truth_schema, compression="snappy") as truth,
    ):
        for first in range(0, users, USERS_PER_CHUNK):
            count = min(USERS_PER_CHUNK, users - first)
            items, times, journeys = draw_users(count, options, items_of_topic, cumulative, stream)
            names = ids("user", first, count).take(numpy.repeat(numpy.arange(count), options.per_user))
            instants = pyarrow.array(times.reshape(-1), pyarrow.int64()).cast(TIME)
            columns = [names, item_ids.take(pyarrow.array(items.reshape(-1))), instants]
            activities.write_table(pyarrow.table(columns, schema=schema), row_group_size=250_000)
            truth.write_table(pyarrow.table([names, instants, journeys.reshape(-1)], schema=truth_schema))
    return users


def draw_users(count, options, items_of_topic, cumulative, stream):
    """Item numbers, times in microseconds and journeys, each users x activities, sorted by time within a user."""
    shape = (count, options.per_user)
    noise = stream.random(shape) < options.noise
    journeys = stream.integers(options.journeys, size=shape)
    of_activity = numpy.take_along_axis(distinct_topics(count, options, stream), journeys, 1)
    of_activity[noise] = stream.integers(options.topics, size=int(noise.sum()))
    ranks = numpy.searchsorted(cumulative, stream.random(shape)).clip(max=cumulative.size - 1)
    items = items_of_topic[of_activity, ranks]

    span = stream.uniform(0.1, 1.0, (count, options.journeys))
    begin = stream.random((count, options.journeys)) * (1 - span)
    part = stream.random(shape)
    within = numpy.take_along_axis(begin, journeys, 1) + part * numpy.take_along_axis(span, journeys, 1)
    times = (numpy.where(noise, part, within) * YEAR_US).astype(numpy.int64)
    order = numpy.argsort(times, axis=1, kind="stable")
    # One microsecond more per row keeps the times of a user apart.
    times = FIRST_INSTANT_US + numpy.take_along_axis(times, order, 1) + numpy.arange(options.per_user)
    journeys[noise] = -1
    return numpy.take_along_axis(items, order, 1), times, numpy.take_along_axis(journeys, order, 1).astype(numpy.int8)


def distinct_topics(count, options, stream):
    """As many different topics for each user as there are journeys."""
    topics = stream.integers(options.topics, size=(count, options.journeys))
    while True:
        by_number = numpy.sort(topics, axis=1)
        again = numpy.flatnonzero((by_number[:, 1:] == by_number[:, :-1]).any(axis=1))
        if again.size == 0:
            return topics
        topics[again] = stream.integers(options.topics, size=(again.size, options.journeys))


def ids(kind, first, count):
    """Names whose order as text is that of their numbers."""
    return pyarrow.array([f"{kind}-{number:09}" for number in range(first, first + count)], pyarrow.string())


def unit(vectors):
    vectors /= numpy.sqrt(numpy.einsum("ij,ij->i", vectors, vectors))[:, None]
    return vectors


if __name__ == "__main__":
    main()
