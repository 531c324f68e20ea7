#include "parse/template/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace tailrace::tmpl {

Value Heap::list(List items, Kind element) {
  container_bytes_ += items.capacity() * sizeof(Value) + sizeof(List);
  lists_.push_back(std::move(items));
  Value out;
  out.kind = Kind::kList;
  out.element = element;
  out.list = &lists_.back();
  return out;
}

Value Heap::null_list(Kind element) {
  Value out = list({}, element);
  out.is_null_list = true;
  return out;
}

Value Heap::map(Map members, Kind element) {
  constexpr std::size_t kNodeBytes = 96;
  container_bytes_ += members.size() * kNodeBytes + sizeof(Map);
  maps_.push_back(std::move(members));
  Value out;
  out.kind = Kind::kMap;
  out.element = element;
  out.map = &maps_.back();
  return out;
}

Value Heap::time(const GoTime& time) {
  container_bytes_ += sizeof(GoTime);
  times_.push_back(time);
  Value out;
  out.kind = Kind::kTime;
  out.time = &times_.back();
  return out;
}

Value Heap::version(const Version& version) {
  container_bytes_ += sizeof(Version);
  versions_.push_back(version);
  Value out;
  out.kind = Kind::kVersion;
  out.version = &versions_.back();
  return out;
}

void Heap::reset() {
  arena_.reset();
  if (container_bytes_ == 0) return;
  lists_.clear();
  maps_.clear();
  times_.clear();
  versions_.clear();
  container_bytes_ = 0;
}

bool is_true(const Value& value) {
  switch (value.kind) {
    case Kind::kNil:
      return false;
    case Kind::kBool:
      return value.boolean;
    case Kind::kInt:
    case Kind::kInt64:
    case Kind::kByte:
      return value.integer != 0;
    case Kind::kFloat:
      return value.number != 0;
    case Kind::kString:
      return value.size > 0;
    case Kind::kList:
      return !value.list->empty();
    case Kind::kMap:
      return !value.map->empty();
    case Kind::kTime:
    case Kind::kVersion:
      return true;
  }
  return false;
}

std::string_view type_name(const Value& value) {
  switch (value.kind) {
    case Kind::kNil:
      return "<nil>";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kInt64:
      return "int64";
    case Kind::kByte:
      return "uint8";
    case Kind::kFloat:
      return "float64";
    case Kind::kString:
      return "string";
    case Kind::kList:
      if (value.element == Kind::kString) return "[]string";
      if (value.element == Kind::kInt) return "[]int";
      return value.element == Kind::kList ? "[][]interface {}" : "[]interface {}";
    case Kind::kMap:
      return value.element == Kind::kString ? "map[string]string" : "map[string]interface {}";
    case Kind::kTime:
      return "time.Time";
    case Kind::kVersion:
      return "*semver.Version";
  }
  return "";
}

std::string_view kind_name(const Value& value) {
  switch (value.kind) {
    case Kind::kNil:
      return "invalid";
    case Kind::kList:
      return "slice";
    case Kind::kMap:
      return "map";
    case Kind::kTime:
      return "struct";
    case Kind::kVersion:
      return "ptr";
    default:
      return type_name(value);
  }
}

bool deep_equal(const Value& a, const Value& b, int depth) {
  if (a.kind != b.kind || a.element != b.element || depth > kNestingMax) return false;
  if (a.is_null_list != b.is_null_list) return false;
  switch (a.kind) {
    case Kind::kNil:
      return true;
    case Kind::kBool:
      return a.boolean == b.boolean;
    case Kind::kInt:
    case Kind::kInt64:
    case Kind::kByte:
      return a.integer == b.integer;
    case Kind::kFloat:
      return a.number == b.number;
    case Kind::kString:
      return a.text() == b.text();
    case Kind::kList:
      return std::ranges::equal(*a.list, *b.list, [&](const Value& x, const Value& y) {
        return deep_equal(x, y, depth + 1);
      });
    case Kind::kMap:
      return std::ranges::equal(*a.map, *b.map, [&](const auto& x, const auto& y) {
        return x.first == y.first && deep_equal(x.second, y.second, depth + 1);
      });
    case Kind::kTime:
      return a.time->seconds == b.time->seconds && a.time->nanos == b.time->nanos;
    case Kind::kVersion:
      return a.version->original == b.version->original;
  }
  return false;
}

void append_float(std::string& out, double value) {
  char buffer[kDoubleTextBytesMax];
  const double size = std::fabs(value);
  if (!std::isfinite(value) || size == 0 || (size >= 1e-4 && size < 1e6)) {
    out.append(buffer, put_double(buffer, value));
    return;
  }
  const auto result =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  out.append(buffer, result.ptr);
}

void append_value(std::string& out, const Value& value, int depth) {
  if (depth > kNestingMax) {
    out += "...";
    return;
  }
  switch (value.kind) {
    case Kind::kNil:
      out += "<nil>";
      return;
    case Kind::kBool:
      out += value.boolean ? "true" : "false";
      return;
    case Kind::kInt:
    case Kind::kInt64:
    case Kind::kByte:
      out += std::to_string(value.integer);
      return;
    case Kind::kFloat:
      append_float(out, value.number);
      return;
    case Kind::kString:
      out += value.text();
      return;
    case Kind::kList:
      out += '[';
      for (const Value& item : *value.list) {
        if (&item != value.list->data()) out += ' ';
        append_value(out, item, depth + 1);
      }
      out += ']';
      return;
    case Kind::kMap: {
      out += "map[";
      bool is_first = true;
      for (const auto& [key, member] : *value.map) {
        if (!is_first) out += ' ';
        is_first = false;
        out += key;
        out += ':';
        append_value(out, member, depth + 1);
      }
      out += ']';
      return;
    }
    case Kind::kTime: {
      static const GoLayout layout = GoLayout::compile("2006-01-02 15:04:05.999999999 -0700 MST");
      layout.format(*value.time, out);
      return;
    }
    case Kind::kVersion: {
      const Version& version = *value.version;
      out += std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
             std::to_string(version.patch);
      if (!version.prerelease.empty()) (out += '-') += version.prerelease;
      if (!version.metadata.empty()) (out += '+') += version.metadata;
      return;
    }
  }
}

std::string value_text(const Value& value) {
  std::string out;
  append_value(out, value);
  return out;
}

void append_printed(std::string& out, const Value& value) {
  if (value.is_nil()) {
    out += "<no value>";
  } else {
    append_value(out, value);
  }
}

}  // namespace tailrace::tmpl
