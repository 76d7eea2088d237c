"""Writes a BERT-family sentence encoder as an ONNX file, from its config.json and model.safetensors.

    python bert_onnx.py ENCODER_DIR OUT.onnx [--fused]

The graph takes `input_ids` and `attention_mask`, int32 `[texts, tokens]`, and gives `vectors`, `[texts, hidden]`: the mean
over tokens, of unit length. With `--fused` it is made of onnxruntime's own operators, as its transformer optimiser writes
it; without, of standard ones, which onnxruntime fuses by itself as far as it can.
"""

import argparse
import json
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

MICROSOFT = "com.microsoft"


class Graph:
    """Nodes and constants, each with a name of its own."""

    def __init__(self, tensors, config):
        self.tensors, self.config = tensors, config
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, values):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def weight(self, name):
        return self.constant(self.tensors[name].astype(numpy.float32))

    def node(self, kind, *inputs, domain="", outputs=1, **attributes):
        self.count += 1
        names = [f"{kind.lower()}_{self.count}_{output}" for output in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def dense(self, rows, name, bias=True):
        product = self.node("MatMul", rows, self.constant(self.tensors[f"{name}.weight"].T))
        return self.node("Add", product, self.weight(f"{name}.bias")) if bias else product

    def norm(self, rows, name):
        weights = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", rows, *weights, axis=-1, epsilon=self.config["layer_norm_eps"])


def standard(graph):
    config = graph.config
    heads, hidden = config["num_attention_heads"], config["hidden_size"]
    size = hidden // heads
    positions = graph.tensors["embeddings.position_embeddings.weight"] + graph.tensors["embeddings.token_type_embeddings.weight"][0]
    words = graph.node("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    length = graph.node("Slice", graph.node("Shape", "input_ids"), *(graph.constant(numpy.array([value])) for value in (1, 2)))
    nought = graph.constant(numpy.array([0]))
    places = graph.node("Slice", graph.constant(positions), nought, length, nought)
    rows = graph.norm(graph.node("Add", words, places), "embeddings.LayerNorm")
    mask = graph.node("Cast", graph.node("Unsqueeze", "attention_mask", graph.constant(numpy.array([1, 2]))), to=TensorProto.FLOAT)
    hidden_from = graph.node("Mul", graph.node("Sub", graph.constant(numpy.float32(1)), mask), graph.constant(numpy.float32(-10000)))
    split = graph.constant(numpy.array([0, 0, heads, size]))
    joined = graph.constant(numpy.array([0, 0, hidden]))
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            graph.node("Transpose", graph.node("Reshape", graph.dense(rows, f"{name}.attention.self.{part}"), split), perm=order)
            for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
        )
        scores = graph.node("Div", graph.node("MatMul", query, key), graph.constant(numpy.float32(size**0.5)))
        weights = graph.node("Softmax", graph.node("Add", scores, hidden_from), axis=-1)
        mixed = graph.node("Transpose", graph.node("MatMul", weights, value), perm=[0, 2, 1, 3])
        attended = graph.dense(graph.node("Reshape", mixed, joined), f"{name}.attention.output.dense")
        rows = graph.norm(graph.node("Add", attended, rows), f"{name}.attention.output.LayerNorm")
        wide = graph.dense(rows, f"{name}.intermediate.dense")
        root = graph.node("Div", wide, graph.constant(numpy.float32(2**0.5)))
        share = graph.node("Add", graph.node("Erf", root), graph.constant(numpy.float32(1)))
        bent = graph.node("Mul", graph.node("Mul", wide, share), graph.constant(numpy.float32(0.5)))
        rows = graph.norm(graph.node("Add", graph.dense(bent, f"{name}.output.dense"), rows), f"{name}.output.LayerNorm")
    return rows


def fused(graph):
    config, tensors = graph.config, graph.tensors
    epsilon = config["layer_norm_eps"]

    def skip_norm(rows, skip, dense, norm):
        weights = (graph.weight(name) for name in (f"{norm}.weight", f"{norm}.bias", f"{dense}.bias"))
        return graph.node("SkipLayerNormalization", rows, skip, *weights, domain=MICROSOFT, epsilon=epsilon)

    embeddings = (f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type"))
    types = graph.node("Mul", "input_ids", graph.constant(numpy.int32(0)))
    tables = [graph.weight(name) for name in embeddings]
    scale = [graph.weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
    rows, _ = graph.node("EmbedLayerNormalization", "input_ids", types, *tables, *scale, domain=MICROSOFT, outputs=2, epsilon=epsilon)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        weight = numpy.concatenate([tensors[f"{part}.weight"].T for part in parts], axis=1)
        bias = numpy.concatenate([tensors[f"{part}.bias"] for part in parts])
        attended = graph.node(
            "Attention", rows, graph.constant(weight), graph.constant(bias), "attention_mask",
            domain=MICROSOFT, num_heads=config["num_attention_heads"],
        )
        dense = f"{name}.attention.output.dense"
        rows = skip_norm(graph.dense(attended, dense, bias=False), rows, dense, f"{name}.attention.output.LayerNorm")
        wide = graph.dense(rows, f"{name}.intermediate.dense", bias=False)
        bent = graph.node("BiasGelu", wide, graph.weight(f"{name}.intermediate.dense.bias"), domain=MICROSOFT)
        dense = f"{name}.output.dense"
        rows = skip_norm(graph.dense(bent, dense, bias=False), rows, dense, f"{name}.output.LayerNorm")
    return rows


def pooled(graph, rows):
    """The unit vector along the mean over a text's own tokens."""
    mask = graph.node("Cast", graph.node("Unsqueeze", "attention_mask", graph.constant(numpy.array([2]))), to=TensorProto.FLOAT)
    total = graph.node("ReduceSum", graph.node("Mul", rows, mask), graph.constant(numpy.array([1])), keepdims=0)
    return graph.node("LpNormalization", total, axis=-1, p=2)


def model(folder, with_fused):
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    graph = Graph(load_file(folder / "model.safetensors"), config)
    vectors = pooled(graph, (fused if with_fused else standard)(graph))
    graph.nodes.append(helper.make_node("Identity", [vectors], ["vectors"]))
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, ["texts", "tokens"]) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", config["hidden_size"]])]
    built = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(built, opset_imports=opsets, ir_version=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder")
    parser.add_argument("out")
    parser.add_argument("--fused", action="store_true")
    options = parser.parse_args()
    onnx.save(model(options.encoder, options.fused), options.out)


if __name__ == "__main__":
    main()
