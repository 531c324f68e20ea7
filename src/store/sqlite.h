// SQLite, as little of it as the store needs. A database and its statements belong to one thread at
// a time.
//
// Errors: kUnavailable when the disk is full, does not take what is written, or something else is
// short that may be had later; kTimeout when another connection is in the way; kInvalid when a file
// is damaged; kIo for the rest, as a file that may not be opened or cannot be read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tailrace {

class Statement {
 public:
  Statement() = default;
  // Arguments count from 1. Texts and blobs must live until reset() or the end of the statement.
  void bind(int index, std::int64_t value);
  void bind_text(int index, std::string_view text);
  void bind_blob(int index, std::string_view bytes);
  // Whether there is a row.
  Result<bool> step();
  // For statements without rows; resets.
  Result<void> run();
  void reset();
  // Columns count from 0. Views live until the next step() or reset().
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;

 private:
  friend class Database;
  struct Close {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Close> statement_;
};

class Database {
 public:
  struct Options {
    bool read_only = false;
    bool damaged = false;   // read what is there, even if the file ends too early
    int page_bytes = 4096;  // of a new file
    int cache_kib = 1024;
  };
  // Opens or creates; write-ahead log, every commit is on the disk when it returns.
  static Result<Database> open(const std::string& path, const Options& options);

  Result<void> run(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row; 0 without a row.
  Result<std::int64_t> read_number(std::string_view sql);
  std::int64_t last_insert_id() const;
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

// A transaction that is undone unless it is committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;
};

}  // namespace tailrace
