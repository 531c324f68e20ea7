// Digests, through OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::tmpl {

// The digest's bytes. `algorithm` is OpenSSL's name of one that it has: "SHA256", "SHA3-256".
std::string digest(const char* algorithm, std::string_view bytes);
std::string hex(std::string_view bytes);

}  // namespace tailrace::tmpl
