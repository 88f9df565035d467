// What an import does when the server cannot take everything at once, with a stream that fails as
// it is told: a real server does so at no moment that a test could choose.
#include <deque>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "clients/cli/importer.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"

namespace tiermark::cli {
namespace {

using testing::ElementsAre;

// The account ids of a message, and what is answered; nothing breaks the stream.
using Script =
    std::function<std::optional<ImportStream::Outcomes>(const std::vector<std::string>&)>;

class ScriptedStream final : public ImportStream {
 public:
  ScriptedStream(Script* script, std::vector<std::vector<std::string>>* sent)
      : script_(*script), sent_(*sent) {}

  void Send(const std::vector<const v1::ImportedAccount*>& accounts) override {
    std::vector<std::string> ids;
    ids.reserve(accounts.size());
    for (const auto* account : accounts) ids.push_back(account->account_id());
    sent_.push_back(ids);
    unanswered_.push_back(std::move(ids));
  }
  std::optional<Outcomes> AwaitAnswer() override {
    EXPECT_LE(unanswered_.size(), 2u);
    if (broken_ || unanswered_.empty()) return {};
    auto answer = script_(unanswered_.front());
    unanswered_.pop_front();
    broken_ = !answer.has_value();
    return answer;
  }
  absl::Status End() override {
    return broken_ ? absl::UnavailableError("broken") : absl::OkStatus();
  }

 private:
  Script& script_;
  std::vector<std::vector<std::string>>& sent_;
  std::deque<std::vector<std::string>> unanswered_;
  bool broken_ = false;
};

absl::Status Overloaded() {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(1'000'000);
  absl::Status status = absl::ResourceExhaustedError("too many writes");
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                    absl::Cord(retry.SerializeAsString()));
  return status;
}

class ImporterTest : public testing::Test {
 protected:
  Importer MakeImporter(ImporterOptions options = {}) {
    options.accounts_in_message_max = 2;
    return Importer(
        [this] {
          ++opened_;
          return std::make_unique<ScriptedStream>(&script_, &sent_);
        },
        [this](const std::vector<ImportRow>& rows) {
          for (const ImportRow& row : rows) {
            done_.push_back(row.line);
            if (!row.outcome.error.ok()) failed_.push_back(row.line);
          }
          return done_status_;
        },
        options);
  }

  static ImportRow Row(int64_t line, bool bad = false) {
    ImportRow row;
    row.line = line;
    row.account.set_account_id(absl::StrCat("a", line));
    if (bad) row.faults.push_back({"", "", "bad"});
    return row;
  }

  static absl::Status AddAll(Importer* importer, int64_t rows) {
    for (int64_t line = 1; line <= rows; ++line) {
      if (absl::Status added = importer->Add(Row(line)); !added.ok()) return added;
    }
    return importer->Finish();
  }

