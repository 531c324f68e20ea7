// A certificate authority for a test, and certificates for a server on loopback and a client, made
// by the openssl command in a directory of the test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "support/temp_dir.h"

namespace tailrace {

class TestCertificates {
 public:
  TestCertificates() {
    dir_.write("san.cnf", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=test-ca "
        "-keyout ca.key -out ca.pem");
    for (const std::string name : {"server", "client"}) {
      run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name +
          " -keyout " + name + ".key -out " + name + ".csr");
      run("openssl x509 -req -in " + name +
          ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san.cnf -out " + name +
          ".pem");
    }
  }
  std::string operator/(std::string_view name) const { return dir_ / name; }

 private:
  void run(const std::string& command) {
    EXPECT_EQ(std::system(("cd " + dir_.path() + " && " + command + " 2>/dev/null").c_str()), 0)
        << command;
  }
  TempDir dir_;
};

}  // namespace tailrace
