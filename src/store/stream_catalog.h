// StreamCatalog: the streams of pushes, by the text in which their labels come.
//
// A label set is parsed, checked and given its service_name once; later pushes find it by its text.
// Equal sets are one StreamInfo, whatever their spelling. All calls are thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "base/result.h"
#include "model/labels.h"
#include "store/store_options.h"

namespace tailrace {

struct StreamInfo {
  Labels labels;
  std::string text;   // {a="x", b="y"}: sorted, unique: the stream's name in the database
  std::string level;  // of a label such as `level`, normalised; "" if it has none
};
// Shared by the head, the catalog and queries.
using StreamPtr = std::shared_ptr<const StreamInfo>;

struct RefusedStream {
  std::string reason;  // for metrics: "invalid_labels"
  std::string message;
};

class StreamCatalog {
 public:
  explicit StreamCatalog(const StoreOptions& options) : options_(options) {}

  // By the labels of a push. Null with `refused` filled: they cannot be taken.
  StreamPtr of_push(std::string_view labels, RefusedStream& refused);
  // By the name in the database: nothing is added to it. Null: it cannot be read.
  StreamPtr of_name(std::string_view name);
  // Forgets what nobody uses any more.
  void sweep();
  std::size_t size() const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return hash_bytes(text); }
  };
  using ByText = std::unordered_map<std::string, StreamPtr, TextHash, std::equal_to<>>;

  bool check(Labels& labels, RefusedStream& refused) const;
  StreamPtr intern(Labels labels);  // with mutex_ held

  const StoreOptions& options_;
  mutable std::mutex mutex_;
  ByText by_push_;
  ByText by_name_;
};

}  // namespace tailrace
