#include "store/store.h"

#include <random>
#include <set>
#include <thread>

#include "rig.h"
#include "store/day_database.h"
#include "store/inbox.h"
#include "store/salvage.h"
#include "store/store_impl.h"

namespace tailrace {
namespace {

constexpr std::int64_t kSecond = kNsPerSecond;
constexpr std::int64_t kHour = 3600 * kNsPerSecond;

using Lines = std::vector<std::string>;

TEST(Store, LinesAreReadableAtOnceAndAfterEveryKindOfRestart) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  rig.push_good(
      {{R"({job="a"})", {{t, "one"}, {t + 1, "two"}}}, {R"({job="b"})", {{t + 2, "three"}}}});
  const auto check = [&](std::string_view when) {
    SCOPED_TRACE(when);
    EXPECT_EQ(rig.lines(R"({job="a"})"), (Lines{"one", "two"}));
    EXPECT_EQ(rig.lines(R"({job=~".+"})"), (Lines{"one", "two", "three"}));
    EXPECT_EQ(rig.lines(R"({job=~".+"} |= "t")", t, t + 3, 1, true), (Lines{"three"}));
    EXPECT_EQ(rig.lines(R"({job="c"})"), Lines{});
  };
  check("in the head");
  rig.reopen();
  check("recovered from the inbox");
  rig.store->flush_and_wait();
  check("in chunks");
  rig.reopen();
  check("chunks after a restart");
  rig.push_good({{R"({job="a"})", {{t + 5, "four"}}}});
  EXPECT_EQ(rig.lines(R"({job="a"})"), (Lines{"one", "two", "four"}));
  rig.reopen(true);
  EXPECT_EQ(rig.lines(R"({job="a"})"), (Lines{"one", "two", "four"}));
}

TEST(Store, RangeIsInclusiveAtItsStartAndExclusiveAtItsEnd) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  rig.push_good({{R"({a="b"})", {{t, "0"}, {t + 1, "1"}, {t + 2, "2"}}}});
  for (const bool flushed : {false, true}) {
    if (flushed) rig.store->flush_and_wait();
    EXPECT_EQ(rig.lines(R"({a="b"})", t, t + 2), (Lines{"0", "1"}));
    EXPECT_EQ(rig.lines(R"({a="b"})", t + 1, t + 3, 10, true), (Lines{"2", "1"}));
    EXPECT_EQ(rig.lines(R"({a="b"})", t + 3, t + 9), Lines{});
  }
}

TEST(Store, TheSameLineIsStoredOnce) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  const TestStream stream{R"({a="b"})", {{t, "x"}, {t, "y"}, {t, "x"}, {t + 1, "x"}}};
  const auto count = [&] { return rig.lines(R"({a="b"})").size(); };
  rig.push_good({stream});
  EXPECT_EQ(count(), 3U) << "within a push";
  rig.push_good({stream, stream});
  EXPECT_EQ(count(), 3U) << "against the head";
  rig.store->flush_and_wait();
  rig.push_good({stream});
  EXPECT_EQ(count(), 3U) << "against chunks";
  rig.reopen();
  rig.push_good({stream});
  rig.store->flush_and_wait();
  EXPECT_EQ(count(), 3U) << "after a restart";
  EXPECT_EQ(rig.metric("tailrace_store_lines_total"), 3);
  EXPECT_EQ(rig.metric("tailrace_store_limit{limit=\"creation_grace_period_seconds\"}"), 600);
  // Other metadata makes another line; the time between two others is no reason to drop it.
  rig.push_good({{R"({a="b"})", {{t, "x", {{"trace", "1"}}}, {t - 5, "x"}}}});
  EXPECT_EQ(count(), 5U);
}

TEST(Store, ManyLinesOfOneTimeAreToldApart) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  TestStream stream{R"({a="b"})", {}};
  for (int i = 0; i < 500; ++i) stream.entries.push_back({t, "line " + std::to_string(i)});
  rig.push_good({stream});
  rig.push_good({stream});
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 500U);
  EXPECT_EQ(rig.lines(R"({a="b"})")[7], "line 7") << "equal times keep their order";
}

