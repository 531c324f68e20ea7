// Heads of HTTP/1.x requests: first line and header fields, parsed into views of the bytes they
// came in, for the server, which allocates nothing for a request. (The client's answers are parsed
// by Beast.)
//
// Strict where leniency is how requests are smuggled: lines end in CR LF, no folded lines, no blank
// before a colon, no control characters, one Content-Length, never together with Transfer-Encoding,
// only `chunked`.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tailrace {

struct HeadField {
  std::string_view name;
  std::string_view value;  // without the white space around it
};

enum class HeadState : std::uint8_t {
  kIncomplete,  // more bytes are needed
  kDone,
  kBad,
};

struct RequestHead {
  std::string_view method;
  std::string_view target;
  int minor_version = 1;  // HTTP/1.x
  std::vector<HeadField> fields;
  bool keep_alive = true;
  bool chunked = false;
  bool has_length = false;
  std::uint64_t content_length = 0;
  bool expects_continue = false;
  bool has_host = false;
  bool upgrade = false;   // Connection: upgrade
  std::size_t bytes = 0;  // of the head, with the empty line
  // If bad: the status to answer with, and why.
  int bad_status = 400;
  const char* bad_reason = "";

  // "" if there is none. Any case.
  std::string_view find(std::string_view name) const noexcept;
};

inline constexpr std::size_t kHeadFieldsMax = 200;

// Parses the head that `data` starts with. `head` is overwritten; its vector keeps its capacity.
// The caller bounds how many bytes it collects while the answer is kIncomplete.
HeadState parse_request_head(std::string_view data, RequestHead& head);

}  // namespace tailrace
