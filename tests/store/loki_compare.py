#!/usr/bin/env python3
"""The same data in our store and in a real Loki: queries must give equal answers.

  loki_compare.py --store bench_store [--seed N] [--queries N] [--query TEXT]... [--loki-url URL]

Data and queries are those of loki_queries.py.

Loki is looked for on PATH; without it the test is skipped (exit 77). Differences are allowed only where
loki_differences.txt, beside this file, has a line for the query and its reason.
"""
import argparse
import collections
import json
import math
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import loki_queries

SKIPPED = 77
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

LOKI_CONFIG = """
auth_enabled: false
server: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, grpc_listen_address: 127.0.0.1, grpc_listen_port: {grpc}, log_level: warn}}
common:
  instance_addr: 127.0.0.1
  path_prefix: {folder}
  storage: {{filesystem: {{chunks_directory: {folder}/chunks, rules_directory: {folder}/rules}}}}
  replication_factor: 1
  ring: {{instance_addr: 127.0.0.1, kvstore: {{store: inmemory}}}}
memberlist: {{bind_addr: [127.0.0.1], bind_port: 0}}
frontend: {{address: 127.0.0.1}}
schema_config:
  configs:
    - {{from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {{prefix: index_, period: 24h}}}}
limits_config: {{allow_structured_metadata: true, reject_old_samples: false, volume_enabled: true, max_query_series: 20000}}
analytics: {{reporting_enabled: false}}
"""

def call(base, path, params, headers=None):
    url = base + path + '?' + urllib.parse.urlencode(params)
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with OPENER.open(request, timeout=60) as answer:
            return answer.status, answer.read().decode(errors='replace')
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors='replace')


def push(base, streams):
    """As protobuf: JSON cannot hold bytes that are no text."""
    request = urllib.request.Request(base + '/loki/api/v1/push', loki_queries.payload(streams),
                                     {'Content-Type': 'application/x-protobuf'})
    with OPENER.open(request, timeout=60) as answer:
        assert answer.status == 204, answer.status


def close(a, b):
    if a == b:
        return True
    try:
        x, y = float(a), float(b)
    except (TypeError, ValueError):
        return False
    return (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)


def names_of_series(result):
    return [json.dumps(row['metric'], sort_keys=True) for row in result]


def only_told_apart(a, b):
    """Both answers without the series that differ from others in empty values only, in either of them."""
    if a['resultType'] not in ('matrix', 'vector') or b['resultType'] != a['resultType']:
        return a, b
    twice = {name for each in (a, b) for name, count in collections.Counter(names_of_series(each['result'])).items() if count > 1}
    return tuple(dict(each, result=[row for row, name in zip(each['result'], names_of_series(each['result'])) if name not in twice])
                 for each in (a, b))


def simplified(text):
    """What must be equal of an answer: streams and series in a fixed order, without statistics."""
    # Bytes that are no text: Loki sends them as they are in labels.
    data = json.loads(re.sub('\ufffd+', '\ufffd', text))['data']
    out = {'resultType': data['resultType'], 'flags': data.get('encodingFlags')}
    result = data['result']
    if data['resultType'] in ('streams', 'matrix', 'vector'):
        key = 'stream' if data['resultType'] == 'streams' else 'metric'
        for row in result:
            for labels in [row[key]] + [part for value in row.get('values', []) if len(value) == 3 for part in value[2].values()]:
                labels.pop('__error_details__', None)  # words of another parser
                if key == 'metric':  # an empty value is no label; on some ways Loki keeps it
                    for name in [name for name, value in labels.items() if value == '']:
                        del labels[name]
        result = sorted(result, key=lambda row: json.dumps(row[key], sort_keys=True))
        if data['resultType'] == 'streams':
            merged = {}
            for row in result:  # labels that differed in their details only
                merged.setdefault(json.dumps(row[key], sort_keys=True), []).extend(row['values'])
            result = [{key: json.loads(name), 'values': sorted(values, key=lambda v: (v[0], v[1]))} for name, values in merged.items()]
    out['result'] = result
    return out


def equal(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b))
    return close(a, b)


def place(text):
    found = re.search(r'line (\d+), col (\d+)', text)
    return found.groups() if found else None


def same_place(ours, loki):
    # Behind a range or a duration Loki says line 0, and a column before it; rules that hold for the whole query have
    # no place, and which of two faults is told first is open.
    return ours == loki or ours is None or loki is None or loki[0] == '0'


def first_difference(a, b, path=''):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            if not equal(a.get(key), b.get(key)):
                return first_difference(a.get(key), b.get(key), f'{path}.{key}')
    if isinstance(a, list) and isinstance(b, list):
        for i in range(max(len(a), len(b))):
            x, y = (a[i] if i < len(a) else '(none)'), (b[i] if i < len(b) else '(none)')
            if not equal(x, y):
                return first_difference(x, y, f'{path}[{i}]')
    return f'{path}:\n    loki {json.dumps(b)[:400]}\n    ours {json.dumps(a)[:400]}'


def earliest(answer, count):
    """The first lines of an answer that has all of them; times are unique."""
    times = sorted(int(value[0]) for row in answer['result'] for value in row['values'])
    last = times[min(count, len(times)) - 1] if times else 0
    cut = [dict(row, values=[value for value in row['values'] if int(value[0]) <= last]) for row in answer['result']]
    return dict(answer, result=[row for row in cut if row['values']])


