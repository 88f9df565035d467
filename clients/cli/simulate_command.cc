// tiermark model simulate: what a model would do to the whole portfolio.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/commands.h"
#include "clients/cli/filter_flags.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/model_source.h"
#include "clients/cli/options.h"
#include "clients/cli/session.h"
#include "clients/cli/text.h"
#include "tiermark/v1/model_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Model = v1::ModelService::Stub;

// A band as a cell of the matrix names it; cells of accounts that were never scored have none.
std::string BandOf(v1::Segment segment, const v1::BandReference& band) {
  if (segment != 0) return WordsOf(segment);
  return band.display_name().empty() ? "Unscored" : band.display_name();
}

// All that cells name, the highest first and those never scored last. The bands of a points model
// come in the order of the cells, where those that nobody leaves come behind the others.
std::vector<std::string> BandsOf(const v1::SimulationResult& result) {
  constexpr int kBand = v1::Segment_MAX + 1;
  constexpr int kUnscored = kBand + 1;
  std::vector<std::pair<int, std::string>> bands;
  const auto add = [&bands](v1::Segment segment, const v1::BandReference& band) {
    int rank = segment;
    if (segment == 0) rank = band.display_name().empty() ? kUnscored : kBand;
    const std::pair<int, std::string> found(rank, BandOf(segment, band));
    if (std::find(bands.begin(), bands.end(), found) == bands.end()) bands.push_back(found);
  };
  for (const v1::MigrationCell& cell : result.cells()) add(cell.from_segment(), cell.from_band());
  for (const v1::MigrationCell& cell : result.cells()) add(cell.to_segment(), cell.to_band());
  std::stable_sort(bands.begin(), bands.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  names.reserve(bands.size());
  for (auto& band : bands) names.push_back(std::move(band.second));
  return names;
}

// How many go from where to where, and below it how much MRR those have who move.
void PrintMatrix(const v1::SimulationResult& result, const Session& session) {
  const std::vector<std::string> bands = BandsOf(result);
  std::map<std::pair<std::string, std::string>, std::string> accounts;
  Table moves({"FROM", "TO", {"ACCOUNTS", Align::kRight}, {"POTENTIAL MRR", Align::kRight}});
  for (const v1::MigrationCell& cell : result.cells()) {
    const std::string from = BandOf(cell.from_segment(), cell.from_band());
    const std::string to = BandOf(cell.to_segment(), cell.to_band());
    accounts[{from, to}] = Grouped(cell.accounts());
    if (from == to) continue;
    std::string mrr = OrDash(TextOf(cell.mrr()));
    if (cell.accounts_without_rate() > 0) {
      absl::StrAppend(&mrr, " (without ", cell.accounts_without_rate(), ")");
    }
    moves.Add({from, to, Grouped(cell.accounts()), mrr});
  }
  std::vector<Column> columns{"FROM \\ TO"};
  for (const std::string& band : bands) columns.emplace_back(band, Align::kRight);
  Table matrix(std::move(columns));
  for (const std::string& from : bands) {
    std::vector<Cell> row{{from, Look::kTitle}};
    for (const std::string& to : bands) {
      const auto cell = accounts.find({from, to});
      row.emplace_back(cell == accounts.end() ? "." : cell->second,
                       from == to ? Look::kFaint : Look::kPlain);
    }
    matrix.Add(std::move(row));
  }
  session.Print(matrix);
  if (moves.empty()) return;
  session.out() << "\n";
  session.Print(moves);
}

void PrintMovers(const v1::SimulationResult& result, const Session& session) {
  if (result.movers().empty()) return;
  Table movers({"ACCOUNT", "FROM", "TO", {"POTENTIAL MRR", Align::kRight}, "WHY"});
  for (const v1::Mover& mover : result.movers()) {
    const auto score = [](const std::string& band, bool known, int value) {
      return known ? absl::StrCat(band, " ", value) : band;
    };
    movers.Add(
        {mover.account_id(),
         score(BandOf(mover.from_segment(), mover.from_band()), mover.has_from_score(),
               mover.from_score()),
         score(BandOf(mover.to_segment(), mover.to_band()), mover.has_to_score(), mover.to_score()),
         OrDash(TextOf(mover.potential_mrr())), mover.message()});
  }
  session.out() << "\n";
  session.Print(movers);
}

void PrintResult(const v1::SimulationResult& result, const Session& session) {
  Fields fields;
  const auto told = [](const v1::ModelReference& model) {
    return absl::StrCat(model.model_id(), model.version() == 0
                                              ? ", a draft"
                                              : absl::StrCat(" version ", model.version()));
  };
  fields.Add("Tried", told(result.model()));
  if (result.has_active_model()) fields.Add("Against", told(result.active_model()));
  fields.Add("Accounts", Grouped(result.accounts()));
  fields.Add("Moved", {Grouped(result.moved_accounts()), Look::kTitle});
  if (result.moved_by_facts_accounts() > 0) {
    fields.Add("  by facts", absl::StrCat(Grouped(result.moved_by_facts_accounts()),
                                          ", which the active version would move as well"));
  }
  if (result.unscorable_accounts() > 0) {
    fields.Add("Unscorable", Grouped(result.unscorable_accounts()));
    for (const v1::LackingFact& lacking : result.lacking()) {
      fields.Add("  lacking",
                 absl::StrCat(lacking.field(), lacking.currency_code().empty() ? "" : " ",
                              lacking.currency_code(), " (", Grouped(lacking.accounts()), ")"));
    }
  }
  if (result.before().has_mean_score() && result.after().has_mean_score()) {
    fields.Add("Mean score", absl::StrCat(HundredthsOf(result.before().mean_score()), " to ",
                                          HundredthsOf(result.after().mean_score())));
  }
  session.Print(fields);
  session.out() << "\n";
  PrintMatrix(result, session);
  PrintMovers(result, session);
}

// Where it has come to, in one line that is written over.
void ShowProgress(const v1::SimulationProgress& progress, const Session& session) {
  if (session.json()) return;
  if (!session.err_terminal().is_terminal || progress.total() == 0) return;
  session.err() << "\r" << progress.done() * 100 / progress.total() << " % of "
                << Grouped(progress.total()) << " " << std::flush;
}

absl::Status Simulate(const Client& client, const v1::SimulateModelRequest& request,
                      const Session& session, grpc::ClientContext* context) {
  client.Prepare(context);
  Model stub(client.channel());
  const auto stream = stub.SimulateModel(context, request);
  v1::SimulateModelResponse message;
  bool progress = false;
  while (stream->Read(&message)) {
    if (message.has_progress()) {
      ShowProgress(message.progress(), session);
      progress = session.err_terminal().is_terminal;
    }
    if (session.json()) {
      session.PrintJson(message);
    } else if (message.has_result()) {
      if (progress) session.err() << "\r\033[K" << std::flush;
      PrintResult(message.result(), session);
    }
  }
  return Client::CallError(stream->Finish());
}

// A file is tried as a draft of its own, which is dropped behind it however that ends; only a
// second Ctrl-C leaves it there.
absl::Status SimulateFile(const Client& client, const std::string& file,
                          v1::SimulateModelRequest request, const Session& session,
                          grpc::ClientContext* context) {
  const auto draft = DraftOfFile(client, file);
  if (!draft.ok()) return draft.status();
  request.set_draft_id(*draft);
  absl::Status simulated = Simulate(client, request, session, context);
  absl::Status dropped = DropDraft(client, *draft);
  if (simulated.ok()) return dropped;
  if (!dropped.ok()) session.Note(dropped.message());
  return simulated;
}

}  // namespace

void AddModelSimulateCommand(CLI::App* app, Session* session) {
  struct Options {
    std::string model;
    FilterFlags filter;
    int movers = 10;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "simulate", "Score the portfolio by a model, and tell who would move; keeps nothing");
  command
      ->add_option("MODEL", options->model,
                   "MODEL@VERSION, the id of a draft, or a file: .textproto, .json, -")
      ->required();
  command->add_option("--movers", options->movers, "How many of those who move to show")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000).description(""))
      ->capture_default_str();
  options->filter.AddTo(command);
  session->OnRun(command, [session, options](const Client& client) {
    v1::SimulateModelRequest request;
    *request.mutable_filter() = options->filter.Filter();
    request.set_max_movers(options->movers);
    grpc::ClientContext context;
    const Interrupt interrupt([&context] { context.TryCancel(); });
    absl::Status status;
    if (IsFile(options->model)) {
      status = SimulateFile(client, options->model, request, *session, &context);
    } else {
      SetModel(options->model, &request);
      status = Simulate(client, request, *session, &context);
    }
    return interrupt.interrupted() ? absl::CancelledError("interrupted") : status;
  });
}

}  // namespace tiermark::cli
