// RFC 3164, the format before there was one:
//
//   <PRI>Mmm dd hh:mm:ss [HOST ][TAG[CONTENT]: ]MESSAGE
//
// Host and tag are optional and look alike, so they are told apart by what follows: a word before a
// blank is the host, a word before ": " (or before "[...]: ") the tag. Until that is seen the text
// may as well be message. Promtail's parser remembers one start for all these readings, so a tag
// that breaks off ("app[12] x" without a colon) keeps tag and content, and the message starts where
// the content did, which even the host then is; we do the same. (Where that start moves once more,
// by a blank between the brackets, we do not.)
#include "parse/syslog.h"
#include "parse/syslog/parts.h"
#include "parse/syslog/reader.h"
#include "parse/time/missing_year.h"

namespace tailrace::syslog {
namespace {

constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kTagBytesMax = 48;

// Everything but control characters; newlines may stand in messages whose length is known.
bool is_visible(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t' || c == '\n' || c == '\r';
}
bool is_printable(char c) { return c >= ' ' && c <= '~'; }

// "Jan  2 15:04:05", letters as written here, the day padded by a blank, and a blank behind it.
std::optional<std::string_view> take_stamp(Reader& reader) {
  constexpr std::string_view kForm = "Aaa dd dd:dd:dd ";
  const std::string_view text = reader.rest.substr(0, kForm.size());
  if (text.size() < kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const char c = text[i];
    bool fits = c == kForm[i];
    if (kForm[i] == 'A') fits = c >= 'A' && c <= 'Z';
    if (kForm[i] == 'a') fits = c >= 'a' && c <= 'z';
    if (kForm[i] == 'd') fits = is_digit(c);
    if (i == 4) fits = c == ' ' || (c >= '1' && c <= '3');
    if (i == 5 && text[4] == ' ') fits = c >= '1' && c <= '9';
    if (!fits) return std::nullopt;
  }
  reader.take_bytes(kForm.size() - 1);
  return text.substr(0, kForm.size() - 1);
}

bool take_timestamp(Reader& reader, const TimeZone& zone, std::int64_t now_ns, SyslogMessage& out) {
  const auto stamp = take_stamp(reader);
  if (!stamp) return false;
  static const GoLayout layout = GoLayout::compile("Jan _2 15:04:05");
  const auto time = layout.parse(*stamp, zone);
  if (!time) return false;
  out.timestamp = with_missing_year(*time, now_ns);
  return true;
}

// All readings of the text behind the timestamp at once, character by character.
class Readings {
 public:
  explicit Readings(SyslogMessage& out) : out_(out) {}

  // False if no reading takes the text.
  bool read(std::string_view text) {
    text_ = text;
    start_message(0);
    may_be_host_ = true;
    for (at_ = 0; at_ < text.size(); ++at_) {
      if (!is_visible(text[at_])) return false;
      if (at_ + 1 == text.size() && text[at_] == '\n') break;
      step(text[at_]);
    }
    if (at_ > start_) out_.message = text.substr(start_, at_ - start_);
    return true;
  }

 private:
  enum class Tag : std::uint8_t { kDead, kName, kContent, kColon, kBlank, kEnd };

  // A message, and with it perhaps a tag, may start at `at`.
  void start_message(std::size_t at) {
    start_ = at;
    tag_ = Tag::kName;
    tag_start_ = at;
  }

  void step(char c) {
    if (behind_host_) {
      // Each blank is either one more behind the host or the first of the message.
      start_message(at_);
      if (c != ' ') behind_host_ = false;
    }
    if (may_be_host_) step_host(c);
    step_tag(c);
  }

  void step_host(char c) {
    if (c == ' ' && at_ > 0) {
      out_.hostname = text_.substr(start_, at_ - start_);
      may_be_host_ = false;
      behind_host_ = true;
    } else if (!is_graphic(c) || c == ':' || at_ >= kHostBytesMax) {
      may_be_host_ = false;
    }
  }

  void step_tag(char c) {
    switch (tag_) {
      case Tag::kDead:
        return;
      case Tag::kName:
        return step_tag_name(c);
      case Tag::kContent:
        if (content_is_new_ && c != '[') start_ = at_;
        content_is_new_ = false;
        if (c == ']') {
          out_.proc_id = text_.substr(start_, at_ - start_);
          tag_ = Tag::kColon;
        } else if (c == '[') {
          tag_ = Tag::kDead;
        }
        return;
      case Tag::kColon:
        tag_ = c == ':' ? Tag::kBlank : Tag::kDead;
        return;
      case Tag::kBlank:
        tag_ = c == ' ' ? Tag::kEnd : Tag::kDead;
        return;
      case Tag::kEnd:
        start_ = at_;
        tag_ = Tag::kDead;
        return;
    }
  }

  void step_tag_name(char c) {
    const std::size_t bytes = at_ - tag_start_;
    if (bytes > 0 && (c == ':' || c == '[')) {
      out_.app_name = text_.substr(tag_start_, bytes);
      tag_ = c == ':' ? Tag::kBlank : Tag::kContent;
      content_is_new_ = c == '[';
    } else if (!is_printable(c) || c == ' ' || c == ':' || c == '[' || bytes >= kTagBytesMax) {
      tag_ = Tag::kDead;
    }
  }

  SyslogMessage& out_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  // of the message, as far as is known
  std::size_t tag_start_ = 0;
  Tag tag_ = Tag::kDead;
  bool content_is_new_ = false;
  bool may_be_host_ = false;
  bool behind_host_ = false;
};

void drop_if_nil(std::optional<std::string_view>& field) {
  if (field && (*field == "-" || field->empty())) field.reset();
}

}  // namespace

bool parse_rfc3164(std::string_view text, const TimeZone& zone, std::int64_t now_ns,
                   SyslogMessage& out) {
  Reader reader{text};
  bool whole = false;
  out.priority = take_priority(reader, whole);
  if (!out.priority) return false;
  out.is_faulty = !whole;
  if (!whole) return true;
  while (reader.take(' ')) {
  }
  out.is_faulty = !take_timestamp(reader, zone, now_ns, out);
  if (out.is_faulty) return true;
  while (reader.take(' ')) {
  }
  Readings(out).read(reader.rest);
  drop_if_nil(out.hostname);
  drop_if_nil(out.app_name);
  drop_if_nil(out.proc_id);
  return true;
}

}  // namespace tailrace::syslog
