"""Writes reference.json: sentence vectors of all-MiniLM-L6-v2 by an implementation that shares nothing with ours.

Plain numpy in float64, one text at a time, on top of the Python packages `tokenizers` and `safetensors`
(PyTorch and transformers were not used: their wheels pull gigabytes of CUDA libraries). The recipe is the
model card's: mean of the last hidden states over all tokens, then unit length.

    pip install numpy tokenizers safetensors
    python make_reference.py FOLDER_OF_THE_MODEL > reference.json
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

TEXTS = [
    "",
    "Toy Story",
    "The Lion King (1994)",
    "Cat food",
    "Growing hydroponic tomatoes in a small apartment without soil",
    "How to play your first three chords on the ukulele",
    "ice cream",
    "ICE CREAM",
    "Amélie from Montmartre",
    "七人の侍",
    "Привет, мир",
    "DIY shelf: 3 tools, 2 boards & 1 afternoon!",
    "pneumonoultramicroscopicsilicovolcanoconiosis",
    "emoji 🎸🎬 and symbols ©™ ½",
    "   white   space\tand\nlines   ",
    "don't stop me now",
    "[SEP] is text here [CLS]",
    "a",
    "The history of bread, from flat loaves on hot stones to sourdough in the age of mills and railways. " * 3,
    "one two three four five six seven eight nine ten " * 40,
]

erf = np.vectorize(math.erf)


def layer_norm(x, weights, name):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-12) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def dense(x, weights, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def encode(ids, weights, layers, heads):
    tokens = len(ids)
    x = (
        weights["embeddings.word_embeddings.weight"][ids]
        + weights["embeddings.position_embeddings.weight"][:tokens]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = layer_norm(x, weights, "embeddings.LayerNorm")
    size = x.shape[1] // heads
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        q, k, v = (dense(x, weights, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        outputs = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = q[:, part] @ k[:, part].T / math.sqrt(size)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            outputs.append(scores / scores.sum(-1, keepdims=True) @ v[:, part])
        attended = dense(np.concatenate(outputs, axis=1), weights, f"{name}.attention.output.dense")
        x = layer_norm(x + attended, weights, f"{name}.attention.output.LayerNorm")
        inner = dense(x, weights, f"{name}.intermediate.dense")
        inner = 0.5 * inner * (1.0 + erf(inner / math.sqrt(2.0)))
        x = layer_norm(x + dense(inner, weights, f"{name}.output.dense"), weights, f"{name}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main(folder):
    config = json.loads((folder / "config.json").read_text())
    weights = {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    tokenizer.encode_special_tokens = True
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        vector = encode(ids, weights, config["num_hidden_layers"], config["num_attention_heads"])
        rows.append({"text": text, "tokens": len(ids), "vector": [round(float(value), 7) for value in vector]})
    print("[")
    print(",\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    print("]")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