def compare(ours, loki, path, params, headers, is_malformed):
    """None, or how the answers differ."""
    mine, theirs = call(ours, path, params, headers), call(loki, path, params, headers)
    if mine[0] == 400 and theirs[0] == 200 and 'maximum number of series (500)' in mine[1]:
        # Loki also counts series inside of an aggregation, so its limit is higher here.
        return None if len(json.loads(theirs[1])['data']['result']) > 500 else f'too many series\n    loki {theirs[1][:300]}'
    if (mine[0], theirs[0]) == (400, 500) and theirs[1] == mine[1]:
        return None  # many-to-many: what the caller can mend is no 500
    if is_malformed and mine[0] == 400 and 'error parsing regexp' in mine[1] and '"result":[]' in theirs[1]:
        return None  # Loki compiles it where it looks for lines, and does not look
    if mine[0] != theirs[0]:
        return f'status {mine[0]} instead of {theirs[0]}\n    loki {theirs[1][:300]}\n    ours {mine[1][:300]}'
    if mine[0] != 200:
        # Words may differ; places in the text must not, where somebody would make that mistake.
        if params['query'] in loki_queries.FIXED and not same_place(place(mine[1]), place(theirs[1])):
            return f'place in the query\n    loki {theirs[1][:300]}\n    ours {mine[1][:300]}'
        return None
    if is_malformed:
        return None
    a, b = only_told_apart(simplified(mine[1]), simplified(theirs[1]))
    if not equal(a, b) and a['resultType'] == 'streams' and params['direction'] == 'forward':
        # Where lines have metadata, those that Loki takes for a limit are not always the first ones.
        everything = call(loki, path, dict(params, limit=5000), headers)
        b = earliest(simplified(everything[1]), params['limit'])
    return None if equal(a, b) else first_difference(a, b)


def allowed_differences():
    out = {}
    name = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'loki_differences.txt')
    for line in open(name, encoding='utf-8') if os.path.exists(name) else []:
        line = line.rstrip('\n')
        if line and not line.startswith('#'):
            query, _, reason = line.partition('  # ')
            out[query] = reason
    return out


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(('127.0.0.1', 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_ready(base, process):
    for _ in range(600):
        try:
            if call(base, '/ready', {})[0] == 200:
                return
        except OSError:
            pass
        if process is not None and process.poll() is not None:
            raise RuntimeError(f'{process.args[0]} ended')
        time.sleep(0.1)
    raise RuntimeError('not ready')


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--store', required=True)
    arguments.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments.add_argument('--queries', type=int, default=150)
    arguments.add_argument('--query', action='append', help='this one instead of all')
    arguments.add_argument('--loki-url')
    arguments.add_argument('--verbose', action='store_true')
    options = arguments.parse_args()
    if not options.loki_url and not shutil.which('loki'):
        print('skipped: no loki on PATH')
        return SKIPPED
    print(f'seed {options.seed}')
    rng = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix='loki-compare-')
    processes = []
    try:
        store = subprocess.Popen([options.store, os.path.join(folder, 'store'), '0'], stdout=subprocess.PIPE, text=True)
        processes.append(store)
        ours = 'http://127.0.0.1:' + re.search(r'port (\d+)', store.stdout.readline()).group(1)
        loki = options.loki_url
        if not loki:
            port, grpc = free_ports(2)
            config = os.path.join(folder, 'loki.yaml')
            with open(config, 'w', encoding='utf-8') as file:
                file.write(LOKI_CONFIG.format(port=port, grpc=grpc, folder=os.path.join(folder, 'loki')))
            loki = f'http://127.0.0.1:{port}'
            processes.append(subprocess.Popen(['loki', '-config.file=' + config], stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL, cwd=folder))
        wait_ready(loki, processes[-1] if not options.loki_url else None)
        start_s = int(time.time()) - 1200
        start_s -= start_s % 10
        pushes, end_ns = loki_queries.make_pushes(rng, start_s)
        for base in (ours, loki):
            for streams in pushes:
                push(base, streams)
        allowed = allowed_differences()
        queries = options.query or loki_queries.FIXED + [loki_queries.generated(rng) for _ in range(options.queries)]
        # Queries that are no queries: a status is all that counts, also where one of them is a query after all.
        malformed = [] if options.query else [loki_queries.malformed(rng) for _ in range(options.queries // 3)]
        asked = failures = differences = 0
        for query in queries + malformed:
            shapes = []
            window = {'start': str(start_s * 1_000_000_000 + 5), 'end': str(end_ns + 1), 'query': query}
            for direction, limit, flags in (('backward', 5000, True), ('forward', 37, False)):
                headers = {'X-Loki-Response-Encoding-Flags': 'categorize-labels'} if flags else {}
                shapes.append(('/loki/api/v1/query_range', dict(window, direction=direction, limit=limit, step='30'), headers))
            shapes.append(('/loki/api/v1/query', {'query': query, 'time': str(end_ns)}, {}))
            for path, params, headers in shapes:
                asked += 1
                wrong = compare(ours, loki, path, params, headers, query in malformed)
                if wrong is None:
                    continue
                if query in allowed:
                    differences += 1
                    continue
                failures += 1
                print(f'DIFFERENT {path} {params.get("direction", "")} {query}\n  {wrong}')
        print(f'{asked} answers compared, {differences} different as allowed, {failures} different')
        return 1 if failures else 0
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
