// Any bytes as a template over a small map.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parse/go_template.h"

namespace {

class Data final : public tailrace::TemplateData {
 public:
  std::optional<std::string_view> field(std::size_t index) const override {
    if (index % 2 == 0) return "value 42";
    return std::nullopt;
  }
  void for_each(const Visit& visit) const override { visit("a", "1"); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  using namespace tailrace;
  GoTemplateOptions options;
  options.steps_max = 2000;
  options.output_bytes_max = 1 << 20;
  const auto made = GoTemplate::compile({reinterpret_cast<const char*>(data), bytes}, options);
  if (!made) return 0;
  std::string out = "kept";
  if (!made->execute(Data(), out) && out != "kept") __builtin_trap();
  return 0;
}
