#include "clients/cli/import_run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/csv_reader.h"
#include "clients/cli/csv_text.h"
#include "clients/cli/fault_report.h"
#include "clients/cli/import_state.h"
#include "clients/cli/import_stream.h"
#include "clients/cli/importer.h"
#include "clients/cli/options.h"
#include "clients/cli/progress.h"
#include "clients/cli/state_file.h"
#include "clients/cli/text.h"
#include "nlohmann/json.hpp"

namespace tiermark::cli {
namespace {

// What was done after the last time is done again under the same request ids.
constexpr std::chrono::milliseconds kSaveEvery(250);

// `error` with words before its own, and all else that it says.
absl::Status Told(absl::string_view before, const absl::Status& error,
                  absl::string_view after = "") {
  absl::Status told(error.code(), absl::StrCat(before, error.message(), after));
  error.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { told.SetPayload(type, payload); });
  return told;
}

std::vector<CellFault> FaultsOf(const ImportRow& row, const RowReader& reader) {
  if (!row.faults.empty() || row.outcome.error.ok()) return row.faults;
  const absl::Status& error = row.outcome.error;
  const ErrorDetails details = DetailsOf(error);
  std::vector<CellFault> faults;
  for (const auto& [path, description] : details.field_violations) {
    CellFault fault = reader.FaultAt(path, description, row.account);
    // A cell that several facts are made of may be at fault for each.
    const bool told = std::any_of(faults.begin(), faults.end(), [&](const CellFault& other) {
      return other.column == fault.column && other.reason == fault.reason;
    });
    if (!told) faults.push_back(std::move(fault));
  }
  if (faults.empty()) {
    std::string reason(error.message());
    if (!details.reason.empty()) absl::StrAppend(&reason, " [", details.reason, "]");
    faults.push_back({"", "", std::move(reason)});
  }
  return faults;
}

class ImportRun {
 public:
  ImportRun(const Client& client, const ImportOptions& options, Session* session)
      : client_(client),
        options_(options),
        session_(session),
        progress_(session->json() ? nullptr : &session->err(), session->err_terminal()) {}

  absl::Status Run() {
    if (absl::Status opened = Open(); !opened.ok()) return opened;
    if (absl::Status begun = Begin(); !begun.ok()) return begun;
    absl::Status imported = SendRows();
    progress_.Clear();
    if (!imported.ok()) {
      if (!options_.resume_file.empty()) Save(/*now=*/true).IgnoreError();
      return imported;
    }
    if (!options_.resume_file.empty()) RemoveState(options_.resume_file);
    PrintSummary();
    if (state_.counts.failed > 0) session_->set_exit_code(ExitCode::kInvalid);
    return absl::OkStatus();
  }

