#include "agent/explorer_setup.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace tailrace {
namespace {

// "": there is no such source; else the address it asks.
std::string first_client(const std::string& server, const std::string& explorer,
                         const std::string& url = "http://u:p@loki:3100/x/loki/api/v1/push") {
  const Result<CommandLine> flags = CommandLine::parse({});
  const AgentConfig config = read_agent_config(
      "test.yaml",
      "clients: [{url: '" + url + "'}]\nserver: {" + server + "}\nexplorer: {" + explorer + "}\n",
      *flags);
  EXPECT_FALSE(config.errors->failed()) << config.errors->text();
  boost::asio::io_context io;
  const auto source = first_client_source(io.get_executor(), config);
  return source ? source->address() : "";
}

// The client's credentials are the agent's. Whoever can reach its listener gets to read with them
// only if that listener is closed, or if the configuration says so.
TEST(ExplorerSetup, TheFirstClientIsAskedForThoseWhoAreAllowedTo) {
  const std::string loki = "http://u:xxxxx@loki:3100/x";
  auto f = [](const std::string& server, const std::string& explorer, const std::string& want) {
    SCOPED_TRACE(server + " / " + explorer);
    EXPECT_EQ(first_client(server, explorer), want);
  };
  f("", "", "");  // Promtail's default: all addresses
  f("http_listen_address: 0.0.0.0", "", "");
  f("http_listen_address: 192.0.2.1", "", "");
  f("http_listen_address: 127.0.0.1", "", loki);
  f("http_listen_address: localhost", "", loki);
  f("http_listen_address: '::1'", "", loki);
  f("basic_auth: {username: a, password: b}", "", loki);
  f("http_listen_address: 127.0.0.1", "first_client: never", "");
  f("", "first_client: always", loki);
}

TEST(ExplorerSetup, NobodyKnowsWhereQueriesOfAnotherUrlGo) {
  const std::string closed = "http_listen_address: 127.0.0.1";
  EXPECT_EQ(first_client(closed, "", "http://collector/ingest"), "");
  EXPECT_EQ(first_client(closed, "", "http://loki/loki/api/v1/push"), "http://loki");
}

}  // namespace
}  // namespace tailrace
