// Load for a store or a Loki: pushes that are made before the clock starts.
//
//   store_load gen <file> <MiB of lines> [streams]      makes them; prints a needle: a text that
//   one
//                                                       line has
//   store_load push <port> <file> [connections]         sends them all; prints MB/s of raw lines,
//                                                       refusals, and how long a push took
//   store_load fill <port> <MiB of lines> [streams]     makes and sends them at once: for much data
//
// A file is a row of payloads, each with the bytes of its lines (8) and its own (8) in front.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/byte_buffer.h"
#include "base/clock.h"
#include "wire/push_encoder.h"
#include "wire/snappy_gather.h"

namespace {

using namespace tailrace;

constexpr std::size_t kBatchBytes = 1 << 20;

std::string make_line(std::mt19937_64& random) {
  static const char* const kLevels[] = {"info", "info", "info", "debug", "warn", "error"};
  static const char* const kPaths[] = {"/api/v1/items", "/api/v1/users", "/health",
                                       "/api/v2/orders/list", "/login"};
  char out[512];
  const int bytes =
      std::snprintf(out, sizeof out,
                    "level=%s method=%s path=%s status=%d duration=%d.%03dms bytes=%d user=u%05d "
                    "trace=%016llx msg=\"request "
                    "finished after %d steps\"",
                    kLevels[random() % 6], random() % 4 == 0 ? "POST" : "GET", kPaths[random() % 5],
                    random() % 20 == 0 ? 500 : 200, static_cast<int>(random() % 900),
                    static_cast<int>(random() % 1000), static_cast<int>(random() % 100'000),
                    static_cast<int>(random() % 20'000), static_cast<unsigned long long>(random()),
                    static_cast<int>(random() % 50));
  return {out, static_cast<std::size_t>(bytes)};
}

void put_number(std::ofstream& file, std::uint64_t value) {
  file.write(reinterpret_cast<const char*>(&value), 8);
}

struct Payload {
  std::uint64_t lines = 0;  // bytes of them
  std::string bytes;
};

// Makes pushes of lines whose times rise from an hour ago to now: about what a busy machine logs.
class Generator {
 public:
  Generator(std::uint64_t seed, std::uint64_t wanted, int streams, std::string host)
      : random_(seed),
        wanted_(wanted),
        streams_(streams),
        host_(std::move(host)),
        time_(Clock::system().now_ns() - 3000 * kNsPerSecond),
        step_(std::max<std::int64_t>(
            1, 2900 * kNsPerSecond / static_cast<std::int64_t>(wanted / 160 + 1))) {}

  bool next(Payload& out) {
    if (made_ >= wanted_) return false;
    std::vector<std::string> entries(static_cast<std::size_t>(streams_));
    out.lines = 0;
    while (out.lines < kBatchBytes && made_ + out.lines < wanted_) {
      const std::string line = make_line(random_);
      if (needle_.empty() && made_ > wanted_ / 3)
        needle_ = line.substr(line.find("trace=") + 6, 16);
      const EncodedEntry entry(time_ += step_, line, {});
      std::string& of_stream = entries[random_() % entries.size()];
      const std::size_t at = of_stream.size();
      of_stream.resize(at + entry.bytes());
      entry.write(of_stream.data() + at);
      out.lines += line.size();
    }
    std::string request;
    for (int i = 0; i < streams_; ++i) {
      const std::string& of_stream = entries[static_cast<std::size_t>(i)];
      const std::string labels = "{host=\"" + host_ + std::to_string(i) + "\", job=\"bench\"}";
      const std::size_t at = request.size();
      request.resize(at + stream_head_bytes(labels, of_stream.size()));
      put_stream_head(request.data() + at, labels, of_stream.size());
      request += of_stream;
    }
    const std::string_view pieces[] = {request};
    snappy_compress(pieces, packed_);
    out.bytes = packed_.view();
    made_ += out.lines;
    return true;
  }
  const std::string& needle() const { return needle_; }

 private:
  std::mt19937_64 random_;
  const std::uint64_t wanted_;
  const int streams_;
  const std::string host_;
  std::int64_t time_;
  const std::int64_t step_;
  std::uint64_t made_ = 0;
  std::string needle_;
  ByteBuffer packed_;
};

int generate(const char* name, std::uint64_t megabytes, int streams) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  Generator generator(42, megabytes << 20, streams, "h");
  Payload payload;
  while (generator.next(payload)) {
    put_number(file, payload.lines);
    put_number(file, payload.bytes.size());
    file.write(payload.bytes.data(), static_cast<std::streamsize>(payload.bytes.size()));
  }
  std::printf("%s\n", generator.needle().c_str());
  return file ? 0 : 1;
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("connect");
    std::exit(1);
  }
  return fd;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// The status of a response whose body, if any, is short.
int read_status(int fd) {
  std::string head;
  char part[4096];
  while (head.find("\r\n\r\n") == head.npos) {
    const ssize_t got = ::recv(fd, part, sizeof part, 0);
    if (got <= 0) return -1;
    head.append(part, static_cast<std::size_t>(got));
  }
  const std::size_t length_at = head.find("ontent-Length: ");
  std::size_t left =
      length_at == head.npos ? 0 : std::strtoul(head.c_str() + length_at + 15, nullptr, 10);
  const std::size_t body = head.size() - head.find("\r\n\r\n") - 4;
  left = left > body ? left - body : 0;
  while (left > 0) {
    const ssize_t got = ::recv(fd, part, std::min(sizeof part, left), 0);
    if (got <= 0) return -1;
    left -= static_cast<std::size_t>(got);
  }
  return std::atoi(head.c_str() + 9);
}

// Sends one push until it is taken; how often it was refused.
int send_push(int fd, const Payload& payload) {
  const std::string head =
      "POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: "
      "application/x-protobuf\r\nContent-Length: " +
      std::to_string(payload.bytes.size()) + "\r\n\r\n";
  for (int refused = 0;; ++refused) {
    if (!send_all(fd, head) || !send_all(fd, payload.bytes)) std::exit(1);
    const int status = read_status(fd);
    if (status == 204) return refused;
    if (status != 429 && status / 100 != 5) {
      std::fprintf(stderr, "status %d\n", status);
      return refused + 1;
    }
    ::usleep(20'000);
  }
}

void print_rate(std::int64_t began_ns, std::uint64_t bytes, int refused) {
  const double seconds = static_cast<double>(Clock::system().monotonic_ns() - began_ns) / 1e9;
  std::printf("%.1f MB/s, %.2f s, %.0f MB, %d refusals\n",
              static_cast<double>(bytes) / 1e6 / seconds, seconds, static_cast<double>(bytes) / 1e6,
              refused);
}

int push(int port, const char* name, int connections) {
  std::vector<Payload> payloads;
  std::ifstream file(name, std::ios::binary);
  std::uint64_t numbers[2];
  while (file.read(reinterpret_cast<char*>(numbers), 16)) {
    Payload payload{numbers[0], std::string(numbers[1], '\0')};
    file.read(payload.bytes.data(), static_cast<std::streamsize>(payload.bytes.size()));
    payloads.push_back(std::move(payload));
  }
  std::vector<double> took_ms(payloads.size());
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<int> refused{0};
  const std::int64_t began = Clock::system().monotonic_ns();
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&] {
      const int fd = connect_to(port);
      for (std::size_t at = next++; at < payloads.size(); at = next++) {
        const std::int64_t sent = Clock::system().monotonic_ns();
        refused += send_push(fd, payloads[at]);
        took_ms[at] = static_cast<double>(Clock::system().monotonic_ns() - sent) / 1e6;
        bytes += payloads[at].lines;
      }
      ::close(fd);
    });
  }
  for (std::thread& thread : threads) thread.join();
  print_rate(began, bytes, refused);
  std::sort(took_ms.begin(), took_ms.end());
  if (!took_ms.empty())
    std::printf("p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", took_ms[took_ms.size() / 2],
                took_ms[took_ms.size() * 99 / 100], took_ms.back());
  return 0;
}

