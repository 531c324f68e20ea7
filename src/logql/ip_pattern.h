// IpPattern: addresses as ip() filters know them: "10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9",
// and the same for IPv6.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tailrace::logql {

class IpPattern {
 public:
  // kInvalid: "invalid ip pattern".
  static Result<IpPattern> compile(std::string_view text);
  // Whether an address somewhere in the text is one of ours.
  bool found_in(std::string_view text) const;

  // An address as 16 bytes in network order; IPv4 stands in the first four.
  struct Address {
    bool is_v6 = false;
    std::array<std::uint8_t, 16> bytes{};
    friend bool operator==(const Address&, const Address&) = default;
  };

 private:
  bool contains(const Address& address) const;
  Address first_;
  Address last_;
};

}  // namespace tailrace::logql