TEST(Store, TakesLinesInAnyOrderAndOfAnyDayWithinRetention) {
  StoreRig rig;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::set<std::pair<std::int64_t, std::string>> all;
  for (int round = 0; round < 60; ++round) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 40; ++i) {
      const std::int64_t t =
          rig.clock.now_ns() - static_cast<std::int64_t>(random() % (100 * 3600)) * kSecond;
      TestEntry entry{t, "n" + std::to_string(random() % 1000)};
      all.emplace(entry.timestamp_ns, entry.line);
      stream.entries.push_back(entry);
      if (i % 7 == 0) stream.entries.push_back(entry);
    }
    rig.push_good({stream});
    if (round % 9 == 0) rig.store->flush_and_wait();
    if (round % 20 == 19) rig.reopen();
  }
  const auto found = rig.query(R"({a="b"})", INT64_MIN / 2, INT64_MAX / 2).entries;
  std::set<std::pair<std::int64_t, std::string>> got;
  for (std::size_t i = 0; i < found.size(); ++i) {
    got.emplace(found[i].timestamp_ns, found[i].line);
    if (i > 0) {
      EXPECT_LE(found[i - 1].timestamp_ns, found[i].timestamp_ns);
    }
  }
  EXPECT_EQ(found.size(), all.size());
  EXPECT_EQ(got, all);
  // Any limit gives the best ones.
  const auto newest = rig.query(R"({a="b"})", INT64_MIN / 2, INT64_MAX / 2, 17, true).entries;
  ASSERT_EQ(newest.size(), 17U);
  for (std::size_t i = 0; i < newest.size(); ++i)
    EXPECT_EQ(newest[i].timestamp_ns, found[found.size() - 1 - i].timestamp_ns);
}

TEST(Store, RefusesWhatBreaksARuleAndStoresTheRest) {
  StoreOptions options;
  options.line_bytes_max = 100;
  options.metadata_pairs_max = 2;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  auto f = [&](const std::vector<TestStream>& streams, int status, std::string_view text) {
    const PushResult result = rig.push(streams);
    EXPECT_EQ(result.status, status);
    EXPECT_NE(result.message.find(text), std::string::npos) << result.message;
  };
  const TestStream good{R"({a="good"})", {{t, "kept"}}};
  f({}, 422, "error at least one valid stream is required for ingestion");
  f({good, {R"({a="b")", {{t, "x"}}}}, 400, "error parsing labels {a=\"b\" with error:");
  f({{R"({})", {{t, "nameless"}}}}, 204, "");
  EXPECT_EQ(rig.lines(R"({service_name="unknown_service", a=""})"), Lines{"nameless"});
  f({{R"({a="old"})", {{t - 200 * kHour, "x"}}}}, 400,
    "entry for stream '{a=\"old\", service_name=\"unknown_service\"}' has timestamp too old: "
    "2026-11-12T04:00:00Z, "
    "oldest acceptable timestamp is: 2026-11-13T12:00:00Z");
  f({{R"({a="new"})", {{t + kHour, "x"}}}}, 400, "has timestamp too new: 2026-11-20T13:00:00Z");
  f({{R"({a="meta"})", {{t, "x", {{"a", "1"}, {"b", "2"}, {"c", "3"}}}}}}, 400,
    "too many structured metadata");
  std::string many = "{";
  for (int i = 0; i < 16; ++i) many += "l" + std::to_string(i) + "=\"v\",";
  f({{many + "}", {{t, "x"}}}}, 400, "has 16 label names; limit 15");
  f({{R"({a="long"})", {{t, std::string(99, 'x') + "\xc3\xa4"}}}}, 204, "");
  EXPECT_EQ(rig.lines(R"({a="good"})"), Lines{"kept"});
  EXPECT_EQ(rig.lines(R"({a="long"})"), Lines{std::string(99, 'x')}) << "cut, not in a character";
  // A stream may have labels that no query can name, and is found after a restart.
  f({{R"({a="words", by="x", json="y"})", {{t, "kept"}}}}, 204, "");
  rig.reopen();
  EXPECT_EQ(rig.lines(R"({a="words"})"), Lines{"kept"});
  EXPECT_EQ(rig.store->push_and_wait("\x05garbage").status, 400);
  EXPECT_EQ(rig.store->push_and_wait(snappy("garbage")).status, 400);
}

TEST(Store, AddsServiceNameAndLevel) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  rig.push_good({{R"({job="j"})", {{t, "level=warn x"}}},
                 {R"({app="x", job="j", level="ERR"})", {{t + 1, "info"}}}});
  const auto found = rig.query(R"({job="j"})", t, t + 2).entries;
  ASSERT_EQ(found.size(), 2U);
  const auto label = [](const logql::FoundEntry& entry, std::string_view name) {
    for (const logql::OwnedLabel& each : entry.labels) {
      if (each.name == name) return each.value;
    }
    return std::string("none");
  };
  EXPECT_EQ(label(found[0], "service_name"), "j");
  EXPECT_EQ(label(found[0], "detected_level"), "warn");
  EXPECT_EQ(label(found[1], "service_name"), "x");
  EXPECT_EQ(label(found[1], "detected_level"), "error");

  StoreOptions options;
  options.discover_service_name = false;
  StoreRig plain(options);
  const PushResult nameless = plain.push({{"{}", {{t, "x"}}}});
  EXPECT_EQ(nameless.status, 400);
  EXPECT_EQ(nameless.message, "error at least one label pair is required per stream");
}

