// All metrics of the server, as a scrape finds them.
#pragma once

#include <string>

#include "service/metrics/call_metrics.h"
#include "service/metrics/store_counts.h"
#include "service/metrics/store_metrics.h"
#include "service/pipeline.h"
#include "service/tls.h"
#include "storage/store.h"

namespace tiermark {

// Where they come from.
struct MetricsSources {
  const CallMetrics& calls;
  const Pipeline& pipeline;
  Store& store;
  const StoreMetrics& store_work;
  const StoreCounts& store_counts;
  // Null: without TLS, whose metrics are left out.
  const TlsFiles* tls = nullptr;
};

// The content type of what MetricsText returns.
inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// In Prometheus' text format. Labels are of closed sets: RPCs that are served, codes, reasons,
// queues. Nothing of it is a tenant's, a key's or an account's. Thread-safe, and reads no account.
std::string MetricsText(const MetricsSources& sources);

}  // namespace tiermark
