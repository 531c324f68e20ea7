// fmt.Sprintf, for the types that templates have.
//
// A verb that does not fit its operand prints %!verb(type=value), a missing operand
// %!verb(MISSING), those left over %!(EXTRA type=value, ...), as in Go.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

constexpr std::int64_t kWidthMax = 1'000'000;  // Go's own limit

struct Spec {
  bool minus = false, plus = false, sharp = false, space = false, zero = false;
  std::int64_t width = -1, precision = -1;
  char32_t verb = 0;
};

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) decode_utf8(text, at);
  return count;
}

class Formatter {
 public:
  Formatter(std::span<const Value> values, std::size_t bytes_max)
      : values_(values), bytes_max_(bytes_max) {}

  std::string run(std::string_view format) {
    bool reordered_any = false;
    while (!format.empty() && out_.size() <= bytes_max_) {
      const std::size_t percent = format.find('%');
      out_ += format.substr(0, percent);
      if (percent == std::string_view::npos) break;
      format.remove_prefix(percent + 1);
      Spec spec;
      is_index_good_ = true;
      reordered_ = false;
      read_spec(format, spec);
      reordered_any = reordered_any || reordered_;
      if (format.empty()) {
        out_ += "%!(NOVERB)";
        break;
      }
      std::size_t bytes = 0;
      spec.verb = decode_utf8(format, bytes);
      const std::string_view verb = format.substr(0, bytes);
      format.remove_prefix(bytes);
      if (spec.verb == '%') {
        out_ += '%';
      } else if (!is_index_good_) {
        out_ += "%!" + std::string(verb) + "(BADINDEX)";
      } else if (next_ >= values_.size()) {
        out_ += "%!" + std::string(verb) + "(MISSING)";
      } else {
        if (spec.verb == 'v')
          spec.plus = false;  // it asks for the names of fields, which nothing here has
        format_value(values_[next_++], spec, 0);
      }
    }
    if (!reordered_any && next_ < values_.size()) append_extra();
    return std::move(out_);
  }

 private:
  void append_extra() {
    out_ += "%!(EXTRA ";
    for (std::size_t i = next_; i < values_.size(); ++i) {
      if (i > next_) out_ += ", ";
      out_ += type_name(values_[i]);
      if (values_[i].is_nil()) continue;
      out_ += '=';
      append_value(out_, values_[i]);
    }
    out_ += ')';
  }

  // [n] before a verb, a width or a precision: the operand to take next.
  void read_index(std::string_view& format) {
    if (!format.starts_with('[')) return;
    reordered_ = true;
    const std::size_t close = format.find(']');
    std::size_t number = 0;
    if (close == std::string_view::npos) {
      is_index_good_ = false;
      format.remove_prefix(1);
      return;
    }
    const auto result = std::from_chars(format.data() + 1, format.data() + close, number);
    const bool is_number = result.ec == std::errc() && result.ptr == format.data() + close;
    format.remove_prefix(close + 1);
    if (is_number && number >= 1 && number <= values_.size()) {
      next_ = number - 1;
    } else {
      is_index_good_ = false;
    }
  }

  // A number or "*"; -1 if neither is there.
  std::int64_t read_number(std::string_view& format, std::string_view complaint) {
    if (format.starts_with('*')) {
      format.remove_prefix(1);
      const bool fits = next_ < values_.size() && values_[next_].is_integer() &&
                        std::abs(values_[next_].integer) <= kWidthMax;
      const std::int64_t number = fits ? values_[next_].integer : -1;
      if (!fits) out_ += complaint;
      if (next_ < values_.size()) ++next_;
      return fits ? number : INT64_MIN;
    }
    std::int64_t number = -1;
    while (!format.empty() && format[0] >= '0' && format[0] <= '9') {
      number = std::max<std::int64_t>(number, 0) * 10 + (format[0] - '0');
      if (number > kWidthMax) number = kWidthMax + 1;
      format.remove_prefix(1);
    }
    return number > kWidthMax ? -1 : number;
  }

