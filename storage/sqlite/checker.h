// The steps of a check of a store's file. One per file of code: what they share is here.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "SQLiteCpp/Exception.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/connection.h"
#include "storage/store.h"

namespace tiermark::sqlite {

// What the log says of an account.
struct Chain {
  TenantId tenant = 0;
  int64_t last_position = 0;
  int64_t last_evaluation_position = 0;
  // An entry could not be read: whether it was an evaluation, the next one tells.
  bool blind = false;
  // A row of `account` or `erased_account` bears it out.
  bool owned = false;
};

// Used on one thread, for one check.
class Checker {
 public:
  Checker(Connection* connection, const StoreCheckOptions& options, StoreCheck* result)
      : connection_(*connection), options_(options), result_(*result) {}

  // In this order. All may throw SQLite::Exception: see Run.
  void Pages();
  void Erased();
  void Log();
  void Accounts();
  void Due();
  void Parents();
  void Movements();
  void Events();
  void Items();
  void TenantRecords();
  void Audit();
  void ErasedChains();
  void Orphans();

  void Report(absl::string_view table, std::string key, std::string what) {
    ++result_.damages;
    options_.on_damage({std::string(table), std::move(key), std::move(what)});
  }

  // Runs a step over a table. What SQLite refuses to read is damage too, and the next step goes on.
  template <typename Step>
  void Run(const char* table, Step&& step) {
    try {
      std::forward<Step>(step)();
    } catch (const SQLite::Exception& exception) {
      Report(table, "", absl::StrCat("cannot be read to its end (", exception.what(), ")"));
    }
  }

 private:
  // Counts a row of the table, and tells of progress now and then.
  void Count(const char* table, int64_t done, int64_t total);
  int64_t NumberOf(const char* sql);
  void CheckAccount(const Query& row, AccountRecord* account);
  void CheckDueOf(TenantId tenant, const AccountRecord& account);
  void CheckErasedChain(int64_t account_no, int64_t position, int64_t next_position);

  struct ErasedInfo {
    int64_t position = 0;
    int64_t next_position = 0;
  };

  Connection& connection_;
  const StoreCheckOptions& options_;
  StoreCheck& result_;
  absl::Time told_ = absl::Now();
  absl::flat_hash_map<int64_t, Chain> chains_;
  absl::flat_hash_map<int64_t, ErasedInfo> erased_;
};

inline std::string AccountKeyText(int64_t account_no) {
  return absl::StrCat("account_no ", account_no);
}
inline std::string PositionText(int64_t position) { return absl::StrCat("position ", position); }

}  // namespace tiermark::sqlite
