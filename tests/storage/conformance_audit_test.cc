// The audit log of tenants.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;

class AuditTest : public StoreTest {
 protected:
  static v1::AuditEntry Entry(const std::string& key, int64_t act_us) {
    v1::AuditEntry entry;
    entry.set_api_key_id(key);
    entry.set_rpc(absl::StrCat("rpc of ", key));
    *entry.mutable_act_time() = TimeUtil::MicrosecondsToTimestamp(act_us);
    return entry;
  }

  void Act(const std::string& key, int64_t act_us, TenantId tenant = kDefaultTenant) {
    TenantWrite write;
    write.tenant = tenant;
    write.decide = [&](const TenantRecordMap&, absl::Time) {
      TenantChangeSet changes;
      changes.records = {{"policy", "value"}};
      changes.audit = Entry(key, act_us);
      return changes;
    };
    ASSERT_TRUE(WriteTenant(std::move(write)).ok());
  }

  // "KEY NUMBER" of each entry.
  std::vector<std::string> List(const AuditQuery& query, std::optional<int64_t>* next = nullptr) {
    const auto page = store().ListAudit(query);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return {};
    if (next != nullptr) *next = page->next_before_number;
    std::vector<std::string> entries;
    for (const v1::AuditEntry& entry : page->entries) {
      EXPECT_EQ(entry.rpc(), "rpc of " + entry.api_key_id());
      entries.push_back(absl::StrCat(entry.api_key_id(), " ", entry.audit_entry_id()));
    }
    return entries;
  }
};

using Strings = std::vector<std::string>;

INSTANTIATE_TEST_SUITE_P(AllBackends, AuditTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(AuditTest, ListAudit_TellsTheLatestFirst_OfTheTenantAlone) {
  Act("a", 1'000);
  Act("b", 2'000);
  Act("c", 3'000, 2);
  EXPECT_EQ(List({}), (Strings{"b 2", "a 1"}));
  AuditQuery other;
  other.tenant = 2;
  EXPECT_EQ(List(other), (Strings{"c 1"}));
  other.tenant = 3;
  EXPECT_EQ(List(other), Strings());
}

TEST_P(AuditTest, ListAudit_GoesOnBehindAPage) {
  for (int i = 1; i <= 5; ++i) Act("k", i);
  AuditQuery query;
  query.limit = 2;
  std::optional<int64_t> next;
  EXPECT_EQ(List(query, &next), (Strings{"k 5", "k 4"}));
  ASSERT_TRUE(next.has_value());
  query.before_number = next;
  EXPECT_EQ(List(query, &next), (Strings{"k 3", "k 2"}));
  ASSERT_TRUE(next.has_value());
  query.before_number = next;
  EXPECT_EQ(List(query, &next), (Strings{"k 1"}));
  EXPECT_FALSE(next.has_value());
}

TEST_P(AuditTest, ListAudit_FiltersByTimeAndKey) {
  Act("a", 1'000);
  Act("b", 2'000);
  Act("a", 3'000);
  AuditQuery query;
  query.start_us = 2'000;
  EXPECT_EQ(List(query), (Strings{"a 3", "b 2"}));
  query.end_us = 3'000;
  EXPECT_EQ(List(query), (Strings{"b 2"}));
  AuditQuery by_key;
  by_key.api_key_id = "a";
  EXPECT_EQ(List(by_key), (Strings{"a 3", "a 1"}));
}

TEST_P(AuditTest, AnEntry_GoesWithItsEffectOrNotAtAll) {
  TenantWrite refused;
  refused.decide = [](const TenantRecordMap&, absl::Time) -> absl::StatusOr<TenantChangeSet> {
    return absl::AbortedError("stale");
  };
  EXPECT_CODE(WriteTenant(std::move(refused)), kAborted);
  TenantWrite idle;
  idle.decide = [](const TenantRecordMap&, absl::Time) {
    TenantChangeSet changes;
    changes.audit = Entry("idle", 1);
    return changes;
  };
  EXPECT_TRUE(WriteTenant(std::move(idle)).ok());
  EXPECT_EQ(List({}), Strings());

  // A request that is repeated happened once.
  for (int i = 0; i < 2; ++i) {
    TenantWrite write;
    write.decide = [](const TenantRecordMap&, absl::Time) {
      TenantChangeSet changes;
      changes.records = {{"policy", "value"}};
      changes.audit = Entry("once", 1);
      return changes;
    };
    write.request = Tag("id", "body");
    EXPECT_TRUE(WriteTenant(std::move(write)).ok());
  }
  EXPECT_EQ(List({}), (Strings{"once 1"}));
}

TEST_P(AuditTest, WritesOfAccounts_MayHaveEntriesToo) {
  ASSERT_TRUE(Write("acme", [](const DecideInput& input) { return Evaluated(input, 10); }).ok());
  const auto erased = Write("acme", [](const DecideInput& input) {
    ChangeSet changes = Erased(input);
    changes.audit = Entry("eraser", 5);
    return changes;
  });
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(List({}), (Strings{"eraser 1"}));
}

}  // namespace
}  // namespace tiermark
