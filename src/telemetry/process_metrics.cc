// What the kernel knows about our process, read from /proc at each scrape.
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "base/file.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace tailrace {
namespace {

// /proc/self/stat after the command name, which may hold blanks: field 3 is word 0.
constexpr int kStartTimeWord = 19;
constexpr int kVirtualBytesWord = 20;
constexpr int kResidentPagesWord = 21;

std::string proc_file(const char* path) {
  const Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  std::string text(8192, '\0');
  const ssize_t count = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

double stat_word(const std::string& stat, int wanted) {
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos) return 0;
  at += 2;
  for (int word = 0; word < wanted && at != std::string::npos; ++word) {
    at = stat.find(' ', at);
    if (at != std::string::npos) ++at;
  }
  return at == std::string::npos ? 0 : std::strtod(stat.c_str() + at, nullptr);
}

double open_descriptors() {
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  double count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(folder);
  return count - 1;  // without the one that counts
}

double start_time_seconds() {
  const std::string text = proc_file("/proc/stat");
  const std::size_t at = text.find("\nbtime ");
  // The line may lie behind many CPUs and interrupts; the boot time can be computed as well.
  double boot = 0;
  if (at != std::string::npos) {
    boot = std::strtod(text.c_str() + at + 7, nullptr);
  } else {
    timespec wall{};
    timespec up{};
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &up);
    boot = static_cast<double>(wall.tv_sec - up.tv_sec);
  }
  const double ticks = stat_word(proc_file("/proc/self/stat"), kStartTimeWord);
  return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

struct ProcessMetrics {
  Counter cpu;
  Gauge resident;
  Gauge virtual_memory;
  Gauge open_fds;
  Gauge max_fds;
  Counter log_dropped;

  void collect() {
    cpu.add(cpu_seconds() - cpu.value());
    const std::string stat = proc_file("/proc/self/stat");
    resident.set(stat_word(stat, kResidentPagesWord) * static_cast<double>(sysconf(_SC_PAGESIZE)));
    virtual_memory.set(stat_word(stat, kVirtualBytesWord));
    open_fds.set(open_descriptors());
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    max_fds.set(static_cast<double>(limit.rlim_cur));
    log_dropped.add(static_cast<double>(log::dropped()) - log_dropped.value());
  }
};

}  // namespace

void register_process_metrics(Metrics& metrics) {
  ProcessMetrics process;
  process.cpu = metrics.counter("process_cpu_seconds_total",
                                "Total user and system CPU time spent in seconds.");
  process.resident =
      metrics.gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  process.virtual_memory =
      metrics.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
  process.open_fds = metrics.gauge("process_open_fds", "Number of open file descriptors.");
  process.max_fds = metrics.gauge("process_max_fds", "Maximum number of open file descriptors.");
  process.log_dropped = metrics.counter(
      "tailrace_log_events_dropped_total",
      "Events of the program's own log that were dropped because it was written too slowly.");
  metrics
      .gauge("process_start_time_seconds",
             "Start time of the process since the Unix epoch in seconds.")
      .set(start_time_seconds());
  metrics
      .gauge("tailrace_build_info", "Always 1; the labels say what was built.",
             {{"version", TAILRACE_VERSION}, {"compiler", TAILRACE_COMPILER}})
      .set(1);
  metrics.add_collector([process]() mutable { process.collect(); });
}

}  // namespace tailrace
