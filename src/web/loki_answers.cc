#include "web/loki_answers.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <utility>

#include "web/json_writer.h"

namespace tailrace {
namespace {

using logql::FoundEntry;
using logql::LabelSource;
using logql::OwnedLabel;

// [name, value] of those of one source; all if there is none.
template <class Wanted>
void append_pairs(std::string& out, const std::vector<OwnedLabel>& labels, Wanted wanted) {
  out += '{';
  bool first = true;
  for (const OwnedLabel& label : labels) {
    if (!wanted(label)) continue;
    if (!first) out += ',';
    first = false;
    append_json_text(out, label.name);
    out += ':';
    append_json_text(out, label.value);
  }
  out += '}';
}

bool has_any(const FoundEntry& entry, LabelSource source) {
  return std::any_of(entry.labels.begin(), entry.labels.end(),
                     [&](const OwnedLabel& label) { return label.source == source; });
}

void append_row(std::string& out, const FoundEntry& entry, bool categorize) {
  out += "[\"";
  out += std::to_string(entry.timestamp_ns);
  out += "\",";
  append_json_text(out, entry.line);
  if (categorize) {
    out += ",{";
    const bool metadata = has_any(entry, LabelSource::kMetadata);
    if (metadata) {
      out += "\"structuredMetadata\":";
      append_pairs(out, entry.labels,
                   [](const OwnedLabel& label) { return label.source == LabelSource::kMetadata; });
    }
    if (has_any(entry, LabelSource::kParsed)) {
      out += metadata ? ",\"parsed\":" : "\"parsed\":";
      append_pairs(out, entry.labels,
                   [](const OwnedLabel& label) { return label.source == LabelSource::kParsed; });
    }
    out += '}';
  }
  out += ']';
}

using Numbers = std::initializer_list<std::pair<std::string_view, double>>;

// "name":{"a":1,"b":2}
void append_numbers(std::string& out, std::string_view name, Numbers numbers) {
  append_json_text(out, name);
  out += ":{";
  bool first = true;
  for (const auto& [key, value] : numbers) {
    if (!first) out += ',';
    first = false;
    append_json_text(out, key);
    out += ':';
    append_json_number_of(out, value);
  }
  out += '}';
}

// What clients show of a query's costs. Blocks are what Loki calls chunks.
void append_stats(std::string& out, const AnswerStats& stats) {
  const double per_second = stats.seconds > 0 ? 1 / stats.seconds : 0;
  const auto bytes = static_cast<double>(stats.scan.bytes);
  const auto lines = static_cast<double>(stats.scan.lines);
  const auto blocks = static_cast<double>(stats.scan.blocks);
  const auto passed = static_cast<double>(stats.scan.lines_passed);
  out += "\"stats\":{";
  append_numbers(out, "summary",
                 {{"bytesProcessedPerSecond", std::floor(bytes * per_second)},
                  {"linesProcessedPerSecond", std::floor(lines * per_second)},
                  {"totalBytesProcessed", bytes},
                  {"totalLinesProcessed", lines},
                  {"execTime", stats.seconds},
                  {"queueTime", 0},
                  {"subqueries", 0},
                  {"totalEntriesReturned", static_cast<double>(stats.entries)},
                  {"splits", 0},
                  {"shards", 0},
                  {"totalPostFilterLines", passed},
                  {"totalStructuredMetadataBytesProcessed", 0}});
  out += ",\"ingester\":{\"store\":{";
  append_numbers(out, "chunk",
                 {{"decompressedBytes", bytes},
                  {"decompressedLines", lines},
                  {"compressedBytes", static_cast<double>(stats.scan.compressed_bytes)},
                  {"postFilterLines", passed}});
  out += ",\"totalChunksRef\":";
  append_json_number_of(out, blocks);
  out += ",\"totalChunksDownloaded\":";
  append_json_number_of(out, blocks);
  out += "}}}";
}

std::string head_of(std::string_view type, const AnswerStats& stats) {
  std::string out = "{\"status\":\"success\",";
  if (stats.scan.damaged_blocks != 0) {
    out += "\"warnings\":[\"" + std::to_string(stats.scan.damaged_blocks) +
           " damaged parts of the store were left out; see tailrace's log\"],";
  }
  out += "\"data\":{\"resultType\":\"";
  out += type;
  out += "\",";
  return out;
}

void end_answer(std::string& out, const AnswerStats& stats) {
  out += ',';
  append_stats(out, stats);
  out += "}}";
}

using Rows = std::vector<const FoundEntry*>;
using StreamRows = std::pair<std::string, Rows>;  // labels as JSON

void stream_labels(std::string& out, const FoundEntry& entry, bool categorize) {
  out.clear();
  append_pairs(out, entry.labels, [&](const OwnedLabel& label) {
    return !categorize || label.source == LabelSource::kStream;
  });
}

void append_all(std::string& out, const auto& streams, bool categorize) {
  out += '[';
  bool first = true;
  for (const auto& [labels, rows] : streams) {
    if (!first) out += ',';
    first = false;
    out += "{\"stream\":";
    out += labels;
    out += ",\"values\":[";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i != 0) out += ',';
      append_row(out, *rows[i], categorize);
    }
    out += "]}";
  }
  out += ']';
}

