"""Random labelings and what scikit-learn 1.9.1 (scipy 1.17.1, numpy 2.4.6) says of them: metric_values.json.

    python3 make_metric_values.py

BCubed and journey F1, which scikit-learn lacks, are computed here from their definitions, activity by activity and
by the best assignment; none of it shares code or method with what it checks.
"""

import json
import random
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn import metrics

OUT = Path(__file__).with_name("metric_values.json")


def partitions(gold, predicted):
    """Both labels of the activities with a gold journey; what was left out is a cluster of its own."""
    kept = [position for position, label in enumerate(gold) if label is not None]
    own = [predicted[p] if predicted[p] is not None else -1 - p for p in kept]
    return [gold[p] for p in kept], own


def bcubed(gold, predicted):
    same = lambda labels, a, b: a == b or (labels[a] is not None and labels[a] == labels[b])
    everything = range(len(gold))
    precisions, recalls = [], []
    for a in everything:
        if gold[a] is None:
            continue
        cluster = [b for b in everything if same(predicted, a, b)]
        journey = [b for b in everything if gold[b] is not None and same(gold, a, b)]
        both = len(set(cluster) & set(journey))
        precisions.append(both / len(cluster))
        recalls.append(both / len(journey))
    precision, recall = float(np.mean(precisions)), float(np.mean(recalls))
    return precision, recall, 2 * precision * recall / (precision + recall)


def journey_f1(gold, predicted):
    members = lambda labels, label: {p for p, found in enumerate(labels) if found == label}
    golds = [members(gold, label) for label in sorted({g for g in gold if g is not None})]
    found = [members(predicted, label) for label in sorted({p for p in predicted if p is not None})]
    if not golds or not found:
        return 0.0
    match = np.array([[len(g & f) / len(g | f) >= 0.5 for f in found] for g in golds])
    rows, columns = linear_sum_assignment(match, maximize=True)
    return 2 * float(match[rows, columns].sum()) / (len(golds) + len(found))


def expected(gold, predicted):
    true, own = partitions(gold, predicted)
    homogeneity, completeness, v = metrics.homogeneity_completeness_v_measure(true, own)
    precision, recall, f1 = bcubed(gold, predicted)
    noise = [p for g, p in zip(gold, predicted) if g is None]
    journeys = [p for g, p in zip(gold, predicted) if g is not None]
    distinct = lambda labels: len({label for label in labels if label is not None})
    return {
        "adjusted_rand": metrics.adjusted_rand_score(true, own),
        "adjusted_mutual_information": metrics.adjusted_mutual_info_score(true, own, average_method="arithmetic"),
        "homogeneity": homogeneity,
        "completeness": completeness,
        "v_measure": v,
        "bcubed_precision": precision,
        "bcubed_recall": recall,
        "bcubed_f1": f1,
        "journey_f1": journey_f1(gold, predicted),
        "journeys_error": abs(distinct(gold) - distinct(predicted)),
        "noise_rejected": sum(p is None for p in noise) / len(noise) if noise else None,
        "coverage": sum(p is not None for p in journeys) / len(journeys),
    }


def labeling(seed):
    """Journeys that a method found more or less well: the higher the seed, the worse."""
    rng = random.Random(seed)
    size, journeys = rng.randint(2, 90), rng.randint(1, 7)
    gold = [rng.randrange(journeys) if rng.random() > 0.2 else None for _ in range(size)]
    gold[rng.randrange(size)] = 0
    error = seed / 40
    predicted = []
    for label in gold:
        if rng.random() < 0.15:
            predicted.append(None)
        elif label is None or rng.random() < error:
            predicted.append(rng.randrange(journeys + 2))
        else:
            predicted.append(label)
    return gold, predicted


EDGES = {
    "one activity": ([0], [0]),
    "one activity, left out": ([0], [None]),
    "one journey, found": ([0, 0, 0], [4, 4, 4]),
    "one journey, in two": ([0, 0, 0, 0], [1, 1, 2, 2]),
    "two journeys, in one": ([0, 0, 1, 1], [3, 3, 3, 3]),
    "all single": ([0, 1, 2, 3], [5, 6, 7, 8]),
    "all single, all in one": ([0, 1, 2, 3], [5, 5, 5, 5]),
    "all left out": ([0, 0, 1, 1, None], [None] * 5),
    "found, but for the names": ([0, 0, 1, 1, 2, 2], [9, 9, 7, 7, 8, 8]),
    "across": ([0, 0, 1, 1], [0, 1, 0, 1]),
}


def main():
    cases = dict(EDGES)
    cases.update({f"seed {seed}": labeling(seed) for seed in range(40)})
    lines = [
        json.dumps({"name": name, "gold": gold, "predicted": predicted, "expected": expected(gold, predicted)})
        for name, (gold, predicted) in cases.items()
    ]
    OUT.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
