// Store: what streams there are, and how much of each.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "store/day_database.h"
#include "store/store_impl.h"

namespace tailrace {
namespace {

bool touches(std::int64_t first_ns, std::int64_t last_ns, std::int64_t from_ns,
             std::int64_t to_ns) {
  return first_ns < to_ns && last_ns >= from_ns;
}

bool day_touches(DayNumber day, std::int64_t from_ns, std::int64_t to_ns) {
  return touches(day_start_ns(day), day_start_ns(day + 1) - 1, from_ns, to_ns);
}

// Spreads sums over steps.
class Spread {
 public:
  Spread(std::int64_t from_ns, std::int64_t to_ns, std::int64_t step_ns)
      : from_ns_(from_ns), to_ns_(to_ns), step_ns_(step_ns) {
    const std::int64_t span = std::max<std::int64_t>(to_ns - from_ns, 1);
    steps_.resize(static_cast<std::size_t>((span - 1) / step_ns + 1));
  }

  void add(const StreamPtr& stream, std::int64_t first_ns, std::int64_t last_ns, double entries,
           double bytes, std::uint64_t chunks) {
    if (!touches(first_ns, last_ns, from_ns_, to_ns_)) return;
    const auto whole = static_cast<double>(last_ns - first_ns + 1);
    const std::size_t begin = step_of(std::max(first_ns, from_ns_));
    const std::size_t end = step_of(std::min(last_ns, to_ns_ - 1));
    for (std::size_t i = begin; i <= end; ++i) {
      const std::int64_t step_from = from_ns_ + static_cast<std::int64_t>(i) * step_ns_;
      const std::int64_t step_to = std::min(step_from + step_ns_, to_ns_);
      const double part =
          static_cast<double>(std::min(last_ns + 1, step_to) - std::max(first_ns, step_from)) /
          whole;
      StreamVolume& sum = steps_[i][stream.get()];
      sum.stream = stream;
      sum.entries += entries * part;
      sum.bytes += bytes * part;
      sum.chunks += chunks;
    }
  }

  std::vector<std::vector<StreamVolume>> take() {
    std::vector<std::vector<StreamVolume>> out;
    for (auto& step : steps_) {
      std::vector<StreamVolume>& sums = out.emplace_back();
      for (auto& [stream, sum] : step) sums.push_back(std::move(sum));
    }
    return out;
  }

 private:
  std::size_t step_of(std::int64_t ns) const {
    return static_cast<std::size_t>((ns - from_ns_) / step_ns_);
  }
  const std::int64_t from_ns_;
  const std::int64_t to_ns_;
  const std::int64_t step_ns_;
  std::vector<std::map<const StreamInfo*, StreamVolume>> steps_;
};

}  // namespace

std::vector<DayNumber> Store::days() const {
  std::vector<DayNumber> out = impl_->days.all();
  for (const RunView& run :
       impl_->head.snapshot([](const StreamInfo&) { return true; }, INT64_MIN, INT64_MAX))
    out.push_back(run.day);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::vector<StreamPtr>> Store::streams(const std::vector<logql::Matcher>& matchers,
                                              std::int64_t from_ns, std::int64_t to_ns) {
  TAILRACE_CHECK(impl_->writer.recovered());
  std::map<std::string_view, StreamPtr> found;
  for (const RunView& run : impl_->head.snapshot(
           [&](const StreamInfo& stream) { return logql::selects(matchers, stream.labels); },
           from_ns, to_ns)) {
    found.emplace(run.stream->text, run.stream);
  }
  for (const DayNumber day : impl_->days.all()) {
    if (!day_touches(day, from_ns, to_ns)) continue;
    Result<DayDatabase> database = DayDatabase::open(impl_->days.path(day), true);
    const Result<std::vector<DayStream>> all = database ? database->streams() : database.error();
    if (!all) {
      TAILRACE_CHECK(impl_->leave_out(day, all.error()));
      continue;
    }
    for (const DayStream& stream : *all) {
      if (stream.chunks == 0 || !touches(stream.first_ns, stream.last_ns, from_ns, to_ns)) continue;
      if (found.count(stream.name) != 0) continue;
      const StreamPtr info = impl_->catalog.of_name(stream.name);
      if (info && logql::selects(matchers, info->labels)) found.emplace(info->text, info);
    }
  }
  std::vector<StreamPtr> out;
  for (auto& [name, stream] : found) out.push_back(std::move(stream));
  return out;
}

Result<std::vector<std::vector<StreamVolume>>> Store::volumes(
    const std::vector<logql::Matcher>& matchers, std::int64_t from_ns, std::int64_t to_ns,
    std::int64_t step_ns) {
  TAILRACE_CHECK(impl_->writer.recovered());
  Spread spread(from_ns, to_ns, step_ns);
  const std::vector<RunView> runs = impl_->head.snapshot(
      [&](const StreamInfo& stream) { return logql::selects(matchers, stream.labels); }, from_ns,
      to_ns);
  std::unordered_map<std::string, std::uint64_t> flushed;  // by day and name
  for (const DayNumber day : impl_->days.all()) {
    if (!day_touches(day, from_ns, to_ns)) continue;
    Result<DayDatabase> database = DayDatabase::open(impl_->days.path(day), true);
    // One view for all that is read of it: no flush in between.
    const Result<void> begun = database ? database->database().run("BEGIN") : database.error();
    const Result<std::vector<DayStream>> all = begun ? database->streams() : begun.error();
    if (!all) {
      TAILRACE_CHECK(impl_->leave_out(day, all.error()));
      continue;
    }
    const Result<std::int64_t> owner = database->inbox_id();
    const bool ours = owner && *owner == impl_->writer.inbox_id();
    for (const DayStream& stream : *all) {
      if (stream.chunks == 0) continue;
      const StreamPtr info = impl_->catalog.of_name(stream.name);
      if (!info || !logql::selects(matchers, info->labels)) continue;
      flushed.emplace(std::to_string(day) + info->text, ours ? stream.seq : 0);
      const bool whole =
          stream.first_ns >= from_ns && stream.last_ns < to_ns && step_ns >= to_ns - from_ns;
      if (whole) {
        spread.add(info, stream.first_ns, stream.last_ns, static_cast<double>(stream.entries),
                   static_cast<double>(stream.bytes), stream.chunks);
        continue;
      }
      const Result<std::vector<ChunkRow>> rows =
          database->overlapping(stream.id, from_ns, to_ns - 1);
      if (!rows) {
        TAILRACE_CHECK(impl_->leave_out(day, rows.error()));
        break;
      }
      for (const ChunkRow& row : *rows) {
        spread.add(info, row.first_ns, row.last_ns, static_cast<double>(row.entries),
                   static_cast<double>(row.bytes), 1);
      }
    }
  }
  for (const RunView& run : runs) {
    const auto known = flushed.find(std::to_string(run.day) + run.stream->text);
    if (known != flushed.end() && run.last_seq <= known->second) continue;
    spread.add(run.stream, run.first_ns, run.last_ns, static_cast<double>(run.entries),
               static_cast<double>(run.bytes), 1);
  }
  return spread.take();
}

}  // namespace tailrace