TEST(Store, SmallChunksOfASlowStreamAreJoined) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  for (int i = 0; i < 10; ++i) {
    rig.push_good({{R"({a="slow"})", {{t + i, "line " + std::to_string(i)}}}});
    rig.store->flush_and_wait();
  }
  EXPECT_EQ(rig.lines(R"({a="slow"})").size(), 10U);
  auto day = DayDatabase::open(DayDatabase::path_of(rig.options.path, day_of(t)), true);
  ASSERT_TRUE(day);
  const auto streams = day->streams();
  ASSERT_TRUE(streams);
  ASSERT_EQ(streams->size(), 1U);
  EXPECT_EQ((*streams)[0].chunks, 1U);
  EXPECT_EQ((*streams)[0].entries, 10U);
}

TEST(Store, FullRunsBecomeChunksByThemselves) {
  StoreOptions options;
  options.chunk_bytes = 64 << 10;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  for (int i = 0; i < 20; ++i) {
    TestStream stream{R"({a="b"})", {}};
    for (int n = 0; n < 100; ++n)
      stream.entries.push_back(
          {t + i * 100 + n, std::string(200, 'x') + std::to_string(i * 100 + n)});
    rig.push_good({stream});
  }
  rig.store->flush_and_wait();
  EXPECT_GE(rig.metric("tailrace_store_chunks_total"), 4);
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 2000U);
}

TEST(Store, RetentionDeletesWholeDays) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  for (int day = 6; day >= 0; --day)
    rig.push_good({{R"({a="b"})", {{t - day * 24 * kHour, std::to_string(day)}}}});
  rig.store->flush_and_wait();
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 7U);
  rig.clock.advance_ns(5 * 24 * kHour);
  rig.reopen();  // so that it need not wait for its timer
  rig.store->flush_and_wait();
  rig.store->flush_and_wait();
  EXPECT_EQ(rig.lines(R"({a="b"})"), (Lines{"2", "1", "0"}));
  EXPECT_FALSE(
      std::filesystem::exists(DayDatabase::path_of(rig.options.path, day_of(t - 6 * 24 * kHour))));
}

TEST(Store, MaxBytesDeletesTheOldestDayFirst) {
  StoreOptions options;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  std::mt19937_64 random(7);
  for (int day = 3; day >= 0; --day) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 200; ++i) {
      std::string noise;
      while (noise.size() < 1000) noise += static_cast<char>('!' + random() % 90);
      stream.entries.push_back({t - day * 24 * kHour + i, noise + " day" + std::to_string(day)});
    }
    rig.push_good({stream});
  }
  rig.store->stop(true);
  rig.store.reset();
  rig.options.max_bytes = 700'000;
  rig.open();
  rig.store->flush_and_wait();
  rig.store->flush_and_wait();
  EXPECT_EQ(rig.lines(R"({a="b"} |= "day3")").size(), 0U);
  EXPECT_EQ(rig.lines(R"({a="b"} |= "day0")").size(), 200U);
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(rig.options.path))
    bytes += file.file_size();
  EXPECT_LE(bytes, 700'000U);
}

