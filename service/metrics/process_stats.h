// What the system says of this process.
#pragma once

#include <cstdint>

namespace tiermark {

// What the system does not say is 0.
struct ProcessStats {
  double cpu_seconds = 0;
  double start_seconds = 0;  // Since the Unix epoch.
  int64_t resident_bytes = 0;
  int64_t virtual_bytes = 0;
  int64_t descriptors_open = 0;
  int64_t descriptors_max = 0;
};

// Reads /proc, which takes some tens of microseconds, and more with many descriptors.
ProcessStats ReadProcessStats();

}  // namespace tiermark
