#!/usr/bin/python3
"""Reads every N.avro of a folder with python3-avro, compares its rows with N.values, and writes them again as N.again.avro, with python3-avro's own codec."""
import glob
import json
import os
import struct
import sys

from avro.datafile import DataFileReader, DataFileWriter
from avro.io import DatumReader, DatumWriter
from avro.schema import parse

CODECS = ["deflate", "null", "bzip2"]


def plain(value):
    """As FileExchange.cs has it: numbers with a fraction by their bits, bytes in hexadecimal."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return "d:" + struct.pack(">d", value).hex()
    if isinstance(value, bytes):
        return "b:" + value.hex()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else "s:" + value


folder = sys.argv[1]
different = 0
for i, path in enumerate(sorted(p for p in glob.glob(os.path.join(folder, "*.avro")) if not p.endswith(".again.avro"))):
    base = path[: -len(".avro")]
    with open(path, "rb") as source, open(base + ".again.avro", "wb") as target, open(base + ".values", encoding="utf-8") as values:
        expected = [json.loads(line) for line in values]
        reader = DataFileReader(source, DatumReader())
        writer = DataFileWriter(target, DatumWriter(), parse(reader.schema), codec=CODECS[i % len(CODECS)])
        read = []
        for row in reader:
            read.append(plain(row))
            writer.append(row)
        writer.close()
    if read != expected:
        different += 1
        print(f"{os.path.basename(path)}: python3-avro reads other values than were written", file=sys.stderr)
sys.exit(1 if different else 0)
