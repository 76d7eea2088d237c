"""Writes a GGUF model's weights in other formats, for peers that are faster in them.

    python gguf_formats.py MODEL.gguf OUT_DIR [--formats F32 F16 Q8_0 Q4_0]

Every matrix is brought to f32 and from there to the format; metadata and vectors stay as they are. A matrix whose rows do
not divide into a format's blocks stays f32.
"""

import argparse
from pathlib import Path

import gguf
import numpy
from gguf import GGMLQuantizationType as Format


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--formats", nargs="+", default=["F32", "F16", "Q8_0", "Q4_0"])
    options = parser.parse_args()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    for name in options.formats:
        path = Path(options.out) / f"{name}.gguf"
        convert(gguf.GGUFReader(options.model), path, Format[name])
        print(path)


def convert(reader, path, target):
    architecture = reader.fields["general.architecture"].contents()
    writer = gguf.GGUFWriter(path, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
        values = values.reshape([int(size) for size in reversed(tensor.shape)])
        if values.ndim < 2:
            writer.add_tensor(tensor.name, values)
            continue
        try:
            writer.add_tensor(tensor.name, gguf.quants.quantize(values, target), raw_dtype=target)
        except gguf.quants.QuantError:
            writer.add_tensor(tensor.name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
