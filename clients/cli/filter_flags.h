// Which accounts a command is about, on the command line.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tiermark/v1/dimensions.pb.h"

namespace CLI {
class App;
}  // namespace CLI

namespace tiermark::cli {

// Segments as flags name them, "none" being those never scored.
std::vector<std::string> SegmentChoices();
v1::Segment SegmentOfChoice(const std::string& choice);

// The value of a dimension as --where takes it: "no-activity" for NO_ACTIVITY, codes and ids as
// they are, "none" for accounts of which it is unknown.
std::string FlagValueOf(v1::Dimension dimension, const std::string& value);

// Outlives the App that it adds its flags to.
class FilterFlags {
 public:
  void AddTo(CLI::App* app);

  // What the flags say, all of which has to hold.
  v1::AccountFilter Filter() const;

 private:
  std::vector<std::string> segments_;
  int min_score_ = -1;
  int max_score_ = -1;
  std::vector<std::string> countries_;
  std::vector<std::string> owners_;
  std::vector<std::string> parents_;
  std::vector<std::string> dimensions_;
  std::vector<std::string> facts_;
  bool due_ = false;
  std::string due_by_;
  std::vector<std::string> due_reasons_;
  std::string as_of_;
};

// "activity=leaving,lost". INVALID_ARGUMENT: it is no condition.
absl::StatusOr<v1::DimensionCondition> ParseDimensionCondition(const std::string& text);

}  // namespace tiermark::cli
