// geoip: where an address is, or whose it is, from a MaxMind database, as labels.
#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

using Path = std::array<const char*, 4>;  // keys from the record's root, ends with a null

// Names below "names" are per language; ours is English.
struct TextLabel {
  std::string_view label;
  Path path;
};
constexpr std::array kCityTexts = {
    TextLabel{"geoip_city_name", {"city", "names", "en"}},
    TextLabel{"geoip_country_name", {"country", "names", "en"}},
    TextLabel{"geoip_continent_name", {"continent", "names", "en"}},
    TextLabel{"geoip_continent_code", {"continent", "code"}},
    TextLabel{"geoip_postal_code", {"postal", "code"}},
    TextLabel{"geoip_timezone", {"location", "time_zone"}},
};
// The last subdivision is the most specific one.
constexpr std::array<const char*, 5> kSubdivisionName = {"subdivisions", "-1", "names", "en"};
constexpr Path kSubdivisionCode = {"subdivisions", "-1", "iso_code"};
constexpr Path kLatitude = {"location", "latitude"};
constexpr Path kLongitude = {"location", "longitude"};
constexpr Path kAsNumber = {"autonomous_system_number"};
constexpr Path kAsOrganization = {"autonomous_system_organization"};

// A database mapped into memory. Texts it hands out live as long as it does.
class Database {
 public:
  using Record = MMDB_entry_s;

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    if (open_) MMDB_close(&mmdb_);
  }

  Result<void> open(const std::string& path) {
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &mmdb_);
    if (status != MMDB_SUCCESS) {
      return Error{ErrorCode::kIo, MMDB_strerror(status)}.in("open " + path);
    }
    open_ = true;
    return {};
  }

  // Nothing if the text is no address, or one the database does not know.
  std::optional<Record> find(std::string_view text) const {
    std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
    if (!open_ || text.size() >= terminated.size()) return std::nullopt;
    std::memcpy(terminated.data(), text.data(), text.size());
    sockaddr_in6 six{};
    sockaddr_in four{};
    const sockaddr* address = nullptr;
    if (inet_pton(AF_INET, terminated.data(), &four.sin_addr) == 1) {
      four.sin_family = AF_INET;
      address = reinterpret_cast<const sockaddr*>(&four);
    } else if (inet_pton(AF_INET6, terminated.data(), &six.sin6_addr) == 1) {
      six.sin6_family = AF_INET6;
      address = reinterpret_cast<const sockaddr*>(&six);
    } else {
      return std::nullopt;
    }
    int status = MMDB_SUCCESS;
    const MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&mmdb_, address, &status);
    if (status != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
    return found.entry;
  }

  template <class AnyPath>
  static std::optional<MMDB_entry_data_s> value(Record record, const AnyPath& path) {
    MMDB_entry_data_s data{};
    if (MMDB_aget_value(&record, &data, path.data()) != MMDB_SUCCESS || !data.has_data) {
      return std::nullopt;
    }
    return data;
  }
  template <class AnyPath>
  static std::string_view text(Record record, const AnyPath& path) {
    const auto data = value(record, path);
    if (!data || data->type != MMDB_DATA_TYPE_UTF8_STRING) return {};
    return {data->utf8_string, data->data_size};
  }
  static double number(Record record, const Path& path) {
    const auto data = value(record, path);
    return data && data->type == MMDB_DATA_TYPE_DOUBLE ? data->double_value : 0;
  }

 private:
  MMDB_s mmdb_{};
  bool open_ = false;
};

enum class DatabaseKind : std::uint8_t { kCity, kAsn };

class GeoipStage final : public Stage {
 public:
  GeoipStage(FieldId source, DatabaseKind kind, const FieldTable& fields)
      : source_(source), kind_(kind), fields_(fields) {}

  Result<void> open(const std::string& path) { return database_.open(path); }

  void plan(FieldsRead& later) override { later.add(source_); }

  void accept(Entry& entry) override {
    if (const std::optional<FieldValue> value = entry.fields.find(source_, fields_)) {
      if (const auto text = field_text(*value, *entry.arena)) locate(*text, entry);
    }
    pass(entry);
  }

 private:
  void locate(std::string_view address, Entry& entry) const {
    const std::optional<Database::Record> record = database_.find(address);
    if (!record) return;
    if (kind_ == DatabaseKind::kCity) {
      set_city(*record, entry);
    } else {
      set_asn(*record, entry);
    }
  }

  static void set(Entry& entry, std::string_view label, std::string_view value) {
    if (!value.empty() && is_valid_utf8(value)) entry.labels.set(label, value);
  }
  static void set(Entry& entry, std::string_view label, double value) {
    if (const auto text = field_text(FieldValue::of(value), *entry.arena)) set(entry, label, *text);
  }

  static void set_city(const Database::Record& record, Entry& entry) {
    for (const TextLabel& each : kCityTexts) {
      set(entry, each.label, Database::text(record, each.path));
    }
    set(entry, "geoip_subdivision_name", Database::text(record, kSubdivisionName));
    set(entry, "geoip_subdivision_code", Database::text(record, kSubdivisionCode));
    const double latitude = Database::number(record, kLatitude);
    const double longitude = Database::number(record, kLongitude);
    if (latitude == 0 && longitude == 0) return;
    set(entry, "geoip_location_latitude", latitude);
    set(entry, "geoip_location_longitude", longitude);
  }

  static void set_asn(const Database::Record& record, Entry& entry) {
    const auto number = Database::value(record, kAsNumber);
    if (number && number->type == MMDB_DATA_TYPE_UINT32 && number->uint32 != 0) {
      set(entry, "geoip_autonomous_system_number", static_cast<double>(number->uint32));
    }
    set(entry, "geoip_autonomous_system_organization", Database::text(record, kAsOrganization));
  }

  FieldId source_;
  DatabaseKind kind_;
  const FieldTable& fields_;
  Database database_;
};

}  // namespace

StagePtr make_geoip_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "geoip", {"db", "source", "db_type"});
  std::string path, source, type;
  options.read("db", path);
  options.read("source", source);
  options.read("db_type", type);
  if (!options.good()) return nullptr;
  if (path.empty()) options.fail("db", "db path cannot be empty: the file of a MaxMind database");
  if (source.empty()) options.fail("source", "source cannot be empty: the field with the address");
  if (type.empty()) {
    options.fail("db_type", "db type cannot be empty: city or asn");
  } else if (type != "city" && type != "asn") {
    options.fail("db_type", "db type should be either city or asn, not " + type);
  }
  if (!options.good()) return nullptr;
  const auto kind = type == "city" ? DatabaseKind::kCity : DatabaseKind::kAsn;
  auto stage = std::make_unique<GeoipStage>(context.fields.id(source), kind, context.fields);
  if (context.check_only) return stage;  // the database may be elsewhere, where the agent will run
  if (const Result<void> opened = stage->open(path); !opened) {
    options.fail("db", "unable to open the db: " + opened.error().text());
    return nullptr;
  }
  return stage;
}

}  // namespace tailrace