TEST(Store, MaxBytesHoldsUnderSteadyLoad) {
  StoreOptions options;
  options.chunk_bytes = 64 << 10;
  options.head_bytes_max = 512 << 10;
  options.max_bytes = 4 << 20;
  StoreRig rig(options);
  std::mt19937_64 random(7);
  std::string last;
  for (int n = 0; n < 80; ++n) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 100; ++i) {
      last = std::to_string(n * 100 + i) + " ";
      while (last.size() < 1000) last += static_cast<char>('!' + random() % 90);
      stream.entries.push_back({rig.clock.now_ns() + i, last});
    }
    rig.push_good({stream});
    rig.clock.advance_ns(kSecond);
  }
  // 8 MB came; it is looked at every 15 seconds.
  EXPECT_LT(rig.lines(R"({a="b"})").size(), 8'000U) << "while they come";
  rig.clock.advance_ns(16 * kSecond);
  rig.store->flush_and_wait();
  rig.store->flush_and_wait();
  EXPECT_LE(DayFiles(rig.options.path).bytes(), options.max_bytes);
  const Lines found = rig.lines(R"({a="b"})");
  EXPECT_GT(found.size(), 500U);
  EXPECT_LT(found.size(), 6'000U);
  EXPECT_EQ(found.back(), last);
}

TEST(Store, AQueryStopsAtItsDeadlineWhenItIsToldToAndAtItsLimitOfBytes) {
  StoreOptions options;
  options.chunk_bytes = 16 << 10;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  for (int n = 0; n < 50; ++n) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 100; ++i)
      stream.entries.push_back({t + n * 100 + i, std::string(200, 'x')});
    rig.push_good({stream});
    rig.store->flush_and_wait();
  }
  const auto query = logql::parse_log_query(R"({a="b"} |= "y")");
  ASSERT_TRUE(query);
  const auto ask = [&](logql::QueryStop& stop) {
    const double before = rig.store->metrics().scanned_bytes.value();
    const auto found = logql::run_log_query(*query, {t, t + kHour, 10, false}, *rig.store, stop);
    return std::pair(found ? ErrorCode::kNotFound : found.error().code(),
                     rig.store->metrics().scanned_bytes.value() - before);
  };
  {
    logql::QueryStop stop;
    stop.set_deadline(rig.clock, rig.clock.monotonic_ns());
    EXPECT_EQ(ask(stop), std::pair(ErrorCode::kTimeout, 0.0));
  }
  {
    logql::QueryStop stop;
    stop.stop(logql::QueryStop::Reason::kCancelled);
    EXPECT_EQ(ask(stop), std::pair(ErrorCode::kCancelled, 0.0));
  }
  rig.store->stop(true);
  rig.store.reset();
  rig.options.query_bytes_max = 200'000;
  rig.open();
  logql::QueryStop stop;
  const auto [code, bytes] = ask(stop);
  EXPECT_EQ(code, ErrorCode::kInvalid);
  // Each thread ends the block it is in.
  EXPECT_LT(bytes, 400'000);
}

TEST(Store, AFlippedBitIsFoundReportedAndIsolated) {
  StoreOptions options;
  options.chunk_bytes = 16 << 10;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  for (int part = 0; part < 4; ++part) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 100; ++i)
      stream.entries.push_back(
          {t + part * 1000 + i, std::string(200, 'y') + " part" + std::to_string(part)});
    rig.push_good({stream});
    rig.store->flush_and_wait();
  }
  ASSERT_EQ(rig.lines(R"({a="b"})").size(), 400U);
  rig.store->stop(true);
  rig.store.reset();
  // In the text of one chunk, behind SQLite's back as far as it is concerned.
  {
    auto day = Database::open(DayDatabase::path_of(rig.options.path, day_of(t)).native(), {});
    ASSERT_TRUE(day);
    ASSERT_TRUE(day->run(
        "UPDATE block SET text_part = CAST(substr(text_part, 1, 40) || "
        "char(unicode(substr(text_part, 41, 1)) % 64 + 32) || substr(text_part, 42) AS BLOB) "
        "WHERE id = (SELECT min(id) FROM block)"));
  }
  rig.open();
  const auto found = rig.query(R"({a="b"})", INT64_MIN / 2, INT64_MAX / 2);
  EXPECT_EQ(found.entries.size(), 300U);
  EXPECT_EQ(found.stats.damaged_blocks, 1U);
  EXPECT_EQ(rig.metric("tailrace_store_damaged_total{part=\"chunk\"}"), 1);
}

TEST(Store, EveryFlippedBitOfAChunkIsFound) {
  ChunkEncoder encoder(3);
  const StreamInfo stream{Labels{{"a", "b"}}, R"({a="b"})", ""};
  std::vector<StoredEntry> entries = {{1, "first line", ""}, {2, "second line", ""}};
  const Chunk chunk = encoder.encode(stream, entries);
  ChunkDecoder decoder;
  logql::EntryBlock block;
  for (std::size_t bit = 0; bit < chunk.text.size() * 8; ++bit) {
    std::string damaged = chunk.text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto text = decoder.text(damaged);
    EXPECT_TRUE(!text || *text == "first line\nsecond line\n") << bit;
  }
  for (std::size_t bit = 0; bit < chunk.index.size() * 8; ++bit) {
    std::string damaged = chunk.index;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto read = decoder.index(damaged, stream, block);
    EXPECT_TRUE(!read || block.timestamps == (std::vector<std::int64_t>{1, 2})) << bit;
  }
}

