#!/usr/bin/python3
"""Reads every N.avro of a folder with python3-avro and writes its rows again as N.again.avro, with python3-avro's own codec."""
import glob
import os
import sys

from avro.datafile import DataFileReader, DataFileWriter
from avro.io import DatumReader, DatumWriter
from avro.schema import parse

CODECS = ["deflate", "null", "bzip2"]
folder = sys.argv[1]
for i, path in enumerate(sorted(p for p in glob.glob(os.path.join(folder, "*.avro")) if not p.endswith(".again.avro"))):
    with open(path, "rb") as source, open(path[: -len(".avro")] + ".again.avro", "wb") as target:
        reader = DataFileReader(source, DatumReader())
        writer = DataFileWriter(target, DatumWriter(), parse(reader.schema), codec=CODECS[i % len(CODECS)])
        for row in reader:
            writer.append(row)
        writer.close()
