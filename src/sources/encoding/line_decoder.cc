#include "sources/file/line_decoder.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "sources/encoding/decoders.h"

namespace tailrace {
namespace {

using encoding::kSingleByteTables;

class SingleByteDecoder final : public LineDecoder {
 public:
  explicit SingleByteDecoder(const std::uint16_t* characters) : characters_(characters) {}
  std::string_view decode(std::string_view line, Arena& arena) const override {
    return encoding::decode_single_byte(line, characters_, arena);
  }

 private:
  const std::uint16_t* characters_;
};

using DecodeFunction = std::string_view (*)(std::string_view line, Arena& arena);

class FunctionDecoder final : public LineDecoder {
 public:
  explicit FunctionDecoder(DecodeFunction function) : function_(function) {}
  std::string_view decode(std::string_view line, Arena& arena) const override {
    return function_(line, arena);
  }

 private:
  DecodeFunction function_;
};

class Utf16Decoder final : public LineDecoder {
 public:
  explicit Utf16Decoder(bool big_endian) : big_endian_(big_endian) {}
  std::string_view decode(std::string_view line, Arena& arena) const override {
    return encoding::decode_utf16(line, big_endian_, arena);
  }
  NewlineKind newline() const override {
    return big_endian_ ? NewlineKind::kBigEndian : NewlineKind::kLittleEndian;
  }

 private:
  bool big_endian_;
};

// "UTF-16": the mark at the beginning of a file says which; without one it is big-endian. The mark
// itself is not part of the first line.
class MarkedUtf16Decoder final : public LineDecoder {
 public:
  std::string_view decode(std::string_view line, Arena& arena) const override {
    return big_.decode(line, arena);
  }
  NewlineKind newline() const override { return NewlineKind::kBigEndian; }
  const LineDecoder& for_file(std::string_view bytes) const override {
    return bytes.starts_with("\xff\xfe") ? little_ : big_;
  }

 private:
  class Half final : public LineDecoder {
   public:
    explicit Half(bool big_endian) : decoder_(big_endian) {}
    std::string_view decode(std::string_view line, Arena& arena) const override {
      const bool big_endian = newline() == NewlineKind::kBigEndian;
      const bool marked = line.starts_with(big_endian ? "\xfe\xff" : "\xff\xfe");
      return decoder_.decode(marked ? line.substr(2) : line, arena);
    }
    NewlineKind newline() const override { return decoder_.newline(); }

