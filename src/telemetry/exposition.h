// Exposition: how numbers and label values are spelled in Prometheus' text format and in
// OpenMetrics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace {

// [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_metric_name(std::string_view name) noexcept;
// [a-zA-Z_][a-zA-Z0-9_]*
bool is_metric_label_name(std::string_view name) noexcept;
// The name as scrapers see it that do not ask for names in UTF-8: `_` for each character that a
// metric's name cannot have, as Prometheus' own library escapes it.
std::string escaped_metric_name(std::string_view name);

// Escapes backslash, line feed and double quote; bytes that are no UTF-8 become U+FFFD (a scraper
// refuses the whole page for one such byte).
void append_label_value(std::string& out, std::string_view value);
// Help text: in Prometheus' format a double quote stays as it is.
void append_help(std::string& out, std::string_view text, bool open_metrics);

// Integers without exponent, others in their shortest spelling; +Inf, -Inf, NaN.
void append_sample_value(std::string& out, double value);
void append_sample_value(std::string& out, std::uint64_t value);
// A bucket's bound: OpenMetrics writes whole numbers as 1.0.
void append_bound(std::string& out, double bound, bool open_metrics);

}  // namespace tailrace
