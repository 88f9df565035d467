// The conformance suite: what storage/store.h promises, held against every backend.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "storage/store.h"
#include "tests/storage/fake_clock.h"

namespace tiermark {

// A store made for one test, and gone with it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  // Closes the store and opens it again; false where closing loses everything.
  virtual bool Reopen() = 0;
};

struct Backend {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>(const Clock*)> make;

  friend std::ostream& operator<<(std::ostream& out, const Backend& backend) {
    return out << backend.name;
  }
};

// Every backend that there is, and its name in the names of tests.
std::vector<Backend> Backends();
inline std::string BackendName(const testing::TestParamInfo<Backend>& backend) {
  return backend.param.name;
}

using Decide = std::function<absl::StatusOr<ChangeSet>(const DecideInput&)>;

class StoreTest : public testing::TestWithParam<Backend> {
 protected:
  StoreTest() : under_test_(GetParam().make(&clock_)) {}

  Store& store() { return under_test_->store(); }
  bool Reopen() { return under_test_->Reopen(); }

  // Writes and waits for the answer.
  absl::StatusOr<CommitResult> Write(const std::string& account_id, Decide decide);
  absl::StatusOr<CommitResult> Write(AccountWrite write);

  absl::StatusOr<TenantCommit> WriteTenant(TenantWrite write);

  // Writes that are decided one after another with nothing between them: the committer is held up
  // until all of them wait.
  std::vector<absl::StatusOr<CommitResult>> WriteTogether(std::vector<AccountWrite> writes);

  FakeClock clock_;

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

AccountWrite WriteOf(const std::string& account_id, Decide decide);

// A tag from plain names.
store::v1::RequestTag Tag(const std::string& id, const std::string& body);

// What decisions make of an account. Each keeps what it does not change.
v1::Segment SegmentOf(int score);
ChangeSet Evaluated(const DecideInput& input, int score);
ChangeSet FactsChanged(const DecideInput& input, const v1::AccountFacts& facts);
// Reports an event, and leaves it open.
ChangeSet Reported(const DecideInput& input, const std::string& note);
// Evaluates, and closes every open event.
ChangeSet Settled(const DecideInput& input, int score);

// Leases the account; the state alone changes.
ChangeSet Claimed(const DecideInput& input, const std::string& worker_id, int64_t until_us);
// Writes items, and says how many of them the decision saw before.
ChangeSet ItemsWritten(const DecideInput& input, std::vector<ChangeSet::Item> items);
// Erases the account, which must be known.
ChangeSet Erased(const DecideInput& input);

store::v1::Due DueOf(v1::ReevaluationReason reason, int64_t due_us);
// Makes the account due for these reasons and no others.
ChangeSet DueAt(const DecideInput& input, const std::vector<store::v1::Due>& due);

v1::AccountFacts FactsOf(const std::string& display_name, const std::string& country,
                         const std::string& owner_id);

// Equal as messages.
bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b);

#define EXPECT_CODE(expression, expected) \
  EXPECT_EQ(absl::StatusCode::expected, tiermark::StatusFrom(expression).code())

inline absl::Status StatusFrom(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusFrom(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace tiermark
