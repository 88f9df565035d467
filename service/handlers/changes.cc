// ListAccountChanges and WatchAccounts.
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "service/feed.h"
#include "service/feed_hub.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;

constexpr absl::Duration kHeartbeatDefault = absl::Seconds(15);
constexpr absl::Duration kHeartbeatMin = absl::Seconds(1);
constexpr absl::Duration kHeartbeatMax = absl::Seconds(60);
constexpr int kChangesInMessageMax = 1'000;

absl::Status ListAccountChanges(const HandlerContext& context, const CallInfo& info,
                                const v1::ListAccountChangesRequest& request,
                                v1::ListAccountChangesResponse* response) {
  const Feed feed(context.store, context.catalog, info.caller.tenant);
  Violations violations;
  const int limit = PageSize(request.page_size(), &violations);
  int64_t position = 0;
  if (!request.cursor().empty()) {
    const auto given = feed.PositionOf(request.cursor(), &violations);
    if (!given.ok()) return given.status();
    position = *given;
  }
  if (!violations.empty()) return violations.ToStatus();
  if (request.latest()) {
    const auto latest = feed.Latest();
    if (!latest.ok()) return latest.status();
    response->set_next_cursor(feed.CursorAt(*latest));
    response->set_at_end(true);
    return absl::OkStatus();
  }
  if (request.cursor().empty()) {
    const auto oldest = feed.Oldest(context.clock.Now());
    if (!oldest.ok()) return oldest.status();
    position = *oldest;
  }
  const auto at_end = feed.Read(context.clock.Now(), limit, &position, response->mutable_changes());
  if (!at_end.ok()) return at_end.status();
  response->set_next_cursor(feed.CursorAt(position));
  response->set_at_end(*at_end);
  return absl::OkStatus();
}

// Tells the changes behind a position, and then those that come. The first message comes at once,
// so that the watcher knows from where on it watches.
class Watch final : public SourceOf<v1::WatchAccountsResponse> {
 public:
  Watch(const HandlerContext& context, const Feed& feed, int64_t position, absl::Duration heartbeat)
      : context_(context),
        feed_(feed),
        position_(position),
        heartbeat_(absl::ToChronoMilliseconds(heartbeat)) {}

  ~Watch() override {
    if (wait_.has_value()) context_.feed.Forget(*wait_);
  }

  void Await(absl::AnyInvocable<void()> wake) override {
    wait_ = context_.feed.Wait(commits_seen_, next_message_, std::move(wake));
  }

 private:
  absl::StatusOr<Turn> Fill(v1::WatchAccountsResponse* message) override {
    commits_seen_ = context_.feed.commits();
    const auto at_end = feed_.Read(context_.clock.Now(), kChangesInMessageMax, &position_,
                                   message->mutable_changes());
    if (!at_end.ok()) return at_end.status();
    const auto now = std::chrono::steady_clock::now();
    if (message->changes().empty() && *at_end && now < next_message_) return Turn::kNothing;
    message->set_cursor(feed_.CursorAt(position_));
    next_message_ = now + heartbeat_;
    return Turn::kMessage;
  }

  const HandlerContext context_;
  const Feed feed_;
  int64_t position_;
  const std::chrono::milliseconds heartbeat_;
  uint64_t commits_seen_ = 0;
  FeedHub::TimePoint next_message_;
  std::optional<FeedHub::WaitId> wait_;
};

absl::Duration Heartbeat(const v1::WatchAccountsRequest& request, Violations* violations) {
  if (!request.has_heartbeat()) return kHeartbeatDefault;
  const google::protobuf::Duration& given = request.heartbeat();
  const absl::Duration heartbeat =
      absl::Seconds(given.seconds()) + absl::Nanoseconds(given.nanos());
  if (heartbeat < kHeartbeatMin || heartbeat > kHeartbeatMax) {
    violations->Add("heartbeat", "must be from 1 to 60 seconds");
  }
  return heartbeat;
}

absl::StatusOr<std::unique_ptr<SourceOf<v1::WatchAccountsResponse>>> WatchAccounts(
    const HandlerContext& context, const CallInfo& info, const v1::WatchAccountsRequest& request) {
  const Feed feed(context.store, context.catalog, info.caller.tenant);
  Violations violations;
  const absl::Duration heartbeat = Heartbeat(request, &violations);
  const auto position =
      request.cursor().empty() ? feed.Latest() : feed.PositionOf(request.cursor(), &violations);
  if (!position.ok()) return position.status();
  if (!violations.empty()) return violations.ToStatus();
  return std::make_unique<Watch>(context, feed, *position, heartbeat);
}

}  // namespace

void AddChangeHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kAccountService, "ListAccountChanges", list,
                       Bind(server, ListAccountChanges));
  MethodOptions stream;
  stream.time_max = absl::InfiniteDuration();
  methods->AddStream(kAccountService, "WatchAccounts", stream, Bind(server, WatchAccounts));
}

}  // namespace tiermark
