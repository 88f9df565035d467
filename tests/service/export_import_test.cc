// Accounts in bulk: out as a stream of pages, in as messages of items. In this process.
#include <deque>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/service/stream_reader.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::ElementsAre;
using ExportReader = StreamReader<v1::ExportAccountsResponse>;

v1::ImportedAccount Item(const std::string& account_id, bool evaluate,
                         const std::string& request_id = "") {
  v1::ImportedAccount item;
  item.set_account_id(account_id);
  *item.mutable_facts() = FintechFacts();
  item.set_evaluate(evaluate);
  item.set_request_id(request_id);
  return item;
}

// Imports accounts 0 and up; every third is scored.
void Fill(TestService& service, int accounts) {
  v1::ImportAccountsRequest import;
  for (int i = 0; i < accounts; ++i) {
    *import.add_accounts() = Item(absl::StrCat("a", i), i % 3 == 0);
    if (import.accounts_size() < 500 && i + 1 < accounts) continue;
    const auto response = service.Call<v1::ImportAccountsResponse>(import);
    ASSERT_OK(response);
    for (const auto& result : response->results()) EXPECT_TRUE(result.has_imported());
    import.Clear();
  }
}

std::vector<std::string> IdsOf(const v1::ExportAccountsResponse& message) {
  std::vector<std::string> ids;
  for (const v1::Account& account : message.accounts()) ids.push_back(account.account_id());
  return ids;
}

TEST(Export, HandsOutAllInTheOrderOfTheirFirstWrites) {
  TestService service;
  Fill(service, 1'203);
  ExportReader reader(service.pipeline(), v1::ExportAccountsRequest());
  v1::ExportAccountsResponse message;
  int accounts = 0;
  int scored = 0;
  while (reader.Read(&message)) {
    EXPECT_LE(message.accounts_size(), 500);
    EXPECT_NE(message.resume_token(), "");
    for (const v1::Account& account : message.accounts()) {
      EXPECT_EQ(account.account_id(), absl::StrCat("a", accounts));
      ++accounts;
      if (account.scores_size() > 0) ++scored;
    }
  }
  EXPECT_OK(reader.AwaitEnd());
  EXPECT_EQ(accounts, 1'203);
  EXPECT_EQ(scored, 401);
}

TEST(Export, OfNothing_EndsWithoutAMessage) {
  TestService service;
  ExportReader reader(service.pipeline(), v1::ExportAccountsRequest());
  v1::ExportAccountsResponse message;
  EXPECT_FALSE(reader.Read(&message));
  EXPECT_OK(reader.AwaitEnd());
}

TEST(Export, AfterABreak_GoesOnBehindTheToken) {
  TestService service;
  Fill(service, 1'100);
  v1::ExportAccountsRequest request;
  request.mutable_filter()->add_segments(v1::SEGMENT_SMB);
  std::vector<std::string> ids;
  v1::ExportAccountsResponse message;
  {
    ExportReader reader(service.pipeline(), request);
    ASSERT_TRUE(reader.Read(&message));
    ids = IdsOf(message);
  }
  request.set_resume_token(message.resume_token());
  ExportReader reader(service.pipeline(), request);
  while (reader.Read(&message)) {
    const std::vector<std::string> more = IdsOf(message);
    ids.insert(ids.end(), more.begin(), more.end());
  }
  EXPECT_OK(reader.AwaitEnd());
  ASSERT_EQ(ids.size(), 367u);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], absl::StrCat("a", 3 * i));
  // The last token goes on with what is written later.
  request.set_resume_token(message.resume_token());
  ASSERT_OK(service.Evaluate("late", FintechFacts()));
  ExportReader later(service.pipeline(), request);
  ASSERT_TRUE(later.Read(&message));
  EXPECT_THAT(IdsOf(message), ElementsAre("late"));
}

TEST(Export, WithATokenOfAnotherQuery_IsRefused) {
  TestService service;
  Fill(service, 3);
  v1::ExportAccountsRequest request;
  v1::ExportAccountsResponse message;
  ExportReader reader(service.pipeline(), request);
  ASSERT_TRUE(reader.Read(&message));
  request.mutable_filter()->add_segments(v1::SEGMENT_SMB);
  for (const std::string& token : {message.resume_token(), std::string("nonsense!")}) {
    request.set_resume_token(token);
    EXPECT_THAT(FieldsOf(ExportReader(service.pipeline(), request).AwaitEnd()),
                ElementsAre("resume_token"));
  }
  request.mutable_filter()->set_min_score(101);
  EXPECT_THAT(FieldsOf(ExportReader(service.pipeline(), request).AwaitEnd()),
              ElementsAre("resume_token", "filter.min_score"));
}

// Answers with the pages that the test gives.
class ScriptedStore : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  absl::StatusOr<AccountPage> ListAccounts(const AccountQuery& query) override {
    after.push_back(query.after.has_value() ? query.after->account_no : 0);
    AccountPage page = std::move(pages.front());
    pages.pop_front();
    return page;
  }

  std::deque<AccountPage> pages;
  std::vector<int64_t> after;
};

AccountRecord Record(int64_t account_no, size_t bytes) {
  AccountRecord record;
  record.account_no = account_no;
  record.account_id = absl::StrCat("a", account_no);
  record.facts.set_display_name(std::string(bytes, 'n'));
  return record;
}

AccountCursor Behind(int64_t account_no) {
  AccountCursor cursor;
  cursor.account_no = account_no;
  return cursor;
}

