// What is kept, and the one way to change it: load, decide, commit.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/audit.pb.h"
#include "tiermark/v1/facts.pb.h"
#include "tiermark/v1/reevaluation.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// The number of a tenant within a store, 1 and up. Accounts of different tenants never meet.
using TenantId = int64_t;

inline constexpr TenantId kDefaultTenant = 1;

// Records of the store itself are kept as those of this one, which has no accounts.
inline constexpr TenantId kNoTenant = 0;

// One account as it is stored. A value.
struct AccountRecord {
  // Store-wide, in the order of first writes; 0 before the account is stored.
  int64_t account_no = 0;
  std::string account_id;

  // The account's latest log entry of any kind, and its latest evaluation; 0 when there is none.
  int64_t last_position = 0;
  int64_t last_evaluation_position = 0;

  store::v1::AccountState state;
  v1::AccountFacts facts;
};

// A log entry with its place.
struct LogRecord {
  int64_t position = 0;
  std::string account_id;
  // The account's log entry before this one, and its evaluation before it; 0 when there is none.
  int64_t previous_position = 0;
  int64_t previous_evaluation_position = 0;
  store::v1::LogEntry entry;
};

// In a change set, a log position that is not known before the commit: the entry with index `i` of
// the same change set. The committer puts the real positions in their place.
constexpr int64_t PositionOfEntry(int i) { return -1 - i; }

// What an account has many of, apart from its log: each has a key of its own within its kind.
enum class ItemKind {
  kTransaction = 1,      // By transaction id; a v1::Transaction.
  kLifecycleChange = 2,  // By LifecycleChangeKey; a v1::LifecycleChange.
};

// Items of one kind by key, bytewise; serialized.
using ItemMap = std::map<std::string, std::string>;

// The key of an account's change of stage or standing by number, 0 and up. Keys sort as numbers do.
std::string LifecycleChangeKey(int number);

// What a write makes of one account. Positions in `state`, in `entries` and in the ids below may
// be PositionOfEntry values.
struct ChangeSet {
  // The whole state after the write. Its `due`, scores and facts decide where lists show it.
  store::v1::AccountState state;

  // The whole facts after the write; empty when they do not change.
  std::optional<v1::AccountFacts> facts;

  // Appended to the log in this order. The last one answers a repeated request id.
  std::vector<store::v1::LogEntry> entries;

  // Rows of the account's events to write, by the position of their report: new ones with a
  // PositionOfEntry, known ones to be brought up to date. The store fills in their event_id and,
  // where `closing_position` is not 0, their closing_evaluation_id.
  struct EventRow {
    int64_t position = 0;
    int64_t closing_position = 0;
    // Absent: the stored row keeps what it says, and is only closed. Given for a known row: it
    // replaces all but the event_id.
    std::optional<v1::AccountEvent> event;
  };
  std::vector<EventRow> events;

  // Items to write, in place of those with their keys.
  struct Item {
    ItemKind kind = ItemKind::kTransaction;
    std::string key;
    std::string value;
  };
  std::vector<Item> items;

  // The state alone changes, with no entry in the log; the request id is not recorded.
  bool state_only = false;

  // Goes to the tenant's audit log with the rest. The store gives its id.
  std::optional<v1::AuditEntry> audit;

  // Erases the account: it is unknown from now on. The one entry is a DeletionEntry, which stays;
  // the others, and all else there is of the account, cannot be read again and are overwritten
  // soon. `state` and the rest of the change set do not matter.
  bool erase = false;

  // Nothing to write: the call succeeds with no entry and without recording its request id.
  bool empty() const { return entries.empty() && !state_only; }
};

// What a decision is made from. `account` is null when the account is unknown.
struct DecideInput {
  const AccountRecord* account = nullptr;
  // The write's time. Never before the account's last write.
  absl::Time now;
  // The account's items of the kind that the write asked for; null when it asked for none.
  const ItemMap* items = nullptr;
};

