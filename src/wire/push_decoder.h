// Push decoder: the bytes of a PushRequest as views, without copying lines.
//
//   PushReader reader(bytes);
//   while (reader.next_stream()) {
//     use(reader.labels());
//     while (reader.next_entry()) use(reader.entry());
//   }
//   if (reader.failed()) ...
//
// Takes what protobuf's parsers take: fields in any order, unknown ones, repeated scalars (the last
// counts). A stream whose labels come behind its entries is fine too, so next_stream() looks ahead.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace {

struct PushedEntry {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  std::string_view line;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
};

class PushReader {
 public:
  // `request`: uncompressed. It outlives the reader and all views.
  explicit PushReader(std::string_view request) : rest_(request) {}

  bool next_stream();
  std::string_view labels() const noexcept { return labels_; }
  bool next_entry();
  const PushedEntry& entry() const noexcept { return entry_; }
  // Whether the bytes are no PushRequest. What came before that is good.
  bool failed() const noexcept { return failed_; }

 private:
  bool fail() noexcept {
    failed_ = true;
    return false;
  }
  bool read_entry(std::string_view bytes);

  std::string_view rest_;    // of the request
  std::string_view stream_;  // what is left of the stream
  std::string_view labels_;
  PushedEntry entry_;
  bool failed_ = false;
};

}  // namespace tailrace
