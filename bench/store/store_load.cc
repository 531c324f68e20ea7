// Load for a store or a Loki: pushes that are made before the clock starts.
//
//   store_load gen <file> <MiB of lines> [streams]     makes them; prints a needle: a text that one
//   line has store_load push <port> <file> [connections]        sends them all, prints MB/s of raw
//   lines and refusals
//
// A file is a row of payloads, each with the bytes of its lines (8) and its own (8) in front.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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

int generate(const char* name, std::uint64_t megabytes, int streams) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  std::mt19937_64 random(42);
  const std::uint64_t wanted = megabytes << 20;
  // The last line is of now; about what a busy machine logs in an hour.
  std::int64_t time = Clock::system().now_ns() - 3000 * kNsPerSecond;
  const std::int64_t step = 2900 * kNsPerSecond / static_cast<std::int64_t>(wanted / 160 + 1);
  std::uint64_t made = 0;
  std::string needle;
  ByteBuffer packed;
  while (made < wanted) {
    std::vector<std::string> entries(static_cast<std::size_t>(streams));
    std::uint64_t bytes = 0;
    while (bytes < kBatchBytes && made + bytes < wanted) {
      const std::string line = make_line(random);
      if (needle.empty() && made > wanted / 3) needle = line.substr(line.find("trace=") + 6, 16);
      const EncodedEntry entry(time += step, line, {});
      std::string& out = entries[random() % entries.size()];
      const std::size_t at = out.size();
      out.resize(at + entry.bytes());
      entry.write(out.data() + at);
      bytes += line.size();
    }
    std::string request;
    for (int i = 0; i < streams; ++i) {
      const std::string& of_stream = entries[static_cast<std::size_t>(i)];
      const std::string labels = "{host=\"h" + std::to_string(i) + "\", job=\"bench\"}";
      const std::size_t at = request.size();
      request.resize(at + stream_head_bytes(labels, of_stream.size()));
      put_stream_head(request.data() + at, labels, of_stream.size());
      request += of_stream;
    }
    const std::string_view pieces[] = {request};
    snappy_compress(pieces, packed);
    put_number(file, bytes);
    put_number(file, packed.size());
    file.write(packed.view().data(), static_cast<std::streamsize>(packed.size()));
    made += bytes;
  }
  std::printf("%s\n", needle.c_str());
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

int push(int port, const char* name, int connections) {
  struct Payload {
    std::uint64_t lines = 0;
    std::string bytes;
  };
  std::vector<Payload> payloads;
  std::ifstream file(name, std::ios::binary);
  std::uint64_t numbers[2];
  while (file.read(reinterpret_cast<char*>(numbers), 16)) {
    Payload payload{numbers[0], std::string(numbers[1], '\0')};
    file.read(payload.bytes.data(), static_cast<std::streamsize>(payload.bytes.size()));
    payloads.push_back(std::move(payload));
  }
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<int> refused{0};
  const std::int64_t began = Clock::system().monotonic_ns();
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&] {
      const int fd = connect_to(port);
      for (std::size_t at = next++; at < payloads.size(); at = next++) {
        const std::string head =
            "POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: "
            "application/x-protobuf\r\nContent-Length: " +
            std::to_string(payloads[at].bytes.size()) + "\r\n\r\n";
        while (true) {
          if (!send_all(fd, head) || !send_all(fd, payloads[at].bytes)) std::exit(1);
          const int status = read_status(fd);
          if (status == 204) break;
          ++refused;
          if (status != 429 && status / 100 != 5) {
            std::fprintf(stderr, "status %d\n", status);
            break;
          }
          ::usleep(20'000);
        }
        bytes += payloads[at].lines;
      }
      ::close(fd);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = static_cast<double>(Clock::system().monotonic_ns() - began) / 1e9;
  std::printf("%.1f MB/s, %.2f s, %.0f MB, %d refusals\n",
              static_cast<double>(bytes) / 1e6 / seconds, seconds, static_cast<double>(bytes) / 1e6,
              refused.load());
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
  std::fprintf(stderr,
               "usage: store_load gen <file> <MiB> [streams] | store_load push <port> <file> "
               "[connections]\n");
  return 2;
}