  Script script_ = [](const std::vector<std::string>& ids) {
    return ImportStream::Outcomes(ids.size());
  };
  int opened_ = 0;
  std::vector<std::vector<std::string>> sent_;
  std::vector<int64_t> done_;
  std::vector<int64_t> failed_;
  absl::Status done_status_;
};

TEST_F(ImporterTest, Rows_AreDoneInTheirOrderGoodAndBadAlike) {
  Importer importer = MakeImporter();
  for (int64_t line = 1; line <= 9; ++line) {
    ASSERT_TRUE(importer.Add(Row(line, line == 2 || line == 5 || line == 6)).ok());
  }
  ASSERT_TRUE(importer.Finish().ok());
  EXPECT_THAT(done_, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(sent_, ElementsAre(ElementsAre("a1"), ElementsAre("a3", "a4"),
                                 ElementsAre("a7", "a8"), ElementsAre("a9")));
}

TEST_F(ImporterTest, Nothing_OpensNoStream) {
  Importer importer = MakeImporter();
  ASSERT_TRUE(importer.Finish().ok());
  ASSERT_TRUE(importer.Add(Row(1, true)).ok());
  ASSERT_TRUE(importer.Finish().ok());
  EXPECT_EQ(opened_, 0);
  EXPECT_THAT(done_, ElementsAre(1));
}

TEST_F(ImporterTest, Messages_AreBoundedInBytesToo) {
  ImporterOptions options;
  options.message_bytes_max = 1;
  Importer importer = MakeImporter(options);
  ASSERT_TRUE(AddAll(&importer, 3).ok());
  EXPECT_EQ(sent_.size(), 3u);
}

TEST_F(ImporterTest, WhatTheServerCannotTakeNow_IsSentAgainAndNothingElse) {
  std::set<std::string> refused;
  script_ = [&](const std::vector<std::string>& ids) {
    ImportStream::Outcomes outcomes(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      if ((ids[i] == "a1" || ids[i] == "a4") && refused.insert(ids[i]).second) {
        outcomes[i].error = Overloaded();
      }
    }
    return outcomes;
  };
  Importer importer = MakeImporter();
  ASSERT_TRUE(AddAll(&importer, 6).ok());
  EXPECT_THAT(done_, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(failed_, ElementsAre());
  std::map<std::string, int> times;
  for (const auto& message : sent_) {
    for (const std::string& id : message) ++times[id];
  }
  EXPECT_EQ(times["a1"], 2);
  EXPECT_EQ(times["a2"], 1);
  EXPECT_EQ(times["a4"], 2);
  EXPECT_EQ(times["a6"], 1);
}

TEST_F(ImporterTest, WhatTheServerRefuses_IsNotSentAgain) {
  script_ = [](const std::vector<std::string>& ids) {
    ImportStream::Outcomes outcomes(ids.size());
    outcomes[0].error = absl::InvalidArgumentError("country");
    return outcomes;
  };
  Importer importer = MakeImporter();
  ASSERT_TRUE(AddAll(&importer, 4).ok());
  EXPECT_THAT(failed_, ElementsAre(1, 3));
  EXPECT_EQ(sent_.size(), 2u);
}

TEST_F(ImporterTest, WhatTheServerNeverTakes_EndsTheImportAndIsNoFaultOfTheRow) {
  int asked = 0;
  script_ = [&](const std::vector<std::string>& ids) {
    ImportStream::Outcomes outcomes(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] != "a2") continue;
      ++asked;
      outcomes[i].error = Overloaded();
    }
    return outcomes;
  };
  ImporterOptions options;
  options.patience = std::chrono::milliseconds(50);
  Importer importer = MakeImporter(options);
  EXPECT_TRUE(absl::IsResourceExhausted(AddAll(&importer, 4)));
  EXPECT_THAT(done_, ElementsAre());
  EXPECT_GT(asked, 3);
}

TEST_F(ImporterTest, BadRowsBehindAGoodOne_AreNotGathered) {
  Importer importer = MakeImporter();
  ASSERT_TRUE(importer.Add(Row(1)).ok());
  for (int64_t line = 2; line <= 1'000; ++line) {
    ASSERT_TRUE(importer.Add(Row(line, true)).ok());
    // Five messages of two rows.
    ASSERT_LE(line - static_cast<int64_t>(done_.size()), 10);
  }
  ASSERT_TRUE(importer.Finish().ok());
  EXPECT_EQ(done_.size(), 1'000u);
}

TEST_F(ImporterTest, ABrokenStream_IsTakenUpWhereItWas) {
  int messages = 0;
  script_ = [&](const std::vector<std::string>& ids) -> std::optional<ImportStream::Outcomes> {
    if (++messages % 3 == 0) return {};
    return ImportStream::Outcomes(ids.size());
  };
  Importer importer = MakeImporter();
  ASSERT_TRUE(AddAll(&importer, 11).ok());
  EXPECT_THAT(done_, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_GT(opened_, 1);
}

TEST_F(ImporterTest, AServerThatNeverAnswered_IsGivenUpSoon) {
  script_ = [](const auto&) { return std::nullopt; };
  ImporterOptions options;
  options.first_attempts_max = 3;
  Importer importer = MakeImporter(options);
  EXPECT_TRUE(absl::IsUnavailable(AddAll(&importer, 4)));
  EXPECT_EQ(opened_, 3);
  EXPECT_THAT(done_, ElementsAre());
}

TEST_F(ImporterTest, AServerThatStaysAway_IsGivenUpWhenPatienceEnds) {
  int messages = 0;
  script_ = [&](const std::vector<std::string>& ids) -> std::optional<ImportStream::Outcomes> {
    if (++messages > 1) return {};
    return ImportStream::Outcomes(ids.size());
  };
  ImporterOptions options;
  options.patience = std::chrono::milliseconds(500);
  options.first_attempts_max = 1;
  Importer importer = MakeImporter(options);
  EXPECT_TRUE(absl::IsUnavailable(AddAll(&importer, 6)));
  EXPECT_GT(opened_, 2);
  EXPECT_THAT(done_, ElementsAre(1, 2));
}

TEST_F(ImporterTest, AnErrorOfWhoIsTold_EndsIt) {
  done_status_ = absl::DataLossError("disk full");
  Importer importer = MakeImporter();
  EXPECT_TRUE(absl::IsDataLoss(AddAll(&importer, 4)));
}

TEST(PauseAfter, OnlyWhatMayPass_IsWaitedFor) {
  EXPECT_EQ(PauseAfter(Overloaded(), 0), std::chrono::milliseconds(1));
  EXPECT_TRUE(PauseAfter(absl::UnavailableError(""), 0).has_value());
  EXPECT_LT(*PauseAfter(absl::UnavailableError(""), 0), *PauseAfter(absl::UnavailableError(""), 3));
  EXPECT_LE(*PauseAfter(absl::UnavailableError(""), 1'000), std::chrono::seconds(5));
  EXPECT_FALSE(PauseAfter(absl::InvalidArgumentError(""), 0).has_value());
  EXPECT_FALSE(PauseAfter(absl::ResourceExhaustedError(""), 0).has_value());
  EXPECT_FALSE(PauseAfter(absl::OkStatus(), 0).has_value());
}

}  // namespace
}  // namespace tiermark::cli
