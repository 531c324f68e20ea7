#include "relabel/relabel.h"

#include <openssl/evp.h>

#include <array>

#include "base/text.h"
#include "base/unicode_case.h"
#include "parse/go_regex.h"
#include "parse/go_regex_replace.h"

namespace tailrace {
namespace {

std::string joined(const RelabelConfig& rule, const Labels& labels) {
  std::string out;
  for (std::size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) out += rule.separator;
    out += labels.get(rule.source_labels[i]);
  }
  return out;
}

// A label set to the empty string does not exist.
void set_or_erase(Labels& labels, std::string_view name, std::string_view value) {
  if (value.empty()) {
    labels.erase(name);
  } else {
    labels.set(name, value);
  }
}

// The last eight bytes of MD5, big endian, as Prometheus shards targets.
std::uint64_t hash_of(std::string_view value) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const bool done =
      EVP_Digest(value.data(), value.size(), digest.data(), &size, EVP_md5(), nullptr) == 1;
  TAILRACE_ASSERT(done && size == 16, "MD5 is there");
  std::uint64_t hash = 0;
  for (std::size_t i = 8; i < 16; ++i) hash = (hash << 8) | digest[i];
  return hash;
}

void replace(const RelabelConfig& rule, std::string_view value, Labels& labels) {
  std::vector<std::string_view> found(rule.regex->groups().size() + 1);
  if (!rule.regex->search(value, found)) return;
  std::string target;
  expand_replacement(*rule.regex, rule.target_label, found, target);
  if (target.empty() || !is_valid_utf8(target)) return;
  std::string text;
  expand_replacement(*rule.regex, rule.replacement, found, text);
  set_or_erase(labels, target, text);
}

void map_names(const RelabelConfig& rule, Labels& labels) {
  std::vector<std::string_view> found(rule.regex->groups().size() + 1);
  const Labels before = labels;
  for (const auto& [name, value] : before) {
    if (!rule.regex->search(name, found)) continue;
    std::string target;
    expand_replacement(*rule.regex, rule.replacement, found, target);
    if (!target.empty()) labels.set(target, value);
  }
}

void erase_names(const RelabelConfig& rule, bool matching, Labels& labels) {
  const Labels before = labels;
  for (const auto& [name, value] : before) {
    if (rule.regex->matches(name) == matching) labels.erase(name);
  }
}

// False: the target is dropped.
bool apply(const RelabelConfig& rule, Labels& labels) {
  const std::string value = joined(rule, labels);
  switch (rule.action) {
    case RelabelAction::kReplace:
      replace(rule, value, labels);
      return true;
    case RelabelAction::kKeep:
      return rule.regex->matches(value);
    case RelabelAction::kDrop:
      return !rule.regex->matches(value);
    case RelabelAction::kKeepEqual:
      return labels.get(rule.target_label) == value;
    case RelabelAction::kDropEqual:
      return labels.get(rule.target_label) != value;
    case RelabelAction::kHashMod:
      labels.set(rule.target_label, std::to_string(hash_of(value) % rule.modulus));
      return true;
    case RelabelAction::kLabelMap:
      map_names(rule, labels);
      return true;
    case RelabelAction::kLabelDrop:
      erase_names(rule, true, labels);
      return true;
    case RelabelAction::kLabelKeep:
      erase_names(rule, false, labels);
      return true;
    case RelabelAction::kLowercase:
      set_or_erase(labels, rule.target_label, to_lower(value));
      return true;
    case RelabelAction::kUppercase:
      set_or_erase(labels, rule.target_label, to_upper(value));
      return true;
  }
  return true;
}

}  // namespace

std::optional<Labels> relabel(const RelabelConfigs& rules, Labels labels) {
  const Labels before = labels;
  for (const auto& [name, value] : before) {
    if (value.empty()) labels.erase(name);
  }
  for (const RelabelConfig& rule : rules) {
    if (!apply(rule, labels)) return std::nullopt;
  }
  return labels;
}

}  // namespace tailrace
