#include "storage/sqlite/sqlite_store.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <utility>
#include <vector>

#include "SQLiteCpp/Exception.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "scoring/error.h"
#include "storage/committer.h"
#include "storage/mutex.h"
#include "storage/sqlite/audit.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/errors.h"
#include "storage/sqlite/file_steps.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/reader_pool.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/restore.h"
#include "storage/sqlite/tenant_records.h"
#include "storage/sqlite/writer.h"

namespace tiermark {
namespace sqlite {
namespace {

// What the committer tells when a commit is durable.
struct CommitSignal {
  std::atomic<int64_t> durable_position = 0;
  // Set before the first write.
  std::function<void()> listener = [] {};
};

// What this process may still write to the disk of that file; 0 when the system does not say.
int64_t DiskFreeBytes(const std::string& path) {
  struct statvfs disk = {};
  if (statvfs(path.c_str(), &disk) != 0) return 0;
  return static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
}

std::string PartialPath(const std::string& path) { return CopyPathOf(path) + ".partial"; }

// Writes go to the committer, reads to the pool.
class OpenedStore : public SqliteStore {
 public:
  OpenedStore(std::string path, FileLock lock, std::unique_ptr<Writer> writer,
              std::vector<std::unique_ptr<Connection>> readers,
              std::unique_ptr<CommitSignal> signal, CommitterOptions options)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        writer_(std::move(writer)),
        readers_(std::move(readers)),
        signal_(std::move(signal)),
        committer_(writer_.get(), std::move(options)) {}

  ~OpenedStore() override { Close(); }

  void Apply(AccountWrite write) override { committer_.Apply(std::move(write)); }

  absl::StatusOr<AccountRecord> ReadAccount(TenantId tenant,
                                            absl::string_view account_id) override {
    return readers_.Read([&](Connection& connection) {
      return sqlite::ReadAccount(connection, tenant, std::string(account_id));
    });
  }

  absl::StatusOr<std::vector<std::optional<AccountRecord>>> ReadAccounts(
      TenantId tenant, const std::vector<std::string>& account_ids) override {
    return readers_.Read([&](Connection& connection) {
      return sqlite::ReadAccounts(connection, tenant, account_ids);
    });
  }

  absl::StatusOr<LogRecord> ReadLog(TenantId tenant, int64_t position) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ReadLog(connection, tenant, position); });
  }

  absl::StatusOr<DuePage> ListDue(const DueQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ListDue(connection, query); });
  }

  absl::StatusOr<DueCount> CountDue(const DueCountQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::CountDue(connection, query); });
  }

  absl::StatusOr<AccountPage> ListAccounts(const AccountQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ListAccounts(connection, query); });
  }

  absl::StatusOr<int64_t> LastAccountNo(TenantId) override {
    return readers_.Read([](Connection& connection) -> absl::StatusOr<int64_t> {
      return sqlite::LastAccountNo(connection);
    });
  }

  absl::StatusOr<EvaluationPage> ListEvaluations(const EvaluationQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ListEvaluations(connection, query); });
  }

  absl::StatusOr<EventPage> ListEvents(const EventQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ListEvents(connection, query); });
  }

  absl::StatusOr<ItemPage> ListItems(const ItemQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ListItems(connection, query); });
  }

  absl::StatusOr<MovementPage> ListMovements(const MovementQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ListMovements(connection, query); });
  }

  absl::StatusOr<ChangePage> ListChanges(const ChangeQuery& query) override {
    // What is committed and not yet durable may be gone after a power cut, and another entry may
    // take its position.
    const int64_t last_position = signal_->durable_position;
    return readers_.Read([&](Connection& connection) {
      return sqlite::ListChanges(connection, query, last_position);
    });
  }

  absl::StatusOr<int64_t> LastPosition(TenantId) override {
    return signal_->durable_position.load();
  }

  void ApplyTenant(TenantWrite write) override { committer_.Apply(std::move(write)); }

  absl::StatusOr<TenantRecordMap> ReadTenantRecords(TenantId tenant,
                                                    absl::string_view prefix) override {
    return readers_.Read([&](Connection& connection) {
      return sqlite::ReadTenantRecords(connection, tenant, std::string(prefix));
    });
  }

  absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) override {
    return readers_.Read(
        [&](Connection& connection) { return sqlite::ListAudit(connection, query); });
  }

  void OnCommit(std::function<void()> listener) override {
    signal_->listener = std::move(listener);
  }

  StoreGauges Gauges() override {
    StoreGauges gauges = readers_.Gauges();
    const StoreGauges queues = committer_.Gauges();
    gauges.interactive = queues.interactive;
    gauges.bulk = queues.bulk;
    gauges.tenant = queues.tenant;
    MutexLock lock(&writer_mutex_);
    if (writer_ == nullptr) return {};
    const PageCounts pages = writer_->pages();
    gauges.cache_hits += pages.hits;
    gauges.cache_misses += pages.misses;
    gauges.wal_bytes = writer_->wal_bytes();
    gauges.disk_free_bytes = DiskFreeBytes(path_);
    return gauges;
  }

  absl::StatusOr<std::string> BackUp(
      const std::function<bool(int64_t done, int64_t total)>& progress) override {
    const std::string copy = CopyPathOf(path_);
    if (absl::Status room = CheckRoom(copy, StoreBytes(path_)); !room.ok()) return room;
    OnlineBackup* backup = nullptr;
    {
      MutexLock lock(&writer_mutex_);
      if (writer_ == nullptr) return StoreClosing();
      if (backups_ > 0) return BackupUnderWay();
      backup = &writer_->backup();
      ++backups_;
    }
    absl::Status made = MakeCopy(copy, progress, backup);
    {
      MutexLock lock(&writer_mutex_);
      --backups_;
      backups_ended_.SignalAll();
    }
    if (!made.ok()) return made;
    return copy;
  }

  void Close() override {
    {
      MutexLock lock(&writer_mutex_);
      if (writer_ != nullptr) writer_->backup().Close();
    }
    committer_.Close();
    // The connection that writes is the last to go: it moves the log into the file.
    readers_.Close();
    std::unique_ptr<Writer> writer;
    {
      MutexLock lock(&writer_mutex_);
      while (backups_ > 0) backups_ended_.Wait(&writer_mutex_);
      writer = std::move(writer_);
    }
  }

 private:
  absl::Status MakeCopy(const std::string& copy,
                        const std::function<bool(int64_t done, int64_t total)>& progress,
                        OnlineBackup* backup) {
    absl::StatusOr<StagedFile> staged = StagedFile::Make(PartialPath(path_));
    if (!staged.ok()) return staged.status();
    absl::Status made = backup->Run(staged->path(), progress, [this] { WakeCommitter(); });
    if (!made.ok()) return made;
    return staged->Replace(copy);
  }

  // A write that changes nothing.
  void WakeCommitter() {
    TenantWrite nothing;
    nothing.decide = [](const TenantRecordMap&, absl::Time) { return TenantChangeSet(); };
    nothing.done = [](const absl::StatusOr<TenantCommit>&) {};
    committer_.Apply(std::move(nothing));
  }

  const std::string path_;
  FileLock lock_;
  // For whoever is not the committer: it may go.
  Mutex writer_mutex_;
  std::unique_ptr<Writer> writer_;
  int backups_ = 0;
  CondVar backups_ended_;
  ReaderPool readers_;
  const std::unique_ptr<CommitSignal> signal_;
  Committer committer_;
};