  void read_spec(std::string_view& format, Spec& spec) {
    for (; !format.empty(); format.remove_prefix(1)) {
      const char flag = format[0];
      if (flag == '-') {
        spec.minus = true;
      } else if (flag == '+') {
        spec.plus = true;
      } else if (flag == '#') {
        spec.sharp = true;
      } else if (flag == ' ') {
        spec.space = true;
      } else if (flag == '0') {
        spec.zero = true;
      } else {
        break;
      }
    }
    read_index(format);
    const bool is_star = format.starts_with('*');
    spec.width = read_number(format, "%!(BADWIDTH)");
    if (is_star && spec.width < 0 && spec.width != INT64_MIN) {
      spec.width = -spec.width;
      spec.minus = true;
    }
    if (spec.width == INT64_MIN) spec.width = -1;
    if (spec.minus) spec.zero = false;
    if (format.starts_with('.')) {
      format.remove_prefix(1);
      read_index(format);
      const bool is_precision_star = format.starts_with('*');
      spec.precision = read_number(format, "%!(BADPREC)");
      if (is_precision_star && spec.precision < 0) {
        if (spec.precision != INT64_MIN) out_ += "%!(BADPREC)";
        spec.precision = -1;
      } else if (spec.precision < 0) {
        spec.precision = 0;
      }
    }
    read_index(format);
  }

