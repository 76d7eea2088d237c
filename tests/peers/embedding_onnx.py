"""Peer of embedding: onnxruntime in f32 on the same weights, tokenizer and texts.

    python embedding_onnx.py --encoder DIR --model bert_onnx.py's.onnx --texts FILE --threads 2 --tokens-per-batch N

Texts are tokenized side by side, sorted by length, and batched to about so many tokens, so that hardly anything is
padding. `--split` runs as many sessions of one thread as there are threads, each on batches of its own, instead of one
session of so many threads. `--check REFERENCE.json` prints the least cosine to the reference and ends.
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import onnxruntime
from tokenizers import Tokenizer

import inference_peer

MOST_TOKENS = 256


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--texts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens-per-batch", type=int, default=1024)
    parser.add_argument("--split", action="store_true")
    parser.add_argument("--check")
    return parser.parse_args()


class Encoder:
    def __init__(self, options):
        self.tokenizer = Tokenizer.from_file(str(Path(options.encoder) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.tokenizer.encode_special_tokens = True
        self.budget = options.tokens_per_batch
        settings = onnxruntime.SessionOptions()
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        settings.intra_op_num_threads = 1 if options.split else options.threads
        settings.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
        self.pool = ThreadPoolExecutor(options.threads) if options.split else None

    def encode(self, texts):
        """Unit vectors of the texts, in their order, and the number of tokens computed."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]
        order = sorted(range(len(ids)), key=lambda index: -len(ids[index]))
        batches, start = [], 0
        while start < len(order):
            size = max(1, self.budget // len(ids[order[start]]))
            batches.append(order[start : start + size])
            start += size
        vectors = None
        results = (self.pool.map if self.pool else map)(lambda batch: self.run([ids[index] for index in batch]), batches)
        for batch, result in zip(batches, results):
            if vectors is None:
                vectors = numpy.empty((len(texts), result.shape[1]), numpy.float32)
            vectors[batch] = result
        return vectors, sum(len(batch) * len(ids[batch[0]]) for batch in batches), sum(map(len, ids))

    def run(self, ids):
        lengths = numpy.array([len(one) for one in ids])
        padded = numpy.zeros((len(ids), lengths.max()), numpy.int32)
        for row, one in zip(padded, ids):
            row[: len(one)] = one
        mask = (numpy.arange(lengths.max()) < lengths[:, None]).astype(numpy.int32)
        return self.session.run(["vectors"], {"input_ids": padded, "attention_mask": mask})[0]


def check(options):
    reference = json.loads(Path(options.check).read_text())
    vectors, _, _ = Encoder(options).encode([entry["text"] for entry in reference])
    cosines = (vectors * numpy.array([entry["vector"] for entry in reference], numpy.float32)).sum(1)
    print(json.dumps({"texts": len(reference), "least_cosine": float(cosines.min())}))


def start():
    encoder = Encoder(options)
    texts = Path(options.texts).read_text().rstrip("\n").split("\n")
    last = {}

    def round_():
        last["vectors"], computed, tokens = encoder.encode(texts)
        return {"items": len(texts), "tokens": tokens, "computed_tokens": computed}

    return round_, lambda path: last["vectors"].tofile(path)


if __name__ == "__main__":
    options = parse()
    if options.check:
        check(options)
    else:
        inference_peer.serve(start)