 private:
  // Up to the header.
  absl::Status Open() {
    auto file = FileSource::Open(options_.file);
    if (!file.ok()) return file.status();
    file_ = *std::move(file);
    auto text = DecodeText(file_.get(), options_.encoding);
    if (!text.ok()) return text.status();
    text_ = *std::move(text);
    csv_ = std::make_unique<CsvReader>(text_.get(), CsvReaderOptions{options_.delimiter});
    CsvRow header;
    const auto found = csv_->Next(&header);
    if (!found.ok()) return found.status();
    if (!*found) return absl::InvalidArgumentError(absl::StrCat(options_.file, " is empty"));
    if (!header.fault.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the header cannot be read: column ",
                                                     header.fault_cell + 1, " ", header.fault));
    }
    header_text_ = std::string(header.text);
    auto columns = ReadHeader(header.cells, options_.header);
    if (!columns.ok()) return columns.status();
    csv_->ExpectCells(columns->size());
    auto rows = RowReader::Make(*std::move(columns), options_.rows);
    if (!rows.ok()) return rows.status();
    rows_ = std::make_unique<RowReader>(*std::move(rows));
    return absl::OkStatus();
  }

  // Everything that decides what a row becomes, and where.
  std::string SettingsDigest(const std::string& caller) const {
    const CellFormat& format = options_.rows.format;
    return DigestOf(
        {caller, header_text_,
         absl::StrJoin(options_.header.names, "\n", absl::PairFormatter("\t")),
         absl::StrCat(options_.header.ignore_unknown, format.decimal_comma,
                      static_cast<int>(format.dates), " ", static_cast<int>(format.list_separator),
                      " ", options_.rows.empty_clears, options_.evaluate),
         options_.rows.currency, options_.encoding, std::string(1, csv_->delimiter())});
  }

  // Finds out whether this goes on with an import that broke off.
  absl::Status Begin() {
    const auto connection = session_->client_options();
    if (!connection.ok()) return connection.status();
    patience_ = connection->deadline;
    const auto caller = session_->ServerAndCaller();
    if (!caller.ok()) return caller.status();
    std::error_code none;
    if (std::filesystem::equivalent(options_.errors_file, options_.file, none)) {
      return UsageError("--errors names the file that is to be imported");
    }
    const std::string settings = SettingsDigest(*caller);
    state_ = NewImportState(settings);
    state_.content = DigestOf({header_text_});
    if (!options_.resume_file.empty()) {
      auto left = LoadImportState(options_.resume_file);
      if (!left.ok()) return left.status();
      if (left->has_value()) {
        if ((*left)->settings != settings) {
          return NotTheSame("was told other options, or another server or key");
        }
        if (absl::Status skipped = Skip(**left); !skipped.ok()) return skipped;
      }
      if (absl::Status saved = Save(/*now=*/true); !saved.ok()) return saved;
    }
    if (options_.errors_file.empty()) {
      report_ = FaultReport::ToStream(&session_->err(), options_.file, session_->json());
      return absl::OkStatus();
    }
    auto report = FaultReport::ToFile(options_.errors_file, state_.errors_bytes);
    if (!report.ok()) return report.status();
    report_ = *std::move(report);
    return absl::OkStatus();
  }

  absl::Status NotTheSame(absl::string_view how) const {
    return absl::FailedPreconditionError(
        absl::StrCat("an import of ", options_.file, " that broke off ", how,
                     ": repeat it as it was to go on, "
                     "or remove ",
                     options_.resume_file, " to import from the beginning"));
  }

  absl::Status Skip(const ImportState& left) {
    CsvRow row;
    std::string content = state_.content;
    for (int64_t rows = 0; rows < left.counts.rows; ++rows) {
      const auto found = csv_->Next(&row);
      if (!found.ok()) return found.status();
      if (!*found) break;
      content = DigestOf({content, row.text});
    }
    if (content != left.content) return NotTheSame("had other rows at the beginning");
    state_ = left;
    if (!session_->json()) {
      session_->err() << "Going on behind line " << left.line << ", after "
                      << Grouped(left.counts.rows) << " rows that were done, "
                      << Grouped(left.counts.failed) << " of which failed.\n";
    }
    return absl::OkStatus();
  }

  absl::Status SendRows() {
    ImporterOptions options;
    options.accounts_in_message_max = AccountsInMessageMax(options_.dry_run);
    options.patience = patience_;
    Importer importer(
        [this] {
          return OpenImportStream(&client_, {options_.dry_run, patience_});
        },
        [this](const std::vector<ImportRow>& rows) { return TakeDone(rows); }, options);
    CsvRow read;
    std::string content = state_.content;
    for (int64_t number = state_.counts.rows + 1;; ++number) {
      const auto found = csv_->Next(&read);
      if (!found.ok()) return found.status();
      if (!*found) return importer.Finish();
      ImportRow row;
      row.line = read.line;
      row.content = content = DigestOf({content, read.text});
      if (read.fault.empty()) {
        row.faults = rows_->Read(read.cells, &row.account);
      } else {
        const bool cell = read.fault_cell < rows_->columns().size();
        row.faults.push_back(
            {cell ? rows_->columns()[read.fault_cell].header : "", "", read.fault});
      }
      if (row.faults.empty()) {
        row.account.set_evaluate(options_.evaluate);
        row.account.set_request_id(RequestIdOf(state_, number, read.text));
      } else {
        row.account.Clear();  // It goes nowhere, and may be large.
      }
      if (absl::Status added = importer.Add(std::move(row)); !added.ok()) return added;
    }
  }

  absl::Status TakeDone(const std::vector<ImportRow>& rows) {
    ImportCounts& counts = state_.counts;
    for (const ImportRow& row : rows) {
      const std::vector<CellFault> faults = FaultsOf(row, *rows_);
      if (!faults.empty() && report_->is_shown()) progress_.Clear();
      for (const CellFault& fault : faults) report_->Add(row.line, fault);
      ++counts.rows;
      if (!faults.empty()) ++counts.failed;
      if (row.outcome.created) ++counts.created;
      if (row.outcome.changed && !row.outcome.created) ++counts.changed;
      if (row.outcome.evaluated) ++counts.evaluated;
    }
    state_.line = rows.back().line;
    state_.content = rows.back().content;
    progress_.Update({file_->bytes_read(), file_->bytes_total(), counts.rows, counts.failed});
    const auto bytes = report_->Flush();
    if (!bytes.ok()) return bytes.status();
    state_.errors_bytes = *bytes;
    return options_.resume_file.empty() ? absl::OkStatus() : Save(/*now=*/false);
  }

  absl::Status Save(bool now) {
    const auto time = std::chrono::steady_clock::now();
    if (!now && time - saved_ < kSaveEvery) return absl::OkStatus();
    saved_ = time;
    absl::Status saved = SaveImportState(state_, options_.resume_file);
    if (saved.ok()) return saved;
    return Told("", saved,
                "; it tells how far the import has come. --resume-file puts it elsewhere, and "
                "--no-resume does without");
  }

  void PrintSummary() {
    const ImportCounts& counts = state_.counts;
    const int64_t good = counts.rows - counts.failed;
    if (session_->json()) {
      nlohmann::ordered_json summary;
      summary["rows"] = counts.rows;
      summary[options_.dry_run ? "good" : "imported"] = good;
      summary["failed"] = counts.failed;
      if (!options_.dry_run) {
        summary["created"] = counts.created;
        summary["changed"] = counts.changed;
        summary["evaluated"] = counts.evaluated;
      }
      summary["dryRun"] = options_.dry_run;
      session_->out() << summary.dump() << "\n";
      return;
    }
    std::string line = absl::StrCat(Grouped(good), options_.dry_run ? " good" : " imported");
    if (options_.evaluate && !options_.dry_run) {
      absl::StrAppend(&line, " and evaluated");
    } else if (!options_.dry_run) {
      absl::StrAppend(&line, " (", Grouped(counts.created), " new, ", Grouped(counts.changed),
                      " changed)");
    }
    absl::StrAppend(&line, ", ", Grouped(counts.failed), " failed");
    if (options_.dry_run) absl::StrAppend(&line, "; nothing was written");
    session_->out() << line << "\n";
  }

  const Client& client_;
  const ImportOptions& options_;
  Session* const session_;
  Progress progress_;
  std::unique_ptr<FileSource> file_;
  std::unique_ptr<ByteSource> text_;
  std::unique_ptr<CsvReader> csv_;
  std::string header_text_;
  std::unique_ptr<RowReader> rows_;
  std::unique_ptr<FaultReport> report_;
  ImportState state_;
  std::chrono::milliseconds patience_{60'000};
  std::chrono::steady_clock::time_point saved_;
};

}  // namespace

absl::Status RunImport(const Client& client, const ImportOptions& options, Session* session) {
  return ImportRun(client, options, session).Run();
}

}  // namespace tiermark::cli