   private:
    Utf16Decoder decoder_;
  };
  Half little_{false};
  Half big_{true};
};

struct Alias {
  std::string_view name;
  std::string_view of;
};
constexpr Alias kAliases[] = {
    {"ascii", "us-ascii"},
    {"ansi_x3.4-1968", "us-ascii"},
    {"iso646-us", "us-ascii"},
    {"ibm367", "us-ascii"},
    {"cp367", "us-ascii"},
    {"utf8", "utf-8"},
    {"csutf8", "utf-8"},
    {"csutf16", "utf-16"},
    {"csutf16le", "utf-16le"},
    {"csutf16be", "utf-16be"},
    {"latin1", "iso-8859-1"},
    {"l1", "iso-8859-1"},
    {"iso_8859-1", "iso-8859-1"},
    {"iso_8859-1:1987", "iso-8859-1"},
    {"iso-ir-100", "iso-8859-1"},
    {"ibm819", "iso-8859-1"},
    {"cp819", "iso-8859-1"},
    {"csisolatin1", "iso-8859-1"},
    {"latin2", "iso-8859-2"},
    {"l2", "iso-8859-2"},
    {"iso_8859-2", "iso-8859-2"},
    {"iso-ir-101", "iso-8859-2"},
    {"csisolatin2", "iso-8859-2"},
    {"latin3", "iso-8859-3"},
    {"l3", "iso-8859-3"},
    {"iso_8859-3", "iso-8859-3"},
    {"csisolatin3", "iso-8859-3"},
    {"latin4", "iso-8859-4"},
    {"l4", "iso-8859-4"},
    {"iso_8859-4", "iso-8859-4"},
    {"csisolatin4", "iso-8859-4"},
    {"cyrillic", "iso-8859-5"},
    {"iso_8859-5", "iso-8859-5"},
    {"csisolatincyrillic", "iso-8859-5"},
    {"arabic", "iso-8859-6"},
    {"iso_8859-6", "iso-8859-6"},
    {"asmo-708", "iso-8859-6"},
    {"csisolatinarabic", "iso-8859-6"},
    {"iso-8859-6-e", "iso-8859-6"},
    {"iso-8859-6-i", "iso-8859-6"},
    {"greek", "iso-8859-7"},
    {"greek8", "iso-8859-7"},
    {"iso_8859-7", "iso-8859-7"},
    {"csisolatingreek", "iso-8859-7"},
    {"hebrew", "iso-8859-8"},
    {"iso_8859-8", "iso-8859-8"},
    {"csisolatinhebrew", "iso-8859-8"},
    {"iso-8859-8-e", "iso-8859-8"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"latin5", "iso-8859-9"},
    {"l5", "iso-8859-9"},
    {"iso_8859-9", "iso-8859-9"},
    {"csisolatin5", "iso-8859-9"},
    {"latin6", "iso-8859-10"},
    {"l6", "iso-8859-10"},
    {"csisolatin6", "iso-8859-10"},
    {"iso-celtic", "iso-8859-14"},
    {"latin8", "iso-8859-14"},
    {"l8", "iso-8859-14"},
    {"iso_8859-15", "iso-8859-15"},
    {"latin-9", "iso-8859-15"},
    {"latin10", "iso-8859-16"},
    {"l10", "iso-8859-16"},
    {"ebcdic-cp-us", "ibm037"},
    {"cp037", "ibm037"},
    {"cp437", "ibm437"},
    {"437", "ibm437"},
    {"cp850", "ibm850"},
    {"850", "ibm850"},
    {"cp852", "ibm852"},
    {"852", "ibm852"},
    {"cp855", "ibm855"},
    {"855", "ibm855"},
    {"ibm00858", "ibm858"},
    {"cp00858", "ibm858"},
    {"ccsid00858", "ibm858"},
    {"cp860", "ibm860"},
    {"860", "ibm860"},
    {"cp862", "ibm862"},
    {"862", "ibm862"},
    {"cp863", "ibm863"},
    {"863", "ibm863"},
    {"cp865", "ibm865"},
    {"865", "ibm865"},
    {"cp866", "ibm866"},
    {"866", "ibm866"},
    {"ibm01140", "ibm1140"},
    {"cp01140", "ibm1140"},
    {"ccsid01140", "ibm1140"},
    {"cskoi8r", "koi8-r"},
    {"cskoi8u", "koi8-u"},
    {"mac", "macintosh"},
    {"csmacintosh", "macintosh"},
    {"cswindows874", "windows-874"},
    {"cswindows1250", "windows-1250"},
    {"cswindows1251", "windows-1251"},
    {"cswindows1252", "windows-1252"},
    {"cswindows1253", "windows-1253"},
    {"cswindows1254", "windows-1254"},
    {"cswindows1255", "windows-1255"},
    {"cswindows1256", "windows-1256"},
    {"cswindows1257", "windows-1257"},
    {"cswindows1258", "windows-1258"},
    {"ms_kanji", "shift_jis"},
    {"csshiftjis", "shift_jis"},
    {"extended_unix_code_packed_format_for_japanese", "euc-jp"},
    {"cseucpkdfmtjapanese", "euc-jp"},
    {"csiso2022jp", "iso-2022-jp"},
    {"cseuckr", "euc-kr"},
    {"cp936", "gbk"},
    {"ms936", "gbk"},
    {"windows-936", "gbk"},
    {"csgbk", "gbk"},
    {"csgb18030", "gb18030"},
    {"cshzgb2312", "hz-gb-2312"},
    {"csbig5", "big5"},
};

struct Named {
  std::string_view name;
  DecodeFunction function;
};
constexpr Named kFunctions[] = {
    {"utf-8", encoding::decode_utf8_checked},
    {"shift_jis", encoding::decode_shift_jis},
    {"euc-jp", encoding::decode_euc_jp},
    {"iso-2022-jp", encoding::decode_iso_2022_jp},
    {"euc-kr", encoding::decode_euc_kr},
    {"big5", encoding::decode_big5},
    {"gbk", [](std::string_view line,
               Arena& arena) { return encoding::decode_gb18030(line, false, arena); }},
    {"gb18030", [](std::string_view line,
                   Arena& arena) { return encoding::decode_gb18030(line, true, arena); }},
    {"hz-gb-2312", encoding::decode_hz},
};

}  // namespace

Result<std::unique_ptr<LineDecoder>> make_line_decoder(std::string_view name) {
  const std::string lower = ascii_lower(name);
  const auto alias = std::find_if(std::begin(kAliases), std::end(kAliases),
                                  [&](const Alias& one) { return one.name == lower; });
  const std::string_view wanted = alias == std::end(kAliases) ? std::string_view(lower) : alias->of;
  for (const Named& named : kFunctions) {
    if (named.name == wanted)
      return std::unique_ptr<LineDecoder>(new FunctionDecoder(named.function));
  }
  for (const encoding::SingleByteTable& table : kSingleByteTables) {
    if (table.name == wanted) {
      return std::unique_ptr<LineDecoder>(new SingleByteDecoder(table.characters));
    }
  }
  if (wanted == "utf-16") return std::unique_ptr<LineDecoder>(new MarkedUtf16Decoder());
  if (wanted == "utf-16le") return std::unique_ptr<LineDecoder>(new Utf16Decoder(false));
  if (wanted == "utf-16be") return std::unique_ptr<LineDecoder>(new Utf16Decoder(true));
  return Error{ErrorCode::kInvalid,
               "unknown encoding " + go_quoted(name) +
                   "; expected an IANA name such as ISO-8859-1, windows-1252, UTF-16LE, Shift_JIS, "
                   "EUC-JP, GBK, GB18030, Big5, EUC-KR or KOI8-R"};
}

}  // namespace tailrace