// How a write ended well.
struct CommitResult {
  // The entries that were appended, positions filled in; the last one answers the call. Empty when
  // the change set was. For a repeated request id: the one entry that answered it first.
  std::vector<LogRecord> entries;
  bool repeated = false;
  // The change set was `state_only`: the state as it is now.
  std::optional<store::v1::AccountState> state;
};

// A write about one account.
struct AccountWrite {
  TenantId tenant = kDefaultTenant;
  std::string account_id;

  // Pure: no I/O and no lasting effect; may run more than once, on the committer's thread.
  // An error fails this write alone and is handed to `done`.
  std::function<absl::StatusOr<ChangeSet>(const DecideInput&)> decide;

  // Items that `decide` has to see.
  std::optional<ItemKind> items;

  // Called once, on an answer thread, after the commit is durable or the write has failed.
  absl::AnyInvocable<void(absl::StatusOr<CommitResult>)> done;

  // Of a write that may be sent again; its id_hash covers tenant, credential, RPC and request id.
  std::optional<store::v1::RequestTag> request;

  // Not begun after this instant: DEADLINE_EXCEEDED.
  absl::Time deadline = absl::InfiniteFuture();

  // When set, the write happens at this instant and not at the clock's; for demonstration data.
  std::optional<absl::Time> at;

  // Bulk writes wait in a queue of their own and take at most half of each group.
  bool bulk = false;

  // About the size of the request, for the bounds of the queue.
  size_t bytes = 0;
};

// A record of a tenant that is not about one account, such as its policy.
struct TenantRecord {
  std::string key;
  // 1 and up: each write of the key makes a new one.
  int64_t version = 0;
  std::string value;
};

// By key. Keys that are asked for and not there are left out.
using TenantRecordMap = std::map<std::string, TenantRecord>;

// What a write makes of a tenant's records.
struct TenantChangeSet {
  // Keys and values; the store gives the versions.
  std::vector<std::pair<std::string, std::string>> records;
  // Keys to remove.
  std::vector<std::string> removed;
  // What the write is answered with, now and when its request id is repeated.
  std::string answer;
  // As ChangeSet::audit. Where no record changes it does not count.
  std::optional<v1::AuditEntry> audit;
};

// How a write of a tenant's records ended well.
struct TenantCommit {
  std::string answer;
  // Versions of what was written, in the order of the change set. Empty when repeated.
  std::vector<int64_t> versions;
  bool repeated = false;
};

// A write of records of one tenant.
struct TenantWrite {
  TenantId tenant = kDefaultTenant;
  // The records that `decide` has to see.
  std::vector<std::string> keys;
  // As AccountWrite::decide; `now` is the write's time.
  std::function<absl::StatusOr<TenantChangeSet>(const TenantRecordMap& records, absl::Time now)>
      decide;
  // As AccountWrite::done, and so are the next two.
  absl::AnyInvocable<void(absl::StatusOr<TenantCommit>)> done;
  std::optional<store::v1::RequestTag> request;
  absl::Time deadline = absl::InfiniteFuture();
};

// How long a repeated request id gets its first answer.
inline constexpr absl::Duration kRequestIdLifetime = absl::Hours(24);

// How many request ids an account's state keeps; older ones are found in the log.
inline constexpr int kRequestsInState = 4;

// Rows that a list examines at most before it hands back what it has, with where to go on.
inline constexpr int kExaminedRowsMax = 10'000;

// Where a due list goes on: behind this row.
struct DueCursor {
  v1::ReevaluationReason reason = v1::REEVALUATION_REASON_UNSPECIFIED;
  int64_t due_us = 0;
  int64_t account_no = 0;
};

struct DueQuery {
  TenantId tenant = kDefaultTenant;
  // Due at or before this instant.
  int64_t due_by_us = 0;
  // Reasons that are over by this instant are left out, as those of accounts lost since. Absent:
  // `due_by_us`.
  std::optional<int64_t> as_of_us;
  // Empty: all.
  std::vector<v1::ReevaluationReason> reasons;
  std::vector<v1::Segment> segments;  // SEGMENT_UNSPECIFIED: never scored.
  std::vector<std::string> owner_ids;
  std::vector<std::string> countries;
  // When set, accounts that are claimed at this instant are left out.
  std::optional<int64_t> unclaimed_at_us;
  std::optional<DueCursor> after;
  int limit = 50;
};

