// Lines as they come in life, always the same for a seed, for benchmarks and allocation counts.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace {

class LogLines {
 public:
  explicit LogLines(std::uint32_t seed = 1) : random_(seed) {}

  // About 202, 310, 178 and 90 bytes.
  std::vector<std::string> nginx(std::size_t count) { return make(count, &LogLines::nginx_line); }
  std::vector<std::string> json(std::size_t count) { return make(count, &LogLines::json_line); }
  std::vector<std::string> docker(std::size_t count) { return make(count, &LogLines::docker_line); }
  std::vector<std::string> plain(std::size_t count) { return make(count, &LogLines::plain_line); }
  std::vector<std::string> logfmt(std::size_t count) { return make(count, &LogLines::logfmt_line); }
  std::vector<std::string> cri(std::size_t count) { return make(count, &LogLines::cri_line); }

 private:
  std::vector<std::string> make(std::size_t count, std::string (LogLines::*line)()) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < count; ++i) {
      lines.push_back((this->*line)());
      micros_ += 50 + random_() % 400;
    }
    return lines;
  }

  template <std::size_t kSize>
  std::string_view any(const std::array<std::string_view, kSize>& of) {
    return of[random_() % kSize];
  }
  template <class... Arguments>
  static std::string format(const char* pattern, Arguments... arguments) {
    std::array<char, 1024> out{};
    std::snprintf(out.data(), out.size(), pattern, arguments...);
    return out.data();
  }
  std::string number(unsigned below) { return std::to_string(random_() % below); }
  std::string clock() const {
    const auto seconds = static_cast<unsigned>(micros_ / 1'000'000 % 86'400);
    return format("%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  std::string time(int digits) const {
    const std::string fraction =
        digits == 9 ? format("%06u%03u", static_cast<unsigned>(micros_ % 1'000'000), 7U)
                    : format("%06u", static_cast<unsigned>(micros_ % 1'000'000));
    return "2026-01-01T" + clock() + "." + fraction + "Z";
  }
  std::string hex(int digits) {
    std::string out;
    for (int i = 0; i < digits; ++i) out += "0123456789abcdef"[random_() % 16];
    return out;
  }
  std::string mark() { return "req-" + hex(16); }

  std::string_view level() {
    constexpr std::array<std::string_view, 6> kLevels{"info",  "info", "info",
                                                      "debug", "warn", "error"};
    return any(kLevels);
  }
  std::string_view message() {
    constexpr std::array<std::string_view, 6> kMessages{"order placed",
                                                        "payment authorised by gateway",
                                                        "search index refreshed",
                                                        "session token renewed",
                                                        "stock level below threshold",
                                                        "cache miss, loading from database"};
    return any(kMessages);
  }
  std::string_view method() {
    constexpr std::array<std::string_view, 6> kMethods{"GET",  "GET", "GET",
                                                       "POST", "PUT", "DELETE"};
    return any(kMethods);
  }
  std::string_view path() {
    constexpr std::array<std::string_view, 4> kPaths{"/api/v1/items/", "/api/v1/orders/",
                                                     "/static/img/p", "/catalog/page/"};
    return any(kPaths);
  }
  std::string_view status() {
    constexpr std::array<std::string_view, 8> kStatus{"200", "200", "200", "201",
                                                      "204", "304", "404", "500"};
    return any(kStatus);
  }

  std::string plain_line() {
    return "2026-01-01 " + clock() + " " + std::string(level()) + " [worker-" + number(8) + "] " +
           std::string(message()) + " " + mark() + " took " + number(900) + "ms";
  }
  std::string nginx_line() {
    constexpr std::array<std::string_view, 3> kAgents{
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
        "curl/8.5.0"};
    constexpr std::array<std::string_view, 3> kReferers{
        "-", "https://www.example.com/", "https://search.example.org/?q=blue+kettle"};
    return number(190) + "." + number(256) + "." + number(256) + "." + number(254) +
           " - - [01/Jan/2026:" + clock() + " +0000] \"" + std::string(method()) + " " +
           std::string(path()) + number(100'000) + "?rid=" + mark() + " HTTP/1.1\" " +
           std::string(status()) + " " + number(60'000) + " \"" + std::string(any(kReferers)) +
           "\" \"" + std::string(any(kAgents)) + "\"";
  }
  std::string json_line() {
    return "{\"ts\":\"" + time(6) + "\",\"level\":\"" + std::string(level()) +
           "\",\"logger\":\"checkout.payment\",\"msg\":\"" + std::string(message()) +
           "\",\"trace_id\":\"" + hex(32) + "\",\"span_id\":\"" + hex(16) +
           "\",\"user_id\":" + number(100'000) + ",\"duration_ms\":" + number(900) + "." +
           number(10) + ",\"http\":{\"method\":\"" + std::string(method()) + "\",\"path\":\"" +
           std::string(path()) + number(100'000) + "\",\"status\":" + std::string(status()) +
           "},\"req\":\"" + mark() + "\"}";
  }
  std::string docker_line() {
    std::string out = "{\"log\":\"";
    for (char c : random_() % 5 == 0 ? nginx_line() : plain_line()) {
      if (c == '"') out += '\\';
      out += c;
    }
    return out + "\\n\",\"stream\":\"" + (random_() % 10 == 0 ? "stderr" : "stdout") +
           "\",\"time\":\"" + time(9) + "\"}";
  }
  std::string logfmt_line() {
    return "ts=" + time(6) + " caller=engine.go:234 level=" + std::string(level()) +
           " component=checkout.cart msg=\"" + std::string(message()) + "\" traceID=" + hex(16) +
           " org_id=fake duration=" + number(900) + "ms status=" + std::string(status()) +
           " req=" + mark();
  }
  std::string cri_line() {
    return time(9) + (random_() % 10 == 0 ? " stderr F " : " stdout F ") + plain_line();
  }

  std::mt19937 random_;
  std::uint64_t micros_ = 36'000'000'000;
};

}  // namespace tailrace
