// ConfigNode's scalars: which YAML values fit which type, and what is said when they do not.
//
// read() follows yaml.v2's typed decoding, read_weak() the weak mode of the decoder that Promtail
// uses inside some stages.
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "base/units.h"
#include "config/config_node.h"
#include "config/node_state.h"

namespace tailrace {

using yaml::Scalar;

namespace {

constexpr double kInt64End = 9223372036854775808.0;  // 2^63

// Floats stand for integers too if they are in range; 1e3 is common, fractions are cut off as in
// Promtail.
bool to_integer(const Scalar& scalar, std::int64_t& out) {
  if (scalar.kind == Scalar::Kind::kInt) {
    out = scalar.integer;
    return true;
  }
  if (scalar.kind != Scalar::Kind::kFloat) return false;
  if (!(scalar.number >= -kInt64End && scalar.number < kInt64End)) return false;
  out = static_cast<std::int64_t>(scalar.number);
  return true;
}

bool to_unsigned(const Scalar& scalar, std::uint64_t& out) {
  if (scalar.kind == Scalar::Kind::kUint) {
    out = scalar.large_integer;
    return true;
  }
  std::int64_t integer = 0;
  if (!to_integer(scalar, integer) || integer < 0) return false;
  out = static_cast<std::uint64_t>(integer);
  return true;
}

bool to_double(const Scalar& scalar, double& out) {
  switch (scalar.kind) {
    case Scalar::Kind::kInt:
      out = static_cast<double>(scalar.integer);
      return true;
    case Scalar::Kind::kUint:
      out = static_cast<double>(scalar.large_integer);
      return true;
    case Scalar::Kind::kFloat:
      out = scalar.number;
      return true;
    case Scalar::Kind::kNull:
    case Scalar::Kind::kBool:
    case Scalar::Kind::kString:
      return false;
  }
  return false;
}

// At most this much of a value is repeated in a message.
constexpr std::size_t kShownBytesMax = 60;

std::string shown(const std::string& text) {
  if (text.size() <= kShownBytesMax) return go_quoted(text);
  return go_quoted(to_valid_utf8(text.substr(0, kShownBytesMax))) + "...";
}

std::string found_scalar(const yaml::Node& node, const Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::kNull:
      return "nothing";
    case Scalar::Kind::kBool:
      return "the boolean " + node.text +
             (node.text == "true" || node.text == "false" ? "" : " (so YAML takes it)");
    case Scalar::Kind::kInt:
    case Scalar::Kind::kUint:
    case Scalar::Kind::kFloat:
      return "the number " + node.text;
    case Scalar::Kind::kString:
      return (node.quoted ? "the quoted text " : "the text ") + shown(node.text);
  }
  return {};
}

std::string weak_text(const std::string& text, const Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::kNull:
      return {};
    case Scalar::Kind::kBool:
      return scalar.boolean ? "1" : "0";
    case Scalar::Kind::kInt:
      return std::to_string(scalar.integer);
    case Scalar::Kind::kUint:
      return std::to_string(scalar.large_integer);
    case Scalar::Kind::kFloat:
      return double_text(scalar.number);
    case Scalar::Kind::kString:
      return text;
  }
  return {};
}

}  // namespace

bool ConfigNode::wrong_kind(std::string_view wanted) const {
  std::string message("expected ");
  message += wanted;
  message += ", found ";
  switch (kind()) {
    case Kind::kAbsent:
    case Kind::kNull:
      message += "nothing";
      break;
    case Kind::kList:
      message += "a list";
      break;
    case Kind::kMap:
      message += "a map";
      break;
    case Kind::kScalar:
      message += found_scalar(*node(), yaml::resolve(node()->text, node()->quoted, node()->tag));
      break;
  }
  error(std::move(message));
  return false;
}

// convert(Scalar, text) -> bool.
template <class Convert>
bool ConfigNode::read_scalar(std::string_view wanted, Convert convert) const {
  if (empty()) return true;
  if (!is_scalar()) return wrong_kind(wanted);
  const yaml::Node& here = *node();
  return convert(yaml::resolve(here.text, here.quoted, here.tag), here.text) || wrong_kind(wanted);
}

// parse(text) -> Result<void>-like, whose error is the message.
template <class Parse>
bool ConfigNode::read_text(Parse parse) const {
  if (empty()) return true;
  if (!is_scalar()) return wrong_kind("a single value");
  const Result<void> parsed = parse(node()->text);
  if (!parsed) error(parsed.error().text());
  return parsed.has_value();
}

bool ConfigNode::read(std::string& out) const {
  return read_scalar("a text", [&](const Scalar&, const std::string& text) {
    out = text;
    return true;
  });
}

