"""A Loki that only remembers: takes snappy-compressed protobuf pushes, and keeps (labels, line) of each entry.

Reads just as much of the two formats as a push request needs (logproto's PushRequest, snappy's block format).
"""

import http.server
import re
import threading


def varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def unsnap(data):
    """Snappy block: length, then elements; the low two bits of a tag say which kind."""
    length, position = varint(data, 0)
    out = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        if tag & 3 == 0:  # literal; lengths from 60 on stand in the next one to four bytes
            size = (tag >> 2) + 1
            if size > 60:
                extra = size - 60
                size = int.from_bytes(data[position : position + extra], "little") + 1
                position += extra
            out += data[position : position + size]
            position += size
            continue
        if tag & 3 == 1:
            size, offset = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[position]
            position += 1
        else:
            width = 2 if tag & 3 == 2 else 4
            size, offset = (tag >> 2) + 1, int.from_bytes(data[position : position + width], "little")
            position += width
        for _ in range(size):
            out.append(out[-offset])
    if len(out) != length:
        raise ValueError(f"snappy: {len(out)} bytes, announced were {length}")
    return bytes(out)


def fields(data):
    """(number, value) of a protobuf message; varints as int, the rest as bytes."""
    position = 0
    while position < len(data):
        key, position = varint(data, position)
        if key & 7 == 0:
            value, position = varint(data, position)
        else:
            size, position = varint(data, position) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], position)
            value, position = data[position : position + size], position + size
        yield key >> 3, value


def entries(body):
    """(labels, line) of each entry of a push request."""
    for _, stream in fields(unsnap(body)):
        parts = list(fields(stream))
        labels = dict(re.findall(r'([\w:]+)="((?:\\.|[^"\\])*)"', next(v for n, v in parts if n == 1).decode()))
        for number, entry in parts:
            if number == 2:
                yield labels, dict(fields(entry)).get(2, b"").decode(errors="replace")


class PushReceiver:
    """Listens on `address`, any free port, until the `with` block ends."""

    def __init__(self, address):
        self.entries = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.entries += entries(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self.server.server_port}/loki/api/v1/push"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
