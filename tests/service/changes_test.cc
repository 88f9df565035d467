// Following what happens to accounts: pages, cursors, what is kept, and watching, in this process.
#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "scoring/error.h"
#include "service/answers_changes.h"
#include "service/feed.h"
#include "service/feed_cursor.h"
#include "tests/service/stream_reader.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;
using testing::ElementsAre;
using v1::AccountChange;
using v1::ListAccountChangesRequest;
using v1::ListAccountChangesResponse;
using WatchReader = StreamReader<v1::WatchAccountsResponse>;

v1::AccountFacts Named(const std::string& name) {
  v1::AccountFacts facts = FintechFacts();
  facts.set_display_name(name);
  return facts;
}

absl::StatusOr<ListAccountChangesResponse> Page(TestService& service, const std::string& cursor,
                                                int page_size = 1'000) {
  ListAccountChangesRequest request;
  request.set_cursor(cursor);
  request.set_page_size(page_size);
  return service.Call<ListAccountChangesResponse>(request);
}

std::string LatestCursor(TestService& service) {
  ListAccountChangesRequest request;
  request.set_latest(true);
  auto response = service.Call<ListAccountChangesResponse>(request);
  EXPECT_OK(response);
  EXPECT_THAT(response->changes(), ElementsAre());
  EXPECT_TRUE(response->at_end());
  return response->next_cursor();
}

std::vector<std::string> CursorsOf(const std::vector<AccountChange>& changes) {
  std::vector<std::string> cursors;
  for (const AccountChange& change : changes) cursors.push_back(change.cursor());
  return cursors;
}

// All changes behind a cursor, page by page.
std::vector<AccountChange> Walk(TestService& service, std::string cursor, int page_size) {
  std::vector<AccountChange> changes;
  while (true) {
    const auto page = Page(service, cursor, page_size);
    EXPECT_OK(page);
    if (!page.ok()) return changes;
    EXPECT_LE(page->changes_size(), page_size);
    changes.insert(changes.end(), page->changes().begin(), page->changes().end());
    cursor = page->next_cursor();
    if (page->at_end()) return changes;
  }
}

TEST(Changes, TellWhatHappenedInCommitOrder) {
  TestService service;
  ASSERT_OK(service.Upsert("a", Named("A")));
  service.clock().Advance(absl::Hours(1));
  const auto evaluated = service.Evaluate("a");
  ASSERT_OK(evaluated);
  v1::ReportAccountEventRequest report;
  report.set_account_id("a");
  report.set_type(v1::ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER);
  report.set_note("told");
  const auto reported = service.Call<v1::ReportAccountEventResponse>(report);
  ASSERT_OK(reported);
  // Detected, because the evaluation set what it is detected against.
  v1::AccountFacts wider = Facts(R"(operating_countries: ["MX", "PE"])");
  const auto detected = service.Upsert("a", wider);
  ASSERT_OK(detected);
  ASSERT_EQ(detected->detected_events_size(), 1);

  const std::vector<AccountChange> changes = Walk(service, "", 1'000);
  ASSERT_EQ(changes.size(), 5u);
  for (const AccountChange& change : changes) EXPECT_EQ(change.account_id(), "a");
  EXPECT_TRUE(changes[0].facts().created());
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(changes[0].change_time()), FakeClock::kStartUs);

  const v1::EvaluatedChange& score = changes[1].evaluated();
  const v1::Evaluation& evaluation = evaluated->evaluation();
  EXPECT_EQ(score.evaluation_id(), evaluation.evaluation_id());
  EXPECT_EQ(score.model_id(), "account-segmentation");
  EXPECT_EQ(score.model_version(), evaluation.model().version());
  EXPECT_EQ(score.score(), 16);
  EXPECT_EQ(score.segment(), v1::SEGMENT_SMB);
  EXPECT_EQ(score.band().band_id(), evaluation.band().band_id());
  EXPECT_EQ(score.band().display_name(), evaluation.band().display_name());
  EXPECT_EQ(score.movement(), v1::MOVEMENT_FIRST);
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(changes[1].change_time()), service.clock().now_us());

  EXPECT_EQ(changes[2].event().event_id(), reported->event().event_id());
  EXPECT_EQ(changes[2].event().note(), "told");
  EXPECT_TRUE(changes[3].event().detected());
  EXPECT_EQ(changes[3].event().event_id(), detected->detected_events(0).event_id());
  EXPECT_THAT(changes[4].facts().changed_facts(), ElementsAre("operating_countries"));
}