struct DueRow {
  std::string account_id;
  std::string display_name;
  // The reason that the account is listed under: its most urgent one due by then, of those asked.
  v1::ReevaluationReason reason = v1::REEVALUATION_REASON_UNSPECIFIED;
  // At least its due reasons, its open events and the score that counts.
  store::v1::AccountState state;
  // Where a list goes on behind this row.
  DueCursor cursor;
};

// Rows of one reason, all in all: a row for each account that it holds for.
struct DueCountQuery {
  TenantId tenant = kDefaultTenant;
  v1::ReevaluationReason reason = v1::REEVALUATION_REASON_UNSPECIFIED;
  // Due at or before this instant.
  int64_t due_by_us = 0;
  // Only rows behind this one.
  std::optional<DueCursor> after;
};

struct DueCount {
  int64_t rows = 0;
  // Absent when there is no more.
  std::optional<DueCursor> next;
};

struct DuePage {
  std::vector<DueRow> rows;
  // Absent when there is no more.
  std::optional<DueCursor> next;
};

enum class AccountListOrder {
  kScore,           // Highest first, never scored last; equals by age.
  kAccountId,       // Bytewise.
  kDisplayName,     // Bytewise; equals by age.
  kLastEvaluation,  // Latest first; those never evaluated are left out.
  kAge,             // Oldest first, as accounts were first written.
};

// Where an account list goes on: behind this account. Which fields count depends on the order.
struct AccountCursor {
  int score = -1;  // kScore; -1: never scored.
  // kScore, kDisplayName, kAge.
  int64_t account_no = 0;
  std::string text;      // kAccountId: the id. kDisplayName: the name.
  int64_t position = 0;  // kLastEvaluation: of the evaluation.
};

// An account as a list's filter sees it. `transactions` is null unless the query asked for them.
using AccountPredicate =
    std::function<bool(const AccountRecord& account, const ItemMap* transactions)>;

struct AccountQuery {
  TenantId tenant = kDefaultTenant;
  std::vector<v1::Segment> segments;  // SEGMENT_UNSPECIFIED: never scored.
  std::optional<int> score_min;
  std::optional<int> score_max;
  std::vector<std::string> countries;
  std::vector<std::string> owner_ids;
  // Only accounts of this parent: its own index, and only in order kAge.
  std::string parent_id;
  // What else an account has to be. Called on the thread of the call, for accounts that meet the
  // rest. Empty: nothing.
  AccountPredicate matches;
  // Hands `matches` the transactions of accounts that have one issued after this day (days since
  // the Unix epoch).
  std::optional<int> transactions_if_issued_after;
  AccountListOrder order = AccountListOrder::kScore;
  std::optional<AccountCursor> after;
  int limit = 50;
  // Rows to examine at most.
  int examine = kExaminedRowsMax;
};

struct AccountPage {
  std::vector<AccountRecord> accounts;
  std::optional<AccountCursor> next;
};

struct EvaluationQuery {
  TenantId tenant = kDefaultTenant;
  std::string account_id;
  std::string model_id;          // Empty: any.
  int64_t start_us = INT64_MIN;  // Included.
  int64_t end_us = INT64_MAX;    // Excluded.
  // Only positions before this one; 0: from the newest.
  int64_t before_position = 0;
  int limit = 50;
};

struct EvaluationPage {
  std::vector<LogRecord> records;
  // The `before_position` of the next page; 0 when there is no more.
  int64_t next_before_position = 0;
};

struct EventQuery {
  TenantId tenant = kDefaultTenant;
  std::string account_id;
  bool open_only = false;
  int64_t before_position = 0;  // As in EvaluationQuery.
  int limit = 50;
};

struct EventPage {
  std::vector<v1::AccountEvent> events;
  int64_t next_before_position = 0;
};

struct ItemQuery {
  TenantId tenant = kDefaultTenant;
  std::string account_id;
  ItemKind kind = ItemKind::kTransaction;
  bool descending = false;
  // Only keys behind this one, in the order asked for; nothing: from the start.
  std::optional<std::string> after;
  int limit = 50;
};

