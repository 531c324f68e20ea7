// SyslogMessages: from the bytes of a syslog message to an entry in the pipeline.
#pragma once

#include <string>
#include <string_view>

#include "parse/syslog.h"
#include "sources/entry_relabeler.h"
#include "sources/source.h"
#include "sources/syslog/syslog_options.h"
#include "telemetry/log.h"

namespace tailrace {

struct SyslogMetrics {
  explicit SyslogMetrics(Metrics& metrics);
  Counter entries;
  Counter parsing_errors;
  Counter empty_messages;
  Counter datagrams_dropped;
  Gauge connections;
};

// Where a message came from.
struct SyslogPeer {
  std::string ip;
  std::string hostname;  // by reverse lookup; "" if there is none
};

class SyslogMessages {
 public:
  SyslogMessages(SourceContext& context, const SyslogOptions& options, RelabelConfigs rules,
                 SyslogMetrics& metrics);

  // Whether somebody reads the names of peers, so that they should be looked up.
  bool wants_hostnames() const { return relabeler_.reads("__syslog_connection_hostname"); }

  // Cuts `buffered` into messages and hands them on; returns how many bytes are done with. The rest
  // is to be given again, with more behind it. `broken`: the far end does not speak syslog.
  std::size_t take(SyslogSplitter& splitter, std::string_view buffered, bool at_end,
                   const SyslogPeer& peer, bool& broken);

 private:
  void hand_on(std::string_view text, const SyslogPeer& peer);
  const LabelSet* stream_of(const SyslogMessage& message, const SyslogPeer& peer);
  std::int64_t timestamp_of(const SyslogMessage& message);
  void parsing_error(const char* what, const SyslogPeer& peer);
  void complain(const char* what, const SyslogPeer& peer);

  SourceContext& context_;
  const SyslogOptions& options_;
  EntryRelabeler relabeler_;
  SyslogMetrics& metrics_;
  SyslogMessage message_;
  std::string name_;  // of a structured data label
  std::string full_;  // a message written anew
  log::Every complain_;
};

}  // namespace tailrace