// What no RPC of this layer's tests writes.
TEST(Changes, OfEveryKind_AreTold) {
  TestService service;
  const auto told = [&service](const std::string& entry) {
    LogRecord record;
    record.position = 7;
    record.account_id = "a";
    record.entry = FromText<store::v1::LogEntry>(entry);
    AccountChange change;
    FillChange(service.catalog(), record, &change);
    return change.ShortDebugString();
  };
  EXPECT_EQ(told(R"(transactions { record_us: 2000000 transaction_ids: ["x", "y"] created: 2 })"),
            R"(account_id: "a" change_time { seconds: 2 } )"
            R"(transactions { transaction_ids: "x" transaction_ids: "y" })");
  EXPECT_EQ(told("lifecycle { change { standing: STANDING_LOST record_time { seconds: 3 } } }"),
            R"(account_id: "a" change_time { seconds: 3 } )"
            "lifecycle { standing: STANDING_LOST record_time { seconds: 3 } }");
  EXPECT_EQ(told("override { change_us: 4000000 override { segment: SEGMENT_SMB } }"),
            R"(account_id: "a" change_time { seconds: 4 } )"
            "override { override { segment: SEGMENT_SMB } }");
  EXPECT_EQ(told("override { change_us: 4000000 segment: SEGMENT_SMB }"),
            R"(account_id: "a" change_time { seconds: 4 } override { })");
  EXPECT_EQ(told(R"(deletion { account_id: "b" delete_us: 5000000 })"),
            R"(account_id: "b" change_time { seconds: 5 } deleted { })");
}

TEST(Changes, OfAModelVersionThatIsGone_HaveABandWithoutAName) {
  TestService service;
  LogRecord record;
  record.entry = FromText<store::v1::LogEntry>(
      R"(evaluation { model { model_id: "gone" version: 3 } band_id: "smb" score: 1 })");
  AccountChange change;
  FillChange(service.catalog(), record, &change);
  EXPECT_EQ(change.evaluated().band().band_id(), "smb");
  EXPECT_EQ(change.evaluated().band().display_name(), "");
}

