// EntryRelabeler: from the labels that an entry came with to its stream.
//
// Network sources relabel every entry, but entries with equal labels come in thousands, so results
// are remembered by the labels that went in. Labels that begin with "__" and that no rule reads
// cannot matter (a process id, say) and are left out of that.
//
//   relabeler.begin();
//   relabeler.set("__syslog_message_hostname", hostname);
//   const LabelSet* stream = relabeler.stream();   // null: a rule dropped it
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "model/interner.h"
#include "relabel/relabel.h"

namespace tailrace {

class EntryRelabeler {
 public:
  // Results remembered; at this number all are forgotten.
  static constexpr std::size_t kRememberedMax = 4096;
  // Beyond it (in bytes, of all labels of one entry) a result is not remembered.
  static constexpr std::size_t kKeyBytesMax = 16 * 1024;

  enum class Fixed : std::uint8_t {
    kRelabeled,   // as if every entry came with them; they win over its own
    kAddedAfter,  // rules do not see them; those of the entry win
  };

  // `fixed`: labels of the configuration. `interner` outlives this.
  EntryRelabeler(RelabelConfigs rules, Labels fixed, Fixed mode, Interner& interner);
  EntryRelabeler(const EntryRelabeler&) = delete;
  EntryRelabeler& operator=(const EntryRelabeler&) = delete;

  void begin() { key_.clear(); }
  // One label of the entry. Of a name given twice the last counts.
  void set(std::string_view name, std::string_view value) {
    if (reads(name)) append(name, value);
  }
  // The stream of the labels given since begin(), without those that begin with "__"; null if a
  // rule dropped the entry. Good until the interner's next sweep.
  const LabelSet* stream();
  // Whether the label can make a difference, for sources that would have to compute it.
  bool reads(std::string_view name) const;

  const Labels& fixed() const noexcept { return fixed_; }
  std::size_t remembered() const noexcept { return remembered_.size(); }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return static_cast<std::size_t>(hash_bytes(text));
    }
  };
  void append(std::string_view name, std::string_view value);
  LabelSetRef compute() const;

  const RelabelConfigs rules_;
  const Labels fixed_;
  const Fixed mode_;
  Interner& interner_;
  std::vector<std::string> names_read_;  // sorted
  std::vector<std::size_t> label_maps_;  // rules that read labels by a regex
  std::string key_;                      // { <length> name <length> value }
  std::unordered_map<std::string, LabelSetRef, TextHash, std::equal_to<>> remembered_;
  LabelSetRef last_;  // of a result that is not remembered
};

// Removes the labels that begin with "__": they never leave the agent.
void drop_internal_labels(Labels& labels);

}  // namespace tailrace
