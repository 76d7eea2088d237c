"""Pairs of names and titles, and what others say of them: naming_values.json.

    python3 make_naming_values.py

chrF by sacrebleu 2.6.0, ROUGE-L by rouge-score 0.1.2, BM25 by rank-bm25 0.2.2, cosines of character runs by
scikit-learn 1.9.1.
"""

import json
import random
from pathlib import Path

from rank_bm25 import BM25Okapi
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import CHRF
from sklearn.feature_extraction.text import TfidfVectorizer

OUT = Path(__file__).with_name("naming_values.json")

PAIRS = [
    ("Baking sourdough bread", "Baking sourdough bread"),
    ("baking Sourdough bread", "Baking sourdough bread"),
    ("Sourdough", "Baking sourdough bread"),
    ("Baking sourdough bread at home for beginners", "Sourdough bread"),
    ("Game remakes", "Game remakes: FPS"),
    ("Remaking of games", "Game remakes: FPS"),
    ("FPS FPS FPS", "Game remakes: FPS"),
    ("Calendar and contacts", "Calendar & Contacts"),
    ("ab", "ba"),
    ("a", "a"),
    ("a", "b"),
    ("", "Databases"),
    ("Databases", ""),
    ("–", "Databases"),
    ("Épées et boucliers", "Épées, boucliers et armures"),
    ("日本の文房具", "日本の古い文房具"),
    ("Straße nach Süden", "STRASSE NACH SÜDEN"),
    ("C++ & C#", "C++, C# and D"),
    ("the the the cat", "cat the the"),
    ("one two three four five six seven", "seven six five four three two one"),
    ("tabs\tand  blanks", "tabs and blanks"),
]

WORDS = "bread sourdough rye oven game remake shooter engine font serif script japanese kanji audio synth drum".split()


def texts(seed, count, fewest, most):
    rng = random.Random(seed)
    return [" ".join(rng.choice(WORDS) for _ in range(rng.randint(fewest, most))) for _ in range(count)]


def pairs():
    chrf = CHRF(lowercase=True)
    rouge = RougeScorer(["rougeL"], use_stemmer=False)
    drawn = list(zip(texts(1, 20, 1, 6), texts(2, 20, 1, 6)))
    return [
        {
            "name": name,
            "reference": reference,
            "chrf": chrf.sentence_score(name, [reference]).score / 100,
            "rouge_l": rouge.score(reference, name)["rougeL"].fmeasure,
        }
        for name, reference in PAIRS + drawn
    ]


def searches():
    found = []
    for seed, count in [(3, 2), (4, 7), (5, 30)]:
        documents = texts(seed, count, 3, 25) + ["bread of the baker's game-engine é", "bread"]
        queries = texts(seed + 100, 6, 1, 4) + ["bread bread", "nothing here", "breaded gamer"]
        bm25 = BM25Okapi([document.split() for document in documents])
        runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        weights = runs.fit_transform(documents)
        found.append(
            {
                "documents": documents,
                "queries": [
                    {
                        "query": query,
                        "bm25": bm25.get_scores(query.split()).tolist(),
                        "characters": (weights @ runs.transform([query]).T).toarray()[:, 0].tolist(),
                    }
                    for query in queries
                ],
            }
        )
    return found


def main():
    values = {"pairs": pairs(), "searches": searches()}
    OUT.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
