# Everything we stand on, from Debian 12's packages. prometheus-cpp alone has no static library there:
# scripts/setup builds its core from Debian's source package into .cache/prometheus-cpp.

if(TAILRACE_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(Protobuf_USE_STATIC_LIBS ON)
  set(ZLIB_USE_STATIC_LIBS ON)
endif()

find_package(ZLIB REQUIRED)
find_package(BZip2 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
include(GoogleTest)

# A library without a usable CMake package: its header and its archive, as an imported target.
function(tailrace_import target header)
  find_path(${target}_INCLUDE ${header} REQUIRED)
  find_library(${target}_LIBRARY NAMES ${ARGN} REQUIRED)
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${${target}_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${${target}_INCLUDE})
  target_link_libraries(${target} INTERFACE Threads::Threads)
endfunction()

tailrace_import(Snappy::snappy snappy.h snappy)
tailrace_import(re2::re2 re2/re2.h re2)
tailrace_import(yaml-cpp::yaml-cpp yaml-cpp/yaml.h yaml-cpp)
tailrace_import(SQLite::SQLite3 sqlite3.h sqlite3)
tailrace_import(zstd::zstd zstd.h zstd)
tailrace_import(maxminddb::maxminddb maxminddb.h maxminddb)
tailrace_import(GTest::gtest gtest/gtest.h gtest)
tailrace_import(GTest::gmock gmock/gmock.h gmock)
tailrace_import(GTest::gtest_main gtest/gtest.h gtest_main)
target_link_libraries(GTest::gmock INTERFACE GTest::gtest)
target_link_libraries(GTest::gtest_main INTERFACE GTest::gtest)

list(PREPEND CMAKE_PREFIX_PATH ${PROJECT_SOURCE_DIR}/.cache/prometheus-cpp $ENV{TAILRACE_PREFIX})
tailrace_import(prometheus-cpp::core prometheus/registry.h prometheus-cpp-core)

add_library(spdlog_headers INTERFACE)
target_compile_definitions(spdlog_headers INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)

# Boost 1.81: Asio, Beast, JSON and URL are compiled once each, in src/net/boost.cc and src/base; see there.
add_library(boost_headers INTERFACE)
target_compile_definitions(boost_headers INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
                           BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                           BOOST_ASIO_DISABLE_BOOST_ARRAY)
