"""Data and queries for comparing a store with a real Loki: what people log and ask, and what nobody should."""
import json
import re
import struct

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
    'count_over_time({job="plain"} | json [1m])', '{job="app"} !~ "a.*b" |~ "msg|level"', '{job="app"} != "a" or "b"', '{job="js"} | json != "7" | logfmt !~ "5"',
    '{job="app"} |= "zzz" or ip("10.0.1.1-10.0.1.3")', '{job="js"} | json | keep user_name | host!~".+"',
    'avg_over_time({job="oddfmt"} | logfmt | unwrap f | __error__="" [1m]) by (env)',
    'sum by (trace_id) (count_over_time({job="app"} | logfmt trace_id="level" [1m]))', '{job="app"} |= "error" or "warn"',
    '   ', '{job="\u00e4\u4e16"} extra', '{json="x"}', '{job="js"} | json on', '{job="js"} | logfmt = "5"', '{job="js"} | json | a="1" or < 2', 'rate{job="js"}[5m]',
    'sum by (offset) (rate({job="js"}[1m]))', '{job="js"} | json | rate > 2', 'vector(.5)', '{job="app"} | logfmt | dur > -5ms', '{job="js"} | keep json',
    '{job="app"} | label_format by=level', 'sum(rate({job="app"}[1m])) by',
]


# --- pushes ---------------------------------------------------------------------------------------------------------

