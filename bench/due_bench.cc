// bench_due: reads one page of the due list from a stored file and tells how many B-tree pages it
// touched and how long it took. Nobody else may use the file meanwhile.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/handle.h"
#include "storage/sqlite/reads.h"
#include <CLI/CLI.hpp>

namespace tiermark::bench {
namespace {

constexpr int kPageSize = 100;
constexpr int kWarmReads = 21;
// Larger than what a page of the list touches, so that no page is read twice.
constexpr int64_t kCacheBytes = 64 << 20;

double Micros(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

// Makes the next reads of the file come from the disk.
void DropFromMemory(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  fdatasync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  close(file);
}

// One page, and the microseconds that it took.
double ReadPage(sqlite::Connection& connection, const DueQuery& query) {
  const auto start = std::chrono::steady_clock::now();
  const auto page = sqlite::ListDue(connection, query);
  const double micros = Micros(std::chrono::steady_clock::now() - start);
  if (!page.ok() || page->rows.size() != kPageSize) {
    std::fprintf(stderr, "bench_due: there is no page of %d\n", kPageSize);
    std::exit(EXIT_FAILURE);
  }
  return micros;
}

int Main(int argc, char** argv) {
  std::string path;
  std::string list = "quarterly";
  CLI::App app("Counts what a page of the due list touches.", "bench_due");
  app.add_option("--store", path, "A store's file")->required();
  app.add_option("--list", list)->check(CLI::IsMember({"quarterly", "events"}));
  CLI11_PARSE(app, argc, argv);

  DueQuery query;
  query.limit = kPageSize;
  // Whoever was evaluated this quarter is due within the next.
  query.due_by_us = absl::ToUnixMicros(absl::Now() + absl::Hours(24 * 100));
  query.reasons = {list == "events" ? v1::REEVALUATION_REASON_EVENT
                                    : v1::REEVALUATION_REASON_QUARTERLY};

  sqlite::ConnectionOptions options;
  options.path = path;
  options.cache_bytes = kCacheBytes;
  DropFromMemory(path);
  sqlite::Connection connection(options);
  // The schema is read once, with the first statement of a connection.
  connection.Execute("SELECT count(*) FROM sqlite_schema");
  const int64_t pages_before = sqlite::PagesRead(connection.database());
  const double cold = ReadPage(connection, query);
  const int64_t pages = sqlite::PagesRead(connection.database()) - pages_before;
  std::vector<double> warm;
  for (int i = 0; i < kWarmReads; ++i) warm.push_back(ReadPage(connection, query));
  std::sort(warm.begin(), warm.end());
  std::printf("{\"pages\": %lld, \"cold_us\": %.0f, \"warm_us\": %.0f}\n",
              static_cast<long long>(pages), cold, warm[warm.size() / 2]);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tiermark::bench

int main(int argc, char** argv) { return tiermark::bench::Main(argc, argv); }
