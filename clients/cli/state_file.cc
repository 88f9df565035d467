#include "clients/cli/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tiermark::cli {
namespace {

std::string NextOf(const std::string& path) { return path + ".new"; }

absl::Status CannotWrite(const std::string& path, int fault) {
  return absl::UnknownError(absl::StrCat(path, " cannot be written: ", std::strerror(fault)));
}

}  // namespace

absl::StatusOr<StateFields> LoadState(const std::string& path, absl::string_view title) {
  StateFields fields;
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT) return fields;
    return absl::InvalidArgumentError(
        absl::StrCat(path, " cannot be read: ", std::strerror(errno)));
  }
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines[0] != title) {
    return absl::InvalidArgumentError(
        absl::StrCat(path,
                     " does not tell of a run that broke off; remove it, or name another "
                     "file to note it in"));
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    fields.insert(
        std::pair<std::string, std::string>(absl::StrSplit(lines[i], absl::MaxSplits(' ', 1))));
  }
  return fields;
}

absl::Status SaveState(const StateFields& fields, const std::string& path,
                       absl::string_view title) {
  std::string text = absl::StrCat(title, "\n");
  for (const auto& [name, value] : fields) absl::StrAppend(&text, name, " ", value, "\n");
  const std::string next = NextOf(path);
  const int file = open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = file >= 0 &&
                       write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fdatasync(file) == 0;
  const int fault = errno;
  if (file >= 0) close(file);
  if (!written) return CannotWrite(next, fault);
  if (std::rename(next.c_str(), path.c_str()) != 0) return CannotWrite(path, errno);
  return absl::OkStatus();
}

void RemoveState(const std::string& path) {
  // Of a run that was killed while it wrote.
  std::remove(NextOf(path).c_str());
  std::remove(path.c_str());
}

}  // namespace tiermark::cli
