// After warm-up a line allocates nothing: a counting operator new over whole rounds of lines.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "pipeline/log_lines.h"
#include "pipeline/pipeline.h"

namespace {

std::atomic<std::size_t> allocations = 0;

void* allocate(std::size_t bytes) {
  ++allocations;
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace tailrace {
namespace {

class CountingEnd final : public EntrySink {
 public:
  void accept(Entry& entry) override {
    bytes_ += entry.line.size() + entry.stream()->text().size();
    ++entries_;
  }
  std::size_t entries() const { return entries_; }

 private:
  std::size_t bytes_ = 0;
  std::size_t entries_ = 0;
};

// Allocations in one round over `lines`, after two rounds to warm up.
std::size_t allocations_of(std::string_view stages, const std::vector<std::string>& lines) {
  Interner interner;
  FieldTable fields;
  Metrics metrics;
  ConfigErrors errors;
  CountingEnd end;
  Arena arena;
  const YamlFile yaml("test.yaml", std::string(stages), errors);
  PipelineContext context{fields, metrics, Clock::system()};
  const auto pipeline = Pipeline::build(yaml.root(), context, end);
  if (!pipeline) {
    ADD_FAILURE() << errors.text();
    return 0;
  }
  const LabelSetRef target(interner.intern({{"job", "test"}, {"filename", "/var/log/app.log"}}));
  Entry entry;
  entry.arena = &arena;
  entry.interner = &interner;
  const auto round = [&] {
    for (const std::string& line : lines) {
      entry.begin(line, 1, target.get(), nullptr);
      pipeline->accept(entry);
      arena.reset();
    }
    if (interner.sweep_due()) interner.sweep();
  };
  round();
  round();
  const std::size_t before = allocations;
  round();
  const std::size_t made = allocations - before;
  EXPECT_GT(end.entries(), 0U);
  return made;
}

TEST(HotPath, AllocatesNothingPerLine) {
  LogLines make;
  const auto nginx = make.nginx(2000), json = make.json(2000), docker = make.docker(2000),
             plain = make.plain(2000), logfmt = make.logfmt(2000), cri = make.cri(2000);
  auto f = [](std::string_view stages, const std::vector<std::string>& lines) {
    EXPECT_EQ(allocations_of(stages, lines), 0U) << stages;
  };
  f("[]", plain);
  f(R"(
- regex: {expression: '^\S+ \S+ \S+ \[(?P<t>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]*" (?P<status>\d+) (?P<bytes>\d+)'}
- labels: {method: , status: })",
    nginx);
  f(R"(
- json: {expressions: {ts: , level: , msg: }}
- labels: {level: }
- timestamp: {source: ts, format: RFC3339Nano})",
    json);
  f("- docker: {}", docker);
  f("- cri: {}", cri);
  f(R"(
- logfmt: {mapping: {ts: , level: , msg: }}
- timestamp: {source: ts, format: '2006-01-02T15:04:05.999999Z07:00', location: Europe/Berlin}
- labels: {level: }
- output: {source: msg})",
    logfmt);
  f(R"(
- match:
    selector: '{job="test"} |= "GET" |~ "items/\\d+"'
    stages:
      - regex: {expression: '" (?P<status>\d{3}) '}
      - labels: {status: }
- drop: {source: status, value: '500'}
- drop: {expression: 'curl', longer_than: 10}
- static_labels: {cluster: a}
- labeldrop: [filename]
- tenant: {value: team}
- structured_metadata: {status: }
- sampling: {rate: 0.9}
- limit: {rate: 1e9, burst: 1000000, drop: true}
- decolorize: {}
- replace: {expression: 'rid=(\S+)', replace: 'x'}
- pack: {labels: [cluster]})",
    nginx);
  f(R"(
- multiline: {firstline: 'worker-[0-5]'}
- metrics:
    lines: {type: Counter, config: {match_all: true, action: inc}}
    job: {type: Histogram, config: {}}
- labelallow: [job])",
    plain);
}

TEST(HotPath, TheCounterCounts) {
  const std::size_t before = allocations;
  const auto text = std::make_unique<std::string>(1000, 'x');
  EXPECT_EQ(allocations - before, 2U) << text->size();
}

}  // namespace
}  // namespace tailrace
