// The service that the conformance suite calls: it answers as each request says.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "service/method_table.h"

namespace tiermark {

// Its unary calls and its server stream, taking requests of `request_bytes_max`. Left out are the
// streams of requests, and the RPC that the suite wants left out.
void AddConformanceHandlers(size_t request_bytes_max, MethodTable* methods);

// For PipelineOptions: the suite counts the details of an error, and knows nothing of ours.
absl::Status WithoutOwnDetails(const absl::Status& status);

}  // namespace tiermark
