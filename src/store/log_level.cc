#include "store/log_level.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/arena.h"
#include "base/text.h"
#include "parse/json/lexer.h"

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 14> kNames = {"detected_level",
                                                     "level",
                                                     "LEVEL",
                                                     "Level",
                                                     "log.level",
                                                     "severity",
                                                     "SEVERITY",
                                                     "Severity",
                                                     "SeverityText",
                                                     "severity_text",
                                                     "lvl",
                                                     "LVL",
                                                     "Lvl",
                                                     "log_level"};

struct Spelling {
  std::string_view text;
  std::string_view level;
};
constexpr std::array<Spelling, 22> kSpellings = {{
    {"trace", "trace"},       {"trc", "trace"},          {"debug", "debug"},
    {"dbg", "debug"},         {"info", "info"},          {"inf", "info"},
    {"information", "info"},  {"informational", "info"}, {"notice", "info"},
    {"warn", "warn"},         {"wrn", "warn"},           {"warning", "warn"},
    {"error", "error"},       {"err", "error"},          {"eror", "error"},
    {"critical", "critical"}, {"crit", "critical"},      {"fatal", "fatal"},
    {"panic", "fatal"},       {"emerg", "fatal"},        {"alert", "critical"},
    {"emergency", "fatal"},
}};

// Words in a text that is neither JSON nor logfmt, or has no level in it.
constexpr std::array<Spelling, 9> kWords = {{{"trace", "trace"},
                                             {"debug", "debug"},
                                             {"fatal", "fatal"},
                                             {"critical", "critical"},
                                             {"error", "error"},
                                             {"err", "error"},
                                             {"warning", "warn"},
                                             {"warn", "warn"},
                                             {"info", "info"}}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool starts_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return text.size() == word.size() || !is_letter(text[word.size()]);
}

std::string_view level_of_words(std::string_view line) {
  bool behind_letter = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = lower(line[at]);
    const bool may_begin = !behind_letter && (c == 'e' || c == 'i' || c == 'w' || c == 'd' ||
                                              c == 't' || c == 'f' || c == 'c');
    if (may_begin) {
      for (const Spelling& word : kWords) {
        if (word.text[0] == c && starts_with_word(line.substr(at), word.text)) return word.level;
      }
    }
    behind_letter = is_letter(c);
  }
  return "unknown";
}

bool is_level_name(std::string_view key) {
  if (key.size() < 3 || key.size() > 14) return false;
  const char first = lower(key[0]);
  if (first != 'l' && first != 's' && first != 'd') return false;
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return equals_ignoring_case(name, key); });
}

std::string_view known_level(std::string_view value) {
  for (const Spelling& spelling : kSpellings) {
    if (equals_ignoring_case(spelling.text, value)) return spelling.level;
  }
  return {};
}

// The value of the first level field of an object, or of an object in it. `at` is behind "{";
// becomes null if the object is malformed.
std::string_view level_of_object(const char*& at, const char* end, int depth) {
  while (true) {
    at = json::skip_blanks(at, end);
    if (at == end || *at != '"') break;
    json::StringShape shape;
    const char* const key_start = at + 1;
    at = json::skip_string(key_start, end, shape);
    if (at == nullptr) return {};
    const std::string_view key(key_start, static_cast<std::size_t>(at - 1 - key_start));
    at = json::skip_blanks(at, end);
    if (at == end || *at != ':') break;
    at = json::skip_blanks(at + 1, end);
    if (at == end) break;
    if (*at == '"' && is_level_name(key)) {
      const char* const body = at + 1;
      at = json::skip_string(body, end, shape);
      if (at == nullptr) return {};
      const std::string_view level = known_level({body, static_cast<std::size_t>(at - 1 - body)});
      if (!level.empty()) return level;
    } else if (*at == '{' && depth > 1) {
      const char* inside = at + 1;
      const std::string_view level = level_of_object(inside, end, depth - 1);
      if (!level.empty()) return level;
      at = json::skip_value(at, end, 1);
      if (at == nullptr) return {};
    } else {
      at = json::skip_value(at, end, 1);
      if (at == nullptr) return {};
    }
    at = json::skip_blanks(at, end);
    if (at == end || *at != ',') break;
    ++at;
  }
  return {};
}

// key=value: the value of the first key that says a level. Keys in quoted values do not count.
std::string_view level_of_pairs(std::string_view line) {
  bool quoted = false;
  std::size_t checked = 0;  // quotes up to here are counted
  for (std::size_t sign = line.find('='); sign != line.npos; sign = line.find('=', sign + 1)) {
    std::size_t start = sign;
    while (start > 0 && sign - start <= 14 && static_cast<unsigned char>(line[start - 1]) > ' ' &&
           line[start - 1] != '"')
      --start;
    if (!is_level_name(line.substr(start, sign - start))) continue;
    for (; checked < start; ++checked) {
      if (line[checked] == '\\' && quoted) {
        ++checked;
      } else if (line[checked] == '"') {
        quoted = !quoted;
      }
    }
    if (quoted || (start > 0 && line[start - 1] == '"')) continue;
    std::string_view value = line.substr(sign + 1);
    if (value.starts_with('"')) {
      value.remove_prefix(1);
      value = value.substr(0, value.find('"'));
    } else {
      const auto end = std::find_if(value.begin(), value.end(),
                                    [](char c) { return static_cast<unsigned char>(c) <= ' '; });
      value = value.substr(0, static_cast<std::size_t>(end - value.begin()));
    }
    const std::string_view level = known_level(value);
    if (!level.empty()) return level;
  }
  return {};
}

}  // namespace

std::span<const std::string_view> level_label_names() { return kNames; }

std::string_view normal_level(std::string_view value) {
  const std::string_view level = known_level(value);
  return level.empty() ? value : level;
}

std::string_view level_of_line(std::string_view line) {
  const std::string_view trimmed = trim_space(line);
  std::string_view level;
  if (trimmed.starts_with('{') && trimmed.ends_with('}')) {
    const char* at = trimmed.data() + 1;
    level = level_of_object(at, trimmed.data() + trimmed.size(), 2);
  } else {
    level = level_of_pairs(line);
  }
  return level.empty() ? level_of_words(line) : level;
}

}  // namespace tailrace
