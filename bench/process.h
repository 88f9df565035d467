// What the kernel tells of a process.
#pragma once

#include <cstdint>

namespace tiermark::bench {

// Processor time of a process so far, user and system, in seconds; to a hundredth.
double ProcessorSeconds(int pid);

// The same of this process, to a microsecond.
double OwnProcessorSeconds();

// Memory of a process in bytes; zeros when there is no such process.
struct Memory {
  int64_t anonymous = 0;      // Resident now: heap, stacks and what else has no file behind it.
  int64_t resident_peak = 0;  // The most that was ever resident, mapped files included.
};
Memory MemoryOf(int pid);

}  // namespace tiermark::bench