struct ItemPage {
  std::vector<std::pair<std::string, std::string>> items;
  // There are more behind them.
  bool more = false;
};

// Where a list of movements goes on: behind this one.
struct MovementCursor {
  int64_t evaluate_us = 0;
  int64_t position = 0;
};

// Changes of the segment that counts, net within a time.
struct MovementQuery {
  TenantId tenant = kDefaultTenant;
  int64_t start_us = 0;  // Included.
  int64_t end_us = 0;    // Excluded.
  std::optional<MovementCursor> after;
  int limit = 50;
};

// An account whose segment changed in that time. It may have come back to where it was.
struct MovementRow {
  AccountRecord account;
  // The first and the last evaluation in the time that changed it.
  LogRecord first;
  LogRecord last;
  MovementCursor cursor;
};

struct MovementPage {
  std::vector<MovementRow> rows;
  // Absent when there is no more.
  std::optional<MovementCursor> next;
};

// A stretch of the log.
struct ChangeQuery {
  TenantId tenant = kDefaultTenant;
  // Only entries behind this position.
  int64_t after_position = 0;
  int limit = 50;
};

struct ChangePage {
  // In the order of their positions. Entries of accounts erased since are left out, but for the
  // DeletionEntry.
  std::vector<LogRecord> records;
  // Where the next page goes on: all entries up to it have been looked at.
  int64_t next_after_position = 0;
  // There was nothing behind it when the page was read.
  bool at_end = false;
};

// A tenant's audit log, latest first.
struct AuditQuery {
  TenantId tenant = kDefaultTenant;
  // Entries from this instant on and before that one.
  std::optional<int64_t> start_us;
  std::optional<int64_t> end_us;
  // Empty: all.
  std::string api_key_id;
  // Entries with lower numbers.
  std::optional<int64_t> before_number;
  int limit = 50;
};

struct AuditPage {
  std::vector<v1::AuditEntry> entries;
  // Where to go on. Absent when there is no more.
  std::optional<int64_t> next_before_number;
};

// How full a store is and how busy, at one moment. What a store does not have is 0.
struct StoreGauges {
  struct Queue {
    int64_t writes = 0;
    int64_t bytes = 0;
  };
  // Writes that wait to be committed. Those of tenants' records have no bytes.
  Queue interactive;
  Queue bulk;
  Queue tenant;

  // Connections that read, those that do, and calls that wait for one.
  int readers = 0;
  int readers_busy = 0;
  int readers_waited_for = 0;
  // How long the longest of the reads under way has been going on.
  absl::Duration oldest_read;

  // Pages that reads and writes found in memory, and those that came from the file, since the store
  // was opened.
  int64_t cache_hits = 0;
  int64_t cache_misses = 0;

  // What is in the write-ahead log, and what the file's disk has left for this process.
  int64_t wal_bytes = 0;
  int64_t disk_free_bytes = 0;
};

// Keeps accounts, their log and their due rows. Owned by the server; every method may be called
// from any thread. Reads see every write whose `done` was called before they began.
//
// All reads may answer
//   DATA_LOSS: a stored record does not match its checksum;
//   UNAVAILABLE: the store is closing or cannot be read.
class Store {
 public:
  virtual ~Store() = default;

  // Loads the account, decides, and commits with the writes that arrived beside it. Writes about
  // one account happen in the order of these calls within their queue (interactive or bulk). `done`
  // gets
  //   what `decide` answered, when that is an error;
  //   ALREADY_EXISTS, REQUEST_ID_REUSED: the request id was used with another body;
  //   NOT_FOUND, ACCOUNT_ERASED: the request id was used for an account that was erased since;
  //   RESOURCE_EXHAUSTED, with RetryInfo: the queue or the disk is full; nothing was written;
  //   DEADLINE_EXCEEDED: the deadline passed before the decision; nothing was written;
  //   UNAVAILABLE: the store is closing; nothing was written;
  //   UNKNOWN, COMMIT_UNKNOWN: the commit may or may not be durable.
  virtual void Apply(AccountWrite write) = 0;