bool ConfigNode::read(bool& out) const {
  return read_scalar("true or false", [&](const Scalar& scalar, const std::string&) {
    if (scalar.kind != Scalar::Kind::kBool) return false;
    out = scalar.boolean;
    return true;
  });
}

bool ConfigNode::read(std::int64_t& out) const {
  return read_scalar("a whole number", [&](const Scalar& scalar, const std::string&) {
    return to_integer(scalar, out);
  });
}

bool ConfigNode::read(std::uint64_t& out) const {
  return read_scalar(
      "a whole number that is not negative",
      [&](const Scalar& scalar, const std::string&) { return to_unsigned(scalar, out); });
}

bool ConfigNode::read(double& out) const {
  return read_scalar(
      "a number", [&](const Scalar& scalar, const std::string&) { return to_double(scalar, out); });
}

bool ConfigNode::read(GoDuration& out) const {
  if (is_scalar()) {
    // A bare number is nanoseconds.
    const yaml::Node& here = *node();
    if (to_integer(yaml::resolve(here.text, here.quoted, here.tag), out.ns)) return true;
  }
  return read_text([&](const std::string& text) -> Result<void> {
    TAILRACE_TRY(out.ns, parse_go_duration(text));
    return {};
  });
}

bool ConfigNode::read(PrometheusDuration& out) const {
  return read_text([&](const std::string& text) -> Result<void> {
    TAILRACE_TRY(out.ns, parse_prometheus_duration(text));
    return {};
  });
}

bool ConfigNode::read(ByteSize& out) const {
  return read_text([&](const std::string& text) -> Result<void> {
    TAILRACE_TRY(out.bytes, parse_size(text));
    return {};
  });
}

bool ConfigNode::read(Secret& out) const {
  if (!empty() && !is_scalar()) {
    error("expected a text");
    return false;
  }
  return read(out.value);
}

bool ConfigNode::read(Labels& out) const {
  if (empty()) return true;
  if (!is_map()) return wrong_kind("a map of label names and values");
  bool good = true;
  for (const auto& [name, value] : entries()) {
    std::string text;
    if (name.empty()) {
      value.error("\"\" is not a valid label name");
      good = false;
    } else if (value.read(text)) {
      out.set(name, text);
    } else {
      good = false;
    }
  }
  return good;
}

bool ConfigNode::read(std::vector<std::string>& out) const {
  if (empty()) return true;
  if (!is_list()) return wrong_kind("a list");
  bool good = true;
  std::vector<std::string> texts;
  for (const ConfigNode& item : items()) good &= item.read(texts.emplace_back());
  if (good) out = std::move(texts);
  return good;
}

bool ConfigNode::read_typed(std::string& out) const {
  return read_scalar("a text (write it in quotes)",
                     [&](const Scalar& scalar, const std::string& text) {
                       if (scalar.kind != Scalar::Kind::kString) return false;
                       out = text;
                       return true;
                     });
}

bool ConfigNode::read_weak(std::string& out) const {
  return read_scalar("a text", [&](const Scalar& scalar, const std::string& text) {
    out = weak_text(text, scalar);
    return true;
  });
}

bool ConfigNode::read_weak(bool& out) const {
  return read_scalar("true or false", [&](const Scalar& scalar, const std::string& text) {
    double number = 0;
    if (scalar.kind == Scalar::Kind::kBool) {
      out = scalar.boolean;
    } else if (to_double(scalar, number)) {
      out = number != 0;
    } else if (text.empty()) {
      out = false;
    } else {
      return yaml::parse_go_bool(text, out);
    }
    return true;
  });
}

bool ConfigNode::read_weak(std::int64_t& out) const {
  return read_scalar("a whole number", [&](const Scalar& scalar, const std::string& text) {
    if (to_integer(scalar, out)) return true;
    if (scalar.kind == Scalar::Kind::kBool) {
      out = scalar.boolean ? 1 : 0;
      return true;
    }
    if (scalar.kind != Scalar::Kind::kString) return false;
    return yaml::parse_go_int(text.empty() ? "0" : text, out);
  });
}

bool ConfigNode::read_weak(double& out) const {
  return read_scalar("a number", [&](const Scalar& scalar, const std::string& text) {
    if (to_double(scalar, out)) return true;
    if (scalar.kind == Scalar::Kind::kBool) {
      out = scalar.boolean ? 1 : 0;
      return true;
    }
    return yaml::parse_go_float(text.empty() ? "0" : text, out);
  });
}

bool ConfigNode::read_weak(std::vector<std::string>& out) const {
  if (empty()) return true;
  std::vector<std::string> texts;
  bool good = true;
  if (is_list()) {
    for (const ConfigNode& item : items()) good &= item.read_weak(texts.emplace_back());
  } else {
    good = read_weak(texts.emplace_back());
  }
  if (good) out = std::move(texts);
  return good;
}

}  // namespace tailrace
