// Accounts as rows of cells, both ways.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "clients/cli/csv_cells.h"
#include "clients/cli/csv_columns.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark::cli {

// What is wrong with a cell, or with a row.
struct CellFault {
  std::string column;  // As the header of the file has it. Empty: the row as a whole.
  std::string value;   // As it was read, cut where it is long.
  std::string reason;
};

struct RowOptions {
  CellFormat format;
  // Of amounts without one. Empty: that is a fault.
  std::string currency;
  // An empty cell clears its fact, instead of leaving it as it is.
  bool empty_clears = false;
};

// Reads rows under one header.
class RowReader {
 public:
  // INVALID_ARGUMENT: `empty_clears` with columns that are parts of the custom facts.
  static absl::StatusOr<RowReader> Make(std::vector<CsvColumn> columns, RowOptions options);

  // As many cells as columns. Returns every fault; without any, `account` has id, facts and mask.
  std::vector<CellFault> Read(const std::vector<std::string>& cells,
                              v1::ImportedAccount* account) const;

  // The fault of an account of this file that the server found at `path`, such as
  // "facts.potential_mrr[0].amount.units".
  CellFault FaultAt(absl::string_view path, absl::string_view reason,
                    const v1::ImportedAccount& account) const;

  const std::vector<CsvColumn>& columns() const { return columns_; }

 private:
  RowReader(std::vector<CsvColumn> columns, RowOptions options);

  absl::Status ReadCell(size_t at, const std::vector<std::string>& cells,
                        v1::ImportedAccount* account) const;
  absl::Status ReadMoney(size_t at, const std::vector<std::string>& cells,
                         google::type::Money* money) const;
  absl::Status ReadCustomValue(const CsvColumn& column, const std::string& cell,
                               v1::FactValue* value) const;

  std::vector<CsvColumn> columns_;
  RowOptions options_;
  std::vector<int> currency_of_;  // The column of each amount's currency, or -1.
  int country_ = -1;
  google::protobuf::FieldMask mask_;
};

// The cell of an account; empty where the fact is unknown, and for an empty text.
std::string CellOf(const CsvColumn& column, const v1::Account& account);

}  // namespace tiermark::cli
