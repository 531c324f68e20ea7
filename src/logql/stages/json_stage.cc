// json: the members of a JSON object as labels, nested names joined by _. With names, only those
// paths. unpack: what Promtail's `pack` stage packed.
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "logql/json_path.h"
#include "logql/line_pipeline.h"
#include "parse/json/lexer.h"

namespace tailrace::logql {
namespace {

constexpr std::string_view kJsonError = "JSONParserErr";
constexpr std::size_t kNameBytesMax = 4096;

int hex4(std::string_view text) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return text.size() == 4 && error == std::errc() && end == text.data() + 4 ? out : -1;
}

// Whether an escape is half of a character: "\\ud83d" without its "\\ude00".
bool has_half_character(std::string_view body) {
  for (std::size_t at = 0; (at = body.find('\\', at)) != body.npos; at += 2) {
    if (at + 1 >= body.size() || body[at + 1] != 'u') continue;
    const int unit = hex4(body.substr(at + 2, 4));
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const bool pair = body.substr(at + 6, 2) == "\\u" && hex4(body.substr(at + 8, 4)) >= 0xdc00;
    if (!pair) return true;
    at += 10;
  }
  return false;
}

// A string's characters; U+FFFD, also from bytes that are no UTF-8, becomes a space. A string with
// a bad escape is empty, as in Loki.
std::string_view label_value(std::string_view body, json::StringShape shape, Arena& arena) {
  if (shape.has_escape && has_half_character(body)) return {};
  const std::string_view text = json::string_text(body, shape, arena);
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  if (text.find(kReplacement) == text.npos) return text;
  char* const out = arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i).starts_with(kReplacement)) {
      out[size++] = ' ';
      i += kReplacement.size();
    } else {
      out[size++] = text[i++];
    }
  }
  return {out, size};
}

struct Key {
  std::string_view name;
  const char* value = nullptr;  // behind the colon and blanks; null: no key, or the object ends
  bool end = false;             // of the object; then `value` is behind it
};

// From `at`, behind "{" or ",".
Key next_key(const char* at, const char* end, Arena& arena) {
  at = json::skip_blanks(at, end);
  if (at == end) return {};
  if (*at == '}') return {{}, at + 1, true};  // also behind a comma, as in Loki
  if (*at != '"') return {};
  json::StringShape shape;
  const char* const body = at + 1;
  at = json::skip_string(body, end, shape);
  if (at == nullptr) return {};
  Key key;
  key.name = json::string_text({body, static_cast<std::size_t>(at - 1 - body)}, shape, arena);
  at = json::skip_blanks(at, end);
  if (at == end || *at != ':') return {};
  key.value = json::skip_blanks(at + 1, end);
  return key;
}

// Behind a value: at the next member, at the end of the object, or null.
struct Next {
  const char* at = nullptr;
  bool end = false;
};
Next behind_value(const char* at, const char* end) {
  at = json::skip_blanks(at, end);
  if (at == end || (*at != ',' && *at != '}')) return {};
  return {at + 1, *at == '}'};
}

class JsonStage final : public LineStage {
 public:
  bool process(LineState& state) override {
    const char* at = json::skip_blanks(state.line.data(), state.line.data() + state.line.size());
    const char* const end = state.line.data() + state.line.size();
    prefix_.clear();
    if (at == end || *at != '{') {
      state.labels.set_error(kJsonError,
                             "Value looks like object, but can't find closing '}' symbol");
    } else if (object(at + 1, end, state, 0) == nullptr) {
      state.labels.set_error(kJsonError, "Malformed JSON error");
    }
    return true;
  }

 private:
  // From behind "{" to behind "}"; null: malformed. What came before that stays set.
  const char* object(const char* at, const char* end, LineState& state, int depth) {
    if (depth > json::kDepthMax) return nullptr;
    while (true) {
      const Key key = next_key(at, end, state.arena);
      if (key.value == nullptr || key.end) return key.value;
      at = value(key, end, state, depth);
      if (at == nullptr) return nullptr;
      const Next next = behind_value(at, end);
      if (next.at == nullptr || next.end) return next.at;
      at = next.at;
    }
  }

  const char* value(const Key& key, const char* end, LineState& state, int depth) {
    const char* const at = key.value;
    if (at == end) return nullptr;
    if (*at == '{') {
      const std::size_t before = prefix_.size();
      if (before != 0) prefix_ += '_';
      if (prefix_.size() + key.name.size() < kNameBytesMax)
        prefix_ += before == 0 ? label_name_of(key.name, state.arena) : inner_name(key.name, state);
      if (depth == 0) saved_ = state.labels.all();
      const char* const behind = object(at + 1, end, state, depth + 1);
      prefix_.resize(before);
      // Of an object that does not end nothing counts.
      if (behind == nullptr && depth == 0 && !is_closed(at, end)) state.labels.edit() = saved_;
      return behind;
    }
    if (*at == '"') {
      json::StringShape shape;
      const char* const behind = json::skip_string(at + 1, end, shape);
      if (behind == nullptr) return nullptr;
      set(key.name,
          label_value({at + 1, static_cast<std::size_t>(behind - at - 2)}, shape, state.arena),
          state);
      return behind;
    }
    const char* const behind = json::skip_value(at, end, depth + 1);
    if (behind == nullptr) return nullptr;
    const bool is_number = *at == '-' || (*at >= '0' && *at <= '9');
    if (is_number || *at == 't' || *at == 'f')
      set(key.name, {at, static_cast<std::size_t>(behind - at)}, state);
    return behind;
  }

