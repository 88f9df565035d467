// tiermark movements and summary: the portfolio as a whole.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/commands.h"
#include "clients/cli/dates.h"
#include "clients/cli/evaluation_text.h"
#include "clients/cli/filter_flags.h"
#include "clients/cli/options.h"
#include "clients/cli/paging.h"
#include "clients/cli/text.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Account = v1::AccountService::Stub;

// The server gives it as long.
constexpr std::chrono::milliseconds kSummaryDeadline{60'000};

google::type::Date DateOf(absl::CivilDay day) { return *ParseDate(absl::FormatCivilTime(day)); }

// The first day of the calendar quarter.
absl::CivilDay QuarterOf(absl::CivilDay day) {
  return absl::CivilDay(day.year(), (day.month() - 1) / 3 * 3 + 1, 1);
}

absl::CivilDay CivilOf(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

std::string ScoreIn(v1::Segment segment, bool known, int score) {
  return known ? absl::StrCat(WordsOf(segment), " ", score) : "-";
}

void AddGroup(const std::vector<std::string>& values, const v1::PortfolioGroup& group,
              Table* table) {
  std::vector<Cell> row(values.begin(), values.end());
  row.emplace_back(Grouped(group.accounts()));
  row.emplace_back(group.has_mean_score() ? HundredthsOf(group.mean_score()) : "-");
  std::string mrr = OrDash(TextOf(group.potential_mrr_total()));
  if (group.accounts_without_rate() > 0) {
    absl::StrAppend(&mrr, " (without ", group.accounts_without_rate(), ")");
  }
  row.emplace_back(mrr);
  for (const v1::SegmentCount& count : group.segment_mix()) {
    row.emplace_back(Grouped(count.accounts()));
  }
  row.resize(values.size() + 3 + 5, Cell(""));
  table->Add(std::move(row));
}

void PrintSummary(const v1::SummarizePortfolioResponse& answer,
                  const std::vector<std::string>& dimensions, const Session& session) {
  std::vector<Column> columns(dimensions.begin(), dimensions.end());
  for (Column& column : columns) absl::AsciiStrToUpper(&column.name);
  for (const char* name : {"ACCOUNTS", "MEAN", "POTENTIAL MRR", "STRATEGIC", "ENTERPRISE",
                           "COMMERCIAL", "SMB", "UNSCORED"}) {
    columns.emplace_back(name, Align::kRight);
  }
  Table table(std::move(columns));
  for (const v1::PortfolioGroup& group : answer.groups()) {
    std::vector<std::string> values(group.values().begin(), group.values().end());
    for (size_t i = 0; i < values.size() && i < dimensions.size(); ++i) {
      values[i] = FlagValueOf(EnumOf<v1::Dimension>(dimensions[i]), values[i]);
    }
    AddGroup(values, group, &table);
  }
  std::vector<std::string> total(dimensions.size());
  total.front() = "all";
  AddGroup(total, answer.total(), &table);
  session.Print(table);
}

}  // namespace

void AddMovementsCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string from;
    std::string to;
    std::vector<std::string> movements;
    int limit = kDefaultLimit;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app->add_subcommand("movements", "List who moved up or down, all in all, between two days");
  AddText(command, "--from", &options->from, "DATE",
          "The first day; default: that of the quarter of the last")
      ->check(CheckDate);
  AddText(command, "--to", &options->to, "DATE", "The last day; default: today, in UTC")
      ->check(CheckDate);
  AddList(command, "--movement", &options->movements, "MOVEMENTS",
          "Which ones; default: upgrade,downgrade")
      ->check(OneOf({"upgrade", "downgrade", "first"}));
  AddLimit(command, &options->limit);
  session->OnRun(command, [session, options](const Client& client) {
    const absl::CivilDay to = options->to.empty()
                                  ? absl::ToCivilDay(absl::Now(), absl::UTCTimeZone())
                                  : CivilOf(*ParseDate(options->to));
    v1::ListSegmentMovementsRequest request;
    *request.mutable_end_date() = DateOf(to);
    *request.mutable_start_date() =
        options->from.empty() ? DateOf(QuarterOf(to)) : *ParseDate(options->from);
    for (const std::string& movement : options->movements) {
      request.add_movements(EnumOf<v1::Movement>(movement));
    }
    Table table({"ACCOUNT", "MOVEMENT", "FROM", "TO", "WHEN", "NAME", "DO"});
    absl::Status listed = ForEach(
        client, &Account::ListSegmentMovements, request, options->limit, *session,
        [](const v1::ListSegmentMovementsResponse& page) -> const auto& {
          return page.movements();
        },
        [&](const v1::SegmentMovement& movement) {
          if (session->json()) return session->PrintJson(movement);
          table.Add(
              {movement.account_id(), MovementCell(movement.movement()),
               ScoreIn(movement.from_segment(), movement.has_from_score(), movement.from_score()),
               ScoreIn(movement.to_segment(), movement.has_to_score(), movement.to_score()),
               TextOf(movement.move_time()), movement.display_name(),
               movement.recommended_action()});
        });
    if (listed.ok() && !session->json()) session->Print(table);
    return listed;
  });
}

void AddSummaryCommand(CLI::App* app, Session* session) {
  struct Options {
    FilterFlags filter;
    std::vector<std::string> dimensions;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app->add_subcommand("summary", "Count the portfolio by one to three dimensions");
  AddList(command, "--by", &options->dimensions, "DIMENSIONS", "What to count by; default: segment")
      ->check(OneOf<v1::Dimension>());
  options->filter.AddTo(command);
  session->OnRun(
      command,
      [session, options](const Client& client) {
        v1::SummarizePortfolioRequest request;
        *request.mutable_filter() = options->filter.Filter();
        auto dimensions = options->dimensions;
        if (dimensions.empty()) dimensions.emplace_back("segment");
        for (const std::string& dimension : dimensions) {
          request.add_group_by(EnumOf<v1::Dimension>(dimension));
        }
        const auto answer = client.Call(&Account::SummarizePortfolio, request);
        if (!answer.ok()) return answer.status();
        if (session->json()) {
          session->PrintJson(*answer);
        } else {
          PrintSummary(*answer, dimensions, *session);
        }
        return absl::OkStatus();
      },
      kSummaryDeadline);
}

}  // namespace tiermark::cli