TEST(Changes, PagesOfAnySize_TellTheSame) {
  TestService service;
  const std::string before = LatestCursor(service);
  for (int i = 0; i < 20; ++i)
    ASSERT_OK(service.Upsert(absl::StrCat("a", i % 7), Named(absl::StrCat(i))));
  const std::vector<std::string> whole = CursorsOf(Walk(service, "", 1'000));
  EXPECT_EQ(whole.size(), 20u);
  for (const int size : {1, 3, 19, 20, 21}) {
    EXPECT_EQ(CursorsOf(Walk(service, "", size)), whole) << size;
    EXPECT_EQ(CursorsOf(Walk(service, before, size)), whole) << size;
  }
  // Each change's cursor goes on behind it.
  for (size_t i = 0; i < whole.size(); ++i) {
    const std::vector<std::string> rest(whole.begin() + static_cast<int>(i) + 1, whole.end());
    EXPECT_EQ(CursorsOf(Walk(service, whole[i], 4)), rest);
  }
  EXPECT_EQ(LatestCursor(service), whole.back());
  EXPECT_THAT(Page(service, whole.back())->changes(), ElementsAre());
}

// A log of events with long notes.
class WordyStore : public ForwardingStore {
 public:
  static constexpr int kEntries = 100;

  using ForwardingStore::ForwardingStore;

  absl::StatusOr<ChangePage> ListChanges(const ChangeQuery& query) override {
    ChangePage page;
    page.next_after_position = query.after_position;
    while (static_cast<int>(page.records.size()) < query.limit &&
           page.next_after_position < kEntries) {
      LogRecord record;
      record.position = ++page.next_after_position;
      record.account_id = "a";
      v1::AccountEvent* event = record.entry.mutable_event()->mutable_event();
      event->set_note(std::string(50'000, 'n'));
      page.records.push_back(std::move(record));
    }
    page.at_end = page.next_after_position == kEntries;
    return page;
  }
  absl::StatusOr<int64_t> LastPosition(TenantId) override { return kEntries; }
};

TEST(Changes, WithMuchText_ComeInPagesBelowWhatClientsTake) {
  TestService service;
  WordyStore store(service.store());
  const Feed feed(store, service.catalog(), kDefaultTenant);
  int64_t position = 0;
  int read = 0;
  absl::StatusOr<bool> at_end = false;
  while (!*at_end) {
    google::protobuf::RepeatedPtrField<AccountChange> changes;
    at_end = feed.Read(absl::UnixEpoch(), 1'000, &position, &changes);
    ASSERT_OK(at_end);
    size_t bytes = 0;
    for (const AccountChange& change : changes) bytes += change.ByteSizeLong();
    EXPECT_LT(bytes, kAnswerBytesMax - (1 << 20));
    read += changes.size();
    EXPECT_EQ(position, read) << "it goes on behind the last that was told";
  }
  EXPECT_EQ(read, WordyStore::kEntries);
}

TEST(Changes, ACursorThatIsNone_IsRefused) {
  TestService service;
  ASSERT_OK(service.Upsert("a", Named("A")));
  const std::string latest = LatestCursor(service);
  const int64_t position = *DecodeCursor(kDefaultTenant, latest);
  v1::ListAccountsRequest list;
  list.set_page_size(1);
  ASSERT_OK(service.Upsert("b", Named("B")));
  const auto accounts = service.Call<v1::ListAccountsResponse>(list);
  ASSERT_OK(accounts);
  ASSERT_NE(accounts->next_page_token(), "");
  for (const std::string& cursor :
       {std::string("nonsense!"), std::string("AAAA"), accounts->next_page_token(),
        EncodeCursor(kDefaultTenant + 1, position), EncodeCursor(kDefaultTenant, position + 2),
        EncodeCursor(kDefaultTenant, -1)}) {
    const auto page = Page(service, cursor);
    EXPECT_FAILS(page, kInvalidArgument, "INVALID_FIELDS");
    EXPECT_THAT(FieldsOf(page.status()), ElementsAre("cursor")) << cursor;
    v1::WatchAccountsRequest watch;
    watch.set_cursor(cursor);
    EXPECT_THAT(FieldsOf(WatchReader(service.pipeline(), watch).AwaitEnd()), ElementsAre("cursor"));
  }
  EXPECT_OK(Page(service, EncodeCursor(kDefaultTenant, position + 1)));
  ListAccountChangesRequest bad;
  bad.set_page_size(-1);
  bad.set_cursor("nonsense!");
  EXPECT_THAT(FieldsOf(service.Call<ListAccountChangesResponse>(bad).status()),
              ElementsAre("page_size", "cursor"));
}

TEST(Changes, OlderThanWhatIsKept_AreNotTold) {
  TestService service;
  ASSERT_OK(service.Upsert("a", Named("first")));
  const std::string first = LatestCursor(service);
  ASSERT_OK(service.Upsert("a", Named("second")));
  const std::string second = LatestCursor(service);
  service.clock().Advance(kFeedRetention);
  EXPECT_EQ(Walk(service, "", 10).size(), 2u) << "30 days old is not older";
  EXPECT_OK(Page(service, first));
  service.clock().Advance(absl::Microseconds(1));
  EXPECT_FAILS(Page(service, first), kFailedPrecondition, "CURSOR_EXPIRED");
  EXPECT_EQ(Walk(service, "", 10).size(), 0u);
  // Behind it nothing was dropped, and nothing will be.
  EXPECT_OK(Page(service, second));
  ASSERT_OK(service.Upsert("a", Named("third")));
  EXPECT_EQ(Walk(service, second, 10).size(), 1u);
  EXPECT_EQ(Walk(service, "", 10).size(), 1u);
  v1::WatchAccountsRequest watch;
  watch.set_cursor(first);
  EXPECT_FAILS(WatchReader(service.pipeline(), watch).AwaitEnd(), kFailedPrecondition,
               "CURSOR_EXPIRED");
}

TEST(Changes, TheOldestThatIsKept_IsThatOfASearchOneByOne) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  TestService service;
  std::vector<int64_t> times;
  for (int i = 0; i < 40; ++i) {
    service.clock().Advance(absl::Hours(static_cast<int>(random() % 60)));
    ASSERT_OK(service.Upsert("a", Named(absl::StrCat(i))));
    times.push_back(service.clock().now_us());
  }
  const Feed feed(service.store(), service.catalog(), kDefaultTenant);
  for (int day = 0; day < 150; day += 3) {
    const absl::Time now = absl::FromUnixMicros(FakeClock::kStartUs) + absl::Hours(24 * day);
    size_t kept = 0;
    for (const int64_t time : times) {
      if (time >= absl::ToUnixMicros(now - kFeedRetention)) ++kept;
    }
    const auto oldest = feed.Oldest(now);
    ASSERT_OK(oldest);
    int64_t position = *oldest;
    google::protobuf::RepeatedPtrField<AccountChange> changes;
    ASSERT_OK(feed.Read(now, 1'000, &position, &changes));
    EXPECT_EQ(static_cast<size_t>(changes.size()), kept) << day;
  }
}

// A history that was written at times of its own must not make the feed impassable.
TEST(Changes, OfAnOldHistoryAmongNewOnes_CanBeWalkedFromTheOldest) {
  TestService service;
  service.clock().Advance(absl::Hours(24 * 100));
  CallHeaders past;
  for (int i = 0; i < 30; ++i) {
    v1::UpsertAccountRequest request;
    request.set_account_id(absl::StrCat("a", i));
    *request.mutable_facts() = Named("A");
    past.at = service.clock().Now() - absl::Hours(24 * (i * 37 % 90));
    ASSERT_OK(service.Call<v1::UpsertAccountResponse>(request, past));
  }
  ASSERT_OK(service.Upsert("last", Named("B")));
  EXPECT_EQ(CursorsOf(Walk(service, "", 1)), CursorsOf(Walk(service, "", 1'000)));
}

TEST(Changes, HeartbeatsOutOfBounds_AreRefused) {
  TestService service;
  for (const int64_t millis : {0, 999, 60'001, -5'000}) {
    v1::WatchAccountsRequest request;
    *request.mutable_heartbeat() = TimeUtil::MillisecondsToDuration(millis);
    request.set_cursor("nonsense");
    EXPECT_THAT(FieldsOf(WatchReader(service.pipeline(), request).AwaitEnd()),
                ElementsAre("heartbeat", "cursor"))
        << millis;
  }
}

TEST(Watch, TellsAtOnceWhereItStands_AndThenWhatHappens) {
  TestService service;
  ASSERT_OK(service.Upsert("before", Named("A")));
  const std::string start = LatestCursor(service);
  WatchReader watch(service.pipeline(), v1::WatchAccountsRequest());
  v1::WatchAccountsResponse message;
  ASSERT_TRUE(watch.Read(&message));
  EXPECT_TRUE(message.changes().empty());
  EXPECT_EQ(message.cursor(), start);
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(service.Upsert(absl::StrCat("a", i), Named("A")));
    ASSERT_TRUE(watch.Read(&message));
    ASSERT_EQ(message.changes_size(), 1);
    EXPECT_EQ(message.changes(0).account_id(), absl::StrCat("a", i));
    EXPECT_EQ(message.cursor(), message.changes(0).cursor());
  }
}

TEST(Watch, FromACursor_TellsWhatHappenedSince) {
  TestService service;
  ASSERT_OK(service.Upsert("before", Named("A")));
  v1::WatchAccountsRequest request;
  request.set_cursor(LatestCursor(service));
  constexpr int kChanges = 1'500;
  v1::ImportAccountsRequest import;
  for (int i = 0; i < kChanges; ++i) {
    v1::ImportedAccount* account = import.add_accounts();
    account->set_account_id(absl::StrCat("a", i));
    *account->mutable_facts() = Named("A");
    if (import.accounts_size() < 500) continue;
    ASSERT_OK(service.Call<v1::ImportAccountsResponse>(import));
    import.Clear();
  }
  WatchReader watch(service.pipeline(), request);
  v1::WatchAccountsResponse message;
  ASSERT_TRUE(watch.Read(&message));
  EXPECT_EQ(message.changes_size(), 1'000);
  ASSERT_TRUE(watch.Read(&message));
  EXPECT_EQ(message.changes_size(), kChanges - 1'000);
  EXPECT_EQ(message.cursor(), LatestCursor(service));
}

TEST(Watch, WithNothingToTell_BeatsAsOftenAsAsked) {
  TestService service;
  v1::WatchAccountsRequest request;
  request.mutable_heartbeat()->set_seconds(1);
  WatchReader watch(service.pipeline(), request);
  v1::WatchAccountsResponse message;
  ASSERT_TRUE(watch.Read(&message));
  const absl::Time start = absl::Now();
  ASSERT_TRUE(watch.Read(&message));
  EXPECT_TRUE(message.changes().empty());
  EXPECT_EQ(message.cursor(), LatestCursor(service));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(990));
}

TEST(Watch, ThatIsStopped_EndsAtOnce) {
  TestService service;
  WatchReader watch(service.pipeline(), v1::WatchAccountsRequest());
  v1::WatchAccountsResponse message;
  ASSERT_TRUE(watch.Read(&message));
  watch.Stop(ShuttingDown());
  watch.Stop(absl::CancelledError(""));
  EXPECT_FAILS(watch.AwaitEnd(), kUnavailable, "SHUTTING_DOWN");
  EXPECT_FALSE(watch.Read(&message));
}

TEST(Watch, WhoseReaderIsSlow_HoldsUpNeitherWritersNorOthers) {
  TestService service;
  WatchReader slow(service.pipeline(), v1::WatchAccountsRequest());
  WatchReader quick(service.pipeline(), v1::WatchAccountsRequest());
  v1::WatchAccountsResponse message;
  ASSERT_TRUE(quick.Read(&message));
  ASSERT_TRUE(slow.Read(&message));
  for (int i = 0; i < 50; ++i) {
    ASSERT_OK(service.Upsert(absl::StrCat("a", i), Named("A")));
    ASSERT_TRUE(quick.Read(&message));
    EXPECT_EQ(message.changes(0).account_id(), absl::StrCat("a", i));
  }
  // One message waited for it; all that came since is in the next.
  ASSERT_TRUE(slow.Read(&message));
  const int waited = message.changes_size();
  EXPECT_LT(waited, 50);
  ASSERT_TRUE(slow.Read(&message));
  EXPECT_EQ(message.changes_size(), 50 - waited);
}

TEST(Watch, ByMany_TakesNoThreadsOfTheirOwn) {
  TestService service;
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads();
  std::vector<std::unique_ptr<WatchReader>> watches;
  constexpr int kWatches = 2'000;
  v1::WatchAccountsResponse message;
  for (int i = 0; i < kWatches; ++i) {
    watches.push_back(
        std::make_unique<WatchReader>(service.pipeline(), v1::WatchAccountsRequest()));
  }
  for (const auto& watch : watches) ASSERT_TRUE(watch->Read(&message));
  EXPECT_EQ(threads(), before);
  ASSERT_OK(service.Upsert("a", Named("A")));
  for (const auto& watch : watches) {
    ASSERT_TRUE(watch->Read(&message));
    EXPECT_EQ(message.changes_size(), 1);
  }
}

TEST(Watch, BeyondTheBound_IsRefusedUntilOneEnds) {
  TestService service;
  PipelineOptions options;
  options.streams_max = 2;
  Pipeline pipeline(service.methods(), service.clock(), options);
  const v1::WatchAccountsRequest request;
  auto first = std::make_unique<WatchReader>(pipeline, request);
  const WatchReader second(pipeline, request);
  EXPECT_FAILS(WatchReader(pipeline, request).AwaitEnd(), kResourceExhausted, "TOO_MANY_STREAMS");
  first.reset();
  // Its place is free when its thread has seen the end of it.
  std::unique_ptr<WatchReader> third;
  v1::WatchAccountsResponse message;
  do {
    third = std::make_unique<WatchReader>(pipeline, request);
  } while (!third->Read(&message));
  pipeline.Drain();
  EXPECT_FAILS(WatchReader(pipeline, request).AwaitEnd(), kUnavailable, "SHUTTING_DOWN");
}

}  // namespace
}  // namespace tiermark
