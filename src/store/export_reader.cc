#include "store/export_reader.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <tuple>
#include <unordered_map>

namespace tailrace {
namespace {

// Takes copies of what it is shown. Several threads show blocks, one at a time gets in.
class Collector {
 public:
  Collector(ExportPart& part, std::int64_t from_ns, std::int64_t to_ns)
      : part_(part), from_ns_(from_ns), to_ns_(to_ns) {
    for (std::uint32_t i = 0; i < part.streams.size(); ++i)
      numbers_.emplace(&part.streams[i]->labels, i);
  }

  bool wants(const Labels& labels) const { return numbers_.count(&labels) != 0; }

  void take(const logql::EntryBlock& block) {
    const std::lock_guard lock(mutex_);
    constexpr std::uint32_t kNotYet = UINT32_MAX;
    std::vector<std::uint32_t> sets(block.metadata_sets.size(), kNotYet);
    const std::uint32_t stream = numbers_.at(block.stream);
    for (std::uint32_t i = 0; i < block.size(); ++i) {
      const std::int64_t time = block.timestamps[i];
      if (time < from_ns_ || time >= to_ns_) continue;
      std::uint32_t& set = sets[block.metadata[i]];
      if (set == kNotYet) {
        set = static_cast<std::uint32_t>(part_.metadata.size());
        const auto& pairs = block.metadata_sets[block.metadata[i]];
        part_.metadata.emplace_back(pairs.begin(), pairs.end());
      }
      const std::string_view line = block.lines[i];
      part_.lines.push_back({stream, set, time, block.order, i,
                             static_cast<std::uint32_t>(line.size()), part_.text.size()});
      part_.text += line;
    }
  }

 private:
  ExportPart& part_;
  const std::int64_t from_ns_;
  const std::int64_t to_ns_;
  std::unordered_map<const Labels*, std::uint32_t> numbers_;  // equal sets are one object
  std::mutex mutex_;
};

class CollectingVisitor final : public logql::BlockVisitor {
 public:
  explicit CollectingVisitor(Collector& collector) : collector_(collector) {}
  bool visit(const logql::EntryBlock& block) override {
    collector_.take(block);
    return true;
  }

 private:
  Collector& collector_;
};

}  // namespace

bool ExportReader::bounds_of(DayNumber day, std::int64_t& from_ns, std::int64_t& to_ns) const {
  from_ns = std::max(day_start_ns(day), range_.from_ns);
  to_ns = std::min(day_start_ns(day + 1), range_.to_ns);
  return from_ns < to_ns;
}

Result<ExportReader::Total> ExportReader::total() {
  Total out;
  for (const DayNumber day : store_.days()) {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    if (!bounds_of(day, from_ns, to_ns)) continue;
    TAILRACE_TRY(const auto volumes,
                 store_.volumes(range_.matchers, from_ns, to_ns, to_ns - from_ns));
    for (const StreamVolume& volume : volumes.front()) {
      out.entries += volume.entries;
      out.bytes += volume.bytes;
    }
  }
  return out;
}

Result<void> ExportReader::plan_day(DayNumber day) {
  Plan small;
  if (!bounds_of(day, small.from_ns, small.to_ns)) return {};
  TAILRACE_TRY(auto volumes, store_.volumes(range_.matchers, small.from_ns, small.to_ns,
                                            small.to_ns - small.from_ns));
  std::vector<StreamVolume>& streams = volumes.front();
  std::sort(streams.begin(), streams.end(), [](const StreamVolume& a, const StreamVolume& b) {
    return a.stream->text < b.stream->text;
  });
  const auto flush = [&] {
    if (!small.streams.empty()) plans_.push_back(small);
    small.streams.clear();
    small.bytes = 0;
  };
  for (const StreamVolume& volume : streams) {
    const auto bytes = static_cast<std::uint64_t>(volume.bytes);
    if (bytes > part_bytes_) {
      plans_.push_back({{volume.stream}, small.from_ns, small.to_ns, bytes});
      continue;
    }
    if (small.bytes + bytes > part_bytes_) flush();
    small.streams.push_back(volume.stream);
    small.bytes += bytes;
  }
  flush();
  return {};
}

// Halves the time of a plan that is too large, until its first part is not.
Result<void> ExportReader::cut(Plan plan) {
  std::vector<logql::MatcherSyntax> syntax;
  for (const Labels::Pair& pair : plan.streams.front()->labels)
    syntax.push_back({pair.first, logql::MatchOp::kEqual, pair.second, {}});
  TAILRACE_TRY(const std::vector<logql::Matcher> matchers, logql::compile_matchers(syntax));
  while (plan.bytes > part_bytes_ && plan.to_ns - plan.from_ns > 1) {
    const std::int64_t middle = plan.from_ns + (plan.to_ns - plan.from_ns) / 2;
    Plan second = plan;
    second.from_ns = plan.to_ns = middle;
    TAILRACE_TRY(const auto volumes,
                 store_.volumes(matchers, plan.from_ns, plan.to_ns, plan.to_ns - plan.from_ns));
    double bytes = 0;
    for (const StreamVolume& volume : volumes.front()) {
      if (volume.stream == plan.streams.front()) bytes = volume.bytes;
    }
    plan.bytes = static_cast<std::uint64_t>(bytes);
    second.bytes -= std::min(second.bytes, plan.bytes);
    plans_.push_front(std::move(second));
  }
  plan.bytes = 0;
  plans_.push_front(std::move(plan));
  return {};
}

Result<ExportPart> ExportReader::read(const Plan& plan) {
  ExportPart out;
  out.day = day_;
  out.streams = plan.streams;
  Collector collector(out, plan.from_ns, plan.to_ns);
  logql::QueryStop stop;
  logql::ScanRequest request;
  request.matchers = &range_.matchers;
  request.streams = [&](const Labels& labels) { return collector.wants(labels); };
  request.from_ns = plan.from_ns;
  request.to_ns = plan.to_ns;
  request.make_visitor = [&] { return std::make_unique<CollectingVisitor>(collector); };
  request.stop = &stop;
  TAILRACE_TRY(const logql::ScanStats stats, store_.scan(request));
  out.damaged_blocks = stats.damaged_blocks;
  std::sort(out.lines.begin(), out.lines.end(), [](const ExportedLine& a, const ExportedLine& b) {
    return std::tie(a.stream, a.timestamp_ns, a.order, a.index) <
           std::tie(b.stream, b.timestamp_ns, b.order, b.index);
  });
  return out;
}

Result<std::optional<ExportPart>> ExportReader::next() {
  if (!days_) {
    const std::vector<DayNumber> days = store_.days();
    days_.emplace(days.begin(), days.end());
  }
  while (plans_.empty()) {
    if (days_->empty()) return std::optional<ExportPart>();
    day_ = days_->front();
    days_->pop_front();
    TAILRACE_CHECK(plan_day(day_));
  }
  Plan plan = std::move(plans_.front());
  plans_.pop_front();
  if (plan.bytes > part_bytes_) {
    TAILRACE_CHECK(cut(std::move(plan)));
    plan = std::move(plans_.front());
    plans_.pop_front();
  }
  TAILRACE_TRY(ExportPart part, read(plan));
  return std::optional<ExportPart>(std::move(part));
}

}  // namespace tailrace
