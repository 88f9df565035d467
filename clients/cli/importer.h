// Sends accounts in messages and takes care that each is answered for: what the server could not do
// now is sent again, also over a new stream, under the same request ids.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/csv_rows.h"
#include "clients/cli/import_stream.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark::cli {

// A row of the file on its way.
struct ImportRow {
  int64_t line = 0;
  std::string content;            // Digest of the file up to and with it.
  std::vector<CellFault> faults;  // With any, it is not sent.
  v1::ImportedAccount account;
  ImportOutcome outcome;  // Of a row that was sent, once it is answered.
};

struct ImporterOptions {
  int accounts_in_message_max = 500;
  // Of a message; the server takes 4 MiB.
  size_t message_bytes_max = 1 << 20;
  // How long the server may be away, or not able to take an account.
  std::chrono::milliseconds patience{60'000};
  // While the server has not answered anything: it is rather the wrong address.
  int first_attempts_max = 5;
};

// Holds five messages of rows at most. Not thread-safe.
class Importer {
 public:
  using OpenStream = std::function<std::unique_ptr<ImportStream>()>;
  // Is given all rows in the order in which they were added, as many at once as a message had, when
  // everything that they wrote is durable.
  using Done = std::function<absl::Status(const std::vector<ImportRow>&)>;

  Importer(OpenStream open, Done done, ImporterOptions options = {});

  // Errors are those of the server that are no fault of a row, and those of `done`; it is of no
  // more use then.
  absl::Status Add(ImportRow row);

  // Returns when all rows are done.
  absl::Status Finish();

 private:
  struct Message {
    std::vector<ImportRow> rows;
    // The rows without an answer, by place; in the order in which they were sent.
    std::vector<size_t> waiting;
    // How often it was answered and some rows could not be taken, the first time of which is kept.
    int attempts = 0;
    std::chrono::steady_clock::time_point refused_since;
  };

  absl::Status SendGathered();
  // Sends what is waiting in the message.
  void Send(const Message& message);
  absl::Status TakeAnswer();
  absl::Status Reconnect();
  absl::Status HandOutDone();

  const OpenStream open_;
  const Done done_;
  const ImporterOptions options_;
  std::unique_ptr<ImportStream> stream_;
  std::unique_ptr<Message> gathered_;
  size_t gathered_bytes_ = 0;
  std::deque<std::unique_ptr<Message>> messages_;  // All that are not done, in order.
  std::deque<Message*> sent_;                      // As the answers will come.
  bool ever_answered_ = false;
  int breaks_ = 0;  // Since the last answer, the first of them at `broken_since_`.
  std::chrono::steady_clock::time_point broken_since_;
};

}  // namespace tiermark::cli
