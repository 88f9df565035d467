#include "tests/storage/store_test.h"

#include <future>
#include <utility>

#include "google/protobuf/util/message_differencer.h"
#include "tests/storage/oracle_store.h"
#include "tests/storage/sqlite_under_test.h"

namespace tiermark {
namespace {

class OracleUnderTest : public StoreUnderTest {
 public:
  explicit OracleUnderTest(const Clock* clock) : store_(clock) {}
  Store& store() override { return store_; }
  bool Reopen() override { return false; }

 private:
  OracleStore store_;
};

}  // namespace

std::vector<Backend> Backends() {
  return {{"Oracle", [](const Clock* clock) { return std::make_unique<OracleUnderTest>(clock); }},
          {"Sqlite", [](const Clock* clock) { return std::make_unique<SqliteUnderTest>(clock); }}};
}

absl::StatusOr<CommitResult> StoreTest::Write(const std::string& account_id, Decide decide) {
  return Write(WriteOf(account_id, std::move(decide)));
}

absl::StatusOr<CommitResult> StoreTest::Write(AccountWrite write) {
  std::promise<absl::StatusOr<CommitResult>> answered;
  write.done = [&answered](absl::StatusOr<CommitResult> result) {
    answered.set_value(std::move(result));
  };
  store().Apply(std::move(write));
  return answered.get_future().get();
}

absl::StatusOr<TenantCommit> StoreTest::WriteTenant(TenantWrite write) {
  std::promise<absl::StatusOr<TenantCommit>> answer;
  write.done = [&answer](absl::StatusOr<TenantCommit> result) {
    answer.set_value(std::move(result));
  };
  store().ApplyTenant(std::move(write));
  return answer.get_future().get();
}

std::vector<absl::StatusOr<CommitResult>> StoreTest::WriteTogether(
    std::vector<AccountWrite> writes) {
  std::promise<void> all_wait;
  std::promise<void> held_up;
  AccountWrite first = WriteOf("holds up the committer", [&](const DecideInput&) {
    held_up.set_value();
    all_wait.get_future().wait();
    return absl::StatusOr<ChangeSet>(ChangeSet());
  });
  first.done = [](absl::StatusOr<CommitResult>) {};
  store().Apply(std::move(first));
  held_up.get_future().wait();

  std::vector<std::promise<absl::StatusOr<CommitResult>>> answers(writes.size());
  for (size_t i = 0; i < writes.size(); ++i) {
    writes[i].done = [&answer = answers[i]](absl::StatusOr<CommitResult> result) {
      answer.set_value(std::move(result));
    };
    store().Apply(std::move(writes[i]));
  }
  all_wait.set_value();
  std::vector<absl::StatusOr<CommitResult>> results;
  for (auto& answer : answers) results.push_back(answer.get_future().get());
  return results;
}

AccountWrite WriteOf(const std::string& account_id, Decide decide) {
  AccountWrite write;
  write.account_id = account_id;
  write.decide = std::move(decide);
  return write;
}

store::v1::RequestTag Tag(const std::string& id, const std::string& body) {
  store::v1::RequestTag tag;
  tag.set_id_hash((id + std::string(32, '.')).substr(0, 32));
  tag.set_body_hash((body + std::string(32, '.')).substr(0, 32));
  return tag;
}

namespace {

ChangeSet Begin(const DecideInput& input) {
  ChangeSet changes;
  if (input.account != nullptr) {
    changes.state = input.account->state;
  } else {
    changes.facts.emplace();
  }
  return changes;
}

}  // namespace

v1::Segment SegmentOf(int score) {
  if (score >= 80) return v1::SEGMENT_STRATEGIC;
  if (score >= 60) return v1::SEGMENT_ENTERPRISE;
  return score >= 35 ? v1::SEGMENT_COMMERCIAL : v1::SEGMENT_SMB;
}

ChangeSet Evaluated(const DecideInput& input, int score) {
  ChangeSet changes = Begin(input);
  store::v1::EvaluationEntry* evaluation = changes.entries.emplace_back().mutable_evaluation();
  if (changes.state.scores_size() == 0) {
    changes.state.add_scores();
  } else {
    const store::v1::LatestScore& before = changes.state.scores(0);
    evaluation->mutable_previous()->set_position(before.position());
    evaluation->mutable_previous()->set_score(before.score());
    evaluation->set_segment_before(before.segment());
    evaluation->set_score_before(before.score());
  }
  store::v1::LatestScore* latest = changes.state.mutable_scores(0);
  latest->set_model_id("model");
  latest->set_score(score);
  latest->set_segment(SegmentOf(score));
  latest->set_position(PositionOfEntry(0));
  latest->set_evaluate_us(absl::ToUnixMicros(input.now));
  latest->set_counted(true);
  evaluation->mutable_model()->set_model_id("model");
  evaluation->set_score(score);
  evaluation->set_segment(SegmentOf(score));
  evaluation->set_evaluate_us(absl::ToUnixMicros(input.now));
  evaluation->set_counted(true);
  return changes;
}

ChangeSet FactsChanged(const DecideInput& input, const v1::AccountFacts& facts) {
  ChangeSet changes = Begin(input);
  changes.facts = facts;
  changes.entries.emplace_back().mutable_facts()->set_change_us(absl::ToUnixMicros(input.now));
  return changes;
}

ChangeSet Reported(const DecideInput& input, const std::string& note) {
  ChangeSet changes = Begin(input);
  v1::AccountEvent event;
  event.set_type(v1::ACCOUNT_EVENT_TYPE_NEW_COUNTRY);
  event.set_note(note);
  event.mutable_change()->set_fact("countries");
  store::v1::OpenEvent* open = changes.state.add_open_events();
  open->set_position(PositionOfEntry(0));
  open->set_type(event.type());
  *open->mutable_change() = event.change();
  *changes.entries.emplace_back().mutable_event()->mutable_event() = event;
  changes.events.push_back({PositionOfEntry(0), 0, std::move(event)});
  return changes;
}

ChangeSet Settled(const DecideInput& input, int score) {
  ChangeSet changes = Evaluated(input, score);
  for (const store::v1::OpenEvent& open : changes.state.open_events()) {
    changes.entries[0].mutable_evaluation()->add_closed_events(open.position());
    changes.events.push_back({open.position(), PositionOfEntry(0), std::nullopt});
  }
  changes.state.clear_open_events();
  return changes;
}

ChangeSet Claimed(const DecideInput& input, const std::string& worker_id, int64_t until_us) {
  ChangeSet changes = Begin(input);
  changes.state_only = true;
  changes.state.mutable_claim()->set_worker_id(worker_id);
  changes.state.mutable_claim()->set_until_us(until_us);
  return changes;
}

ChangeSet ItemsWritten(const DecideInput& input, std::vector<ChangeSet::Item> items) {
  ChangeSet changes = Begin(input);
  store::v1::TransactionsEntry* entry = changes.entries.emplace_back().mutable_transactions();
  entry->set_record_us(absl::ToUnixMicros(input.now));
  for (const ChangeSet::Item& item : items) {
    entry->add_transaction_ids(item.key);
    // As a decision would that counts what it was shown.
    if (input.items != nullptr && input.items->count(item.key) > 0) {
      entry->set_replaced(entry->replaced() + 1);
    }
  }
  changes.items = std::move(items);
  return changes;
}

ChangeSet Erased(const DecideInput& input) {
  ChangeSet changes;
  changes.erase = true;
  store::v1::DeletionEntry* entry = changes.entries.emplace_back().mutable_deletion();
  entry->set_account_id(input.account->account_id);
  entry->set_delete_us(absl::ToUnixMicros(input.now));
  return changes;
}

store::v1::Due DueOf(v1::ReevaluationReason reason, int64_t due_us) {
  store::v1::Due due;
  due.set_reason(reason);
  due.set_due_us(due_us);
  due.set_overdue_us(due_us);
  due.set_scattered(reason == v1::REEVALUATION_REASON_EVENT);
  return due;
}

ChangeSet DueAt(const DecideInput& input, const std::vector<store::v1::Due>& due) {
  ChangeSet changes = Begin(input);
  changes.entries.emplace_back().mutable_facts()->set_change_us(absl::ToUnixMicros(input.now));
  changes.state.clear_due();
  for (const store::v1::Due& one : due) *changes.state.add_due() = one;
  return changes;
}

v1::AccountFacts FactsOf(const std::string& display_name, const std::string& country,
                         const std::string& owner_id) {
  v1::AccountFacts facts;
  facts.set_display_name(display_name);
  facts.set_country(country);
  facts.set_owner_id(owner_id);
  return facts;
}

bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

}  // namespace tiermark
