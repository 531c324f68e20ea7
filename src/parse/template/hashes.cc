#include "parse/template/hashes.h"

#include <openssl/evp.h>

#include <array>

#include "base/assert.h"

namespace tailrace::tmpl {

std::string digest(const char* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  std::size_t size = 0;
  // Asked for by constant names of algorithms that every OpenSSL 3 has, so it can only fail without
  // memory.
  const int done =
      EVP_Q_digest(nullptr, algorithm, nullptr, bytes.data(), bytes.size(), out.data(), &size);
  TAILRACE_ASSERT(done == 1, "a digest of OpenSSL's default provider");
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace tailrace::tmpl