// A stream once, by its labels' text; rows keep the order of the entries.
void append_streams(std::string& out, const std::vector<FoundEntry>& entries, bool categorize) {
  std::map<std::string, Rows> streams;
  std::string labels;
  for (const FoundEntry& entry : entries) {
    stream_labels(labels, entry, categorize);
    streams[labels].push_back(&entry);
  }
  append_all(out, streams, categorize);
}

}  // namespace

void append_runs(std::string& out, const std::vector<FoundEntry>& entries, bool categorize) {
  std::vector<StreamRows> runs;
  std::string labels;
  for (const FoundEntry& entry : entries) {
    stream_labels(labels, entry, categorize);
    if (runs.empty() || runs.back().first != labels) runs.emplace_back(labels, Rows());
    runs.back().second.push_back(&entry);
  }
  append_all(out, runs, categorize);
}

std::string streams_answer(const std::vector<FoundEntry>& entries, bool categorize,
                           AnswerStats stats) {
  stats.entries = entries.size();
  std::string out = head_of("streams", stats);
  if (categorize) out += "\"encodingFlags\":[\"categorize-labels\"],";
  out += "\"result\":";
  append_streams(out, entries, categorize);
  end_answer(out, stats);
  return out;
}

std::string matrix_answer(const logql::Matrix& matrix, const logql::Grid& grid, AnswerStats stats) {
  std::vector<const logql::Series*> sorted;
  for (const logql::Series& series : matrix) sorted.push_back(&series);
  std::sort(sorted.begin(), sorted.end(),
            [](const logql::Series* a, const logql::Series* b) { return a->labels < b->labels; });
  std::string out = head_of("matrix", stats);
  out += "\"result\":[";
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i != 0) out += ',';
    out += "{\"metric\":";
    append_json_labels(out, sorted[i]->labels);
    out += ",\"values\":[";
    bool first = true;
    for (std::size_t k = 0; k < grid.count; ++k) {
      if (!sorted[i]->points.has(k)) continue;
      if (!first) out += ',';
      first = false;
      out += '[';
      append_json_seconds(out, grid.at(k));
      out += ',';
      append_json_value(out, sorted[i]->points[k]);
      out += ']';
    }
    out += "]}";
  }
  out += ']';
  end_answer(out, stats);
  return out;
}

std::string vector_answer(const logql::Matrix& matrix, const logql::Grid& grid, AnswerStats stats) {
  std::string out = head_of("vector", stats);
  out += "\"result\":[";
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    if (i != 0) out += ',';
    out += "{\"metric\":";
    append_json_labels(out, matrix[i].labels);
    out += ",\"value\":[";
    append_json_seconds(out, grid.start_ns);
    out += ',';
    append_json_value(out, matrix[i].points[0]);
    out += "]}";
  }
  out += ']';
  end_answer(out, stats);
  return out;
}

std::string scalar_answer(double value, std::int64_t timestamp_ns, AnswerStats stats) {
  std::string out = head_of("scalar", stats);
  out += "\"result\":[";
  append_json_seconds(out, timestamp_ns);
  out += ',';
  append_json_value(out, value);
  out += ']';
  end_answer(out, stats);
  return out;
}

}  // namespace tailrace
