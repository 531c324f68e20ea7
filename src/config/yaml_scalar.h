// What a scalar of YAML means: the rules of YAML 1.1 as the Go library yaml.v2 applies them, since
// that is what Promtail's users write for. Inner header of this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::yaml {

// What a tag says about a scalar. kOther (a tag of one's own) reads as a string, as in yaml.v2.
enum class Tag : std::uint8_t { kNone, kString, kBool, kInt, kFloat, kNull, kBinary, kOther };

struct Scalar {
  enum class Kind : std::uint8_t { kNull, kBool, kInt, kUint, kFloat, kString };
  Kind kind = Kind::kString;
  bool boolean = false;
  std::int64_t integer = 0;         // kInt
  std::uint64_t large_integer = 0;  // kUint: more than an int64 holds
  double number = 0;                // kFloat
};

// `quoted`: in quotes or a block scalar, so a string unless a tag says otherwise.
Scalar resolve(std::string_view text, bool quoted, Tag tag);

// Go's strconv.ParseInt(text, 0, 64) and ParseFloat for what weak decoding meets; false if `text`
// is none.
bool parse_go_int(std::string_view text, std::int64_t& out);
bool parse_go_uint(std::string_view text, std::uint64_t& out);
bool parse_go_float(std::string_view text, double& out);
// strconv.ParseBool: 1 t T true TRUE True and their opposites.
bool parse_go_bool(std::string_view text, bool& out);

}  // namespace tailrace::yaml
