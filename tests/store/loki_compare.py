#!/usr/bin/env python3
"""The same data in our store and in a real Loki: queries must give equal answers.

  loki_compare.py --store bench_store [--seed N] [--queries N] [--loki-url URL]

Loki is looked for on PATH; without it the test is skipped (exit 77). Differences are allowed only where
loki_differences.txt, beside this file, has a line for the query and its reason.
"""
import argparse
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

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
limits_config: {{allow_structured_metadata: true, reject_old_samples: false, volume_enabled: true}}
analytics: {{reporting_enabled: false}}
"""

# The acceptance list: queries of Grafana's data source and of Logs Drilldown.
FIXED = [
    'vector(1)+vector(1)', '1+1*2^3', '{job="app"}',
    '{job="app"} |= `err` != "x" |~ "(?i)time.?out"',
    '{job="app"} | json | logfmt | level=~"warn|error" | dur > 5ms',
    'sum by (level, detected_level) (count_over_time({job="app"} | drop __error__[30s]))',
    'sum by (host) (rate({job="app"} | logfmt [1m]))',
    'topk(2, sum by (path) (count_over_time({job="js"} | json | __error__="" [5m])))',
    'quantile_over_time(0.99, {job="js"} | json | unwrap duration(latency) | __error__="" [5m]) by (host)',
    'sum(rate({job="app"} |= "error" [1m])) / sum(rate({job="app"} [1m]))',
    'sum by (detected_level) (count_over_time({ service_name="app"} | detected_level != "" [5s]))',
    '{service_name="app"} | json | logfmt | drop __error__, __error_details__',
    'sum by (status) (count_over_time({service_name="app"} | json | logfmt | drop __error__, __error_details__ | status!="" [10s]))',
    'avg_over_time({service_name="app"} | logfmt | unwrap bytes(size) | __error__="" [10s]) by ()',
    'avg_over_time({service_name="app"} | logfmt | unwrap duration(dur) | __error__="" [10s]) by ()',
    'sum by (env) (count_over_time({service_name="app"} | keep env [3600s]))',
    '{service_name="app"} |> `level=<_> msg=<_>` | pattern `level=<f1> msg=<f2>` | keep f1, f2 | line_format ""',
    '{service_name="js"} | json user_id="user[\\"id\\"]" | line_format "{{.user_id}}"',
    '{job="js"} | json', '{job="js"} | json a="user.id", b="list[1]", c="nope", d="user"',
    '{job="js"} | json | user_id > 5 and user_id <= 20 or path="/b"', '{job="plain"} | regexp `(?P<first>\\w+) (?P<second>\\w+)`',
    '{job="plain"} | pattern `<a> <_> <b>`', '{job="plain"} | json', '{job="plain"} | logfmt --strict',
    '{job="app"} | logfmt --keep-empty', '{job="app"} | logfmt l="level", s="status"',
    '{job="app"} | logfmt | label_format lvl=level, both="{{.lvl}}-{{.status}}"',
    '{job="app"} | logfmt | line_format "{{.level | ToUpper}} {{.msg}} {{__line__ | len}}"',
    '{job="app"} | logfmt | label_format z=job', '{job="js"} | json | drop user_id, path="/a"',
    '{job="js"} | json | keep path, level="error"', '{job="colour"} | decolorize', '{job="app"} | trace_id="t3"',
    '{job="packed"} | unpack', '{job="app"} |= ip("10.0.0.0/24")', '{job="app"} | logfmt | ip = ip("10.0.0.1-10.0.0.3")',
    'count_over_time({job="app"}[1m])', 'bytes_over_time({job="plain"}[1m])', 'bytes_rate({job=~".+"}[2m])',
    'absent_over_time({job="none", x="y"}[1m])', 'absent_over_time({job="app"}[10s])',
    'sum_over_time({job="js"} | json | unwrap user_id [1m]) ', 'rate({job="js"} | json | unwrap user_id [1m])',
    'max_over_time({job="js"} | json | unwrap user_id [1m]) by (path)', 'first_over_time({job="js"} | json | unwrap user_id [1m]) by (path)',
    'last_over_time({job="js"} | json | unwrap user_id [1m]) by (path)', 'stddev_over_time({job="js"} | json | unwrap user_id [1m]) by (path)',
    'stdvar_over_time({job="js"} | json | unwrap user_id [1m]) by (path)', 'rate_counter({job="js"} | json | unwrap seq [2m])',
    'sum(count_over_time({job="plain"} | json [1m]))', 'sum by (first) (count_over_time({job="plain"} | json [1m]))',
    'count_over_time({job="app"}[1m] offset 2m)', 'sum by (job) (count_over_time({job=~".+"}[1m])) > 5',
    'sum by (job) (count_over_time({job=~".+"}[1m])) > bool 5', '3 < sum by (job) (count_over_time({job=~".+"}[1m]))',
    'sum by (job) (rate({job=~".+"}[1m])) and sum by (job) (rate({job="app"}[1m]))',
    'sum by (job) (rate({job=~".+"}[1m])) unless sum by (job) (rate({job="app"}[1m]))',
    'sum by (job) (rate({job="js"}[1m])) or sum by (job) (rate({job="app"}[1m]))',
    'sum by (job, env) (rate({job=~".+"}[1m])) / on (job) group_left sum by (job) (rate({job=~".+"}[1m]))',
    'sum by (job, env) (rate({job=~".+"}[1m])) / ignoring (env) group_left () sum by (job) (rate({job=~".+"}[1m]))',
    'label_replace(sum by (job) (rate({job=~".+"}[1m])), "j2", "x-$1", "job", "(.).*")',
    'avg(count_over_time({job=~".+"}[1m]))', 'stddev by (job) (count_over_time({job=~".+"}[1m]))',
    'bottomk(1, sum by (job) (count_over_time({job=~".+"}[1m])))', 'count by (job) (count_over_time({job=~".+"}[1m]))',
    'max(sum by (env) (bytes_over_time({job=~".+"}[1m])))', 'min without (env, detected_level) (count_over_time({job=~".+"}[1m]))',
    'sum(count_over_time({job="app"}[1m])) % 4', 'sum(count_over_time({job="app"}[1m])) / 0', '-1 * sum(count_over_time({job="app"}[1m]))',
    'sort_desc(sum by (job) (count_over_time({job=~".+"}[5m])))', 'count_over_time({job="js"} | json | unwrap user_id [1m])',
    'sum({job="app"})', '{job=~".*"}', '{job="app"} |~ "("', '{', '{job="app"} | nonsense', 'rate({job="app"})', '{job="app"}[5m]',
    'sum by (x) (rate({job="app"}[1m])', 'topk(sum(rate({job="app"}[1m])))', 'sum_over_time({job="app"}[1m])', '',
    'count_over_time({job="plain"} | json [1m])', '{job="app"} !~ "a.*b" |~ "msg|level"', '{job="app"} != "a" or "b"', '{job="app"} |= "error" or "warn"',
]


def call(base, path, params, headers=None):
    url = base + path + '?' + urllib.parse.urlencode(params)
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with OPENER.open(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def push(base, streams):
    body = json.dumps({'streams': streams}).encode()
    request = urllib.request.Request(base + '/loki/api/v1/push', body, {'Content-Type': 'application/json'})
    with OPENER.open(request, timeout=60) as answer:
        assert answer.status == 204, answer.status


def make_data(rng, start_s):
    """Streams over ten minutes; times are unique, so that no order is left open."""
    streams = {}
    time_ns = start_s * 1_000_000_000
    for number in range(1500):
        time_ns += rng.randrange(100_000_000, 700_000_000)
        level = rng.choice(['info', 'info', 'warn', 'error', 'debug'])
        env = rng.choice(['dev', 'prod'])
        kind = rng.choice(['app', 'app', 'js', 'js', 'plain', 'colour', 'packed'])
        meta = {'trace_id': f't{rng.randrange(9)}'} if rng.random() < 0.3 else {}
        if kind == 'app':
            line = f'level={level} msg="request {number} {rng.choice(["timeout", "error", "fine"])}" status={rng.choice([200, 404, 500])} ' \
                   f'dur={rng.randrange(1, 2000) / 10}ms size={rng.randrange(1, 90)}KB host=h{rng.randrange(3)} ip=10.0.{rng.randrange(2)}.{rng.randrange(6)}'
            if rng.random() < 0.1:
                line += ' empty= bare'
        elif kind == 'js':
            line = json.dumps({'level': level, 'path': rng.choice(['/a', '/b', '/c']), 'user': {'id': rng.randrange(30), 'name': f'u{rng.randrange(3)}'},
                               'latency': f'{rng.randrange(1, 500)}ms', 'host': f'h{rng.randrange(3)}', 'list': [1, 'two', None], 'nil': None,
                               'ok': rng.random() < 0.5, '9z-k': 1.5, 'seq': number, 'env': 'inner', 'text': 'tab\there "quoted" \u00e4'})
        elif kind == 'plain':
            line = f'{rng.choice(["alpha", "beta", "gamma"])} {rng.choice(["one", "two"])} {number}' + (' <&>' if rng.random() < 0.2 else '')
        elif kind == 'colour':
            line = f'\x1b[31mred {number}\x1b[0m plain'
        else:
            line = json.dumps({'_entry': f'inner {number}', 'extra': f'e{rng.randrange(2)}'}) if rng.random() < 0.7 else '{"no": "entry"}'
        row = [str(time_ns), line] + ([meta] if meta else [])
        streams.setdefault((kind, env), []).append(row)
    return [{'stream': {'job': kind, 'env': env}, 'values': rows} for (kind, env), rows in sorted(streams.items())], time_ns


def generated(rng):
    """A random query over that data."""
    job = rng.choice(['app', 'js', 'plain'])
    selector = '{' + rng.choice([f'job="{job}"', f'job=~"{job}|none"', f'job!="zzz", job=~"{job}.*"']) + rng.choice(['', ', env="dev"', ', env!="dev"']) + '}'
    parser = {'app': ['| logfmt', '| logfmt | __error__=""', '| pattern `level=<level> msg="<msg>" status=<status> <_>`',
                      '| regexp `status=(?P<status>\\d+)`'],
              'js': ['| json', '| json level="level", id="user.id", path="path"'],
              'plain': ['| pattern `<first> <second> <rest>`', '| regexp `^(?P<first>\\S+)`']}[job]
    stages = []
    for _ in range(rng.randrange(3)):
        stages.append(rng.choice(['|= "e"', '!= "7"', '|~ "[0-9]{2}"', '!~ "5$"', '|= "one" or "level"', '|~ "(?i)ALPHA|error"', '|= ""']))
    parsed = rng.random() < 0.7
    if parsed:
        stages.append(rng.choice(parser))
        for _ in range(rng.randrange(3)):
            stages.append(rng.choice(['| level="error"', '| level=~"warn|info"', '| status>=404', '| first!="beta"', '| path=~"/[ab]"',
                                      '| drop level', '| keep level, path, first, status', '| trace_id!=""', '| label_format lv=level',
                                      '| line_format "{{.level}}/{{.first}}/{{.path}}"', '| status=200 or level="debug"']))
    log = f'{selector} {" ".join(stages)}'
    kind = rng.random()
    if kind < 0.35:
        return log
    window = rng.choice(['30s', '1m', '90s', '5m'])
    if kind < 0.5 and parsed:
        label = {'app': 'status', 'js': 'user_id', 'plain': 'rest'}[job]
        op = rng.choice(['sum_over_time', 'avg_over_time', 'max_over_time', 'min_over_time', 'first_over_time', 'last_over_time', 'quantile_over_time'])
        front = '0.5, ' if op == 'quantile_over_time' else ''
        by = '' if op == 'sum_over_time' else rng.choice(['', ' by (env)', ' by (level)', ' without (env)'])
        inner = f'{op}({front}{log} | unwrap {label} | __error__="" [{window}]){by}'
    else:
        op = rng.choice(['count_over_time', 'rate', 'bytes_over_time', 'bytes_rate'])
        inner = f'{op}({log} | __error__="" [{window}])' if parsed else f'{op}({log} [{window}])'
    if rng.random() < 0.75:
        outer = rng.choice(['sum', 'sum', 'avg', 'min', 'max', 'count'])
        inner = f'{outer} {rng.choice(["", "by (level)", "by (env)", "by (env, detected_level)", "without (env)"])} ({inner})'
    if rng.random() < 0.3:
        inner += rng.choice([' > 2', ' * 2', ' + 1', ' >= bool 3', ' / 4'])
    return inner


def close(a, b):
    if a == b:
        return True
    try:
        x, y = float(a), float(b)
    except (TypeError, ValueError):
        return False
    return (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)


def simplified(text):
    """What must be equal of an answer: streams and series in a fixed order, without statistics."""
    data = json.loads(text)['data']
    out = {'resultType': data['resultType'], 'flags': data.get('encodingFlags')}
    result = data['result']
    if data['resultType'] in ('streams', 'matrix', 'vector'):
        key = 'stream' if data['resultType'] == 'streams' else 'metric'
        for row in result:
            for labels in [row[key]] + [part for value in row.get('values', []) if len(value) == 3 for part in value[2].values()]:
                labels.pop('__error_details__', None)  # words of another parser
        result = sorted(result, key=lambda row: json.dumps(row[key], sort_keys=True))
        if data['resultType'] == 'streams':
            merged = {}
            for row in result:  # labels that differed in their details only
                merged.setdefault(json.dumps(row[key], sort_keys=True), []).extend(row['values'])
            result = [{key: json.loads(name), 'values': sorted(values, key=lambda v: v[0])} for name, values in merged.items()]
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


def compare(ours, loki, path, params, headers):
    """None, or how the answers differ."""
    mine, theirs = call(ours, path, params, headers), call(loki, path, params, headers)
    if mine[0] != theirs[0]:
        return f'status {mine[0]} instead of {theirs[0]}\n    loki {theirs[1][:300]}\n    ours {mine[1][:300]}'
    if mine[0] != 200:
        # Words may differ; places in the text must not.
        if place(mine[1]) != place(theirs[1]):
            return f'place in the query\n    loki {theirs[1][:300]}\n    ours {mine[1][:300]}'
        return None
    a, b = simplified(mine[1]), simplified(theirs[1])
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
            port = 20000 + os.getpid() % 20000
            config = os.path.join(folder, 'loki.yaml')
            with open(config, 'w', encoding='utf-8') as file:
                file.write(LOKI_CONFIG.format(port=port, grpc=port + 20000, folder=os.path.join(folder, 'loki')))
            loki = f'http://127.0.0.1:{port}'
            processes.append(subprocess.Popen(['loki', '-config.file=' + config], stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL, cwd=folder))
        wait_ready(loki, processes[-1] if not options.loki_url else None)
        start_s = int(time.time()) - 1200
        start_s -= start_s % 10
        streams, end_ns = make_data(rng, start_s)
        for base in (ours, loki):
            for stream in streams:
                push(base, [stream])
        allowed = allowed_differences()
        queries = FIXED + [generated(rng) for _ in range(options.queries)]
        asked = failures = differences = 0
        for query in queries:
            shapes = []
            window = {'start': str(start_s * 1_000_000_000 + 5), 'end': str(end_ns + 1), 'query': query}
            for direction, limit, flags in (('backward', 5000, True), ('forward', 37, False)):
                headers = {'X-Loki-Response-Encoding-Flags': 'categorize-labels'} if flags else {}
                shapes.append(('/loki/api/v1/query_range', dict(window, direction=direction, limit=limit, step='30'), headers))
            shapes.append(('/loki/api/v1/query', {'query': query, 'time': str(end_ns)}, {}))
            for path, params, headers in shapes:
                asked += 1
                wrong = compare(ours, loki, path, params, headers)
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
