#include "clients/cli/files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace tiermark::cli {

absl::StatusOr<std::string> ReadFileOrInput(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  // A folder opens, and fails when it is read.
  if (file && file.peek() != std::ifstream::traits_type::eof()) {
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (!file.is_open() || file.bad() || errno != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  return text;
}

}  // namespace tiermark::cli
