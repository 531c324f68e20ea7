"""Which metrics and labels a PromQL expression speaks of. A reader of names, not a parser: promtool parses.

Grafana's variables ($name, ${name}) may stand inside strings and ranges; they are not names.
"""

import re

TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
      | (?P<range>\[[^\]]*\])
      | (?P<variable>\$\{[^}]*\}|\$\w+)
      | (?P<number>\d[\w.]*)
      | (?P<name>[a-zA-Z_:][\w:]*)
      | (?P<symbol>=~|!~|!=|==|>=|<=|.)""",
    re.VERBOSE | re.DOTALL,
)
OPERATORS = {"and", "or", "unless", "bool", "offset", "inf", "nan", "atan2"}
LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}


class Names:
    """metrics: names as written, suffixes included. labels: matched or grouped by."""

    def __init__(self, metrics=(), labels=()):
        self.metrics = set(metrics)
        self.labels = set(labels)

    def __eq__(self, other):
        return self.metrics == other.metrics and self.labels == other.labels

    def __repr__(self):
        return f"metrics={sorted(self.metrics)} labels={sorted(self.labels)}"


def tokens(expression):
    for match in TOKEN.finditer(expression):
        if not match.group().isspace():
            yield match.lastgroup, match.group()


def names(expression):
    found = Names()
    all_tokens = list(tokens(expression))
    position = 0
    while position < len(all_tokens):
        kind, text = all_tokens[position]
        following = all_tokens[position + 1][1] if position + 1 < len(all_tokens) else ""
        if kind == "name" and text in LABEL_LISTS:
            if following == "(":
                position = _label_list(all_tokens, position + 2, found)
                continue
        elif kind == "name" and following not in ("(", "by", "without") and text.lower() not in OPERATORS:
            found.metrics.add(text)
        elif text == "{":
            position = _matchers(all_tokens, position + 1, found)
            continue
        position += 1
    return found


def _label_list(all_tokens, position, found):
    while all_tokens[position][1] != ")":
        if all_tokens[position][0] == "name":
            found.labels.add(all_tokens[position][1])
        position += 1
    return position + 1


def _matchers(all_tokens, position, found):
    while all_tokens[position][1] != "}":
        kind, text = all_tokens[position]
        if kind == "name":
            operator, value = all_tokens[position + 1][1], all_tokens[position + 2][1][1:-1]
            if text == "__name__":
                found.metrics.update(value.split("|") if operator == "=~" else [value])
            else:
                found.labels.add(text)
            position += 2
        position += 1
    return position + 1
