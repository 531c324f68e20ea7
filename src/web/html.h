// Building HTML from text that may come from anywhere: everything is escaped.
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

// Appends `text` with & < > " ' replaced by entities: safe as content and in quoted attributes.
void append_html(std::string& out, std::string_view text);

// A whole page with our style and the links between the agent's pages, and to the explorer where
// there is one. `body` is HTML.
std::string html_page(std::string_view title, std::string_view body, bool has_explorer);

}  // namespace tailrace
