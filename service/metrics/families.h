// Metrics as Prometheus reads them: names, help, labels and values, one after another.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/metrics/histogram.h"

namespace tiermark {

// Not thread-safe.
class Families {
 public:
  using Labels = std::initializer_list<std::pair<const char*, absl::string_view>>;

  // Begin a metric, of which the values that are added next are.
  void BeginCounter(const char* name, const char* help);
  void BeginGauge(const char* name, const char* help);
  void BeginHistogram(const char* name, const char* help);

  void Add(double value, Labels labels = {});
  void Add(const Histogram& histogram, Labels labels = {});

  // Metrics of one value.
  void Counter(const char* name, const char* help, double value);
  void Gauge(const char* name, const char* help, double value);

  // In the text format, version 0.0.4.
  std::string Text() const;

 private:
  void Begin(const char* name, const char* help, prometheus::MetricType type);
  prometheus::ClientMetric& AddMetric(Labels labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace tiermark
