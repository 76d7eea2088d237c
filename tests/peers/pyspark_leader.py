"""Peer: PySpark on one machine, `groupBy(user).applyInPandas`, the clustering in numpy.

Vectors are not joined to the activities, which would send each of them through the shuffle and to Python: a worker maps
the one file of vectors and keeps an index of item ids, loaded in the round that is not counted. Needs a Java runtime
that this version of Spark takes, by JAVA_HOME or on the path.
"""

import os
import sys

import numpy
import pandas
import pyarrow
from pyspark.sql import SparkSession

import peer
import prepared
from leader import leader_labels

LABELLED = "user_id string, occurred_at timestamp, label int"


def start(options):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # Workers are forked from a process that does not have this folder on its path.
    os.environ["PYTHONPATH"] = os.pathsep.join([sys.path[0], os.environ.get("PYTHONPATH", "")])
    session = (
        SparkSession.builder.master(f"local[{options.threads}]")
        .appName("leader clustering")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.host", "localhost")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        # A shuffle partition for each thread; Spark's default of 200 is meant for many machines.
        .config("spark.sql.shuffle.partitions", options.threads)
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.files.maxPartitionBytes", "4m")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "100000")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")

    def cluster(user):
        user = user.sort_values("occurred_at", kind="stable")
        vectors, row_of_item = prepared.open_in_worker(options.prepared)
        rows = numpy.fromiter(map(row_of_item.__getitem__, user["item_id"]), numpy.int64, len(user))
        labels = leader_labels(numpy.asarray(vectors[rows]), options.threshold, options.min_activities)
        return pandas.DataFrame({"user_id": user["user_id"], "occurred_at": user["occurred_at"], "label": labels})

    activities = session.read.parquet(options.activities).select("user_id", "item_id", "occurred_at")
    count = activities.count()
    result = activities.groupBy("user_id").applyInPandas(cluster, LABELLED)

    def run():
        result.write.format("noop").mode("overwrite").save()
        return count

    def labels():
        table = result.toArrow()
        instants = table["occurred_at"].cast(pyarrow.timestamp("us", tz="UTC"))
        table = table.set_column(table.schema.get_field_index("occurred_at"), "occurred_at", instants)
        return peer.labelled(table, table["label"].to_numpy())

    return run, labels


if __name__ == "__main__":
    peer.serve(start)
