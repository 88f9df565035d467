// What a load generator prints of a run.
#pragma once

#include "bench/histogram.h"

namespace tiermark::bench {

// One line of JSON: calls, calls a second, processor time a call of the server and of the generator
// (both given in seconds), and quantiles of the calls' times.
void PrintLoad(const Histogram& times, double seconds, double server_seconds, double own_seconds);

}  // namespace tiermark::bench
