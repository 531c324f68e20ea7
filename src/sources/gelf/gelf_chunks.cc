#include "sources/gelf/gelf_chunks.h"

namespace tailrace {
namespace {

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kHeaderBytes = 2 + kIdBytes + 2;
// What keeping a part costs beside its bytes.
constexpr std::size_t kPartOverheadBytes = 64;

}  // namespace

std::optional<std::string> GelfChunks::add(std::string_view datagram, std::int64_t now_ns) {
  while (!messages_.empty() && messages_.front().since_ns + kTimeoutNs < now_ns) {
    ++errors_;
    drop(messages_.begin());
  }
  if (datagram.size() <= kHeaderBytes) return ++errors_, std::nullopt;
  const std::string id(datagram.substr(2, kIdBytes));
  const std::size_t number = static_cast<unsigned char>(datagram[2 + kIdBytes]);
  const std::size_t count = static_cast<unsigned char>(datagram[3 + kIdBytes]);
  auto known = by_id_.find(id);
  const bool agrees = known == by_id_.end() || known->second->parts.size() == count;
  if (count == 0 || count > kCountMax || number >= count || !agrees) {
    return ++errors_, std::nullopt;
  }
  if (known == by_id_.end()) {
    const auto place = messages_.insert(
        messages_.end(), Message{id, now_ns, std::vector<std::optional<std::string>>(count), count,
                                 count * kPartOverheadBytes});
    bytes_ += place->bytes;
    known = by_id_.emplace(id, place).first;
  }
  Message& message = *known->second;
  std::optional<std::string>& part = message.parts[number];
  if (part) return std::nullopt;  // the network repeated it
  part = std::string(datagram.substr(kHeaderBytes));
  message.bytes += part->size();
  bytes_ += part->size();
  if (--message.missing == 0) {
    std::string whole;
    for (const std::optional<std::string>& piece : message.parts) whole += *piece;
    drop(known->second);
    return whole;
  }
  while (bytes_ > kBytesMax || messages_.size() > kMessagesMax) {
    ++errors_;
    drop(messages_.begin());
  }
  return std::nullopt;
}

void GelfChunks::drop(Messages::iterator message) {
  bytes_ -= message->bytes;
  by_id_.erase(message->id);
  messages_.erase(message);
}

}  // namespace tailrace
