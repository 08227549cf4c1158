"""Keeps the largest entries of a fine-tune's update, tensor by tensor, and takes the rest back: TrimMerge in plain Python.

runflow starts this in a folder with two Hugging Face models, inputs/aligned and inputs/tuned, and a share as argument. It
writes a model of the same tensors to outputs/model. Weights are F32 here; with torch and safetensors it takes any type.
"""

import array
import json
import os
import struct
import sys


def read(folder):
    with open(f"{folder}/model.safetensors", "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length)), file.read()


def weights(header, data, name):
    values = array.array("f")
    start, end = header[name]["data_offsets"]
    values.frombytes(data[start:end])
    return values


share = float(sys.argv[1])
header, aligned = read("inputs/aligned")
tuned_header, tuned = read("inputs/tuned")
merged = bytearray(aligned)
for name, tensor in header.items():
    if name == "__metadata__":
        continue
    if tensor["dtype"] != "F32":
        sys.exit(f"{name} is {tensor['dtype']}, and this program reads F32")
    before = weights(header, aligned, name)
    after = weights(tuned_header, tuned, name)
    changes = sorted((abs(b - a) for a, b in zip(before, after)), reverse=True)
    smallest = changes[max(1, round(share * len(changes))) - 1]
    kept = array.array("f", (b if abs(b - a) >= smallest else a for a, b in zip(before, after)))
    start, end = tensor["data_offsets"]
    merged[start:end] = kept.tobytes()
    print(f"{name}: changes of {smallest:.2e} and more are kept")

os.mkdir("outputs/model")
text = json.dumps(header).encode()
with open("outputs/model/model.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + merged)
