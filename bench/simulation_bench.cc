// bench_simulation: SimulateModel on a server, in turn with a bare loop over the rows of its store.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "SQLiteCpp/Database.h"
#include "SQLiteCpp/Statement.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "scoring/compiled_model.h"
#include "scoring/shipped.h"
#include "tiermark/store/v1/records.pb.h"
#include "tiermark/v1/model_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "bench_simulation: %s\n", what.c_str());
  std::exit(EXIT_FAILURE);
}

// The shipped segmentation model with other weights, so that some accounts move.
v1::ScoringModel Tried() {
  v1::ScoringModel model = ShippedModels()[0];
  model.mutable_criteria(0)->set_weight_percent(30);
  model.mutable_criteria(1)->set_weight_percent(30);
  return model;
}

std::string KeepDraft(v1::ModelService::Stub* stub) {
  v1::CreateDraftRequest request;
  v1::CreateDraftResponse response;
  *request.mutable_model() = Tried();
  grpc::ClientContext context;
  const grpc::Status status = stub->CreateDraft(&context, request, &response);
  if (!status.ok()) Die(status.error_message());
  return response.info().draft_id();
}

struct Simulated {
  double seconds = 0;
  double first_seconds = 0;
  int64_t accounts = 0;
  int64_t moved = 0;
};

// Simulates the draft; breaks off when `until` comes before the result.
Simulated Simulate(v1::ModelService::Stub* stub, const std::string& draft_id,
                   Clock::time_point until) {
  Simulated simulated;
  v1::SimulateModelRequest request;
  request.set_draft_id(draft_id);
  grpc::ClientContext context;
  const Clock::time_point start = Clock::now();
  const auto reader = stub->SimulateModel(&context, request);
  v1::SimulateModelResponse response;
  while (reader->Read(&response)) {
    if (simulated.first_seconds == 0) simulated.first_seconds = SecondsSince(start);
    simulated.accounts = response.result().accounts();
    simulated.moved = response.result().moved_accounts();
    if (Clock::now() > until) context.TryCancel();
  }
  simulated.seconds = SecondsSince(start);
  const grpc::Status status = reader->Finish();
  if (!status.ok() && status.error_code() != grpc::StatusCode::CANCELLED) {
    Die(status.error_message());
  }
  return simulated;
}

// Reads, parses and scores every row, and nothing else.
Simulated Loop(const std::string& path, const CompiledModel& model) {
  Simulated looped;
  const Clock::time_point start = Clock::now();
  SQLite::Database database(path);
  SQLite::Statement rows(database, "SELECT state, facts FROM account ORDER BY account_no");
  store::v1::AccountState state;
  v1::AccountFacts facts;
  const absl::CivilDay today(2026, 11, 24);
  while (rows.executeStep()) {
    const SQLite::Column state_bytes = rows.getColumn(0);
    const SQLite::Column facts_bytes = rows.getColumn(1);
    ScoreCard card;
    if (!state.ParseFromArray(state_bytes.getBlob(), state_bytes.getBytes()) ||
        !facts.ParseFromArray(facts_bytes.getBlob(), facts_bytes.getBytes()) ||
        !model.TryScore(facts, today, &card)) {
      Die("a row cannot be scored");
    }
    ++looped.accounts;
    if (model.model().bands(card.band).segment() != state.scores(0).segment()) ++looped.moved;
  }
  looped.seconds = SecondsSince(start);
  return looped;
}

int Main(int argc, char** argv) {
  std::string target;
  std::string store;
  int rounds = 5;
  double keep_on_seconds = 0;
  CLI::App app("Simulates a model, beside a bare loop.", "bench_simulation");
  app.add_option("--target", target, "HOST:PORT")->required();
  app.add_option("--store", store, "The server's file");
  app.add_option("--rounds", rounds);
  app.add_option("--keep-on", keep_on_seconds, "Simulates for so many seconds, and tells nothing");
  CLI11_PARSE(app, argc, argv);

  const auto stub =
      v1::ModelService::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  const std::string draft_id = KeepDraft(stub.get());
  if (keep_on_seconds > 0) {
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(keep_on_seconds));
    while (Clock::now() < until) Simulate(stub.get(), draft_id, until);
    return EXIT_SUCCESS;
  }
  const auto compiled = CompiledModel::Compile(Tried(), ShippedExchangeRates());
  if (!compiled.ok()) Die(std::string(compiled.status().message()));
  std::vector<double> simulate;
  std::vector<double> first;
  std::vector<double> loop;
  int64_t moved = 0;
  for (int round = 0; round < rounds; ++round) {
    const Simulated bare = Loop(store, **compiled);
    const Simulated simulated = Simulate(stub.get(), draft_id, Clock::time_point::max());
    if (bare.accounts != simulated.accounts || bare.moved != simulated.moved) {
      Die(absl::StrCat("the simulation tells of ", simulated.moved, " of ", simulated.accounts,
                       ", the loop of ", bare.moved, " of ", bare.accounts));
    }
    simulate.push_back(simulated.seconds);
    first.push_back(simulated.first_seconds);
    loop.push_back(bare.seconds);
    moved = bare.moved;
  }
  std::printf("{\"simulate_s\": [%s], \"first_s\": [%s], \"loop_s\": [%s], \"moved\": %s}\n",
              absl::StrJoin(simulate, ", ").c_str(), absl::StrJoin(first, ", ").c_str(),
              absl::StrJoin(loop, ", ").c_str(), absl::StrCat(moved).c_str());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tiermark::bench

int main(int argc, char** argv) { return tiermark::bench::Main(argc, argv); }