  // NOT_FOUND, ACCOUNT_NOT_FOUND: no such account of the tenant. Short enough for an RPC thread.
  virtual absl::StatusOr<AccountRecord> ReadAccount(TenantId tenant,
                                                    absl::string_view account_id) = 0;

  // One element for each id, in order; nothing where the account is unknown.
  virtual absl::StatusOr<std::vector<std::optional<AccountRecord>>> ReadAccounts(
      TenantId tenant, const std::vector<std::string>& account_ids) = 0;

  // NOT_FOUND: the tenant has no entry at that position.
  virtual absl::StatusOr<LogRecord> ReadLog(TenantId tenant, int64_t position) = 0;

  // Accounts due by an instant, each once: by urgency of reason, then by due time, then by the
  // account's age. Examines kExaminedRowsMax rows at most.
  virtual absl::StatusOr<DuePage> ListDue(const DueQuery& query) = 0;

  // Also counts accounts that are listed under a more urgent reason, and reasons that are over.
  // Examines kExaminedRowsMax rows at most.
  virtual absl::StatusOr<DueCount> CountDue(const DueCountQuery& query) = 0;

  // Examines `query.examine` rows at most.
  virtual absl::StatusOr<AccountPage> ListAccounts(const AccountQuery& query) = 0;

  // The number of the tenant's latest account, or one above it; 0 when there is none. So many
  // accounts, or fewer, a list by age comes through.
  virtual absl::StatusOr<int64_t> LastAccountNo(TenantId tenant) = 0;

  // An account's evaluations, newest first. Examines kExaminedRowsMax entries at most.
  // NOT_FOUND, ACCOUNT_NOT_FOUND.
  virtual absl::StatusOr<EvaluationPage> ListEvaluations(const EvaluationQuery& query) = 0;

  // An account's events, newest report first. NOT_FOUND, ACCOUNT_NOT_FOUND.
  virtual absl::StatusOr<EventPage> ListEvents(const EventQuery& query) = 0;

  // An account's items of one kind, by key. NOT_FOUND, ACCOUNT_NOT_FOUND.
  virtual absl::StatusOr<ItemPage> ListItems(const ItemQuery& query) = 0;

  // The latest last movement first. Examines kExaminedRowsMax rows at most.
  virtual absl::StatusOr<MovementPage> ListMovements(const MovementQuery& query) = 0;

  // The log in commit order. Examines kExaminedRowsMax entries at most.
  virtual absl::StatusOr<ChangePage> ListChanges(const ChangeQuery& query) = 0;

  // The position of the tenant's latest entry, or of one behind it; 0 when there is none.
  virtual absl::StatusOr<int64_t> LastPosition(TenantId tenant) = 0;

  // As Apply, for records of a tenant: in one order with the writes about accounts.
  virtual void ApplyTenant(TenantWrite write) = 0;

  // The records whose keys begin with `prefix`.
  virtual absl::StatusOr<TenantRecordMap> ReadTenantRecords(TenantId tenant,
                                                            absl::string_view prefix) = 0;

  // Examines kExaminedRowsMax entries at most.
  virtual absl::StatusOr<AuditPage> ListAudit(const AuditQuery& query) = 0;

  // Calls `listener` after each commit that readers can see, on a thread of the store's, until
  // Close; it must not block. To be called before the first write.
  virtual void OnCommit(std::function<void()> listener) = 0;

  // Cheap enough to be asked often. After Close: all 0.
  virtual StoreGauges Gauges() = 0;

  // Ends accepting writes, commits those accepted, and closes. Later calls answer UNAVAILABLE.
  // Called once, and before destruction if writes are under way.
  virtual void Close() = 0;
};

// The ids by which callers know log positions. They are stable and reveal no more than an order.
std::string EvaluationId(int64_t position);
std::string EventId(int64_t position);

// The position behind an evaluation id, or nothing when it is not one.
std::optional<int64_t> PositionOfEvaluationId(absl::string_view evaluation_id);

}  // namespace tiermark
