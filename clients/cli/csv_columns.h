// The columns that a file of accounts can have, and what a header makes of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark::cli {

// What a cell holds.
enum class CellKind {
  kIgnored,
  kAnswer,  // What the server makes of the facts; an import passes over it.
  kAccountId,
  kValue,   // A fact of one value: text, number, truth, day, or one of some names.
  kList,    // A fact of several, of the same kinds.
  kAmount,  // Money without its currency, and its currency.
  kCurrency,
  kMrrAmount,  // Potential MRR of a country, likewise.
  kMrrCurrency,
  kMrrList,       // "PE=1000 USD|EC=5 USD"
  kRevenueList,   // "cards=1000 USD|loans=5 USD"
  kCustomObject,  // All custom facts, as the API's JSON has them.
  kCustomValue,   // One custom fact.
};

struct CsvColumn {
  CellKind kind = CellKind::kIgnored;
  std::string name;  // "potential_mrr_currency"
  // The fact that it belongs to; none of the account's id.
  const google::protobuf::FieldDescriptor* fact = nullptr;
  std::string country;     // Of MRR. Empty: the country of the account.
  std::string custom_key;  // Of a custom fact, with its type.
  v1::FactValue::ValueCase custom_type = v1::FactValue::kText;
  std::string header;  // As the file has it.
};

// Those that an export has, in its order. Read from the descriptor of AccountFacts, so that a fact
// that is added to the API is a column too.
const std::vector<CsvColumn>& AllColumns();

// What an account's facts come to: segment, effective_segment, score, evaluate_time, activity.
const std::vector<CsvColumn>& AnswerColumns();

// The column of a name; case, spaces and punctuation do not count. Besides those of AllColumns()
// there are potential_mrr_CO, potential_mrr_CO_currency and custom.KEY or custom.KEY:TYPE.
// NOT_FOUND: there is none.
absl::StatusOr<CsvColumn> ColumnOf(absl::string_view name);

// What a header is mapped to whose column is not read.
inline constexpr char kLeftOut[] = "-";

struct HeaderOptions {
  // From headers to the names of columns, or kLeftOut.
  std::map<std::string, std::string> names;
  bool ignore_unknown = false;
};

// The columns of a file by its header.
// INVALID_ARGUMENT with a BadRequest: it has columns that are unknown, each with the names next to
// it, or twice the same, or none for the account's id; or `options.names`, whose names are columns,
// has a header that is not there.
absl::StatusOr<std::vector<CsvColumn>> ReadHeader(const std::vector<std::string>& header,
                                                  const HeaderOptions& options);

}  // namespace tiermark::cli
