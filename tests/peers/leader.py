"""The clustering that the leader peers share, in numpy: one user's activities in time order.

An activity joins the cluster whose running mean is most similar by cosine, of equals the oldest, if that similarity
reaches the threshold; else it opens a cluster. Clusters that end with fewer than `min_activities` are dropped.
Vectors have unit length.
"""

import numpy

NONE = -1
"""The label of an activity in no cluster."""


def leader_labels(vectors, threshold, min_activities):
    """A label for each row of `vectors`: the number of its cluster in order of opening, or NONE."""
    count, dimensions = vectors.shape
    # The sum points where the mean does, so neither its scale nor the number of members is needed for a cosine.
    sums = numpy.empty((count, dimensions), numpy.float32)
    lengths = numpy.empty(count, numpy.float32)
    labels = numpy.empty(count, numpy.int32)
    opened = 0
    for position, vector in enumerate(vectors):
        if opened:
            similarities = sums[:opened] @ vector
            similarities /= lengths[:opened]
            nearest = similarities.argmax()
            similarity = similarities[nearest]
            if similarity >= threshold:
                sums[nearest] += vector
                # |s + v|² = |s|² + 2 s·v + 1 for a unit vector
                length = lengths[nearest]
                lengths[nearest] = (length * length + 2 * similarity * length + 1) ** 0.5
                labels[position] = nearest
                continue
        sums[opened] = vector
        lengths[opened] = 1
        labels[position] = opened
        opened += 1
    return drop_small(labels, min_activities)


def drop_small(labels, min_activities):
    """`labels`, which are never negative, with those that occur too seldom made NONE."""
    labels[numpy.bincount(labels)[labels] < min_activities] = NONE
    return labels
