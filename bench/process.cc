#include "bench/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace tiermark::bench {

double ProcessorSeconds(int pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(file, text);
  // The name, in brackets, may hold spaces; user and system time are the 12th and 13th after it.
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double OwnProcessorSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

Memory MemoryOf(int pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  Memory memory;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    int64_t kibibytes = 0;
    fields >> name >> kibibytes;
    if (name == "RssAnon:") memory.anonymous = kibibytes * 1024;
    if (name == "VmHWM:") memory.resident_peak = kibibytes * 1024;
  }
  return memory;
}

}  // namespace tiermark::bench