TEST(Store, ADamagedDayDoesNotHideTheOthers) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  rig.push_good({{R"({a="b"})", {{t - 24 * kHour, "yesterday"}, {t, "today"}}}});
  rig.store->stop(true);
  rig.store.reset();
  write(DayDatabase::path_of(rig.options.path, day_of(t - 24 * kHour)).native(),
        std::string(40'000, 'x'));
  rig.open();
  EXPECT_EQ(rig.lines(R"({a="b"})"), Lines{"today"});
  EXPECT_GE(rig.metric("tailrace_store_damaged_total{part=\"day\"}"), 1);
}

std::vector<std::string> files_of(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    out.push_back(file.path().filename().native());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Store, ADamagedDayThatIsWrittenToIsSetAsideWithWhatCanBeReadOfIt) {
  StoreOptions options;
  options.chunk_bytes = 16 << 10;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  for (int part = 0; part < 30; ++part) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 100; ++i)
      stream.entries.push_back(
          {t + part * 1000 + i,
           std::to_string(i * 7919) + " line " + std::to_string(part) + std::string(200, 'y')});
    rig.push_good({stream});
    rig.store->flush_and_wait();
  }
  rig.store->stop(true);
  rig.store.reset();
  const auto file = DayDatabase::path_of(rig.options.path, day_of(t));
  // The root of the table `stream`: page 3, behind the schema and a page of pointers.
  Result<std::string> bytes = read_file(file);
  ASSERT_TRUE(bytes);
  bytes->replace(std::size_t{2} * 16384, 16384, 16384, 'x');
  write(file.native(), *bytes);
  rig.open();
  for (int i = 0; i < 3; ++i) rig.push_good({{R"({a="b"})", {{t + 100'000 + i, "after"}}}});
  rig.store->flush_and_wait();
  rig.store->flush_and_wait();
  EXPECT_EQ(rig.lines(R"({a="b"} |= "after")").size(), 3U);
  EXPECT_GE(rig.metric("tailrace_store_damaged_total{part=\"day\"}"), 1);
  EXPECT_TRUE(std::filesystem::exists(file.native() + ".damaged-1"));
  rig.reopen(true);
  EXPECT_EQ(rig.lines(R"({a="b"} |= "after")").size(), 3U);
  const auto found = rig.query(R"({a="b"})", INT64_MIN / 2, INT64_MAX / 2);
  EXPECT_EQ(found.stats.damaged_blocks, 0U);
  EXPECT_EQ(found.entries.size(), 3003U) << "all chunks were sound";
}

TEST(Store, SalvageTakesEverySoundChunkAndNoOther) {
  StoreOptions options;
  options.chunk_bytes = 16 << 10;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  for (int part = 0; part < 10; ++part) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 100; ++i)
      stream.entries.push_back({t + part * 1000 + i, std::string(200, 'y') + std::to_string(part)});
    rig.push_good({stream});
    rig.store->flush_and_wait();
  }
  rig.store->stop(true);
  rig.store.reset();
  const auto file = DayDatabase::path_of(rig.options.path, day_of(t));
  {
    auto day = Database::open(file.native(), {});
    ASSERT_TRUE(day);
    ASSERT_TRUE(
        day->run("UPDATE block SET text_part=zeroblob(50) WHERE id=3;"
                 "UPDATE block SET index_part=zeroblob(50) WHERE id=5;"
                 "DROP TABLE stream; DROP TABLE chunk"));
  }
  StreamCatalog catalog(rig.options);
  auto into = DayDatabase::open(file.native() + ".new", false);
  ASSERT_TRUE(into);
  const auto salvaged = salvage_day(file, catalog, *into);
  ASSERT_TRUE(salvaged) << salvaged.error().text();
  EXPECT_EQ(salvaged->chunks, 8U);
  EXPECT_EQ(salvaged->entries, 800U);
  const auto streams = into->streams();
  ASSERT_TRUE(streams);
  ASSERT_EQ(streams->size(), 1U);
  EXPECT_EQ((*streams)[0].entries, 800U);
  EXPECT_EQ((*streams)[0].first_ns, t);
  EXPECT_EQ((*streams)[0].last_ns, t + 9 * 1000 + 99);
}

TEST(Store, ADayWhoseEndIsMissingIsSetAsideWhenItIsWrittenTo) {
  StoreOptions options;
  options.chunk_bytes = 64 << 10;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  std::mt19937_64 random(5);
  for (int part = 0; part < 40; ++part) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 100; ++i) {
      std::string line = std::to_string(part * 1000 + i) + " ";
      while (line.size() < 800) line += static_cast<char>('!' + random() % 90);
      stream.entries.push_back({t + part * 1000 + i, line});
    }
    rig.push_good({stream});
    rig.store->flush_and_wait();
  }
  rig.store->stop(true);
  rig.store.reset();
  const auto file = DayDatabase::path_of(rig.options.path, day_of(t));
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2 / 16384 * 16384);
  rig.open();
  EXPECT_GE(rig.query(R"({a="b"})", INT64_MIN / 2, INT64_MAX / 2).stats.damaged_blocks, 1U);
  rig.push_good({{R"({a="b"})", {{t + 100'000, "after"}}}});
  rig.store->flush_and_wait();
  const std::size_t found = rig.lines(R"({a="b"})").size();
  EXPECT_GE(found, 300U);
  EXPECT_LT(found, 4001U);
  EXPECT_TRUE(std::filesystem::exists(file.native() + ".damaged-1"));
}

TEST(Store, ADamagedInboxIsSetAsideAndWhatCanBeReadOfItIsKept) {
  for (const bool garbage : {true, false}) {
    SCOPED_TRACE(garbage);
    StoreOptions options;
    options.chunk_bytes = 16 << 20;  // all stays in the inbox
    StoreRig rig(options);
    const std::int64_t t = rig.clock.now_ns();
    std::mt19937_64 random(5);
    for (int n = 0; n < 40; ++n) {
      std::string line = std::to_string(n) + " ";
      while (line.size() < 30'000) line += static_cast<char>('!' + random() % 90);
      rig.push_good({{R"({a="b"})", {{t + n, line}}}});
    }
    rig.store->stop(false);
    rig.store.reset();
    const auto file = Inbox::path_of(rig.options.path);
    if (garbage) {
      write(file.native(), std::string(100'000, 'x'));
    } else {
      // Its second half is gone, as after a repair of the file system.
      std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2 / 8192 * 8192);
    }
    rig.open();
    EXPECT_EQ(rig.metric("tailrace_store_damaged_total{part=\"inbox\"}"), 1);
    EXPECT_TRUE(std::filesystem::exists(file.native() + ".damaged-1"));
    const std::size_t kept = rig.lines(R"({a="b"})").size();
    if (garbage) {
      EXPECT_EQ(kept, 0U);
    } else {
      EXPECT_GE(kept, 1U);
      EXPECT_LT(kept, 40U);
    }
    rig.push_good({{R"({a="b"})", {{t + 1000, "after"}}}});
    rig.reopen();
    EXPECT_EQ(rig.lines(R"({a="b"})").size(), kept + 1);
  }
}

TEST(Store, ATornLogOfTheInboxLosesNothingThatWasCheckpointedAndOpens) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  for (int n = 0; n < 20; ++n) rig.push_good({{R"({a="b"})", {{t + n, "x"}}}});
  // A copy of a running store: the log as a crash leaves it.
  const std::filesystem::path copy = std::filesystem::path(rig.folder.path()) / "copy";
  std::filesystem::copy(rig.options.path, copy);
  const auto log = Inbox::path_of(copy).native() + "-wal";
  const std::uint64_t bytes = std::filesystem::file_size(log);
  ASSERT_GT(bytes, 0U);
  std::size_t before = 21;
  for (const std::uint64_t kept : {bytes, bytes - 1, bytes * 2 / 3, bytes / 3, std::uint64_t{20}}) {
    SCOPED_TRACE(kept);
    const std::filesystem::path torn = rig.folder.path() + "/torn" + std::to_string(kept);
    std::filesystem::copy(copy, torn);
    std::filesystem::remove(Inbox::path_of(torn).native() + "-shm");
    std::filesystem::resize_file(Inbox::path_of(torn).native() + "-wal", kept);
    StoreRig other;
    other.store.reset();
    other.options.path = torn;
    other.open();
    const std::size_t found = other.lines(R"({a="b"})").size();
    EXPECT_LE(found, before) << "a shorter log cannot know more";
    if (kept == bytes) {
      EXPECT_EQ(found, 20U);
    }
    before = found;
    other.push_good({{R"({a="b"})", {{t + 1000, "after"}}}});
    other.reopen();
    EXPECT_EQ(other.lines(R"({a="b"})").size(), found + 1);
  }
}

TEST(Store, AnInboxThatBreaksWhileWeRunIsReplaced) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  for (int n = 0; n < 20; ++n) rig.push_good({{R"({a="b"})", {{t + n, std::string(9000, 'x')}}}});
  {
    // Behind the store's back: its root is no page of a table any more.
    auto inbox = Database::open(Inbox::path_of(rig.options.path).native(), {});
    ASSERT_TRUE(inbox);
    ASSERT_TRUE(
        inbox->run("PRAGMA writable_schema=1; UPDATE sqlite_schema SET rootpage=2 WHERE "
                   "name='inbox'; PRAGMA schema_version=77"));
  }
  int good = 0;
  for (int n = 0; n < 5; ++n)
    good += rig.push({{R"({a="b"})", {{t + 100 + n, "after"}}}}).status == 204 ? 1 : 0;
  EXPECT_GE(good, 3) << "it goes on";
  EXPECT_EQ(rig.lines(R"({a="b"} |= "xxx")").size(), 20U);
  EXPECT_EQ(rig.lines(R"({a="b"} |= "after")").size(), static_cast<std::size_t>(good));
  rig.store->flush_and_wait();
  rig.reopen();
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 20U + static_cast<std::size_t>(good));
  EXPECT_EQ(rig.metric("tailrace_store_damaged_total{part=\"inbox\"}"), 1);
}

TEST(Store, WhatIsNotOursInTheFolderDoesNoHarm) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  rig.push_good({{R"({a="b"})", {{t, "kept"}}}});
  rig.store->stop(true);
  rig.store.reset();
  write((rig.options.path + "/notes.txt"), "hello");
  write((rig.options.path + "/2026-13-45.db"), "no date");
  write((rig.options.path + "/2026-11-19.db"), "no database, though its name says so");
  std::filesystem::create_directory(rig.options.path + "/2026-11-18.db");
  rig.open();
  const auto found = rig.query(R"({a="b"})", INT64_MIN / 2, INT64_MAX / 2);
  EXPECT_EQ(found.entries.size(), 1U);
  EXPECT_EQ(found.stats.damaged_blocks, 2U) << "two days of which nothing can be read";
  rig.push_good({{R"({a="b"})", {{t - 24 * kHour, "into the day that was none"}}}});
  rig.store->flush_and_wait();
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 2U);
  const PushResult result = rig.push({{R"({a="b"})", {{t - 48 * kHour, "where a folder is"}}}});
  EXPECT_EQ(result.status, 503);
  EXPECT_NE(result.message.find("2026-11-18.db cannot be read"), std::string::npos)
      << result.message;
  rig.push_good({{R"({a="b"})", {{t + 1, "others go on"}}}});
  EXPECT_TRUE(std::filesystem::exists(rig.options.path + "/notes.txt"));
}

TEST(Store, SaysWhatIsWrongWithItsFolder) {
  TempDir folder;
  Metrics metrics;
  auto f = [&](const std::string& path, std::string_view want) {
    StoreOptions options;
    options.path = path;
    const auto opened = Store::open(options, metrics);
    ASSERT_FALSE(opened) << path;
    EXPECT_NE(opened.error().text().find(want), std::string::npos) << opened.error().text();
    EXPECT_NE(opened.error().text().find(path), std::string::npos) << opened.error().text();
  };
  f(folder.write("file", "x"), "Not a directory");
  f("/proc/tailrace", "No such file or directory");
  std::filesystem::create_directories(folder / "blocked/inbox.db");
  f(folder / "blocked", "unable to open database file");
  StoreOptions options;
  options.path = folder / "shared";
  const auto first = Store::open(options, metrics);
  ASSERT_TRUE(first);
  f(folder / "shared", "is in use by another process");
}

TEST(Store, ADayOfAnotherStoreIsReadAndWrittenToWithoutLoss) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  StoreRig other;
  // The numbers of its pushes are far ahead of those here.
  for (int n = 0; n < 50; ++n) other.push_good({{R"({a="b"})", {{t + n, "other"}}}});
  other.store->stop(true);
  other.store.reset();
  rig.store->stop(true);
  rig.store.reset();
  const auto file = DayDatabase::path_of(other.options.path, day_of(t));
  std::filesystem::copy(file, DayDatabase::path_of(rig.options.path, day_of(t)));
  rig.open();
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 50U);
  rig.push_good({{R"({a="b"})", {{t + 1000, "ours"}, {t + 3, "other"}}}});
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 51U) << "seen in the head, and known what is there";
  rig.reopen();
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 51U) << "recovered";
  rig.reopen(true);
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 51U);
}

