#include "service/metrics/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace tiermark {
namespace {

// As proc(5) counts the fields of /proc/self/stat behind the command, from the state on.
constexpr int kUserTicks = 11;
constexpr int kSystemTicks = 12;
constexpr int kStartTicks = 19;
constexpr int kVirtualBytes = 20;
constexpr int kResidentPages = 21;

void ReadStat(ProcessStats* stats) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // A command may hold blanks and brackets.
  const size_t command_end = line.rfind(')');
  if (command_end == std::string::npos) return;
  std::istringstream fields(line.substr(command_end + 1));
  std::string state;
  fields >> state;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  double field = 0;
  for (int number = 1; number <= kResidentPages && fields >> field; ++number) {
    if (number == kUserTicks || number == kSystemTicks) {
      stats->cpu_seconds += field / ticks_per_second;
    } else if (number == kStartTicks) {
      stats->start_seconds = field / ticks_per_second;
    } else if (number == kVirtualBytes) {
      stats->virtual_bytes = static_cast<int64_t>(field);
    } else if (number == kResidentPages) {
      stats->resident_bytes = static_cast<int64_t>(field) * sysconf(_SC_PAGESIZE);
    }
  }
}

// When the machine was started, which start_seconds counts from.
double BootSeconds() {
  std::ifstream file("/proc/stat");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string name;
    double seconds = 0;
    if (fields >> name >> seconds && name == "btime") return seconds;
  }
  return 0;
}

int64_t CountDescriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return 0;
  // Not the folder's own, nor "." and "..".
  int64_t count = -3;
  while (readdir(folder.get()) != nullptr) ++count;
  return count;
}

}  // namespace

ProcessStats ReadProcessStats() {
  static const double boot_seconds = BootSeconds();
  ProcessStats stats;
  ReadStat(&stats);
  stats.start_seconds += boot_seconds;
  stats.descriptors_open = CountDescriptors();
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    stats.descriptors_max = static_cast<int64_t>(limit.rlim_cur);
  }
  return stats;
}

}  // namespace tiermark
