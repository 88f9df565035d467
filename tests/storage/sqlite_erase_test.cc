// What was erased is not in the file any more.
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "scoring/error.h"
#include "tests/storage/sqlite_under_test.h"
#include "tests/storage/store_test.h"

namespace tiermark {
namespace {

constexpr char kCanary[] = "canary-of-the-erased";

class SqliteEraseTest : public testing::Test {
 protected:
  SqliteEraseTest() : under_test_(&clock_) {}

  absl::StatusOr<CommitResult> Write(const std::string& account_id, Decide decide,
                                     const std::string& request_id = "") {
    std::promise<absl::StatusOr<CommitResult>> answered;
    AccountWrite write = WriteOf(account_id, std::move(decide));
    if (!request_id.empty()) write.request = Tag(request_id, "body");
    write.done = [&answered](absl::StatusOr<CommitResult> result) {
      answered.set_value(std::move(result));
    };
    under_test_.store().Apply(std::move(write));
    return answered.get_future().get();
  }

  absl::StatusOr<CommitResult> Evaluate(const std::string& account_id,
                                        const std::string& request_id = "") {
    const auto decide = [account_id](const DecideInput& input) {
      ChangeSet changes = Evaluated(input, 50);
      changes.facts = FactsOf(account_id, "MX", account_id);
      changes.facts->set_parent_id(account_id);
      *changes.entries[0].mutable_evaluation()->mutable_facts() = *changes.facts;
      changes.items = {{ItemKind::kTransaction, account_id, account_id}};
      changes.state.clear_due();
      *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_EVENT, 1);
      return changes;
    };
    return Write(account_id, decide, request_id);
  }

  // Whether the closed store's file says it anywhere.
  bool FileSays(const std::string& text) {
    std::ifstream file(under_test_.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    return bytes.find(text) != std::string::npos;
  }

  FakeClock clock_;
  SqliteUnderTest under_test_;
};

// More entries than are overwritten at once, among those of another account.
TEST_F(SqliteEraseTest, Erase_OverwritesEverythingButTheTombstone) {
  // The tombstone keeps the id, so the canary is elsewhere.
  const std::string id = "plain-id";
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(Write(id, [](const DecideInput& input) {
                  ChangeSet changes = Evaluated(input, input.account == nullptr ? 1 : 99);
                  changes.facts = FactsOf(kCanary, "MX", kCanary);
                  changes.facts->set_parent_id(kCanary);
                  *changes.entries[0].mutable_evaluation()->mutable_facts() = *changes.facts;
                  changes.items = {{ItemKind::kTransaction, kCanary, kCanary}};
                  changes.state.clear_due();
                  *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_EVENT, 1);
                  return changes;
                }).ok());
    if (i % 100 == 0) {
      ASSERT_TRUE(Evaluate("neighbour").ok());
    }
  }
  ASSERT_TRUE(Write(id, [](const DecideInput& input) { return Reported(input, kCanary); }).ok());
  under_test_.Shut();
  ASSERT_TRUE(FileSays(kCanary));
  ASSERT_TRUE(under_test_.Reopen());
  ASSERT_TRUE(Write(id, Erased).ok());
  under_test_.Shut();
  // Closing does not wait for what is left to overwrite; the next start goes on with it.
  for (int starts = 0; starts < 20 && FileSays(kCanary); ++starts) {
    ASSERT_TRUE(under_test_.Reopen());
    ASSERT_TRUE(Evaluate("neighbour").ok());
    under_test_.Shut();
  }
  EXPECT_FALSE(FileSays(kCanary));
  EXPECT_TRUE(FileSays(id)) << "the tombstone says that there was such an account";
  EXPECT_TRUE(FileSays("neighbour"));
  ASSERT_TRUE(under_test_.Reopen());
  EXPECT_GE(under_test_.store().ListEvaluations({.account_id = "neighbour"})->records.size(), 6u);
}

TEST_F(SqliteEraseTest, Erase_RequestsAreKnown_AfterTheirEntriesWereOverwritten) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Evaluate("a", "request " + std::to_string(i)).ok());
  }
  ASSERT_TRUE(Write("a", Erased).ok());
  for (int i = 0; i < 3; ++i) {
    under_test_.Shut();
    ASSERT_TRUE(under_test_.Reopen());
  }
  for (const char* id : {"request 0", "request 9"}) {
    EXPECT_EQ(ReasonOf(Evaluate("a", id).status()), "ACCOUNT_ERASED") << id;
  }
  EXPECT_TRUE(Evaluate("a", "request new").ok());
}

}  // namespace
}  // namespace tiermark
