#!/usr/bin/env python3
"""Writes the explorer's files as C++ source: make_assets.py OUTPUT FILE...

Each file is kept once, compressed: browsers take it so, and whoever does not gets it unpacked. The name of its
content, for ETag, is a hash of it.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def literal(data):
    """The bytes as string literals, octal where needed: quick to compile."""
    for start in range(0, len(data), 64):
        yield '"' + "".join(f"\\{byte:03o}" for byte in data[start:start + 64]) + '"'


def main(output, files):
    out = ['// Made by make_assets.py.', '#include "web/explorer_assets.h"', "", "namespace tailrace {",
           "namespace {", ""]
    rows = []
    for number, path in enumerate(sorted(pathlib.Path(file) for file in files)):
        content = path.read_bytes()
        packed = gzip.compress(content, 9, mtime=0)
        out.append(f"const char kBytes{number}[] =")
        out.extend(f"    {line}" for line in literal(packed))
        out[-1] += ";"
        tag = hashlib.sha256(content).hexdigest()[:16]
        rows.append(f'    {{"{path.name}", "{TYPES[path.suffix]}", "\\"{tag}\\"", '
                    f"{{kBytes{number}, sizeof kBytes{number} - 1}}, {len(content)}}},")
    out += ["", "const ExplorerAsset kAssets[] = {", *rows, "};", "", "}  // namespace", "",
            "std::span<const ExplorerAsset> explorer_assets() { return kAssets; }", "", "}  // namespace tailrace", ""]
    pathlib.Path(output).write_text("\n".join(out))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
