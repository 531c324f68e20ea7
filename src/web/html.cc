#include "web/html.h"

namespace tailrace {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff}"
    "nav{background:#12344d;padding:.6rem 1.2rem}nav "
    "a{color:#cfe3f2;margin-right:1.2rem;text-decoration:none}"
    "nav b{color:#fff;margin-right:2rem}main{padding:1rem 1.2rem;max-width:1200px}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 "
    "1.5rem}td,th{text-align:left;vertical-align:top;"
    "padding:.35rem .6rem;border-bottom:1px solid #d9e0e6}code,pre{font:13px/1.45 "
    "ui-monospace,monospace}"
    "pre{background:#f4f6f8;padding:1rem;overflow:auto}.ok{color:#14733b}.no{color:#a4262c}"
    "@media(prefers-color-scheme:dark){body{background:#14181c;color:#dfe5ea}td,th{border-color:#"
    "323a42}"
    "pre{background:#1d2329}.ok{color:#5fd38d}.no{color:#ff8a8a}}";

}  // namespace

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

std::string html_page(std::string_view title, std::string_view body, bool has_explorer) {
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>tailrace: ";
  append_html(out, title);
  out += "</title><style>";
  out += kStyle;
  // Relative links: the pages may stand behind a prefix.
  out += "</style></head><body><nav><b>tailrace</b>";
  if (has_explorer) out += "<a href=\"ui/#tab=agent\">Explorer</a>";
  out +=
      "<a href=\"targets\">Targets</a><a href=\"service-discovery\">Service discovery</a>"
      "<a href=\"config\">Configuration</a><a href=\"metrics\">Metrics</a>"
      "<a href=\"ready\">Ready</a></nav><main><h1>";
  append_html(out, title);
  out += "</h1>";
  out += body;
  out += "</main></body></html>\n";
  return out;
}

}  // namespace tailrace
