// ListSegmentMovements: the outcome of a review.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scoring/calendar.h"
#include "scoring/facts.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/validation.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

constexpr int kDaysMax = 1'100;

// How an account moved, all in all; UNCHANGED when it came back.
v1::Movement NetMovement(v1::Segment from, v1::Segment to) {
  if (from == v1::SEGMENT_UNSPECIFIED) return v1::MOVEMENT_FIRST;
  if (from == to) return v1::MOVEMENT_UNCHANGED;
  // The highest segment has the lowest number.
  return to < from ? v1::MOVEMENT_UPGRADE : v1::MOVEMENT_DOWNGRADE;
}

std::vector<v1::Movement> ReadMovements(const v1::ListSegmentMovementsRequest& request,
                                        Violations* violations) {
  if (request.movements().empty()) return {v1::MOVEMENT_UPGRADE, v1::MOVEMENT_DOWNGRADE};
  std::vector<v1::Movement> movements;
  if (!HasRoom(request.movements_size(), v1::Movement_ARRAYSIZE, "movements", violations)) {
    return movements;
  }
  for (int i = 0; i < request.movements_size(); ++i) {
    const v1::Movement movement = request.movements(i);
    if (movement != v1::MOVEMENT_UPGRADE && movement != v1::MOVEMENT_DOWNGRADE &&
        movement != v1::MOVEMENT_FIRST) {
      violations->Add(absl::StrCat("movements[", i, "]"),
                      "must be MOVEMENT_UPGRADE, MOVEMENT_DOWNGRADE or MOVEMENT_FIRST");
    } else if (std::count(movements.begin(), movements.end(), movement) > 0) {
      violations->Add(absl::StrCat("movements[", i, "]"), "is given twice");
    } else {
      movements.push_back(movement);
    }
  }
  return movements;
}

void ReadDays(const v1::ListSegmentMovementsRequest& request, absl::TimeZone zone,
              MovementQuery* query, Violations* violations) {
  constexpr char kDateFault[] = "must be a whole date of the years 1900 to 2199";
  const bool start_good = IsValidDate(request.start_date());
  const bool end_good = IsValidDate(request.end_date());
  if (!start_good) violations->Add("start_date", kDateFault);
  if (!end_good) violations->Add("end_date", kDateFault);
  if (!start_good || !end_good) return;
  const absl::CivilDay start = DayOf(request.start_date());
  const absl::CivilDay end = DayOf(request.end_date());
  if (end < start) {
    violations->Add("end_date", "must not be before start_date");
  } else if (end - start >= kDaysMax) {
    violations->Add("end_date",
                    absl::StrCat("must leave ", kDaysMax, " days from start_date at most"));
  }
  query->start_us = StartOfDayMicros(start, zone);
  query->end_us = StartOfDayMicros(end + 1, zone);
}

void FillMovement(const Catalog& catalog, const MovementRow& row, v1::Movement movement,
                  v1::SegmentMovement* out) {
  const store::v1::EvaluationEntry& first = row.first.entry.evaluation();
  const store::v1::EvaluationEntry& last = row.last.entry.evaluation();
  out->set_account_id(row.account.account_id);
  out->set_display_name(row.account.facts.display_name());
  out->set_movement(movement);
  if (movement != v1::MOVEMENT_FIRST) {
    out->set_from_segment(first.segment_before());
    out->set_from_score(first.score_before());
  }
  out->set_to_segment(last.segment());
  out->set_to_score(last.score());
  *out->mutable_move_time() = TimestampOf(last.evaluate_us());
  out->set_evaluation_id(EvaluationId(row.last.position));
  out->set_recommended_action(
      ActionFor(catalog.PlaybookOf(last.segment()), EffectiveStage(row.account.facts)));
}

absl::Status ListSegmentMovements(const HandlerContext& context, const CallInfo& info,
                                  const v1::ListSegmentMovementsRequest& request,
                                  v1::ListSegmentMovementsResponse* response) {
  Violations violations;
  MovementQuery query;
  query.tenant = info.caller.tenant;
  ReadDays(request, context.catalog.policy()->zone, &query, &violations);
  const std::vector<v1::Movement> asked = ReadMovements(request, &violations);
  query.limit = PageSize(request.page_size(), &violations);
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (!request.page_token().empty()) {
    // The row's instant stands where a due list has its due time.
    query.after = MovementCursor{token.due_us(), token.position()};
  }
  if (!violations.empty()) return violations.ToStatus();

  const auto page = context.store.ListMovements(query);
  if (!page.ok()) return page.status();
  std::optional<MovementCursor> next = page->next;
  size_t bytes = 0;
  for (const MovementRow& row : page->rows) {
    const v1::Movement movement = NetMovement(row.first.entry.evaluation().segment_before(),
                                              row.last.entry.evaluation().segment());
    if (std::count(asked.begin(), asked.end(), movement) == 0) continue;
    v1::SegmentMovement* out = response->add_movements();
    FillMovement(context.catalog, row, movement, out);
    bytes += out->ByteSizeLong();
    if (bytes >= kPageBytesMax && &row != &page->rows.back()) {
      next = row.cursor;
      break;
    }
  }
  if (next.has_value()) {
    token.set_due_us(next->evaluate_us);
    token.set_position(next->position);
    response->set_next_page_token(EncodePageToken(token));
  }
  return absl::OkStatus();
}

}  // namespace

void AddMovementHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions list;
  list.on_worker = true;
  methods->AddBlocking(kAccountService, "ListSegmentMovements", list,
                       Bind(server, ListSegmentMovements));
}

}  // namespace tiermark
