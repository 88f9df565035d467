#include "service/metrics/families.h"

#include <prometheus/text_serializer.h>

#include <sstream>

namespace tiermark {

void Families::Begin(const char* name, const char* help, prometheus::MetricType type) {
  families_.push_back({name, help, type, {}});
}

void Families::BeginCounter(const char* name, const char* help) {
  Begin(name, help, prometheus::MetricType::Counter);
}

void Families::BeginGauge(const char* name, const char* help) {
  Begin(name, help, prometheus::MetricType::Gauge);
}

void Families::BeginHistogram(const char* name, const char* help) {
  Begin(name, help, prometheus::MetricType::Histogram);
}

prometheus::ClientMetric& Families::AddMetric(Labels labels) {
  prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
  for (const auto& [name, value] : labels) metric.label.push_back({name, std::string(value)});
  return metric;
}

void Families::Add(double value, Labels labels) {
  prometheus::ClientMetric& metric = AddMetric(labels);
  // The type says which of them counts.
  metric.counter.value = value;
  metric.gauge.value = value;
}

void Families::Add(const Histogram& histogram, Labels labels) {
  const HistogramBounds& bounds = histogram.bounds();
  const Histogram::Snapshot snapshot = histogram.Take();
  prometheus::ClientMetric::Histogram& shown = AddMetric(labels).histogram;
  shown.sample_sum = static_cast<double>(snapshot.sum) / bounds.per_unit;
  for (size_t i = 0; i < bounds.size; ++i) {
    shown.sample_count += static_cast<uint64_t>(snapshot.counts[i]);
    shown.bucket.push_back(
        {shown.sample_count, static_cast<double>(bounds.bounds[i]) / bounds.per_unit});
  }
  // So that the count is that of the bucket without a bound, whatever is added meanwhile.
  shown.sample_count += static_cast<uint64_t>(snapshot.counts[bounds.size]);
}

void Families::Counter(const char* name, const char* help, double value) {
  BeginCounter(name, help);
  Add(value);
}

void Families::Gauge(const char* name, const char* help, double value) {
  BeginGauge(name, help);
  Add(value);
}

std::string Families::Text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_);
  return std::move(out).str();
}

}  // namespace tiermark