def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def payload(streams):
    """[(labels' text, [(ns, line, {metadata})])] as a snappy block of a PushRequest. Snappy without compression:
    one literal."""
    request = b''
    for labels, rows in streams:
        entries = b''
        for ns, line, metadata in rows:
            time = b'\x08' + varint(ns // 10**9) + b'\x10' + varint(ns % 10**9)
            pairs = b''.join(field(3, field(1, raw(k)) + field(2, raw(v))) for k, v in sorted(metadata.items()))
            entries += field(2, field(1, time) + field(2, raw(line)) + pairs)
        request += field(1, field(1, raw(labels)) + entries)
    return varint(len(request)) + b'\xfc' + struct.pack('<I', len(request) - 1) + request


WORDS = ['alpha', 'beta', 'gamma', 'one', 'two', 'x-y', '\u00e4\u00f6', '\u4e16\u754c', '10.0.0.1', '192.168.1.77', '::1', '2001:db8::5',
         '"quoted text"', 'a=b', '<tag>', '&', '\\', '%20', '\t', '', "it's"]
LEVELS = ['info', 'info', 'warn', 'error', 'debug']


def nested(rng, depth):
    """A JSON value of any kind."""
    kind = rng.randrange(9 if depth else 6)
    if kind == 0:
        return rng.choice([0, 1, -5, 1.5, 100, 1e21, 1e-7, 123456789012345678, True, False, None])
    if kind < 6:
        return rng.choice(WORDS) + rng.choice(['', ' ', str(rng.randrange(50))])
    if kind == 6:
        return [nested(rng, depth - 1) for _ in range(rng.randrange(3))]
    return {rng.choice(['a', 'b', 'env', 'with space', 'dash-ed', '9nine', '\u00fc', '', 'UPPER', 'level2', 'a.b']): nested(rng, depth - 1)
            for _ in range(rng.randrange(4))}


def app_line(rng, number):
    line = f'level={rng.choice(LEVELS)} msg="request {number} {rng.choice(["timeout", "error", "fine"])}" status={rng.choice([200, 404, 500])} ' \
           f'dur={rng.randrange(1, 2000) / 10}ms size={rng.randrange(1, 90)}KB host=h{rng.randrange(3)} ip=10.0.{rng.randrange(2)}.{rng.randrange(6)}'
    return line + ' empty= bare' if rng.random() < 0.1 else line


def js_line(rng, number):
    return json.dumps({'level': rng.choice(LEVELS), 'path': rng.choice(['/a', '/b', '/c']),
                       'user': {'id': rng.randrange(30), 'name': f'u{rng.randrange(3)}'}, 'latency': f'{rng.randrange(1, 500)}ms',
                       'host': f'h{rng.randrange(3)}', 'list': [1, 'two', None], 'nil': None, 'ok': rng.random() < 0.5, '9z-k': 1.5,
                       'seq': number, 'env': 'inner', 'text': 'tab\there "quoted" \u00e4'})


def plain_line(rng, number):
    return f'{rng.choice(["alpha", "beta", "gamma"])} {rng.choice(["one", "two"])} {number}' + (' <&>' if rng.random() < 0.2 else '')


def colour_line(_, number):
    return f'\x1b[31mred {number}\x1b[0m plain'


def packed_line(rng, number):
    if rng.random() < 0.7:
        return json.dumps({'_entry': f'inner {number}', 'extra': f'e{rng.randrange(2)}'})
    return '{"no": "entry"}'


def odd_json(rng, number):
    """JSON as it should not be, and as it rarely is."""
    whole = json.dumps({'n': number, **{rng.choice(['a', 'b', 'c', 'deep', 'k v']): nested(rng, 3) for _ in range(rng.randrange(4))}},
                       ensure_ascii=rng.random() < 0.5)
    kind = rng.randrange(12)
    if kind == 0:
        return whole[:rng.randrange(len(whole))].rstrip('.-+e')  # not within a number
    if kind == 1:
        return '[' + whole + ']'
    if kind == 2:
        return rng.choice(['"text"', '12', 'null', '{}', '[]', '{', '{"a"}', '{"a":}', "{'a': 1}", '{"a":1,}', '{"a":1}{"b":2}', '{"a":1} tail'])
    if kind == 3:
        return '  ' + whole + ' \n'
    if kind == 4:
        return '{"dup":1,"dup":"two","dup":{"x":1}}'
    if kind == 5:
        return '{"a":"\\u00e4\\ud83d\\ude00 \\/ \\b","b":"\\u0041","c":"\\n\\t"}'
    return whole


def odd_logfmt(rng, number):
    parts = [f'n={number}']
    for _ in range(rng.randrange(5)):
        parts.append(rng.choice(['k=v', 'k="v w"', 'k="esc \\" q"', 'k=', 'bare', '=x', 'k==v', 'a.b=1', '9x=2', '\u00fc=3', 'k="open', 'q=v"x', 'tab=\ta',
                                 'up=UP', 'dur=1h30m', 'size=5KiB', 'f=1.5', 'neg=-3', 'k="\\u00e4\\n"', 'env=inner', "s='x y'", 'k=\u4e16']))
    rng.shuffle(parts)
    return rng.choice([' ', '  ', '\t']).join(parts)


def odd_text(rng, number):
    return rng.choice(['', ' ', '\t', b'\xff\xfe raw %d' % number, b'cut \xe2\x82', b'\x00nul\x00', '\u2028line\u2029', 'x' * 3000 + str(number),
                       ' '.join(rng.choice(WORDS) for _ in range(rng.randrange(6))), f'GET /p/{number}?q=1 HTTP/1.1" 200 {number * 3}',
                       f'from 10.0.0.{number % 256} to 192.168.1.{number % 200}:80', f'<{number}> a<b>c', '\r\n', f'\x1b[1;32mgreen\x1b[0m {number}'])


KINDS = {'app': app_line, 'js': js_line, 'plain': plain_line, 'colour': colour_line, 'packed': packed_line}
ODD = {'oddjson': odd_json, 'oddfmt': odd_logfmt, 'oddtext': odd_text}
# Values of labels that have to be escaped.
ODD_HOSTS = ['h1', 'sp ace', '\u00e4\u00f6', 'qu"ote', 'back\\slash', 'new\nline', '{}', 'a,b=c']


def labels_text(labels):
    return '{' + ', '.join(f'{name}={json.dumps(value, ensure_ascii=False)}' for name, value in sorted(labels.items())) + '}'


def make_pushes(rng, start_s):
    """Pushes over a quarter of an hour; times are unique, so that no order is left open. Some come late, some twice."""
    rows = []  # (labels, ns, line, metadata)
    time_ns = start_s * 1_000_000_000
    for number in range(2200):
        time_ns += rng.randrange(100_000_000, 700_000_000)
        env = rng.choice(['dev', 'prod'])
        meta = {'trace_id': f't{rng.randrange(9)}'} if rng.random() < 0.3 else {}
        if rng.random() < 0.65:
            kind = rng.choice(['app', 'app', 'js', 'js', 'plain', 'colour', 'packed'])
            line, labels = KINDS[kind](rng, number), {'job': kind, 'env': env}
        else:
            kind = rng.choice(list(ODD))
            line, labels = ODD[kind](rng, number), {'job': kind, 'env': env, 'host': rng.choice(ODD_HOSTS)}
            meta['severity'] = rng.choice(['info', 'warn', 'error'])  # guessing it from the line is another matter
            if rng.random() < 0.2:
                meta.update({'mk': 'meta', 'msize': '7KB', 'uni': '\u4e16\u754c "x"'})
        rows.append((labels_text(labels), time_ns, line, meta))
    order = sorted(range(len(rows)), key=lambda n: n + rng.randrange(60))  # out of order, by half a minute at most
    pushes = []
    for at in range(0, len(order), 100):
        streams = {}
        again = [order[rng.randrange(at + 1)] for _ in range(5)]  # what has been sent before
        for n in order[at:at + 100] + again:
            labels, ns, line, meta = rows[n]
            streams.setdefault(labels, []).append((ns, line, meta))
        pushes.append(sorted(streams.items()))
    return pushes, time_ns


# --- queries --------------------------------------------------------------------------------------------------------

PARSERS = {
    'app': ['| logfmt', '| logfmt', '| logfmt level, st="status", nope="x"', '| logfmt --keep-empty',
            '| pattern `level=<level> msg="<msg>" status=<status> <_>`', '| regexp `status=(?P<status>\\d+)`', '| logfmt --strict'],
    'js': ['| json', '| json', '| json level="level", id="user.id", path="path", l="list[1]", u="user"', '| json x="[\\"9z-k\\"]", level', '| json | logfmt'],
    'plain': ['| pattern `<first> <second> <rest>`', '| regexp `^(?P<first>\\S+)`', '| json', '| logfmt', '| pattern `<_> <second> <_>`'],
    'oddjson': ['| json', '| json', '| json n, d="deep.a", e="deep[0]", f="a", g="[\\"k v\\"]"', '| json | drop __error__, __error_details__', '| unpack'],
    'oddfmt': ['| logfmt', '| logfmt --strict', '| logfmt --keep-empty', '| logfmt n, k, dur', '| logfmt --strict --keep-empty', '| regexp `(?P<k>k=\\S*)`'],
    'oddtext': ['| pattern `<a> <b>`', '| regexp `(?P<m>[A-Z]+) (?P<p>/\\S+)`', '| logfmt', '| json', '| decolorize', '| pattern `<m> /p/<num>?<_>" <code> <_>`'],
}
LABELS = {
    'app': ['level', 'status', 'dur', 'size', 'host', 'ip', 'msg', 'trace_id', 'env', 'detected_level', 'empty', 'st'],
    'js': ['level', 'path', 'user_id', 'user_name', 'latency', 'ok', '_9z_k', 'seq', 'env_extracted', 'trace_id', 'id', 'l', 'host', 'x'],
    'plain': ['first', 'second', 'rest', 'trace_id', 'detected_level'],
    'oddjson': ['n', 'a', 'b', 'c', 'deep_a', 'deep_with_space', 'k_v', 'host', 'd', 'mk', 'msize', 'trace_id', 'f', 'deep_b_a'],
    'oddfmt': ['n', 'dur', 'size', 'f', 'neg', 'a_b', 'host', 'x', 'env_extracted', 'k_extracted', 'up'],
    'oddtext': ['a', 'b', 'm', 'p', 'num', 'code', 'host', 'uni', 'mk'],
}
NUMBERS = {'app': ['status', 'size', 'dur'], 'js': ['user_id', 'seq', '_9z_k', 'latency'], 'plain': ['rest'], 'oddjson': ['n', 'a'],
           'oddfmt': ['n', 'f', 'neg', 'size', 'dur'], 'oddtext': ['num', 'code']}
LINE_FILTERS = ['|= "e"', '!= "7"', '|~ "[0-9]{2}"', '!~ "5$"', '|= "one" or "level"', '|~ "(?i)ALPHA|error"', '|= ""', '!= "x" or "y" or "z"',
                '|~ "a.c|b"', '|= `"`', '|~ `\\s\\d+$`', '|> "<_>e<_>"', '!> "<_> <_> <_>"', '|> `<_>level<_>` or `<_>n=<_>`', '|= ip("10.0.0.0/24")',
                '!= ip("192.168.0.0/16")', '|= "\u00e4"', '|~ "^$"', '!~ "^.{0,10}$"', '|= ip("10.0.1.1-10.0.1.3")', '|~ "(?s).\\n"']
TEMPLATES = ['{{.level}}/{{.first}}/{{.path}}', '{{ .msg | ToUpper | trunc 12 }}', '{{ __line__ | len }}', '{{ if eq .level "error" }}E{{ else }}-{{ end }}',
             '{{ .n | default "none" }}', '{{ __timestamp__ | date "15:04" }}', '{{ regexReplaceAll "[aeiou]" __line__ "*" }}', '{{ substr 2 7 __line__ }}',
             '{{ printf "%s-%5s" .level .status }}', '{{ .status | int | add 1 }}', '{{ .path | replace "/" "_" | title }}', '{{ hasPrefix "a" .first }}',
             '{{ range $k, $v := . }}{{ $k }}{{ end }}', '{{ .k | repeat 2 | indent 1 }}', '{{ .size | bytes }}', '{{ .dur | duration }}',
             '{{ mul .n 2 }} {{ sub .n 1 }} {{ div .n 2 }} {{ mod .n 3 }}', '{{ .f | float64 | round 1 }}', '{{ alignLeft 8 .host }}|', '{{ alignRight 8 .host }}|',
             '{{ .a | b64enc }}', '{{ urlencode .host }}', '{{ .job | upper }} {{ .nothing }}', '{{ count "e" __line__ }}', '{{ .level | lower | trimPrefix "e" }}',
             '{{ fromJson __line__ }}', '{{ unixEpoch __timestamp__ }}', '{{ max 1 2 .n }} {{ min .n 100 }}', '{{ ceil .f }}{{ floor .f }}', 'plain text', '']


def label_filter(rng, job, depth=0):
    name = rng.choice(LABELS[job])
    kind = rng.random()
    if depth < 2 and kind < 0.25:
        inner = label_filter(rng, job, depth + 1) + rng.choice([' and ', ' or ', ', ', ' ']) + label_filter(rng, job, depth + 1)
        return f'({inner})' if rng.random() < 0.5 else inner
    if kind < 0.6:
        value = rng.choice(['error', 'info', '200', '/a', 'alpha', 'x', '', 'v', 'h1', '5', '\u00e4'])
        return name + rng.choice(['=', '!=']) + json.dumps(value, ensure_ascii=False)
    if kind < 0.75:
        return name + rng.choice(['=~', '!~']) + rng.choice(['"warn|info"', '".+"', '".*"', '"[0-9]+"', '"/[ab]"', '"(?i)ERROR|x"', '"h."', '"\\\\d+ms"'])
    value = rng.choice(['5', '200', '1.5', '-2', '100ms', '1h', '20KB', '1KB', '1e2', '0', '-5ms', '.5', '1h30m', '1.5MB'])
    return name + rng.choice([' > ', ' >= ', ' < ', ' <= ', ' == ', ' != ', ' = ']) + value


def stage(rng, job):
    names = LABELS[job]
    kind = rng.randrange(10)
    if kind < 5:
        return '| ' + label_filter(rng, job)
    if kind == 5:
        return '| drop ' + ', '.join(rng.sample(names, 2)) + rng.choice(['', ', level="error"', ', host=~"h.*"', ', __error__, __error_details__'])
    if kind == 6:
        return '| keep ' + ', '.join(rng.sample(names, 3)) + rng.choice(['', ', level!="info"', ', job'])
    if kind == 7:
        return '| label_format ' + rng.choice([f'new={rng.choice(names)}', f'new="{{{{.{rng.choice(names)}}}}}-x"', f'{names[0]}="const"',
                                               f'a1={names[0]}, a2={names[1]}', f'job={names[0]}', f'{names[1]}={names[0]}'])
    if kind == 8:
        return '| line_format `' + rng.choice(TEMPLATES) + '`'
    return rng.choice(LINE_FILTERS)


def log_query(rng):
    """(text, job, whether it parses)"""
    job = rng.choice(list(PARSERS))
    selector = '{' + rng.choice([f'job="{job}"', f'job=~"{job}|none"', f'job!="zzz", job=~"{job}.*"', f'job="{job}", nope=""']) + \
        rng.choice(['', '', ', env="dev"', ', env!="dev"', ', env=~"d.*|p.*"']) + '}'
    stages = [rng.choice(LINE_FILTERS) for _ in range(rng.randrange(3))]
    parsed = rng.random() < 0.75
    if parsed:
        stages.append(rng.choice(PARSERS[job]))
    # Loki asks label filters while it parses, so one behind drop, keep or label_format may see what is gone, and one of a
    # field that is there twice (k in oddfmt) the first value.
    more = [stage(rng, job) for _ in range(rng.randrange(4) if parsed else rng.randrange(2))]
    if '| decolorize' in stages:  # and line filters behind it before it
        more = [text for text in more if text not in LINE_FILTERS]
    # Of a label that was dropped and made again Loki does not know when it groups.
    late = ['| label_format', '| keep', '| drop']
    stages += sorted(more, key=lambda text: next((at for at, word in enumerate(late, 1) if text.startswith(word)), 0))
    return f'{selector} {" ".join(stages)}', job, parsed


def by(rng, job, empty=True):
    # `st` stands for a field of another name: Loki does not extract it where only a grouping asks for it.
    known = [name for name in LABELS[job] if name != 'st']
    names = ', '.join(rng.sample(known + ['env', 'detected_level'], rng.randrange(1, 3)))
    return rng.choice((['', ''] if empty else []) + [f' by ({names})', f' by ({names})', f' without ({names})', ' by (env)'])


def range_query(rng):
    log, job, parsed = log_query(rng)
    # Of labels that only a template walks over Loki extracts none where they make no series.
    log = log.replace('{{ range $k, $v := . }}{{ $k }}{{ end }}', 'plain text')
    window = rng.choice(['30s', '1m', '90s', '5m', '10s'])
    offset = rng.choice([''] * 6 + [' offset 1m', ' offset 30s', ' offset -1m', ' offset 90s'])
    if parsed and rng.random() < 0.45:
        label = rng.choice(NUMBERS[job])
        unwrap = {'size': f'bytes({label})', 'dur': f'duration({label})', 'latency': f'duration_seconds({label})'}.get(label, label)
        op = rng.choice(['sum_over_time', 'avg_over_time', 'max_over_time', 'min_over_time', 'first_over_time', 'last_over_time',
                         'quantile_over_time', 'stddev_over_time', 'stdvar_over_time', 'rate', 'rate_counter'])
        if op == 'avg_over_time':  # Loki makes two queries of it, and one counts lines without the label or a number too
            if label not in ('status', 'user_id', 'seq', '_9z_k'):
                op = 'max_over_time'
            log += f' | __error__="" | {label}!=""'
        front = rng.choice(['0.5, ', '0.9, ', '0, ', '1, ']) if op == 'quantile_over_time' else ''
        grouping = by(rng, job) if op not in ('sum_over_time', 'rate', 'rate_counter') else ''
        more = rng.choice([''] * 4 + [f' | {label_filter(rng, job, 2)}'])
        if rng.random() < 0.15 and log.startswith('{'):  # the range may stand before the pipeline
            selector, stages = log.split('} ', 1)
            return f'{op}({front}{selector}}}[{window}]{offset} {stages} | unwrap {unwrap} | __error__=""{more}){grouping}', job
        return f'{op}({front}{log} | unwrap {unwrap} | __error__=""{more} [{window}]{offset}){grouping}', job
    op = rng.choice(['count_over_time', 'rate', 'bytes_over_time', 'bytes_rate', 'absent_over_time'])
    return f'{op}({log} {rng.choice(["| __error__=``", "| drop __error__, __error_details__", "| __error__=``"])} [{window}]{offset})', job


def metric_query(rng):
    inner, job = range_query(rng)
    kind = rng.random()
    if kind < 0.2:
        text = inner
    elif kind < 0.75:
        op = rng.choice(['sum', 'sum', 'sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'sort', 'sort_desc'])
        # Whether series that differ in empty values only are one or two Loki decides on the way.
        if '--keep-empty' in inner or '="deep' in inner or '="user"' in inner or 'nope="x"' in inner:
            op = 'sum'
        grouping = '' if op.startswith('sort') else by(rng, job)
        text = f'{op}{grouping} ({inner})'
        if rng.random() < 0.2:
            text = f'{rng.choice(["sum", "max", "min"])}{rng.choice(["", " by (env)"])} (sum{by(rng, job)} ({inner}))'
    elif kind < 0.85:
        left, right = f'sum by (env, detected_level) ({inner})', f'sum by (env) ({range_query(rng)[0]})'
        text = rng.choice([f'{left} / on (env) group_left {right}', f'{left} * ignoring (detected_level) group_left () {right}',
                           f'{right} - on (env) group_right {left}', f'{left} > on (env) group_left {right}',
                           f'{left} and on (env) {right}', f'{left} unless on (env) {right}', f'{left} or on (env) {right}',
                           f'{left} <= bool on (env) group_left {right}', f'{right} % ignoring (detected_level) group_right () {left}'])
    elif kind < 0.93:
        left, right = f'sum by (env) ({inner})', f'sum by (env) ({range_query(rng)[0]})'
        text = f'{left} {rng.choice(["and", "or", "unless", "+", "-", "*", "/", "%", ">", "<= bool", "=="])} {right}'
        if rng.random() < 0.4:
            third = f'sum by (env) ({range_query(rng)[0]})'
            text = rng.choice([f'{text} + {third}', f'({text}) * {third}', f'{third} - {text} ^ 2', f'{text} or {third}', f'{third} and ({text})',
                               f'{text} > bool on (env) {third}'])
    else:
        copy = rng.choice(['"copy", "$1-x", "env", "(.).*"', '"env", "$1", "env", "(..).*"', '"copy", "$0", "nope", ".*"', '"copy", "${a}", "env", "(?P<a>d).*"',
                           '"env", "", "env", "prod"', '"copy", "$2$$", "env", "(.)(.*)"'])
        text = f'label_replace(sum by (env, {rng.choice(LABELS[job])}) ({inner}), {copy})'
    if rng.random() < 0.3:
        text = f'({text})' + rng.choice([' > 2', ' * 2', ' + 1', ' >= bool 3', ' / 4', ' % 3', ' ^ 2', ' / 0', ' != 1', ' or vector(7)',
                                            ' == bool 2', ' - 1 > 0'])
        if rng.random() < 0.2:
            text = rng.choice(['2 * ', '3 < ', '1 - ', '100 / ', '2 ^ ', '-1 * ']) + text
    return text


def generated(rng):
    """A random query over that data."""
    return log_query(rng)[0] if rng.random() < 0.5 else metric_query(rng)


# --- queries that are no queries ------------------------------------------------------------------------------------

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|[A-Za-z_][A-Za-z_0-9]*|[0-9.]+[A-Za-z]*|\[[^\]]*\]|\|=|!=|=~|!~|\|~|\|>|!>|==|>=|<=|--[a-z-]+|\s+|.')
WRONG = ['{', '}', '(', ')', ']', '|', '|=', '=~', '"x"', '5', 'by', 'without', '(a)', 'on', 'ignoring', 'group_left', 'sum', 'rate', 'and', 'or',
         'unless', 'offset', 'unwrap', 'json', 'logfmt', '--strict', ',', '=', '!=', 'ip', 'vector', '1', '-', 'topk', '{}', '""', 'drop', 'keep', 'line_format',
         'a=b', '1e3', '.5', '5.']


def malformed(rng):
    """A query with a token too few, too many or at the wrong place."""
    tokens = TOKEN.findall(rng.choice([query for query in FIXED if query]) if rng.random() < 0.6 else generated(rng))
    for _ in range(rng.randrange(1, 3)):
        at, kind = rng.randrange(len(tokens)), rng.randrange(4)
        if kind == 0 and len(tokens) > 1:
            del tokens[at]
        elif kind == 1:
            tokens.insert(at, f' {rng.choice(WRONG)} ')
        elif kind == 2:
            other = rng.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        else:
            tokens[at] = rng.choice(WRONG)
    return ''.join(tokens)
