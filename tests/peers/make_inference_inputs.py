"""Makes what inference is timed on from titled collections: distinct titles, and prompts that share their beginning.

    python make_inference_inputs.py collections.jsonl OUT_DIR

collections.jsonl holds a collection in each line: `collection_id`, `list`, `title` and `items`, each with a `title`. OUT_DIR
gets `texts.txt`, the distinct titles of all items, and `prompts.jsonl` as `wayfare bench naming` reads it: one line, whose
prefix shows collections with their titles as examples and whose inputs are parts of other lists' collections.
"""

import argparse
import json
import random
from pathlib import Path

SUFFIX = "\nIn a few words, this person is into:"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collections")
    parser.add_argument("out")
    parser.add_argument("--inputs", type=int, default=200)
    parser.add_argument("--prefix-characters", type=int, default=2_500, help="about 700 tokens")
    parser.add_argument("--input-characters", type=int, default=345, help="about 115 tokens, with the suffix")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    collections = [json.loads(line) for line in Path(options.collections).read_text().split("\n") if line]
    chance = random.Random(options.seed)
    chance.shuffle(collections)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)

    titles = {one_line(item["title"]) for collection in collections for item in collection["items"]}
    texts = sorted(titles - {""})
    chance.shuffle(texts)
    (out / "texts.txt").write_text("".join(f"{text}\n" for text in texts))

    prefix, lists = examples(collections, options.prefix_characters)
    others = [collection for collection in collections if collection["list"] not in lists]
    inputs = parts(others, options.inputs, options.input_characters, chance)
    (out / "prompts.jsonl").write_text(json.dumps({"prefix": prefix, "suffix": SUFFIX, "inputs": inputs}) + "\n")
    print(f"{len(texts)} texts, {len(inputs)} inputs, examples of {len(lists)} lists")


def one_line(text):
    return " ".join(text.split())


def layout(titles, topics):
    return "Items:" + "".join(f"\n- {title}" for title in titles) + f"\nTopics: {topics}"


def examples(collections, characters):
    prefix, lists = "Short names of interests.\n\n", set()
    for collection in collections:
        if len(prefix) >= characters:
            break
        titles = [one_line(item["title"]) for item in collection["items"]][:8]
        prefix += layout(titles, collection["section"].lower()) + SUFFIX + f" {one_line(collection['title'])}\n\n"
        lists.add(collection["list"])
    return prefix, lists


def parts(collections, wanted, characters, chance):
    """Distinct inputs: some of a collection's titles in any order, until there are about so many characters."""
    inputs = {}
    for attempt in range(100 * wanted):
        collection = collections[attempt % len(collections)]
        titles = [one_line(item["title"]) for item in collection["items"]]
        chance.shuffle(titles)
        shown, length = [], 0
        while titles and length < characters:
            shown.append(titles.pop())
            length += len(shown[-1]) + 3
        if length >= characters:
            inputs[layout(shown, collection["section"].lower())] = None
        if len(inputs) == wanted:
            break
    return list(inputs)


if __name__ == "__main__":
    main()
