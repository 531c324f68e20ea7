// DockerContainer: follows the log of one container and hands its lines to the pipeline.
//
// A run reads until the container has stopped and its log has ended; the source starts another when
// it runs again. Trouble with the engine, its restart included, is waited out within a run: the log
// is opened again where reading stopped. The saved position follows what was acknowledged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/ledger.h"
#include "net/async.h"
#include "relabel/relabel.h"
#include "sources/docker/docker_engine.h"
#include "sources/docker/docker_log_reader.h"
#include "sources/docker/docker_marker.h"
#include "sources/docker/docker_repeats.h"
#include "sources/room_gate.h"
#include "sources/source.h"
#include "telemetry/log.h"

namespace tailrace {

struct DockerMetrics {
  explicit DockerMetrics(Metrics& metrics);
  Counter entries;
  Counter errors;
  Counter lines_cut;
  Counter reopened;
};

// What all containers of a source share; outlives them.
struct DockerShared {
  SourceContext& context;
  const RelabelConfigs& rules;
  RoomGate& gate;
  DockerMetrics& metrics;
  std::int64_t backoff_min_ns = 500 * kNsPerMs;
  std::int64_t backoff_max_ns = 10 * kNsPerSecond;
};

class DockerContainer {
 public:
  // Takes its place from the position book.
  DockerContainer(DockerShared& shared, DockerEngine& engine, std::size_t line_bytes_max,
                  const DockerContainerInfo& info);

  // One run. Not while another is under way.
  awaitable<void> run();
  bool is_running() const noexcept { return in_run_; }
  // Ends the run as soon as it gets the word; see also DockerEngine::close.
  void stop() noexcept { stopping_ = true; }

  // Its labels may have changed (a new name, networks).
  void set_info(const DockerContainerInfo& info);
  const DockerContainerInfo& info() const noexcept { return info_; }
  // The engine does not know it any more.
  bool removed() const noexcept { return removed_; }
  // Nothing of it is on its way.
  bool settled() const noexcept { return !in_run_ && ledger_.idle(); }
  // It has a place in the position book already.
  static bool is_known(const PositionBook& positions, const std::string& id);

  void publish();
  // Its place will never be needed again.
  void forget_position();
  SourceStatus status() const;

 private:
  awaitable<Result<void>> follow(DockerContainerState state);
  void take_lines(DockerLogReader& reader, DockerResume& resume, bool at_end);
  void hand_on();

  DockerShared& shared_;
  DockerEngine& engine_;
  const std::size_t line_bytes_max_;
  DockerContainerInfo info_;
  LabelSetRef streams_[2];  // stdout, stderr; null: dropped by a rule
  DockerMarker read_;       // the last line that was handed on
  DockerMarker safe_;       // before the oldest unfinished line
  DockerRepeats repeats_;
  Ledger<DockerMarker> ledger_;
  DockerMarker published_;
  std::vector<DockerLine> lines_;      // of one read, without those read before
  std::vector<DockerMarker> markers_;  // of one read: read_ after each of its lines
  std::string error_;                  // of the last try
  log::Every complain_;
  bool got_lines_ = false;  // in this look at the log
  bool in_run_ = false;
  bool stopping_ = false;
  bool removed_ = false;
};

}  // namespace tailrace
