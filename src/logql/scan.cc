#include "logql/scan.h"

#include <algorithm>

namespace tailrace::logql {
namespace {

// A filter that is one text, over lines that lie in one piece: the whole piece is searched, and
// only lines with a hit are looked at.
void search_text(const EntryBlock& block, const LineFilter& filter,
                 std::vector<std::uint32_t>& selected) {
  const std::string_view needle = filter.required_text();
  std::vector<std::uint32_t> out;
  std::size_t next = 0;  // in `selected`
  std::size_t from = 0;
  while (from < block.text.size() && next < selected.size()) {
    // Not before the next line that is still asked for.
    from = std::max(
        from, static_cast<std::size_t>(block.lines[selected[next]].data() - block.text.data()));
    const std::size_t found = find_text(block.text.substr(from), needle);
    if (found == std::string_view::npos) break;
    const char* const hit = block.text.data() + from + found;
    // The first selected line that ends behind the hit's start.
    const auto line =
        std::partition_point(selected.begin() + static_cast<std::ptrdiff_t>(next), selected.end(),
                             [&](std::uint32_t index) {
                               return block.lines[index].data() + block.lines[index].size() <= hit;
                             });
    if (line == selected.end()) break;
    next = static_cast<std::size_t>(line - selected.begin());
    const std::string_view text = block.lines[*line];
    const char* const line_end = text.data() + text.size();
    if (hit >= text.data() && hit + needle.size() <= line_end) {
      out.push_back(*line);
      ++next;
      from = static_cast<std::size_t>(line_end - block.text.data());
    } else {
      // Between two lines, or in one that is not asked for.
      from = static_cast<std::size_t>(hit - block.text.data()) + 1;
    }
  }
  selected = std::move(out);
}

}  // namespace

bool selects(const std::vector<Matcher>& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& matcher) {
    return matcher.matches(labels.get(matcher.name()));
  });
}

void select_entries(const EntryBlock& block, const std::vector<LineFilter>& filters,
                    std::int64_t from_ns, std::int64_t to_ns,
                    std::vector<std::uint32_t>& selected) {
  selected.clear();
  for (std::uint32_t i = 0; i < block.size(); ++i) {
    if (block.timestamps[i] >= from_ns && block.timestamps[i] < to_ns) selected.push_back(i);
  }
  for (const LineFilter& filter : filters) {
    if (selected.empty()) return;
    if (!block.text.empty() && filter.is_required_text() && !filter.required_text().empty()) {
      search_text(block, filter, selected);
      continue;
    }
    std::erase_if(selected,
                  [&](std::uint32_t index) { return !filter.matches(block.lines[index]); });
  }
}

}  // namespace tailrace::logql
