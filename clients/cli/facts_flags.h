// Facts of an account on the command line: a flag for the common ones, --fact for any, and files.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "tiermark/v1/facts.pb.h"

namespace CLI {
class App;
}  // namespace CLI

namespace tiermark::cli {

// Outlives the App that it adds its flags to.
class FactsFlags {
 public:
  void AddTo(CLI::App* app);

  // Whether any is given.
  bool given() const;

  // Reads the file, if one is named, and sets what the other flags say above it. The mask is empty
  // unless facts are to be cleared or replaced. INVALID_ARGUMENT: what the file or a flag says is
  // malformed.
  absl::Status Read(v1::AccountFacts* facts, google::protobuf::FieldMask* mask) const;

 private:
  void AddCommon(CLI::App* app, const std::string& flag, const std::string& fact,
                 const std::string& type, const std::string& description);

  std::string file_;
  // Texts by name of the fact, in the order in which the flags are declared.
  std::vector<std::pair<std::string, std::string>> common_;
  std::vector<std::string> mrr_;
  std::vector<std::string> assignments_;
  std::vector<std::string> cleared_;
  bool replace_ = false;
};

// JSON with the names of AccountFacts, as the HTTP endpoint takes it. INVALID_ARGUMENT: it is
// malformed, and where.
absl::Status ParseFactsJson(const std::string& text, v1::AccountFacts* facts);

}  // namespace tiermark::cli