TEST(Store, CanBeReadBesideTheProcessThatHasIt) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  rig.push_good({{R"({a="b"})", {{t, "in a chunk"}}}});
  rig.store->flush_and_wait();
  rig.push_good({{R"({a="b"})", {{t + 1, "in the inbox"}}}});
  const auto files = files_of(rig.options.path);
  Metrics metrics;
  auto reader = Store::open_read_only(rig.options, metrics, rig.clock);
  ASSERT_TRUE(reader) << reader.error().text();
  std::swap(*reader, rig.store);
  EXPECT_EQ(rig.lines(R"({a="b"})"), (Lines{"in a chunk", "in the inbox"}));
  std::swap(*reader, rig.store);
  reader->reset();
  EXPECT_EQ(files_of(rig.options.path), files);
  rig.push_good({{R"({a="b"})", {{t + 2, "later"}}}});
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 3U);
}

TEST(Store, ManyWritersAndReadersAtOnce) {
  StoreOptions options;
  options.chunk_bytes = 32 << 10;
  options.head_bytes_max = 256 << 10;
  StoreRig rig(options);
  const std::int64_t t = rig.clock.now_ns();
  constexpr int kWriters = 4;
  constexpr int kPushes = 60;
  std::atomic<int> written{0};
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int p = 0; p < kPushes; ++p) {
        TestStream stream{"{writer=\"" + std::to_string(w) + "\"}", {}};
        for (int i = 0; i < 50; ++i)
          stream.entries.push_back(
              {t + p * 50 + i, "line " + std::to_string(p * 50 + i) + std::string(100, '.')});
        EXPECT_EQ(rig.push({stream}).status, 204);
        // It reads what was acknowledged.
        EXPECT_EQ(rig.lines("{writer=\"" + std::to_string(w) + "\"}").size(),
                  static_cast<std::size_t>((p + 1) * 50));
        ++written;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(written, kWriters * kPushes);
  EXPECT_EQ(rig.lines(R"({writer=~".+"})").size(),
            static_cast<std::size_t>(kWriters * kPushes * 50));
  rig.reopen();
  EXPECT_EQ(rig.lines(R"({writer=~".+"})").size(),
            static_cast<std::size_t>(kWriters * kPushes * 50));
}

