// Counts what this program allocates.
#pragma once

#include <cstdint>

namespace tiermark {

// False under a sanitizer: it brings its own operators, and takes mixed pairs for faults.
#if defined(TIERMARK_SANITIZED)
inline constexpr bool kCountsAllocations = false;
#else
inline constexpr bool kCountsAllocations = true;
#endif

// Allocations by operator new since the program began, by all threads.
int64_t Allocations();

}  // namespace tiermark