  void pad(std::string_view text, const Spec& spec, bool with_zeros = false) {
    const auto have = static_cast<std::int64_t>(character_count(text));
    const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(spec.width - have, 0));
    if (spec.minus) {
      out_ += text;
      out_.append(missing, ' ');
    } else {
      out_.append(missing, with_zeros ? '0' : ' ');
      out_ += text;
    }
  }

  void bad_verb(const Value& value, const Spec& spec) {
    out_ += "%!";
    append_utf8(out_, spec.verb);
    out_ += '(';
    if (value.is_nil()) {
      out_ += "<nil>";
    } else {
      out_ += type_name(value);
      out_ += '=';
      Spec as_value = spec;
      as_value.verb = 'v';
      as_value.sharp = false;
      format_value(value, as_value, 0);
    }
    out_ += ')';
  }

  void format_value(const Value& value, const Spec& spec, int depth) {
    if (depth > kNestingMax) return;
    if (spec.verb == 'T') return pad(type_name(value), spec);
    switch (value.kind) {
      case Kind::kNil:
        if (depth > 0) {
          out_ += "<nil>";
          return;
        }
        if (spec.verb == 'v') return pad("<nil>", spec);
        return bad_verb(value, spec);
      case Kind::kBool:
        if (spec.verb != 't' && spec.verb != 'v') return bad_verb(value, spec);
        return pad(value.boolean ? "true" : "false", spec, spec.zero);
      case Kind::kInt:
      case Kind::kInt64:
      case Kind::kByte:
        return format_integer(value, spec);
      case Kind::kFloat:
        return format_float(value, spec);
      case Kind::kString:
        return format_text(value, value.text(), spec);
      case Kind::kTime:
      case Kind::kVersion:
        return format_text(value, value_text(value), spec);
      case Kind::kList:
        return format_list(value, spec, depth);
      case Kind::kMap:
        return format_map(value, spec, depth);
    }
  }

  void format_list(const Value& value, const Spec& spec, int depth) {
    const bool is_go = spec.verb == 'v' && spec.sharp;
    if (is_go) out_ += type_name(value);
    out_ += is_go ? '{' : '[';
    for (std::size_t i = 0; i < value.list->size(); ++i) {
      if (i > 0) out_ += is_go ? ", " : " ";
      format_value((*value.list)[i], spec, depth + 1);
    }
    out_ += is_go ? '}' : ']';
  }

  void format_map(const Value& value, const Spec& spec, int depth) {
    const bool is_go = spec.verb == 'v' && spec.sharp;
    out_ += is_go ? type_name(value) : "map";
    out_ += is_go ? '{' : '[';
    bool is_first = true;
    for (const auto& [key, member] : *value.map) {
      if (!is_first) out_ += is_go ? ", " : " ";
      is_first = false;
      format_value(Value::of_text(key), spec, depth + 1);
      out_ += ':';
      format_value(member, spec, depth + 1);
    }
    out_ += is_go ? '}' : ']';
  }

  void format_text(const Value& value, std::string_view text, const Spec& spec) {
    if (spec.precision >= 0 && spec.verb != 'x' && spec.verb != 'X') {
      std::size_t at = 0;
      for (std::int64_t i = 0; i < spec.precision && at < text.size(); ++i) decode_utf8(text, at);
      text = text.substr(0, at);
    }
    switch (spec.verb) {
      case 'v':
        if (spec.sharp) return pad(go_quoted(text), spec);
        [[fallthrough]];
      case 's':
        return pad(text, spec, spec.zero);
      case 'q': {
        const bool can_backquote =
            spec.sharp && text.find_first_of("`\x7f") == std::string_view::npos &&
            std::ranges::none_of(text, [](char c) { return c >= 0 && c < ' ' && c != '\t'; }) &&
            is_valid_utf8(text);
        return pad(can_backquote ? "`" + std::string(text) + "`" : go_quoted(text), spec,
                   spec.zero);
      }
      case 'x':
      case 'X':
        return format_hex(text, spec);
      default:
        return bad_verb(value, spec);
    }
  }

  void format_hex(std::string_view text, const Spec& spec) {
    const char* digits = spec.verb == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    if (spec.precision >= 0) text = text.substr(0, static_cast<std::size_t>(spec.precision));
    const std::string prefix = spec.sharp ? (spec.verb == 'x' ? "0x" : "0X") : "";
    std::string hex;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i > 0 && spec.space) hex += ' ';
      if (i == 0 || spec.space) hex += prefix;
      hex += digits[static_cast<unsigned char>(text[i]) >> 4];
      hex += digits[static_cast<unsigned char>(text[i]) & 15];
    }
    pad(hex, spec, spec.zero);
  }

  void format_integer(const Value& value, const Spec& spec) {
    switch (spec.verb) {
      case 'v':
        if (spec.sharp && value.kind == Kind::kByte) return pad_number(value, 16, spec, "0x");
        return pad_number(value, 10, spec, "");
      case 'd':
        return pad_number(value, 10, spec, "");
      case 'b':
        return pad_number(value, 2, spec, spec.sharp ? "0b" : "");
      case 'o':
        return pad_number(value, 8, spec, spec.sharp ? "0" : "");
      case 'O':
        return pad_number(value, 8, spec, "0o");
      case 'x':
        return pad_number(value, 16, spec, spec.sharp ? "0x" : "");
      case 'X':
        return pad_number(value, 16, spec, spec.sharp ? "0X" : "");
      case 'c':
      case 'q': {
        const bool is_character = value.integer >= 0 && value.integer <= 0x10FFFF;
        std::string text;
        append_utf8(text, is_character ? static_cast<char32_t>(value.integer) : 0xFFFD);
        if (spec.verb == 'c') return pad(text, spec, spec.zero);
        return pad(quoted_character(text), spec, spec.zero);
      }
      case 'U': {
        std::string hex = digits_of(value.integer, 16, true);
        const auto least =
            static_cast<std::size_t>(std::clamp<std::int64_t>(spec.precision, 4, kWidthMax));
        if (hex.size() < least) hex.insert(0, least - hex.size(), '0');
        std::string text = "U+" + hex;
        if (spec.sharp && value.integer >= 0 && value.integer <= 0x10FFFF &&
            is_go_printable(static_cast<char32_t>(value.integer))) {
          text += " '";
          append_utf8(text, static_cast<char32_t>(value.integer));
          text += "'";
        }
        return pad(text, spec);
      }
      default:
        return bad_verb(value, spec);
    }
  }

  static std::string quoted_character(std::string_view text) {
    if (text == "'") return "'\\''";
    if (text == "\"") return "'\"'";
    const std::string quoted = go_quoted(text);
    return "'" + quoted.substr(1, quoted.size() - 2) + "'";
  }

  static std::string digits_of(std::int64_t value, int base, bool is_upper) {
    char buffer[70];
    const auto magnitude =
        value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
    const auto result = std::to_chars(buffer, buffer + sizeof(buffer), magnitude, base);
    std::string digits(buffer, result.ptr);
    if (is_upper) {
      for (char& c : digits) c = c >= 'a' ? static_cast<char>(c - 32) : c;
    }
    return digits;
  }

  void pad_number(const Value& value, int base, const Spec& spec, std::string_view prefix) {
    std::string digits = digits_of(value.integer, base, spec.verb == 'X');
    const bool is_negative = value.integer < 0;
    std::string sign = is_negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
    std::size_t least = 0;
    if (spec.precision >= 0) {
      least = static_cast<std::size_t>(spec.precision);
      if (spec.precision == 0 && value.integer == 0) {
        Spec blank = spec;
        return pad("", blank);
      }
    } else if (spec.zero && !spec.minus && spec.width >= 0) {
      least = static_cast<std::size_t>(spec.width);
      if (!sign.empty() && least > 0) --least;
    }
    if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
    if (prefix == "0" && digits.starts_with('0')) prefix = "";
    pad(sign + std::string(prefix) + digits, spec);
  }

  static std::string float_digits(double value, const Spec& spec) {
    char buffer[1200];
    const int precision = static_cast<int>(std::min<std::int64_t>(spec.precision, 1000));
    const auto write = [&](std::chars_format form, int digits) {
      const auto result = digits < 0
                              ? std::to_chars(buffer, buffer + sizeof(buffer), value, form)
                              : std::to_chars(buffer, buffer + sizeof(buffer), value, form, digits);
      return std::string(buffer, result.ptr);
    };
    switch (spec.verb) {
      case 'e':
      case 'E':
        return write(std::chars_format::scientific, precision < 0 ? 6 : precision);
      case 'f':
      case 'F':
        return write(std::chars_format::fixed, precision < 0 ? 6 : precision);
      default: {
        if (precision >= 0) return write(std::chars_format::general, precision);
        std::string text;
        append_float(text, value);
        return text;
      }
    }
  }

  void format_float(const Value& value, const Spec& spec) {
    if (std::u32string_view(U"vgGeEfF").find(spec.verb) == std::u32string_view::npos)
      return bad_verb(value, spec);
    const double number = value.number;
    std::string text;
    bool is_finite = std::isfinite(number);
    if (std::isnan(number)) {
      text = "NaN";
    } else if (!is_finite) {
      text = "Inf";
    } else {
      text = float_digits(std::fabs(number), spec);
      if (spec.verb == 'E' || spec.verb == 'G') std::ranges::replace(text, 'e', 'E');
    }
    const bool is_negative = std::signbit(number) && !std::isnan(number);
    const bool shows_plus = spec.plus || (!is_finite && !std::isnan(number) && !is_negative &&
                                          spec.verb != 0 && !spec.space);
    const std::string sign = is_negative ? "-" : shows_plus ? "+" : spec.space ? " " : "";
    if (spec.zero && is_finite && !spec.minus &&
        spec.width > static_cast<std::int64_t>(text.size() + sign.size())) {
      text.insert(0, static_cast<std::size_t>(spec.width) - text.size() - sign.size(), '0');
    }
    pad(sign + text, spec);
  }

  std::span<const Value> values_;
  std::size_t bytes_max_;
  std::size_t next_ = 0;
  bool is_index_good_ = true;
  bool reordered_ = false;
  std::string out_;
};

}  // namespace

std::string format(std::string_view format, std::span<const Value> values, std::size_t bytes_max) {
  return Formatter(values, bytes_max).run(format);
}

}  // namespace tailrace::tmpl