  // Below the first level a leading digit stands behind the prefix, so it stays as it is.
  static std::string_view inner_name(std::string_view key, LineState& state) {
    std::string_view name = label_name_of(key, state.arena);
    if (!key.empty() && key[0] >= '0' && key[0] <= '9' && name.starts_with('_'))
      name.remove_prefix(1);
    return name;
  }

  void set(std::string_view key, std::string_view value, LineState& state) {
    std::string_view name;
    if (prefix_.empty()) {
      name = label_name_of(key, state.arena);
    } else {
      const std::size_t before = prefix_.size();
      prefix_ += '_';
      prefix_ += inner_name(key, state);
      name = state.arena.copy(prefix_);
      prefix_.resize(before);
    }
    if (name.empty()) return;
    state.labels.set_parsed(state.labels.free_name(name, state.arena), value);
  }

  // Whether the brace at `at` has its partner, whatever stands between.
  static bool is_closed(const char* at, const char* end) {
    int open = 0;
    for (; at != end; ++at) {
      if (*at == '"') {
        json::StringShape shape;
        at = json::skip_string(at + 1, end, shape);
        if (at == nullptr) return false;
        --at;
      } else if (*at == '{') {
        ++open;
      } else if (*at == '}' && --open == 0) {
        return true;
      }
    }
    return false;
  }

  std::string prefix_;
  std::vector<LineLabel> saved_;
};

class JsonPathsStage final : public LineStage {
 public:
  struct Wanted {
    std::string name;
    JsonPath path;
  };
  explicit JsonPathsStage(std::vector<Wanted> wanted) : wanted_(std::move(wanted)) {}

  // Loki undoes escapes in the JSON text of lists too, though not of objects.
  static std::string_view value_of(const JsonPath::Found& found, Arena& arena) {
    if (found.is_string || !found.text.starts_with('[')) return found.text;
    return json::string_text(found.text, {.has_escape = true, .has_high_byte = true}, arena);
  }

  bool process(LineState& state) override {
    if (state.line.empty()) return true;
    if (state.line[0] != '{' && state.line[0] != '[' && state.line[0] != '"') {
      state.labels.set_error(kJsonError, {});
      return true;
    }
    for (const Wanted& wanted : wanted_) {
      const std::optional<JsonPath::Found> found = wanted.path.find(state.line, state.arena);
      if (found && found->is_broken) state.labels.set_error(kJsonError, "Malformed JSON error");
      if (found && !found->is_broken) {
        state.labels.set_parsed(state.labels.free_name(wanted.name, state.arena),
                                value_of(*found, state.arena));
      } else if (!state.labels.find(wanted.name)) {
        state.labels.set_parsed(wanted.name, {});
      }
    }
    return true;
  }

 private:
  std::vector<Wanted> wanted_;
};

class UnpackStage final : public LineStage {
 public:
  bool process(LineState& state) override {
    if (state.line.empty()) return true;
    const char* at = state.line.data();
    const char* const end = at + state.line.size();
    if (*at != '{') {
      state.labels.set_error(kJsonError, "expecting json object(6), but it is not");
      return true;
    }
    std::optional<std::string_view> entry;
    found_.clear();
    ++at;
    while (true) {
      const Key key = next_key(at, end, state.arena);
      if (key.end) break;
      const char* const behind =
          key.value == nullptr ? nullptr : json::skip_value(key.value, end, 1);
      const Next next = behind == nullptr ? Next{} : behind_value(behind, end);
      if (next.at == nullptr) {
        state.labels.set_error(kJsonError, "Malformed JSON error");
        return true;
      }
      if (*key.value == '"') {
        json::StringShape shape;
        json::skip_string(key.value + 1, end, shape);
        const std::string_view body(key.value + 1,
                                    static_cast<std::size_t>(behind - key.value - 2));
        if (key.name == "_entry") {
          entry = json::string_text(body, shape, state.arena);
        } else {
          const std::string_view name =
              label_name_of(state.labels.free_name(key.name, state.arena), state.arena);
          if (!name.empty()) found_.emplace_back(name, label_value(body, shape, state.arena));
        }
      }
      if (next.end) break;
      at = next.at;
    }
    // Only what `pack` made has _entry; other objects are left as they are.
    if (!entry) return true;
    for (const auto& [name, value] : found_) state.labels.set_parsed(name, value);
    state.line = *entry;
    return true;
  }

 private:
  std::vector<std::pair<std::string_view, std::string_view>> found_;
};

}  // namespace

Result<LineStagePtr> make_stage(const JsonSyntax& syntax) {
  if (syntax.extracts.empty()) return LineStagePtr(std::make_unique<JsonStage>());
  std::vector<JsonPathsStage::Wanted> wanted;
  for (const ExtractSyntax& extract : syntax.extracts) {
    Result<JsonPath> path = JsonPath::compile(extract.path);
    if (!path)
      return Error{ErrorCode::kInvalid,
                   "cannot parse expression [" + extract.path + "]: " + path.error().text()};
    wanted.push_back({extract.name, std::move(path).value()});
  }
  return LineStagePtr(std::make_unique<JsonPathsStage>(std::move(wanted)));
}

Result<LineStagePtr> make_stage(const UnpackSyntax&) {
  return LineStagePtr(std::make_unique<UnpackStage>());
}

}  // namespace tailrace::logql