TEST(Store, StreamsAndVolumes) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  StoreOptions no_levels;
  rig.push_good({{R"({job="a", env="x"})", {{t, "12345"}, {t + 10 * kSecond, "12345"}}},
                 {R"({job="b", env="x"})", {{t - 30 * kHour, "1"}}}});
  for (const bool flushed : {false, true}) {
    if (flushed) rig.store->flush_and_wait();
    const auto all = rig.store->streams({}, t - 40 * kHour, t + kHour);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ((*all)[0]->text, R"({env="x", job="a", service_name="a"})");
    EXPECT_EQ(rig.store->streams({}, t - 1, t + kHour)->size(), 1U);
    const auto volumes = rig.store->volumes({}, t - 40 * kHour, t + kHour, 41 * kHour);
    ASSERT_TRUE(volumes);
    ASSERT_EQ(volumes->size(), 1U);
    double entries = 0;
    double bytes = 0;
    for (const StreamVolume& each : (*volumes)[0]) {
      entries += each.entries;
      bytes += each.bytes;
    }
    EXPECT_EQ(entries, 3);
    EXPECT_EQ(bytes, 11 + 3 * 23) << "lines and detected_level=unknown";
  }
}

TEST(StoreOptions, AreReadFromTheConfiguration) {
  auto f = [](const std::string& text, std::string_view error) {
    ConfigErrors errors;
    YamlFile file("c.yml", text, errors);
    StoreOptions options;
    read(file.root(), options);
    EXPECT_EQ(errors.failed(), !error.empty()) << errors.text();
    EXPECT_NE(errors.text().find(error), std::string::npos) << errors.text();
    return options;
  };
  const StoreOptions options =
      f("path: /x\nretention: 2d\nmax_bytes: 5GB\nmax_query_series: 7\n", "");
  EXPECT_EQ(options.path, "/x");
  EXPECT_EQ(options.retention_ns, 48 * kHour);
  EXPECT_EQ(options.max_bytes, std::uint64_t{5} << 30);
  EXPECT_EQ(options.series_max, 7U);
  f("retention: nonsense", "retention");
  f("path: ''", "must name a directory");
  f("chunk_bytes: 1", "chunk_bytes");
  f("compression_level: 50", "from 1 to 19");
}

}  // namespace
}  // namespace tailrace
