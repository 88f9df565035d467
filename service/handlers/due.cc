// ListReevaluationDue.
#include <optional>

#include "google/protobuf/util/time_util.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/holds.h"
#include "service/page.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

constexpr int64_t kHorizonSecondsMax = 366 * 86'400;

// What a token may say though nobody but this server should make any: what a request may.
constexpr int64_t kAsOfMinUs =
    google::protobuf::util::TimeUtil::kTimestampMinSeconds * int64_t{1'000'000};
constexpr int64_t kAsOfMaxUs =
    google::protobuf::util::TimeUtil::kTimestampMaxSeconds * int64_t{1'000'000};

int64_t ReadHorizon(const google::protobuf::Duration& horizon, Violations* violations) {
  constexpr int kNanosMax = 999'999'999;
  const bool good = horizon.seconds() >= 0 && horizon.seconds() <= kHorizonSecondsMax &&
                    horizon.nanos() >= 0 && horizon.nanos() <= kNanosMax &&
                    (horizon.seconds() < kHorizonSecondsMax || horizon.nanos() == 0);
  if (!good) {
    violations->Add("horizon", "must be from 0 to 366 days");
    return 0;
  }
  return horizon.seconds() * 1'000'000 + horizon.nanos() / 1'000;
}

absl::Status ListReevaluationDue(const HandlerContext& context, const CallInfo& info,
                                 const v1::ListReevaluationDueRequest& request,
                                 v1::ListReevaluationDueResponse* response) {
  Violations violations;
  DueQuery query;
  query.tenant = info.caller.tenant;
  const int64_t now_us = absl::ToUnixMicros(context.clock.Now());
  int64_t as_of_us = now_us;
  if (request.has_as_of_time()) {
    as_of_us = ReadTimestamp(request.as_of_time(), "as_of_time", &violations);
  }
  const int64_t horizon_us = ReadHorizon(request.horizon(), &violations);
  query.reasons = ReadReasons(request.reasons(), "reasons", &violations);
  ValidateSegments(request.segments(), "segments", &violations);
  ValidateOwners(request.owner_ids(), "owner_ids", &violations);
  ValidateCountries(request.countries(), "countries", &violations);
  query.limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (!request.page_token().empty()) {
    // Every page is as of the instant of the first.
    as_of_us = token.as_of_us();
    if (as_of_us < kAsOfMinUs || as_of_us > kAsOfMaxUs) {
      violations.Add("page_token", "must be a next_page_token of this server");
      as_of_us = 0;
    }
    query.after = DueCursor{token.reason(), token.due_us(), token.account_no()};
  }
  if (!violations.empty()) return violations.ToStatus();
  query.as_of_us = as_of_us;
  query.due_by_us = as_of_us + horizon_us;
  for (const int segment : request.segments()) {
    query.segments.push_back(static_cast<v1::Segment>(segment));
  }
  query.owner_ids.assign(request.owner_ids().begin(), request.owner_ids().end());
  query.countries.assign(request.countries().begin(), request.countries().end());

  const auto page = context.store.ListDue(query);
  if (!page.ok()) return page.status();
  std::optional<DueCursor> next = page->next;
  size_t bytes = 0;
  for (const DueRow& row : page->rows) {
    v1::DueAccount* account = response->add_due_accounts();
    FillDueAccount(row, as_of_us, query.due_by_us, context.catalog.policy()->zone, account);
    FillClaim(row.state, now_us, account);
    bytes += account->ByteSizeLong();
    if (bytes >= kPageBytesMax && &row != &page->rows.back()) {
      next = row.cursor;
      break;
    }
  }
  if (next.has_value()) {
    token.set_as_of_us(as_of_us);
    token.set_reason(next->reason);
    token.set_due_us(next->due_us);
    token.set_account_no(next->account_no);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace

void AddDueHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kScoringService, "ListReevaluationDue", list,
                       Bind(server, ListReevaluationDue));
}

}  // namespace tiermark
