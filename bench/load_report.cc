#include "bench/load_report.h"

#include <cstdio>

namespace tiermark::bench {

void PrintLoad(const Histogram& times, double seconds, double server_seconds, double own_seconds) {
  const auto calls = static_cast<double>(times.total());
  std::printf(
      "{\"calls\": %.0f, \"per_second\": %.1f, \"server_us\": %.2f, \"client_us\": %.2f, "
      "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n",
      calls, calls / seconds, server_seconds / calls * 1e6, own_seconds / calls * 1e6,
      static_cast<double>(times.Quantile(0.5)) / 1e6,
      static_cast<double>(times.Quantile(0.99)) / 1e6,
      static_cast<double>(times.Quantile(0.999)) / 1e6, static_cast<double>(times.max()) / 1e6);
}

}  // namespace tiermark::bench
