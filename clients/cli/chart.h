// Scores over time, drawn with characters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tiermark::cli {

struct ChartPoint {
  int64_t seconds = 0;  // Since 1970.
  int score = 0;        // 0 to 100.
};

// A name beside the lines of the scores from `min_score` on.
struct ChartBand {
  int min_score = 0;
  std::string name;
};

struct ChartOptions {
  int columns = 80;     // Of the whole chart, at least 40.
  int rows = 11;        // Of the scores, at least 2.
  bool unicode = true;  // Lines and dots instead of ASCII.
};

// The lines of a chart: a score holds from its evaluation to the next one, so the line is one of
// steps, with a mark at each evaluation. `points` are in the order of time. Nothing for no points.
std::vector<std::string> DrawChart(const std::vector<ChartPoint>& points,
                                   const std::vector<ChartBand>& bands,
                                   const ChartOptions& options);

}  // namespace tiermark::cli