int fill(int port, std::uint64_t megabytes, int streams) {
  constexpr int kThreads = 2;
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<int> refused{0};
  const std::int64_t began = Clock::system().monotonic_ns();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Generator generator(static_cast<std::uint64_t>(i), (megabytes << 20) / kThreads, streams,
                          "fill" + std::to_string(i) + "-");
      const int fd = connect_to(port);
      Payload payload;
      while (generator.next(payload)) {
        refused += send_push(fd, payload);
        bytes += payload.lines;
      }
      ::close(fd);
    });
  }
  for (std::thread& thread : threads) thread.join();
  print_rate(began, bytes, refused);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "gen" && argc >= 4)
    return generate(argv[2], std::strtoull(argv[3], nullptr, 10),
                    argc > 4 ? std::atoi(argv[4]) : 5);
  if (what == "push" && argc >= 4)
    return push(std::atoi(argv[2]), argv[3], argc > 4 ? std::atoi(argv[4]) : 4);
  if (what == "fill" && argc >= 4)
    return fill(std::atoi(argv[2]), std::strtoull(argv[3], nullptr, 10),
                argc > 4 ? std::atoi(argv[4]) : 5);
  std::fprintf(stderr,
               "usage: store_load gen <file> <MiB> [streams] | push <port> <file> [connections] | "
               "fill <port> <MiB> [streams]\n");
  return 2;
}
