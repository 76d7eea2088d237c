#!/usr/bin/env python3
"""Expected clusters of the baselines, computed apart from the Rust code: Ward's tree by SciPy, the rest in plain numpy.

    python3 make_baseline_values.py > baseline_values.json

Written with Python 3.11, numpy 2.4.6 and scipy 1.17.1. Vectors and weights are rounded to f32 before anything is computed
from them, so both sides begin with the same numbers.
"""
import json

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

MIN = 4
NONE = -1


def unit(rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def history(rng, topics, members, stray, spread, dimension):
    """Members around a few directions, strays anywhere, in random order; some items come twice."""
    centres = rng.normal(size=(topics, dimension))
    rows = [centre + spread * rng.normal(size=dimension) for centre in centres for _ in range(members)]
    rows += list(rng.normal(size=(stray, dimension)))
    rows = unit(np.array(rows))
    order = rng.permutation(len(rows))
    rows = rows[order]
    return np.concatenate([rows, rows[:2]]) if len(rows) > 12 else rows


def bags(rng, count):
    terms = [f"term {number}" for number in range(14)]
    out = []
    for item in range(count):
        group = item % 3
        chosen = [terms[(group * 5 + int(rng.integers(0, 6))) % 14] for _ in range(int(rng.integers(0, 5)))]
        out.append([[term, float(np.float32(round(float(rng.uniform(0.1, 1.0)), 3)))] for term in chosen])
    return out


def partition(labels):
    """Numbers by first appearance; what is left out stays so."""
    names, out = {}, []
    for label in labels:
        out.append(NONE if label == NONE else names.setdefault(int(label), len(names)))
    return out


def drop_small(labels):
    labels = np.array(labels)
    return [int(label) if label != NONE and np.sum(labels == label) >= MIN else NONE for label in labels]


def cosine(left, right):
    lengths = np.linalg.norm(left) * np.linalg.norm(right)
    return float(left @ right / lengths) if lengths > 0 else 0.0


def icpc(rows, threshold):
    means, counts, labels = [], [], []
    for row in rows:
        cosines = [cosine(mean, row) for mean in means]
        best = int(np.argmax(cosines)) if cosines else None
        if best is not None and cosines[best] >= threshold:
            counts[best] += 1
            means[best] = means[best] + (row - means[best]) / counts[best]
        else:
            best = len(means)
            means.append(row.copy())
            counts.append(1)
        labels.append(best)
    return labels, means, counts


def icpc_merge(rows, threshold, alpha, later):
    labels, means, counts = icpc(rows, threshold)
    for small in range(len(means)):
        if counts[small] >= MIN:
            continue
        others = [o for o in range(small + 1 if later else 0, len(means)) if o != small and counts[o] > 0]
        if not others:
            continue
        cosines = [cosine(means[small], means[other]) for other in others]
        if max(cosines) < alpha:
            continue
        target = others[int(np.argmax(cosines))]
        whole = counts[target] + counts[small]
        means[target] = (means[target] * counts[target] + means[small] * counts[small]) / whole
        counts[target], counts[small] = whole, 0
        labels = [target if label == small else label for label in labels]
    return labels


def ward_reject(rows, cut, reject_below, reassign_from):
    labels = fcluster(linkage(rows, "ward"), cut, "distance")
    kept = []
    for row, label in enumerate(labels):
        rest = [other for other in np.flatnonzero(labels == label) if other != row]
        near = cosine(rows[rest].mean(axis=0), rows[row]) if rest else 0.0
        kept.append(int(label) if near >= reject_below else NONE)
    kept = drop_small(kept)
    names = sorted(set(kept) - {NONE})
    means = [rows[np.array(kept) == name].mean(axis=0) for name in names]
    out = []
    for row, label in enumerate(kept):
        cosines = [cosine(mean, rows[row]) for mean in means]
        if label == NONE and cosines and max(cosines) >= reassign_from:
            label = names[int(np.argmax(cosines))]
        out.append(label)
    return out


def case(rng, **shape):
    stored = history(rng, **shape)
    rows = stored.astype(np.float64)
    terms = bags(rng, len(rows))
    vocabulary = sorted({term for bag in terms for term, _ in bag})
    dense = np.zeros((len(rows), max(1, len(vocabulary))))
    for row, bag in enumerate(terms):
        for term, weight in bag:
            dense[row, vocabulary.index(term)] += weight
    tree = linkage(rows, "ward")
    heights = tree[:, 2]
    cuts = [float((a + b) / 2) for a, b in zip(heights, heights[1:]) if b - a > 1e-3]
    methods = []

    def expect(method, labels, **parameters):
        methods.append(dict(method=method, parameters=parameters, labels=partition(drop_small(labels))))

    for threshold in (0.2, 0.5, 0.7):
        expect("icpc", icpc(rows, threshold)[0], join_threshold=threshold)
        expect("icpc-terms", icpc(dense, threshold / 2)[0], join_threshold=threshold / 2)
        for alpha in (0.1, 0.4):
            for into in ("later", "any"):
                labels = icpc_merge(rows, threshold, alpha, into == "later")
                expect("icpc-merge", labels, join_threshold=threshold, merge_threshold=alpha, merge_into=into)
    for cut in (1.2, 1.8, 2.6):
        expect("ward", fcluster(tree, cut, "distance"), cut_distance=cut)
        for reject in (0.2, 0.6):
            for reassign in (0.3, 1.01):
                labels = ward_reject(rows, cut, reject, reassign)
                expect("ward-reject", labels, cut_distance=cut, reject_below=reject, reassign_from=reassign)
    return dict(
        vectors=[[float(value) for value in row] for row in stored],
        concepts=terms,
        ward_heights=[round(float(height), 9) for height in heights],
        ward_partitions=[dict(cut=cut, labels=partition(fcluster(tree, cut, "distance"))) for cut in cuts[-12:]],
        methods=methods,
    )


def main():
    rng = np.random.default_rng(5)
    shapes = [
        dict(topics=1, members=2, stray=0, spread=0.3, dimension=4),
        dict(topics=2, members=4, stray=2, spread=0.3, dimension=6),
        dict(topics=4, members=7, stray=9, spread=0.5, dimension=12),
        dict(topics=3, members=12, stray=14, spread=0.8, dimension=19),
    ]
    cases = [json.dumps(case(rng, **shape), separators=(",", ":")) for shape in shapes]
    print("[\n" + ",\n".join(cases) + "\n]")


if __name__ == "__main__":
    main()
