#include "service/control_client.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/sqlite_store.h"

namespace tiermark {
namespace {

void Tell(absl::string_view pages, const StoreProgress& progress) {
  const std::vector<std::string> numbers = absl::StrSplit(pages, ' ');
  int64_t done = 0;
  int64_t total = 0;
  if (numbers.size() == 2 && absl::SimpleAtoi(numbers[0], &done) &&
      absl::SimpleAtoi(numbers[1], &total) && total > 0) {
    progress("pages", done, total);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServedCopy>> ServedCopy::Ask(const std::string& store_path,
                                                            const StoreProgress& progress) {
  absl::StatusOr<Descriptor> socket = ConnectAt(ControlPath(store_path));
  if (absl::IsNotFound(socket.status())) return std::unique_ptr<ServedCopy>();
  if (!socket.ok()) return socket.status();
  const absl::Status gone =
      absl::UnavailableError("the server went away before the copy was made; try again");
  if (!SendLine(*socket, kBackupRequest)) return gone;
  LineReader lines(*socket);
  while (true) {
    constexpr absl::Duration kSoon = absl::Seconds(3);
    const absl::StatusOr<std::string> line = lines.Next(kSoon);
    if (absl::IsDeadlineExceeded(line.status())) {
      // It serves one command after the other.
      progress("waiting for the server", 0, 0);
      continue;
    }
    if (!line.ok()) return gone;
    absl::string_view text(*line);
    if (absl::ConsumePrefix(&text, "pages ")) {
      Tell(text, progress);
    } else if (text == kCopyAnswer) {
      return absl::WrapUnique(
          new ServedCopy(*std::move(socket), CopyPathOf(sqlite::ResolveDirectoryOf(store_path))));
    } else if (absl::ConsumePrefix(&text, kDamagedAnswer)) {
      return absl::DataLossError(text);
    } else {
      absl::ConsumePrefix(&text, kErrorAnswer);
      return absl::FailedPreconditionError(text);
    }
  }
}

ServedCopy::~ServedCopy() { unlink(path_.c_str()); }

}  // namespace tiermark
