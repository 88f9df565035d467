// One stream of accounts to the server, which imports or only checks them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "tiermark/client.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark::cli {

// What became of one account.
struct ImportOutcome {
  absl::Status error;
  bool created = false;
  bool changed = false;
  bool evaluated = false;
};

// Not thread-safe. Whatever waits for the server does so for a bounded time; then it breaks the
// stream.
class ImportStream {
 public:
  using Outcomes = std::vector<ImportOutcome>;

  virtual ~ImportStream() = default;

  // Sends a message; into the void when the stream is broken.
  virtual void Send(const std::vector<const v1::ImportedAccount*>& accounts) = 0;

  // The answer to the oldest message that has none yet. Nothing when the stream is broken.
  virtual std::optional<Outcomes> AwaitAnswer() = 0;

  // Ends it. Not OK unless all was answered.
  virtual absl::Status End() = 0;
};

// Accounts that a message may have: more would be refused, or answered by more than a client takes.
int AccountsInMessageMax(bool dry_run);

struct ImportStreamOptions {
  bool dry_run = false;
  // How long the server may neither take a message nor give an answer.
  std::chrono::milliseconds wait_max{60'000};
};

// `client` outlives it. A dry run asks what EvaluateAccount would say, as ImportAccounts cannot be
// asked: without `evaluate` on the items, what only the scoring of an account refuses is passed
// over.
std::unique_ptr<ImportStream> OpenImportStream(const Client* client,
                                               const ImportStreamOptions& options);

}  // namespace tiermark::cli