ConnectionOptions OptionsOf(const SqliteStoreOptions& options, const std::string& path,
                            bool writes) {
  ConnectionOptions result;
  result.path = path;
  result.writes = writes;
  result.cache_bytes = writes ? options.cache_bytes : options.reader_cache_bytes;
  result.pages_max = writes ? options.pages_max : 0;
  result.log = options.log;
  result.observer = options.observer;
  return result;
}

absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const SqliteStoreOptions& options) {
  absl::StatusOr<std::string> path = PrepareFile(options.path);
  if (!path.ok()) return path.status();
  absl::StatusOr<FileLock> lock = FileLock::Take(*path);
  if (!lock.ok()) return lock.status();
  if (absl::Status ended = FinishRestore(*path); !ended.ok()) return ended;
  // What a backup left that was cut short.
  unlink(CopyPathOf(*path).c_str());
  unlink(PartialPath(*path).c_str());
  auto connection = std::make_unique<Connection>(OptionsOf(options, *path, true));
  absl::Status migrated =
      Migrate(KnownMigrations(), absl::ToUnixMicros(options.clock->Now()), connection.get());
  if (!migrated.ok()) return migrated;
  auto writer = std::make_unique<Writer>(std::move(connection), options.checkpoint_frames);
  std::vector<std::unique_ptr<Connection>> readers;
  readers.reserve(options.readers);
  for (int i = 0; i < options.readers; ++i) {
    readers.push_back(std::make_unique<Connection>(OptionsOf(options, *path, false)));
  }
  CommitterOptions committer;
  committer.clock = options.clock;
  committer.answer_threads = options.answer_threads;
  committer.on_fatal = options.on_fatal;
  committer.observer = options.observer;
  auto signal = std::make_unique<CommitSignal>();
  signal->durable_position = writer->NextPosition() - 1;
  committer.on_durable = [signal = signal.get()](int64_t position) {
    signal->durable_position = position;
    signal->listener();
  };
  return std::make_unique<OpenedStore>(*std::move(path), *std::move(lock), std::move(writer),
                                       std::move(readers), std::move(signal), std::move(committer));
}

}  // namespace
}  // namespace sqlite

absl::StatusOr<std::unique_ptr<SqliteStore>> OpenSqliteStore(const SqliteStoreOptions& options) {
  try {
    return sqlite::Open(options);
  } catch (const SQLite::Exception& exception) {
    return sqlite::StatusOfOpening(exception, options.path);
  }
}

std::string CopyPathOf(const std::string& store_path) {
  return absl::StrCat(store_path, ".backup-under-way");
}

absl::StatusOr<std::string> ParseSqliteStore(absl::string_view store) {
  if (!absl::ConsumePrefix(&store, "sqlite:") || store.empty()) {
    return absl::InvalidArgumentError(
        "the store has to be given as sqlite:PATH, such as sqlite:var/tiermark.db");
  }
  return std::string(store);
}

}  // namespace tiermark
