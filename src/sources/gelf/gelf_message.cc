#include "sources/gelf/gelf_message.h"

#include <array>
#include <cmath>

#include "base/clock.h"
#include "parse/json_value.h"
#include "wire/inflate.h"

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 8> kLevels = {
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};

std::optional<DeflateFormat> compression_of(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  if (first == 0x1f && second == 0x8b) return DeflateFormat::kGzip;
  if (first == 0x78 && (first * 256U + second) % 31 == 0) return DeflateFormat::kZlib;
  return std::nullopt;
}

// False if the field is there with another type.
bool take(const JsonValue& object, std::string_view name, std::string_view& out) {
  const JsonValue* const value = object.find(name);
  if (value == nullptr) return true;
  if (!value->is_string()) return false;
  out = value->text();
  return true;
}
bool take(const JsonValue& object, std::string_view name, double& out) {
  const JsonValue* const value = object.find(name);
  if (value == nullptr) return true;
  if (!value->is_number()) return false;
  out = value->number();
  return true;
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
  out += out.size() > 1 ? ",\"" : "\"";
  out += name;
  out += "\":";
  append_json_string(out, text);
}

// Fixed fields in Promtail's order, then the additional ones, sorted.
std::string line_of(const GelfMessage& message, const JsonValue& object) {
  std::string out = "{";
  append_field(out, "version", message.version);
  append_field(out, "host", message.host);
  append_field(out, "short_message", message.short_message);
  if (!message.full_message.empty()) append_field(out, "full_message", message.full_message);
  out += ",\"timestamp\":";
  append_json_number(out, message.timestamp);
  if (message.level != 0) out += ",\"level\":" + std::to_string(message.level);
  if (!message.facility.empty()) append_field(out, "facility", message.facility);
  for (const JsonMember& member : object.members()) {
    if (!member.key.starts_with('_')) continue;
    out += ',';
    append_json_string(out, member.key);
    out += ':';
    append_json(out, member.value);
  }
  out += '}';
  return out;
}

}  // namespace

std::string_view GelfMessage::level_name() const noexcept {
  return level >= 0 && level < static_cast<int>(kLevels.size())
             ? kLevels[static_cast<std::size_t>(level)]
             : std::string_view();
}

std::optional<std::int64_t> GelfMessage::timestamp_ns() const noexcept {
  const double ns = timestamp * static_cast<double>(kNsPerSecond);
  if (timestamp == 0 || !(std::abs(ns) < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(ns);
}

Result<GelfMessage> parse_gelf(std::string_view bytes, Arena& arena) {
  if (const std::optional<DeflateFormat> format = compression_of(bytes)) {
    TAILRACE_TRY(const std::string inflated, inflate_all(bytes, *format, kGelfMessageBytesMax));
    bytes = arena.copy(inflated);
  }
  // Some senders end with a NUL.
  while (bytes.ends_with('\0')) bytes.remove_suffix(1);
  const std::optional<JsonValue> object = parse_json(bytes, arena);
  if (!object || !object->is_object()) {
    return Error{ErrorCode::kInvalid, "a GELF message is no JSON object"};
  }
  GelfMessage message;
  double level = 0;
  const bool fits = take(*object, "version", message.version) &&
                    take(*object, "host", message.host) &&
                    take(*object, "short_message", message.short_message) &&
                    take(*object, "full_message", message.full_message) &&
                    take(*object, "facility", message.facility) &&
                    take(*object, "timestamp", message.timestamp) && take(*object, "level", level);
  if (!fits) return Error{ErrorCode::kInvalid, "a field of a GELF message has the wrong type"};
  if (std::abs(level) < 1e9) message.level = static_cast<int>(level);
  message.line = arena.copy(line_of(message, *object));
  return message;
}

}  // namespace tailrace
