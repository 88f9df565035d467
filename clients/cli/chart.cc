#include "clients/cli/chart.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "clients/cli/terminal.h"

namespace tiermark::cli {
namespace {

constexpr int kScoreMax = 100;
constexpr int kColumnsMin = 40;
constexpr int kRowsMin = 2;
constexpr int kAxisCells = 5;  // "100 |"
constexpr int kDateCells = 10;

// What a cell of the plot shows; a mark wins over lines.
enum class Ink { kNone, kAcross, kUpright, kMark };

const char* SignOf(Ink ink, bool unicode) {
  switch (ink) {
    case Ink::kAcross:
      return unicode ? "─" : "-";
    case Ink::kUpright:
      return unicode ? "│" : "|";
    case Ink::kMark:
      return unicode ? "●" : "*";
    case Ink::kNone:
      break;
  }
  return " ";
}

std::string DayOf(int64_t seconds) {
  return absl::FormatTime("%Y-%m-%d", absl::FromUnixSeconds(seconds), absl::UTCTimeZone());
}

class Plot {
 public:
  Plot(int columns, int rows)
      : columns_(columns), cells_(rows, std::vector<Ink>(columns, Ink::kNone)) {}

  int rows() const { return static_cast<int>(cells_.size()); }

  // Row 0 is that of the highest scores.
  int RowOf(int score) const {
    const int steps = rows() - 1;
    return steps - (score * steps + kScoreMax / 2) / kScoreMax;
  }

  void Draw(const std::vector<ChartPoint>& points) {
    const int64_t begin = points.front().seconds;
    const int64_t span = std::max<int64_t>(points.back().seconds - begin, 1);
    int before_column = 0;
    int before_row = RowOf(points.front().score);
    for (const ChartPoint& point : points) {
      const int column = static_cast<int>((point.seconds - begin) * (columns_ - 1) / span);
      const int row = RowOf(point.score);
      for (int at = before_column; at < column; ++at) Lay(before_row, at, Ink::kAcross);
      const auto [top, bottom] = std::minmax(before_row, row);
      for (int at = top; at <= bottom; ++at) Lay(at, column, Ink::kUpright);
      Lay(row, column, Ink::kMark);
      before_column = column;
      before_row = row;
    }
  }

  std::string Row(int row, bool unicode) const {
    std::string line;
    for (const Ink ink : cells_[row]) absl::StrAppend(&line, SignOf(ink, unicode));
    return line;
  }

 private:
  void Lay(int row, int column, Ink ink) {
    cells_[row][column] = std::max(cells_[row][column], ink);
  }

  int columns_;
  std::vector<std::vector<Ink>> cells_;
};

// The axis below: the first day on the left, the last on the right, where there is room for both.
std::string Days(const std::vector<ChartPoint>& points, int columns) {
  std::string first = DayOf(points.front().seconds);
  const std::string last = DayOf(points.back().seconds);
  if (first == last || columns < 2 * kDateCells + 1) return first;
  return absl::StrCat(first, std::string(columns - 2 * kDateCells, ' '), last);
}

}  // namespace

std::vector<std::string> DrawChart(const std::vector<ChartPoint>& points,
                                   const std::vector<ChartBand>& bands,
                                   const ChartOptions& options) {
  if (points.empty()) return {};
  int name_cells = 0;
  for (const ChartBand& band : bands) name_cells = std::max(name_cells, CellsOf(band.name));
  if (name_cells > 0) ++name_cells;
  const int columns =
      std::max(std::max(options.columns, kColumnsMin) - kAxisCells - name_cells, kDateCells);
  Plot plot(columns, std::max(options.rows, kRowsMin));
  plot.Draw(points);

  std::vector<std::string> lines;
  int labelled = -1;
  for (int row = 0; row < plot.rows(); ++row) {
    const int score = (plot.rows() - 1 - row) * kScoreMax / (plot.rows() - 1);
    std::string line = absl::StrFormat("%3d %s", score, options.unicode ? "┤" : "|");
    absl::StrAppend(&line, plot.Row(row, options.unicode));
    // A band's name stands where its lowest line is.
    for (const ChartBand& band : bands) {
      if (plot.RowOf(band.min_score) != row || labelled == row) continue;
      absl::StrAppend(&line, " ", band.name);
      labelled = row;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  lines.push_back(absl::StrCat(std::string(kAxisCells, ' '), Days(points, columns)));
  return lines;
}

}  // namespace tiermark::cli
