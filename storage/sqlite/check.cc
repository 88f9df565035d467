#include "storage/sqlite/check.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/match.h"
#include "scoring/error.h"
#include "storage/sqlite/checker.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/migrations.h"

namespace tiermark {
namespace sqlite {
namespace {

constexpr size_t kHeaderBytes = 100;
constexpr absl::string_view kMagic("SQLite format 3\0", 16);

// A number of the header, as SQLite has them: the highest byte first.
int64_t NumberAt(const std::array<char, kHeaderBytes>& header, size_t at, int bytes) {
  int64_t number = 0;
  for (int i = 0; i < bytes; ++i) {
    number = (number << 8) | static_cast<unsigned char>(header[at + static_cast<size_t>(i)]);
  }
  return number;
}

// What SQLite itself passes over in the header. Left are the counter of schema changes and the
// version of the library that wrote last, which say nothing of what is stored.
void CheckHeader(const std::string& path, Checker* checker) {
  std::array<char, kHeaderBytes> header{};
  std::ifstream file(path, std::ios::binary);
  file.read(header.data(), kHeaderBytes);
  if (!file) return checker->Report("file", "header", "is shorter than a header");
  if (absl::string_view(header.data(), kMagic.size()) != kMagic) {
    return checker->Report("file", "header", "is not that of a SQLite database");
  }
  struct Expected {
    const char* what;
    size_t at;
    int bytes;
    int64_t value;
  };
  for (const Expected& expected :
       {Expected{"reserved bytes", 20, 1, 0}, Expected{"payload fractions", 21, 3, 0x402020},
        Expected{"schema format", 44, 4, 4}, Expected{"default cache size", 48, 4, 0},
        Expected{"largest root page", 52, 4, 0}, Expected{"text encoding", 56, 4, 1},
        Expected{"user version", 60, 4, 0}, Expected{"incremental vacuum", 64, 4, 0},
        Expected{"version valid for", 92, 4, NumberAt(header, 24, 4)}}) {
    const int64_t value = NumberAt(header, expected.at, expected.bytes);
    if (value == expected.value) continue;
    checker->Report("file", "header",
                    absl::StrCat(expected.what, " is ", value, " and not ", expected.value));
  }
  for (const size_t at : {18, 19}) {
    if (header[at] != 1 && header[at] != 2) {
      checker->Report("file", "header", "the file format's version is none that there is");
    }
  }
  if (header[18] != header[19]) {
    checker->Report("file", "header", "the versions for reading and writing differ");
  }
  for (size_t at = 72; at < 92; ++at) {
    if (header[at] != 0) {
      checker->Report("file", "header", absl::StrCat("byte ", at, " is not zero"));
    }
  }
}

ConnectionOptions ReaderOptions(const std::string& path, bool has_wal) {
  ConnectionOptions options;
  options.path = path;
  options.immutable = !has_wal;
  constexpr int64_t kCacheBytes = int64_t{64} << 20;
  options.cache_bytes = kCacheBytes;
  return options;
}

// How many steps of the schema make the tables that there are; 0: no number of them does.
size_t StepsOfTables(const std::vector<Migration>& known, Connection* connection) {
  size_t steps = known.size();
  while (steps > 0 && !CheckSchema(known, steps, connection).ok()) --steps;
  return steps;
}

// What the store says of its steps, of which `steps` made its tables.
void CheckSteps(const std::vector<Migration>& known, size_t steps, Connection* connection,
                Checker* checker) {
  Query rows =
      connection->Prepare("SELECT number, name, sha256 FROM schema_migration ORDER BY number");
  size_t i = 0;
  for (; rows.Step(); ++i) {
    if (i < steps && rows.Int(0) == known[i].number && rows.Bytes(1) == known[i].name &&
        rows.Bytes(2) == known[i].sha256) {
      continue;
    }
    checker->Report("schema_migration", absl::StrCat("number ", rows.Int(0)),
                    "is not the step that made the tables");
  }
  for (; i < steps; ++i) {
    checker->Report("schema_migration", absl::StrCat("number ", known[i].number), "is missing");
  }
}

// False when the tables are none that can be looked at.
absl::StatusOr<bool> CheckSchemaOf(Connection* connection, Checker* checker, StoreCheck* result) {
  const std::vector<Migration>& known = KnownMigrations();
  result->schema_steps_known = static_cast<int>(known.size());
  const absl::StatusOr<size_t> applied = AppliedMigrations(known, connection);
  const std::string reason = ReasonOf(applied.status());
  if (reason == "SCHEMA_NEWER") return applied.status();
  const size_t steps = StepsOfTables(known, connection);
  result->schema_steps = static_cast<int>(steps);
  if (steps == 0) {
    if (!applied.ok()) return applied.status();
    if (*applied == 0) {
      checker->Report("file", "header", "holds nothing: it is no store yet, or no store any more");
    } else {
      checker->Report("sqlite_schema", "", "is not what the schema's steps make");
    }
    return false;
  }
  // With the tables of a store it is one, whatever else it says.
  if (reason == "NOT_A_STORE") checker->Report("file", "header", "does not say that it is a store");
  checker->Run("schema_migration", [&] { CheckSteps(known, steps, connection, checker); });
  return true;
}

absl::Status Check(const StoreCheckOptions& options, StoreCheck* result) {
  struct stat file {};
  if (stat(options.path.c_str(), &file) != 0) {
    return ReasonedError(absl::StatusCode::kNotFound, "STORE_MISSING",
                         absl::StrCat(options.path, ": ", std::strerror(errno)));
  }
  if (!S_ISREG(file.st_mode)) {
    return ReasonedError(absl::StatusCode::kFailedPrecondition, "STORE_FILE_NOT_REGULAR",
                         absl::StrCat(options.path, " is not a plain file"));
  }
  const bool has_wal = HasWal(options.path);
  Connection connection(ReaderOptions(options.path, has_wal));
  Checker checker(&connection, options, result);
  // What the log holds comes before what the file does.
  if (!has_wal) CheckHeader(options.path, &checker);
  const ReadTransaction transaction(&connection);
  const absl::StatusOr<bool> known = CheckSchemaOf(&connection, &checker, result);
  if (!known.ok()) return known.status();
  checker.Run("file", [&] { checker.Pages(); });
  if (!*known) return absl::OkStatus();
  checker.Run("erased_account", [&] { checker.Erased(); });
  checker.Run("log", [&] { checker.Log(); });
  checker.Run("account", [&] { checker.Accounts(); });
  checker.Run("due", [&] { checker.Due(); });
  checker.Run("account_parent", [&] { checker.Parents(); });
  checker.Run("movement", [&] { checker.Movements(); });
  checker.Run("account_event", [&] { checker.Events(); });
  checker.Run("account_item", [&] { checker.Items(); });
  checker.Run("tenant_record", [&] { checker.TenantRecords(); });
  constexpr int kAuditStep = 2;
  if (result->schema_steps >= kAuditStep) checker.Run("audit", [&] { checker.Audit(); });
  checker.Run("erased_account", [&] { checker.ErasedChains(); });
  checker.Orphans();
  return absl::OkStatus();
}

}  // namespace

void Checker::Pages() {
  options_.progress("pages", 0, 0);
  // As many as there are.
  Query rows = connection_.Prepare("PRAGMA integrity_check(1000000)");
  while (rows.Step()) {
    const absl::string_view text = rows.Bytes(0);
    if (text != "ok") Report("file", "pages", std::string(text.data(), text.size()));
  }
}

void Checker::Count(const char* table, int64_t done, int64_t total) {
  constexpr int64_t kLookEvery = 1'000;
  constexpr absl::Duration kTellEvery = absl::Seconds(1);
  const int64_t rows = ++result_.rows[table];
  if (rows % kLookEvery != 0 || absl::Now() - told_ < kTellEvery) return;
  told_ = absl::Now();
  options_.progress(table, done, total);
}

int64_t Checker::NumberOf(const char* sql) {
  Query query = connection_.Prepare(sql);
  return query.Step() ? query.Int(0) : 0;
}

}  // namespace sqlite

absl::StatusOr<StoreCheck> CheckStore(const StoreCheckOptions& options) {
  StoreCheck result;
  try {
    if (absl::Status checked = sqlite::Check(options, &result); !checked.ok()) return checked;
  } catch (const SQLite::Exception& exception) {
    const absl::Status status = sqlite::StatusOfOpening(exception, options.path);
    // Nothing is asked for but what every store has.
    const bool lacks_schema = (exception.getErrorCode() & 0xff) == SQLITE_ERROR;
    if (!absl::IsDataLoss(status) && ReasonOf(status) != "NOT_A_STORE" && !lacks_schema) {
      return status;
    }
    ++result.damages;
    options.on_damage({"file", "", absl::StrCat("cannot be read (", exception.what(), ")")});
  }
  return result;
}

}  // namespace tiermark
