"""Peer: polars, `group_by(user).map_groups`, the clustering in numpy.

Polars reads with its threads; `map_groups` calls Python for one group after the other, as it does for everybody.
"""

import numpy
import polars

import peer
import prepared
from leader import leader_labels


def start(options):
    vectors = prepared.open_vectors(options.prepared)
    # A type whose values are the item ids: casting to it looks a row up in an index built here, outside the rounds.
    item = polars.Enum(polars.from_arrow(prepared.open_item_ids(options.prepared)))
    row = polars.col("item_id").cast(item).to_physical().alias("row")

    def cluster(user):
        found = vectors[user["row"].to_numpy()]
        labels = leader_labels(numpy.asarray(found), options.threshold, options.min_activities)
        return user.select("user_id", "occurred_at", polars.Series("label", labels))

    def run():
        activities = polars.scan_parquet(options.activities).select("user_id", "occurred_at", row).collect()
        return activities.group_by("user_id", maintain_order=True).map_groups(cluster)

    def labels():
        frame = run()
        return peer.labelled(frame.select("user_id", "occurred_at").to_arrow(), frame["label"].to_numpy())

    return lambda: run().height, labels


if __name__ == "__main__":
    peer.serve(start)