TEST(Export, OfStretchesWithNothingToFind_TellsHowFarItHasCome) {
  TestService service;
  ScriptedStore store(service.store());
  store.pages = {{{}, Behind(10)}, {{Record(11, 1)}, Behind(20)}, {{}, std::nullopt}};
  MethodTable methods;
  AddExportHandlers(service.ContextWith(store), &methods);
  Pipeline pipeline(methods, service.clock(), PipelineOptions());
  ExportReader reader(pipeline, v1::ExportAccountsRequest());
  v1::ExportAccountsResponse message;
  ASSERT_TRUE(reader.Read(&message));
  EXPECT_THAT(IdsOf(message), ElementsAre());
  const std::string token = message.resume_token();
  ASSERT_TRUE(reader.Read(&message));
  EXPECT_THAT(IdsOf(message), ElementsAre("a11"));
  EXPECT_NE(message.resume_token(), token);
  EXPECT_FALSE(reader.Read(&message));
  EXPECT_THAT(store.after, ElementsAre(0, 10, 20));
}

TEST(Export, OfLargeAccounts_ComesInMessagesThatClientsTake) {
  TestService service;
  ScriptedStore store(service.store());
  AccountPage page;
  for (int i = 1; i <= 3; ++i) page.accounts.push_back(Record(i, 1'500'000));
  store.pages = {page, {{Record(3, 10)}, std::nullopt}};
  MethodTable methods;
  AddExportHandlers(service.ContextWith(store), &methods);
  Pipeline pipeline(methods, service.clock(), PipelineOptions());
  ExportReader reader(pipeline, v1::ExportAccountsRequest());
  v1::ExportAccountsResponse message;
  ASSERT_TRUE(reader.Read(&message));
  EXPECT_THAT(IdsOf(message), ElementsAre("a1", "a2"));
  ASSERT_TRUE(reader.Read(&message));
  EXPECT_THAT(IdsOf(message), ElementsAre("a3"));
  EXPECT_FALSE(reader.Read(&message));
  EXPECT_THAT(store.after, ElementsAre(0, 2));
}

TEST(Import, WritesAsTheSingleCallsDo) {
  TestService service;
  v1::ImportAccountsRequest import;
  *import.add_accounts() = Item("scored", true);
  *import.add_accounts() = Item("kept", false);
  *import.add_accounts() = Item("unknown", true);
  import.mutable_accounts(2)->clear_facts();
  auto response = service.Call<v1::ImportAccountsResponse>(import);
  ASSERT_OK(response);
  ASSERT_EQ(response->results_size(), 3);
  const v1::ImportedAccountSummary& scored = response->results(0).imported();
  EXPECT_NE(scored.evaluation_id(), "");
  EXPECT_EQ(scored.score(), 16);
  EXPECT_EQ(scored.segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(scored.movement(), v1::MOVEMENT_FIRST);
  const v1::ImportedAccountSummary& kept = response->results(1).imported();
  EXPECT_TRUE(kept.created());
  EXPECT_TRUE(kept.changed());
  EXPECT_EQ(kept.evaluation_id(), "");
  EXPECT_EQ(response->results(2).error().code(), static_cast<int>(absl::StatusCode::kNotFound));
  EXPECT_EQ(service.Get("scored")->segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(service.Get("kept")->segment(), v1::SEGMENT_UNSPECIFIED);

  response = service.Call<v1::ImportAccountsResponse>(import);
  ASSERT_OK(response);
  EXPECT_EQ(response->results(0).imported().movement(), v1::MOVEMENT_UNCHANGED);
  EXPECT_TRUE(response->results(1).has_imported());
  EXPECT_FALSE(response->results(1).imported().created());
  EXPECT_FALSE(response->results(1).imported().changed());
}

TEST(Import, OfARepeatedRequestId_GetsItsFirstAnswer) {
  TestService service;
  v1::ImportAccountsRequest import;
  *import.add_accounts() = Item("scored", true, "r1");
  *import.add_accounts() = Item("kept", false, "r2");
  const auto first = service.Call<v1::ImportAccountsResponse>(import);
  ASSERT_OK(first);
  service.clock().Advance(absl::Hours(1));
  const auto second = service.Call<v1::ImportAccountsResponse>(import);
  ASSERT_OK(second);
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  // Scored or not is part of what was asked.
  import.mutable_accounts(0)->set_evaluate(false);
  import.mutable_accounts(1)->set_evaluate(true);
  const auto other = service.Call<v1::ImportAccountsResponse>(import);
  ASSERT_OK(other);
  for (const auto& result : other->results()) {
    EXPECT_EQ(result.error().code(), static_cast<int>(absl::StatusCode::kAlreadyExists));
  }
}

TEST(Import, ABadItem_FailsAloneAndNamesItsFields) {
  TestService service;
  v1::ImportAccountsRequest import;
  for (int i = 0; i < 4; ++i) *import.add_accounts() = Item(absl::StrCat("a", i), i % 2 == 0);
  import.mutable_accounts(1)->mutable_facts()->set_country("Narnia");
  import.mutable_accounts(1)->set_account_id("");
  import.mutable_accounts(2)->mutable_facts()->clear_past_due_cases();
  const auto response = service.Call<v1::ImportAccountsResponse>(import);
  ASSERT_OK(response);
  EXPECT_TRUE(response->results(0).has_imported());
  EXPECT_EQ(response->results(1).error().code(),
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(response->results(1).error().details_size(), 2) << "reason and fields";
  EXPECT_EQ(response->results(2).error().code(),
            static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_TRUE(response->results(3).has_imported());
}

TEST(Import, OfNoItemsOrTooMany_IsRefused) {
  TestService service;
  for (const int items : {0, 501}) {
    v1::ImportAccountsRequest import;
    for (int i = 0; i < items; ++i) *import.add_accounts() = Item(absl::StrCat("a", i), false);
    EXPECT_THAT(FieldsOf(service.Call<v1::ImportAccountsResponse>(import).status()),
                ElementsAre("accounts"));
  }
}

}  // namespace
}  // namespace tiermark
