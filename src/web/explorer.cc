#include "web/explorer.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "web/explorer_assets.h"
#include "web/json_writer.h"

namespace tailrace {
namespace {

// Nothing but our own files: no inline script or style, no frames, no form, no other origin; and,
// where browsers know Trusted Types, no way at all to turn text into markup. 'self' of connect-src
// covers the WebSocket of the same listener. Other Lokis are asked through us (loki_source.h), so
// there is no need to allow any.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

void add_guards(Response& response) {
  for (const auto& [name, value] :
       {std::pair{"Content-Security-Policy", kPolicy},
        std::pair{"X-Content-Type-Options", "nosniff"}, std::pair{"X-Frame-Options", "DENY"},
        std::pair{"Referrer-Policy", "no-referrer"},
        std::pair{"Cross-Origin-Opener-Policy", "same-origin"},
        std::pair{"Cross-Origin-Resource-Policy", "same-origin"}}) {
    response.headers.emplace_back(name, value);
  }
}

// For clients that do not take gzip.
std::string unpacked(const ExplorerAsset& asset) {
  std::string out(asset.bytes, '\0');
  z_stream stream{};
  const int made = inflateInit2(&stream, 15 + 16);  // zlib's way to say "gzip"
  TAILRACE_ASSERT(made == Z_OK, "zlib cannot start");
  // zlib does not write through next_in.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.gzipped.data()));
  stream.avail_in = static_cast<uInt>(asset.gzipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  TAILRACE_ASSERT(done == Z_STREAM_END, "an asset does not unpack to the size it was packed from");
  return out;
}

const ExplorerAsset* find_asset(std::string_view name) {
  const auto assets = explorer_assets();
  const auto found = std::find_if(assets.begin(), assets.end(),
                                  [&](const ExplorerAsset& asset) { return asset.name == name; });
  return found == assets.end() ? nullptr : &*found;
}

void show(const ExplorerAsset& asset, const Request& request, Response& response) {
  add_guards(response);
  response.headers.emplace_back("ETag", asset.etag);
  // The names stay when the contents change with the next version: ask each time, a 304 is small.
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const std::string_view known = request.header("If-None-Match");
  if (known.find(asset.etag) != std::string_view::npos) {
    response.status = 304;
    return;
  }
  response.content_type = asset.content_type;
  if (accepts_gzip(request.header("Accept-Encoding"))) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.static_body = asset.gzipped;
  } else {
    response.body = unpacked(asset);
  }
}

void append_source(std::string& out, std::string_view name, std::string_view title,
                   std::string_view loki, bool tail) {
  out += out.ends_with('[') ? "{\"name\":" : ",{\"name\":";
  append_json_text(out, name);
  out += ",\"title\":";
  append_json_text(out, title);
  out += ",\"loki\":";
  append_json_text(out, loki);
  out += tail ? ",\"tail\":true}" : ",\"tail\":false}";
}

std::string sources_path(const LokiSource& source) { return "sources/" + source.name(); }

// What the page finds here: relative paths, and names for people. `tail`: there is a WebSocket;
// through us there is none, and the page asks for new lines every second.
std::string about(const ExplorerPlace& place) {
  std::string out = "{\"version\":";
  append_json_text(out, place.version);
  out += ",\"metrics\":";
  append_json_text(out, place.metrics);
  out += ",\"agent\":";
  append_json_text(out, place.agent);
  out += ",\"sources\":[";
  if (place.has_store) append_source(out, "store", "this store", "loki/api/v1/", true);
  for (const std::shared_ptr<LokiSource>& source : place.sources) {
    append_source(out, source->name(), source->name() + " (" + source->address() + ")",
                  sources_path(*source) + "/loki/api/v1/", false);
  }
  return out + "]}";
}

}  // namespace

void add_explorer(Router& router, const ExplorerPlace& place) {
  const ExplorerAsset* const index = find_asset("index.html");
  TAILRACE_ASSERT(index != nullptr, "the explorer has no page");
  if (!place.path.empty()) {
    // Relative paths of the page need the slash.
    const std::string last = place.path.substr(place.path.rfind('/') + 1);
    router.get(place.path, [last](Request&, Response& response) {
      response = redirect_response(308, last + "/");
    });
  }
  router.get(place.path + "/",
             [index](Request& request, Response& response) { show(*index, request, response); });
  for (const ExplorerAsset& asset : explorer_assets()) {
    router.get(place.path + "/assets/" + std::string(asset.name),
               [&asset](Request& request, Response& response) { show(asset, request, response); });
  }
  router.get(place.path + "/explorer.json", [body = about(place)](Request&, Response& response) {
    response = json_response(200, body);
    add_guards(response);
    response.headers.emplace_back("Cache-Control", "no-store");
  });
  for (const std::shared_ptr<LokiSource>& source : place.sources)
    add_loki_source(router, place.path + "/" + sources_path(*source), source);
}

}  // namespace tailrace
