// Random texts, from OpenSSL's generator.
#include <openssl/rand.h>

#include <algorithm>

#include "base/base_n.h"
#include "base/text.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  // Fails only if the system has no randomness at all; then nothing else works either.
  TAILRACE_ASSERT(
      RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) == 1,
      "the system gives random bytes");
  return out;
}

// Below `limit`, evenly: numbers of the uneven rest are drawn again.
std::uint64_t random_below(std::uint64_t limit) {
  const std::uint64_t rest = (0 - limit) % limit;
  for (;;) {
    std::uint64_t number = 0;
    const std::string bytes = random_bytes(sizeof(number));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&number));
    if (number >= rest) return number % limit;
  }
}

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

Result<Value> random_text(Call& call, std::string_view alphabet) {
  const std::int64_t count = call.integer(0);
  if (count < 0) return call_error("the length must not be negative");
  TAILRACE_CHECK(check_size(call, static_cast<std::size_t>(count) * 16));
  std::string out;
  for (std::int64_t i = 0; i < count; ++i) out += alphabet[random_below(alphabet.size())];
  return call.give(out);
}
Result<Value> do_alpha(Call& call) { return random_text(call, kLetters.substr(0, 52)); }
Result<Value> do_alpha_num(Call& call) { return random_text(call, kLetters); }
Result<Value> do_numeric(Call& call) { return random_text(call, kLetters.substr(52)); }
Result<Value> do_ascii(Call& call) {
  std::string printable;
  for (char c = ' '; c < 0x7f; ++c) printable += c;
  return random_text(call, printable);
}
Result<Value> do_bytes(Call& call) {
  const std::int64_t count = call.integer(0);
  if (count < 0) return call_error("the length must not be negative");
  TAILRACE_CHECK(check_size(call, static_cast<std::size_t>(count) * 2));
  return call.give(encode_base64(random_bytes(static_cast<std::size_t>(count))));
}
Result<Value> do_int(Call& call) {
  const std::int64_t min = call.integer(0);
  const std::int64_t max = call.integer(1);
  if (max <= min) return call_error("randInt: the second number must be larger than the first");
  const auto range = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min);
  return Value::of_int(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(min) + random_below(range)));
}

Result<Value> do_shuffle(Call& call) {
  std::u32string characters;
  const std::string_view text = call.text(0);
  for (std::size_t at = 0; at < text.size();) characters += decode_utf8(text, at);
  for (std::size_t i = characters.size(); i > 1; --i)
    std::swap(characters[i - 1], characters[random_below(i)]);
  std::string out;
  for (const char32_t c : characters) append_utf8(out, c);
  return call.give(out);
}

Result<Value> do_uuid(Call& call) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);  // of RFC 4122
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kDigits[static_cast<unsigned char>(bytes[i]) >> 4];
    out += kDigits[static_cast<unsigned char>(bytes[i]) & 15];
  }
  return call.give(out);
}

constexpr Function kFunctions[] = {
    {"randAlpha", "i", do_alpha}, {"randAlphaNum", "i", do_alpha_num},
    {"randAscii", "i", do_ascii}, {"randBytes", "i", do_bytes},
    {"randInt", "ii", do_int},    {"randNumeric", "i", do_numeric},
    {"shuffle", "s", do_shuffle}, {"uuidv4", "", do_uuid},
};

}  // namespace

std::span<const Function> random_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
