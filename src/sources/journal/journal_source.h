// JournalSource: systemd's journal, through `journalctl -o export --follow`. That program comes
// with the journal and knows all its formats, so none of it has to be linked into ours.
//
// The cursor of the last entry that was delivered is the position. Fields of an entry become labels
// for relabeling: _SYSTEMD_UNIT is __journal__systemd_unit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/config_node.h"
#include "model/ledger.h"
#include "net/spawn.h"
#include "sources/entry_relabeler.h"
#include "sources/journal/child_process.h"
#include "sources/journal/journal_export.h"
#include "sources/room_gate.h"
#include "sources/source.h"
#include "telemetry/log.h"

namespace tailrace {

// The `journal` block of a scrape config.
struct JournalOptions {
  bool json = false;  // the line is all fields as JSON, not MESSAGE
  std::int64_t max_age_ns = std::int64_t{7} * 3600 * kNsPerSecond;
  Labels labels;
  std::string path;                  // "": the system's journal
  std::vector<std::string> matches;  // "FIELD=value"
  std::string journalctl = "journalctl";
};
// Problems are recorded at the node.
JournalOptions read_journal_options(const ConfigNode& node);

// The command that reads on behind `cursor`, or from max_age before `now_ns` if there is none or it
// is older than that (a cursor says its time).
std::vector<std::string> journalctl_command(const JournalOptions& options,
                                            const std::string& cursor, std::int64_t now_ns);

class JournalSource final : public Source {
 public:
  JournalSource(SourceContext& context, RelabelConfigs rules, JournalOptions options);
  ~JournalSource() override;

  // kNotFound: there is no journalctl.
  Result<void> start() override;
  void publish() override;
  void stop() override;
  bool settled() override { return tasks_.size() == 0 && ledger_.idle(); }
  bool ready() const override { return child_ != nullptr; }
  std::vector<SourceStatus> status() const override;

  // For tests: how long to wait before journalctl is started again.
  void set_backoff(std::int64_t min_ns) { backoff_min_ns_ = min_ns; }

 private:
  awaitable<void> run();
  awaitable<void> read_entries();
  void hand_on(JournalExportReader& reader);
  void hand_on_entry(const JournalEntry& entry, Ticket* ticket);
  void set_labels(const JournalEntry& entry);
  std::string position_key() const { return "cursor-" + context_.job_name; }

  SourceContext& context_;
  const JournalOptions options_;
  RoomGate gate_;
  EntryRelabeler relabeler_;
  std::string cursor_;  // of the last entry handed on
  Ledger<std::string> ledger_;
  std::string published_;
  Counter lines_;
  Counter no_message_;
  Counter empty_labels_;
  std::unique_ptr<ChildProcess> child_;
  std::string name_;  // of a label
  std::string json_;
  std::int64_t backoff_min_ns_ = 500 * kNsPerMs;
  bool got_entries_ = false;
  bool stopping_ = false;
  TaskGroup tasks_;
};

}  // namespace tailrace
