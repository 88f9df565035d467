#include "clients/cli/fault_report.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/csv_writer.h"
#include "clients/cli/terminal.h"
#include "nlohmann/json.hpp"

namespace tiermark::cli {
namespace {

class ShownReport final : public FaultReport {
 public:
  ShownReport(std::ostream* to, std::string file, bool json)
      : to_(to), file_(std::move(file)), json_(json) {}

  void Add(int64_t line, const CellFault& fault) override {
    if (json_) return AddAsJson(line, fault);
    std::string text = absl::StrCat(file_, ":", line, ": ");
    if (!fault.column.empty()) absl::StrAppend(&text, fault.column, ": ");
    absl::StrAppend(&text, fault.reason);
    if (!fault.value.empty()) absl::StrAppend(&text, " (", fault.value, ")");
    *to_ << Clean(text) << "\n";
  }

  absl::StatusOr<int64_t> Flush() override {
    to_->flush();
    return 0;
  }

  bool is_shown() const override { return true; }

 private:
  void AddAsJson(int64_t line, const CellFault& fault) {
    nlohmann::ordered_json object;
    object["line"] = line;
    object["column"] = fault.column;
    object["value"] = fault.value;
    object["reason"] = fault.reason;
    *to_ << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  }

  std::ostream* const to_;
  const std::string file_;
  const bool json_;
};

class FileReport final : public FaultReport {
 public:
  FileReport(std::string path, std::ofstream file, int64_t bytes)
      : path_(std::move(path)), file_(std::move(file)), bytes_(bytes) {
    if (bytes_ == 0) AddRow({"line", "column", "value", "reason"});
  }

  void Add(int64_t line, const CellFault& fault) override {
    AddRow({absl::StrCat(line), fault.column, fault.value, fault.reason});
  }

  absl::StatusOr<int64_t> Flush() override {
    file_.flush();
    if (!file_) return absl::UnknownError(absl::StrCat(path_, " cannot be written"));
    return bytes_;
  }

  bool is_shown() const override { return false; }

 private:
  void AddRow(const std::vector<std::string>& cells) {
    std::string text;
    AppendCsvRow(cells, ',', &text);
    bytes_ += static_cast<int64_t>(text.size());
    file_ << text;
  }

  const std::string path_;
  std::ofstream file_;
  int64_t bytes_;
};

}  // namespace

std::unique_ptr<FaultReport> FaultReport::ToStream(std::ostream* to, const std::string& file,
                                                   bool json) {
  return std::make_unique<ShownReport>(to, file, json);
}

absl::StatusOr<std::unique_ptr<FaultReport>> FaultReport::ToFile(const std::string& path,
                                                                 int64_t kept_bytes) {
  std::error_code fault;
  const auto there = std::filesystem::file_size(path, fault);
  // Gone, or shorter than it was: there is nothing to go on with.
  if (fault || there < static_cast<uintmax_t>(kept_bytes)) kept_bytes = 0;
  fault.clear();
  std::ofstream file(path, kept_bytes > 0 ? std::ios::app : std::ios::trunc);
  if (kept_bytes > 0) std::filesystem::resize_file(path, kept_bytes, fault);
  if (!file || fault) return absl::UnknownError(absl::StrCat(path, " cannot be written"));
  return std::make_unique<FileReport>(path, std::move(file), kept_bytes);
}

}  // namespace tiermark::cli
