"""How far two labelings of the same activities agree, and how well one finds the planted journeys.

A labeling is an array of whole numbers, -1 for an activity in no journey, beside the array of users. Every figure is a
mean over users, so that long histories count no more than short ones.
"""

import numpy
import polars

from leader import NONE

KEY = ["user_id", "occurred_at"]


def aligned(labelings, truth=None):
    """Users, labels by name, and planted journeys (or None), for the activities that all of them have.

    `labelings` maps names to files of user_id, occurred_at and label: whole numbers or text, null for none."""
    rows = None
    for name, path in {**labelings, **({"truth": truth} if truth else {})}.items():
        label = polars.col("journey" if name == "truth" else "label")
        instant = polars.col("occurred_at").cast(polars.Datetime("us", "UTC"))
        frame = polars.read_parquet(path).select("user_id", instant, label.alias(name))
        rows = frame if rows is None else rows.join(frame, on=KEY, how="inner", validate="1:1")
    labels = {name: numbered(rows[name]) for name in labelings}
    users = rows["user_id"].rank("dense").to_numpy().astype(numpy.int64) - 1
    return users, labels, numbered(rows["truth"]) if truth else None


def numbered(column):
    if column.dtype == polars.String:
        column = column.cast(polars.Categorical).to_physical()
    return column.cast(polars.Int64).fill_null(NONE).to_numpy()


def adjusted_rand(users, left, right):
    """Adjusted Rand index; the activities in no journey count as one group."""
    both = pairs(users, left, right)
    of_left, of_right, of_user = pairs(users, left), pairs(users, right), pairs(users)
    expected = of_left * of_right / numpy.maximum(of_user, 1)
    most = (of_left + of_right) / 2
    same = most == expected
    return float(numpy.where(same, 1.0, (both - expected) / numpy.where(same, 1.0, most - expected)).mean())


def users_alike(users, left, right):
    """Share of users with the same journeys of the same activities, whatever their numbers."""
    apart = groups(users, left, right)[0]
    one_to_one = per_user(apart) == per_user(groups(users, left)[0])
    one_to_one &= per_user(apart) == per_user(groups(users, right)[0])
    same_left_out = numpy.bincount(users, (left == NONE) != (right == NONE)) == 0
    return float((one_to_one & same_left_out).mean())


def against_truth(users, labels, truth):
    """BCubed F1 over planted journeys (an activity left out is a group by itself, noise counts in the size of the group
    that took it in), share of noise left out, share of planted activities taken in."""
    planted, taken = truth != NONE, labels != NONE
    alone = numpy.where(taken, labels, labels.max() + 1 + numpy.arange(labels.size))
    shared, gold, found = sizes(users, truth, alone), sizes(users, truth), sizes(users, alone)
    of_user = numpy.bincount(users, planted)
    counted = of_user > 0
    precision = numpy.bincount(users, planted * shared / found)[counted] / of_user[counted]
    recall = numpy.bincount(users, planted * shared / gold)[counted] / of_user[counted]
    return {
        "bcubed_f1": float((2 * precision * recall / (precision + recall)).mean()),
        "noise_rejected": mean_share(users, ~planted, ~taken),
        "coverage": mean_share(users, planted, taken),
    }


def mean_share(users, whole, part):
    """Mean over the users that have any of `whole` of the share of it that is in `part`; none where nobody has."""
    of_user = numpy.bincount(users, whole)
    if not of_user.any():
        return None
    return float((numpy.bincount(users, whole & part)[of_user > 0] / of_user[of_user > 0]).mean())


def groups(users, *labels):
    """The user of each distinct combination of labels of a user, its size, and the combination of each activity."""
    code = users
    for label in labels:
        known, number = numpy.unique(label, return_inverse=True)
        code = code * known.size + number
    _, first, combination, size = numpy.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return users[first], size, combination


def sizes(users, *labels):
    """For each activity, how many of its user's have the same labels."""
    _, size, combination = groups(users, *labels)
    return size[combination]


def pairs(users, *labels):
    """For each user, how many pairs of activities have the same labels."""
    user, size, _ = groups(users, *labels)
    return numpy.bincount(user, size * (size - 1) / 2)


def per_user(user_of_group):
    return numpy.bincount(user_of_group)
