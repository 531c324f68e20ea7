// Check sums and digests, as hexadecimal (adler32sum: decimal) text.
#include "parse/template/functions.h"
#include "parse/template/hashes.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_sha1(Call& call) { return call.give(hex(digest("SHA1", call.text(0)))); }
Result<Value> do_sha256(Call& call) { return call.give(hex(digest("SHA256", call.text(0)))); }
Result<Value> do_sha512(Call& call) { return call.give(hex(digest("SHA512", call.text(0)))); }

Result<Value> do_adler32(Call& call) {
  constexpr std::uint32_t kModulus = 65521;
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const char c : call.text(0)) {
    low = (low + static_cast<unsigned char>(c)) % kModulus;
    high = (high + low) % kModulus;
  }
  return call.give(std::to_string((high << 16) | low));
}

constexpr Function kFunctions[] = {
    {"adler32sum", "s", do_adler32},
    {"sha1sum", "s", do_sha1},
    {"sha256sum", "s", do_sha256},
    {"sha512sum", "s", do_sha512},
};

}  // namespace

std::span<const Function> hash_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
