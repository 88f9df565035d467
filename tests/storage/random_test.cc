// Random writes and reads on SQLite and the oracle: every answer has to be the same. Prints its
// seed; TIERMARK_SEED=N runs it again.
#include <cstdlib>
#include <future>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/message_differencer.h"
#include "scoring/reevaluation.h"
#include "storage/sqlite/check.h"
#include "tests/storage/oracle_store.h"
#include "tests/storage/sqlite_under_test.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

constexpr int kSteps = 1'500;
constexpr int kAccounts = 25;
constexpr int kTenants = 2;

uint64_t Seed() {
  const char* given = std::getenv("TIERMARK_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

// What a write will decide, drawn before so that both stores decide the same.
struct Plan {
  enum Kind { kEvaluate, kFacts, kReport, kSettle, kItems, kClaim, kErase, kFail, kNothing } kind;
  int score;
  v1::AccountFacts facts;
  std::vector<store::v1::Due> due;
  std::vector<ChangeSet::Item> items;
};

absl::StatusOr<ChangeSet> Carry(const Plan& plan, const DecideInput& input) {
  ChangeSet changes;
  switch (plan.kind) {
    case Plan::kEvaluate:
      changes = Evaluated(input, plan.score);
      break;
    case Plan::kFacts:
      changes = FactsChanged(input, plan.facts);
      break;
    case Plan::kReport:
      changes = Reported(input, absl::StrCat("note ", plan.score));
      break;
    case Plan::kSettle:
      changes = Settled(input, plan.score);
      break;
    case Plan::kItems:
      changes = ItemsWritten(input, plan.items);
      break;
    case Plan::kClaim:
      return Claimed(input, absl::StrCat("worker ", plan.score % 3), plan.score);
    case Plan::kErase:
      if (input.account == nullptr) return ChangeSet();
      return Erased(input);
    case Plan::kFail:
      return absl::FailedPreconditionError("refused");
    case Plan::kNothing:
      return ChangeSet();
  }
  if (!plan.due.empty()) {
    changes.state.clear_due();
    for (const store::v1::Due& due : plan.due) *changes.state.add_due() = due;
  }
  return changes;
}

std::string Text(const google::protobuf::Message& message) { return message.ShortDebugString(); }

// Everything that a caller could see, as text. The ids kept in the state are the store's own.
std::string Text(const AccountRecord& account) {
  store::v1::AccountState state = account.state;
  state.clear_requests();
  return absl::StrCat(account.account_no, " ", account.account_id, " ", account.last_position, " ",
                      account.last_evaluation_position, " ", Text(state), " ", Text(account.facts),
                      "\n");
}

std::string Text(const LogRecord& record) {
  return absl::StrCat(record.position, " ", record.account_id, " ", record.previous_position, " ",
                      record.previous_evaluation_position, " ", Text(record.entry), "\n");
}

std::string Text(const absl::Status& status) {
  return absl::StrCat("status ", static_cast<int>(status.code()), "\n");
}

class RandomTest : public testing::Test {
 protected:
  RandomTest() : seed_(Seed()), random_(seed_), sqlite_(&clock_), oracle_(&clock_) {
    std::cout << "seed: TIERMARK_SEED=" << seed_ << " storage_tests --gtest_filter='RandomTest.*'"
              << std::endl;
  }

  int Draw(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }

  template <typename Value>
  std::vector<Value> DrawSome(const std::vector<Value>& values) {
    std::vector<Value> some;
    if (Draw(3) != 0) return some;
    for (const Value& value : values) {
      if (Draw(2) == 0) some.push_back(value);
    }
    return some;
  }

  std::string AccountId() { return absl::StrCat("account ", Draw(kAccounts)); }

  Plan DrawPlan() {
    static constexpr const char* kCountries[] = {"", "MX", "BR", "CO"};
    static constexpr const char* kOwners[] = {"", "ana", "bob"};
    Plan plan;
    plan.kind = static_cast<Plan::Kind>(Draw(Plan::kNothing + 1));
    // Or few accounts would ever have a past.
    if (plan.kind == Plan::kErase && Draw(4) != 0) plan.kind = Plan::kEvaluate;
    plan.score = Draw(101);
    plan.facts = FactsOf(absl::StrCat("name ", Draw(5)), kCountries[Draw(4)], kOwners[Draw(3)]);
    if (Draw(2) == 0) plan.facts.set_parent_id(absl::StrCat("parent ", Draw(3)));
    for (int i = Draw(4); i >= 0; --i) {
      plan.items.push_back({Draw(4) == 0 ? ItemKind::kLifecycleChange : ItemKind::kTransaction,
                            absl::StrCat("item ", Draw(8)), absl::StrCat("value ", Draw(100))});
    }
    for (int reason = 1; reason <= v1::ReevaluationReason_MAX; ++reason) {
      if (Draw(4) == 0) {
        plan.due.push_back(DueOf(static_cast<v1::ReevaluationReason>(reason), Draw(40) - 5));
        plan.due.back().set_scattered(Draw(2) == 0);
        if (Draw(3) != 0) continue;
        // It ends, and may begin again.
        const store::v1::Due first = plan.due.back();
        plan.due.back().set_until_us(first.due_us() + 1 + Draw(8));
        if (Draw(2) != 0) continue;
        plan.due.push_back(first);
        plan.due.back().set_due_us(first.due_us() + 10 + Draw(10));
      }
    }
    return plan;
  }

  // One write on both, and its answers as text.
  void Write() {
    const Plan plan = DrawPlan();
    AccountWrite write =
        WriteOf(AccountId(), [plan](const DecideInput& input) { return Carry(plan, input); });
    write.tenant = 1 + Draw(kTenants);
    if (Draw(2) == 0) write.request = Tag(absl::StrCat(Draw(60)), Draw(20) == 0 ? "x" : "y");
    if (Draw(20) == 0) write.deadline = clock_.Now() - absl::Seconds(1);
    if (Draw(20) == 0) write.at = clock_.Now() - absl::Hours(Draw(100));
    write.bulk = Draw(5) == 0;
    if (Draw(2) == 0) write.items = ItemKind::kTransaction;
    const std::string from_sqlite = Apply(sqlite_.store(), write);
    const std::string from_oracle = Apply(oracle_, write);
    ASSERT_EQ(from_sqlite, from_oracle);
  }

  static std::string Apply(Store& store, const AccountWrite& plan) {
    AccountWrite write;
    write.tenant = plan.tenant;
    write.account_id = plan.account_id;
    write.decide = plan.decide;
    write.request = plan.request;
    write.deadline = plan.deadline;
    write.at = plan.at;
    write.bulk = plan.bulk;
    write.items = plan.items;
    std::promise<std::string> answer;
    write.done = [&answer](absl::StatusOr<CommitResult> result) {
      if (!result.ok()) return answer.set_value(Text(result.status()));
      std::string text = result->repeated ? "repeated\n" : "applied\n";
      for (const LogRecord& entry : result->entries) text += Text(entry);
      if (result->state.has_value()) absl::StrAppend(&text, Text(result->state->claim()), "\n");
      answer.set_value(text);
    };
    store.Apply(std::move(write));
    return answer.get_future().get();
  }

  // One write of a tenant's records on both.
  void WriteTenant() {
    TenantWrite write;
    write.tenant = 1 + Draw(kTenants);
    const std::string read = absl::StrCat("key ", Draw(4));
    const std::string written = absl::StrCat("key ", Draw(4));
    const bool removes = Draw(5) == 0;
    const int value = Draw(100);
    write.keys = {read};
    write.decide = [=](const TenantRecordMap& records,
                       absl::Time) -> absl::StatusOr<TenantChangeSet> {
      if (value == 0) return absl::FailedPreconditionError("refused");
      TenantChangeSet changes;
      const auto seen = records.find(read);
      changes.answer =
          seen == records.end() ? "none" : absl::StrCat(seen->second.version, seen->second.value);
      if (removes) {
        changes.removed = {written};
      } else {
        changes.records = {{written, absl::StrCat("value ", value)}};
      }
      return changes;
    };
    if (Draw(2) == 0) write.request = Tag(absl::StrCat(Draw(20)), Draw(10) == 0 ? "x" : "y");
    const std::string from_sqlite = Apply(sqlite_.store(), write);
    const std::string from_oracle = Apply(oracle_, write);
    ASSERT_EQ(from_sqlite, from_oracle);
  }

  static std::string Apply(Store& store, const TenantWrite& plan) {
    TenantWrite write;
    write.tenant = plan.tenant;
    write.keys = plan.keys;
    write.decide = plan.decide;
    write.request = plan.request;
    std::promise<std::string> answer;
    write.done = [&answer](absl::StatusOr<TenantCommit> result) {
      if (!result.ok()) return answer.set_value(Text(result.status()));
      answer.set_value(absl::StrCat(result->repeated ? "repeated " : "applied ", result->answer,
                                    " ", absl::StrJoin(result->versions, ",")));
    };
    store.ApplyTenant(std::move(write));
    return answer.get_future().get();
  }

  // Every page of a list, until it ends.
  template <typename Query, typename List>
  static std::string Pages(Query query, List list) {
    std::string text;
    while (list(&query, &text)) text += "page\n";
    return text;
  }

  static std::string ScoreText(const store::v1::AccountState& state) {
    const store::v1::LatestScore* counted = CountedScore(state);
    return counted == nullptr ? "none" : Text(*counted);
  }

  static std::string Due(Store& store, const DueQuery& query) {
    return Pages(query, [&store](DueQuery* next, std::string* text) {
      const auto page = store.ListDue(*next);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return false;
      for (const DueRow& row : page->rows) {
        absl::StrAppend(text, row.account_id, " ", row.display_name, " ", row.reason, " ",
                        row.state.due_size(), " ", row.state.open_events_size(), " ",
                        ScoreText(row.state), "\n");
      }
      next->after = page->next;
      return page->next.has_value();
    });
  }

  static std::string Accounts(Store& store, const AccountQuery& query) {
    return Pages(query, [&store](AccountQuery* next, std::string* text) {
      const auto page = store.ListAccounts(*next);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return false;
      for (const AccountRecord& account : page->accounts) *text += Text(account);
      next->after = page->next;
      return page->next.has_value();
    });
  }

  static std::string Evaluations(Store& store, const EvaluationQuery& query) {
    return Pages(query, [&store](EvaluationQuery* next, std::string* text) {
      const auto page = store.ListEvaluations(*next);
      if (!page.ok()) {
        *text += Text(page.status());
        return false;
      }
      for (const LogRecord& record : page->records) *text += Text(record);
      next->before_position = page->next_before_position;
      return page->next_before_position != 0;
    });
  }

  static std::string Events(Store& store, const EventQuery& query) {
    return Pages(query, [&store](EventQuery* next, std::string* text) {
      const auto page = store.ListEvents(*next);
      if (!page.ok()) {
        *text += Text(page.status());
        return false;
      }
      for (const v1::AccountEvent& event : page->events) absl::StrAppend(text, Text(event), "\n");
      next->before_position = page->next_before_position;
      return page->next_before_position != 0;
    });
  }

  static std::string Items(Store& store, const ItemQuery& query) {
    return Pages(query, [&store](ItemQuery* next, std::string* text) {
      const auto page = store.ListItems(*next);
      if (!page.ok()) {
        *text += Text(page.status());
        return false;
      }
      for (const auto& [key, value] : page->items) absl::StrAppend(text, key, "=", value, "\n");
      if (page->more) next->after = page->items.back().first;
      return page->more;
    });
  }

  static std::string Movements(Store& store, const MovementQuery& query) {
    return Pages(query, [&store](MovementQuery* next, std::string* text) {
      const auto page = store.ListMovements(*next);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return false;
      for (const MovementRow& row : page->rows) {
        *text += Text(row.account) + Text(row.first) + Text(row.last);
      }
      next->after = page->next;
      return page->next.has_value();
    });
  }

  static std::string Changes(Store& store, const ChangeQuery& query) {
    return Pages(query, [&store](ChangeQuery* next, std::string* text) {
      const auto page = store.ListChanges(*next);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return false;
      for (const LogRecord& record : page->records) *text += Text(record);
      next->after_position = page->next_after_position;
      return !page->at_end;
    });
  }

  static std::string TenantRecords(Store& store, TenantId tenant, const std::string& prefix) {
    const auto records = store.ReadTenantRecords(tenant, prefix);
    if (!records.ok()) return Text(records.status());
    std::string text;
    for (const auto& [key, record] : *records) {
      absl::StrAppend(&text, key, " ", record.version, " ", record.value, "\n");
    }
    return text;
  }

  static std::string One(Store& store, TenantId tenant, const std::string& id, int64_t position) {
    const auto account = store.ReadAccount(tenant, id);
    const auto entry = store.ReadLog(tenant, position);
    return absl::StrCat(account.ok() ? Text(*account) : Text(account.status()),
                        entry.ok() ? Text(*entry) : Text(entry.status()));
  }

  void Compare() {
    const TenantId tenant = 1 + Draw(kTenants);
    const std::vector<v1::Segment> segments = {v1::SEGMENT_UNSPECIFIED, v1::SEGMENT_STRATEGIC,
                                               v1::SEGMENT_ENTERPRISE, v1::SEGMENT_COMMERCIAL,
                                               v1::SEGMENT_SMB};
    const std::vector<std::string> countries = {"", "MX", "BR", "XX"};
    const std::vector<std::string> owners = {"ana", "bob", "eve"};
    DueQuery due{.tenant = tenant, .due_by_us = Draw(45) - 5};
    if (Draw(2) == 0) due.as_of_us = due.due_by_us - Draw(20);
    due.reasons = DrawSome<v1::ReevaluationReason>(
        {v1::REEVALUATION_REASON_EVENT, v1::REEVALUATION_REASON_FIRST_MEETING,
         v1::REEVALUATION_REASON_MODEL_CHANGED, v1::REEVALUATION_REASON_QUARTERLY});
    due.segments = DrawSome(segments);
    due.owner_ids = DrawSome(owners);
    due.countries = DrawSome(countries);
    if (Draw(2) == 0) due.unclaimed_at_us = Draw(101);
    if (Draw(2) == 0) due.as_of_us = due.due_by_us - Draw(20);
    due.limit = 1 + Draw(10);
    ASSERT_EQ(Due(sqlite_.store(), due), Due(oracle_, due));

    AccountQuery accounts{.tenant = tenant};
    accounts.segments = DrawSome(segments);
    if (Draw(4) == 0) accounts.score_min = Draw(101);
    if (Draw(4) == 0) accounts.score_max = Draw(101);
    accounts.countries = DrawSome(countries);
    accounts.owner_ids = DrawSome(owners);
    accounts.order = static_cast<AccountListOrder>(Draw(5));
    if (accounts.order == AccountListOrder::kAge && Draw(2) == 0) {
      accounts.parent_id = absl::StrCat("parent ", Draw(3));
    }
    if (Draw(3) == 0) {
      accounts.transactions_if_issued_after = Draw(10);
      accounts.matches = [](const AccountRecord& account, const ItemMap* transactions) {
        return (account.last_position + (transactions != nullptr)) % 3 != 0;
      };
    }
    accounts.limit = 1 + Draw(10);
    ASSERT_EQ(Accounts(sqlite_.store(), accounts), Accounts(oracle_, accounts));

    const std::string id = AccountId();
    EvaluationQuery evaluations{.tenant = tenant, .account_id = id};
    if (Draw(2) == 0) evaluations.start_us = clock_.now_us() - Draw(1000) * 60'000'000LL;
    if (Draw(2) == 0) evaluations.end_us = clock_.now_us() - Draw(1000) * 60'000'000LL;
    evaluations.limit = 1 + Draw(10);
    ASSERT_EQ(Evaluations(sqlite_.store(), evaluations), Evaluations(oracle_, evaluations));

    const EventQuery events{
        .tenant = tenant, .account_id = id, .open_only = Draw(2) == 0, .limit = 1 + Draw(4)};
    ASSERT_EQ(Events(sqlite_.store(), events), Events(oracle_, events));
    ItemQuery items{.tenant = tenant, .account_id = id, .descending = Draw(2) == 0};
    if (Draw(3) == 0) items.after = absl::StrCat("item ", Draw(8));
    items.limit = 1 + Draw(4);
    ASSERT_EQ(Items(sqlite_.store(), items), Items(oracle_, items));
    MovementQuery movements{.tenant = tenant};
    movements.start_us = clock_.now_us() - Draw(1000) * 60'000'000LL;
    movements.end_us = movements.start_us + Draw(1000) * 60'000'000LL;
    movements.limit = 1 + Draw(4);
    ASSERT_EQ(Movements(sqlite_.store(), movements), Movements(oracle_, movements));
    const ChangeQuery changes{
        .tenant = tenant, .after_position = Draw(kSteps), .limit = 1 + Draw(200)};
    ASSERT_EQ(Changes(sqlite_.store(), changes), Changes(oracle_, changes));
    const std::string prefix = Draw(2) == 0 ? "key" : absl::StrCat("key ", Draw(4));
    ASSERT_EQ(TenantRecords(sqlite_.store(), tenant, prefix),
              TenantRecords(oracle_, tenant, prefix));
    const int64_t position = Draw(kSteps);
    ASSERT_EQ(One(sqlite_.store(), tenant, id, position), One(oracle_, tenant, id, position));
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  FakeClock clock_;
  SqliteUnderTest sqlite_;
  OracleStore oracle_;
};

TEST_F(RandomTest, SqliteAnswersAsTheOracle) {
  for (int step = 0; step < kSteps; ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    ASSERT_NO_FATAL_FAILURE(Write());
    if (step % 7 == 0) {
      ASSERT_NO_FATAL_FAILURE(WriteTenant());
    }
    if (step % 5 == 0) {
      ASSERT_NO_FATAL_FAILURE(Compare());
    }
    if (step % 500 == 499) {
      ASSERT_TRUE(sqlite_.Reopen());
    }
    clock_.Advance(absl::Minutes(Draw(20)));
    if (Draw(100) == 0) clock_.Advance(-absl::Hours(Draw(30)));
  }
  // Nor does a check take anything of it for damage.
  const auto copy = sqlite_.sqlite_store().BackUp([](int64_t, int64_t) { return true; });
  ASSERT_TRUE(copy.ok()) << copy.status();
  StoreCheckOptions check;
  check.path = *copy;
  check.on_damage = [](const StoreDamage& damage) {
    ADD_FAILURE() << damage.table << " " << damage.key << " " << damage.what;
  };
  EXPECT_TRUE(CheckStore(check).ok());
}

}  // namespace
}  // namespace tiermark
