#include "clients/cli/csv_columns.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cli/csv_cells.h"
#include "google/rpc/error_details.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "scoring/exact.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark::cli {
namespace {

using google::protobuf::FieldDescriptor;

constexpr char kMrr[] = "potential_mrr";
constexpr char kCurrencySuffix[] = "_currency";
constexpr char kCustomPrefix[] = "custom.";
constexpr const char* kAnswers[] = {"segment", "effective_segment", "score", "evaluate_time",
                                    "activity"};

// What of a name counts.
std::string Bare(absl::string_view name) {
  std::string bare;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || byte >= 0x80) bare += absl::ascii_tolower(byte);
  }
  return bare;
}

CsvColumn Make(CellKind kind, std::string name, const FieldDescriptor* fact) {
  CsvColumn column;
  column.kind = kind;
  column.name = std::move(name);
  column.fact = fact;
  return column;
}

void AddColumnsOf(const FieldDescriptor* fact, std::vector<CsvColumn>* columns) {
  const auto* message = fact->message_type();
  const auto add = [&](CellKind kind, absl::string_view suffix = "") {
    columns->push_back(Make(kind, absl::StrCat(fact->name(), suffix), fact));
  };
  if (fact->is_map()) {
    add(CellKind::kCustomObject);
  } else if (message == v1::PotentialMrr::descriptor()) {
    add(CellKind::kMrrAmount);
    add(CellKind::kMrrCurrency, kCurrencySuffix);
    columns->push_back(Make(CellKind::kMrrList, absl::StrCat("other_", fact->name()), fact));
  } else if (message == v1::ProductLineRevenue::descriptor()) {
    add(CellKind::kRevenueList);
  } else if (message == google::type::Money::descriptor()) {
    add(CellKind::kAmount);
    add(CellKind::kCurrency, kCurrencySuffix);
  } else if (message == nullptr || message == google::type::Date::descriptor()) {
    add(fact->is_repeated() ? CellKind::kList : CellKind::kValue);
  }
}

// "potential_mrr_CO", "potential_mrr_CO_currency"
std::optional<CsvColumn> MrrColumnOf(absl::string_view bare) {
  if (!absl::ConsumePrefix(&bare, Bare(kMrr))) return {};
  const bool currency = absl::ConsumeSuffix(&bare, "currency");
  const std::string country = absl::AsciiStrToUpper(bare);
  if (!IsCountry(country)) return {};
  CsvColumn column = Make(currency ? CellKind::kMrrCurrency : CellKind::kMrrAmount,
                          absl::StrCat(kMrr, "_", country, currency ? kCurrencySuffix : ""),
                          v1::AccountFacts::descriptor()->FindFieldByNumber(
                              v1::AccountFacts::kPotentialMrrFieldNumber));
  column.country = country;
  return column;
}

// "custom.KEY", "custom.KEY:TYPE"; `name` begins with the prefix.
std::optional<CsvColumn> CustomColumnOf(absl::string_view name) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(name.substr(sizeof(kCustomPrefix) - 1), absl::MaxSplits(':', 1));
  const auto* type = v1::FactValue::descriptor()->FindFieldByName(
      parts.second.empty() ? "text" : absl::AsciiStrToLower(parts.second));
  if (type == nullptr || parts.first.empty()) return {};
  CsvColumn column =
      Make(CellKind::kCustomValue, std::string(name),
           v1::AccountFacts::descriptor()->FindFieldByNumber(v1::AccountFacts::kCustomFieldNumber));
  column.custom_key = parts.first;
  column.custom_type = static_cast<v1::FactValue::ValueCase>(type->number());
  return column;
}

// How many letters have to be changed, put in or left out.
size_t DistanceBetween(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)});
      corner = above;
    }
  }
  return row.back();
}

// The names that are most like it: one that has it as a part, or with a third of its letters wrong.
std::vector<std::string> NearestNames(absl::string_view header) {
  constexpr size_t kNamesMax = 3;
  const std::string bare = Bare(header).substr(0, 64);
  std::vector<std::pair<size_t, std::string>> found;
  for (const CsvColumn& column : AllColumns()) {
    const std::string name = Bare(column.name);
    const size_t distance = DistanceBetween(bare, name);
    const bool part = bare.size() >= 3 && (absl::StrContains(name, bare) ||
                                           (name.size() >= 3 && absl::StrContains(bare, name)));
    if (part || distance <= std::max(bare.size(), name.size()) / 3) {
      found.emplace_back(distance, column.name);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (size_t i = 0; i < found.size() && i < kNamesMax; ++i) names.push_back(found[i].second);
  return names;
}

// Told as the server tells of fields.
class Faults {
 public:
  void Add(std::string what, std::string reason) {
    auto* fault = request_.add_field_violations();
    fault->set_field(std::move(what));
    fault->set_description(std::move(reason));
  }

  absl::Status ToStatus() const {
    if (request_.field_violations().empty()) return absl::OkStatus();
    absl::Status status = absl::InvalidArgumentError("the header of the file cannot be used");
    status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                      absl::Cord(request_.SerializeAsString()));
    return status;
  }

 private:
  google::rpc::BadRequest request_;
};

}  // namespace

const std::vector<CsvColumn>& AllColumns() {
  static const auto* const kColumns = [] {
    auto* columns = new std::vector<CsvColumn>;
    columns->push_back(Make(CellKind::kAccountId, "account_id", nullptr));
    const auto* facts = v1::AccountFacts::descriptor();
    for (int i = 0; i < facts->field_count(); ++i) AddColumnsOf(facts->field(i), columns);
    return columns;
  }();
  return *kColumns;
}

const std::vector<CsvColumn>& AnswerColumns() {
  static const auto* const kColumns = [] {
    auto* columns = new std::vector<CsvColumn>;
    for (const char* name : kAnswers) columns->push_back(Make(CellKind::kAnswer, name, nullptr));
    return columns;
  }();
  return *kColumns;
}

absl::StatusOr<CsvColumn> ColumnOf(absl::string_view name) {
  const absl::Status unknown = absl::NotFoundError(absl::StrCat("there is no column ", name));
  name = absl::StripAsciiWhitespace(name);
  if (absl::StartsWithIgnoreCase(name, kCustomPrefix)) {
    auto column = CustomColumnOf(name);
    return column ? absl::StatusOr<CsvColumn>(*std::move(column)) : unknown;
  }
  const std::string bare = Bare(name);
  for (const auto* columns : {&AllColumns(), &AnswerColumns()}) {
    for (const CsvColumn& column : *columns) {
      if (Bare(column.name) == bare) return column;
    }
  }
  if (auto column = MrrColumnOf(bare)) return *std::move(column);
  return unknown;
}

absl::StatusOr<std::vector<CsvColumn>> ReadHeader(const std::vector<std::string>& header,
                                                  const HeaderOptions& options) {
  Faults faults;
  for (const auto& [from, to] : options.names) {
    if (std::find(header.begin(), header.end(), from) == header.end()) {
      faults.Add(absl::StrCat("--map ", from), "is a column that the file does not have");
    }
  }
  std::vector<CsvColumn> columns;
  std::set<std::string> given;
  for (size_t i = 0; i < header.size(); ++i) {
    const std::string number = absl::StrCat("column ", i + 1);
    if (!IsText(header[i]) || absl::StrContains(header[i], absl::string_view("\0", 1))) {
      faults.Add(number, "is not text in the encoding of the file; see --encoding");
      continue;
    }
    const std::string what = absl::StrCat(number, ", \"", header[i], "\"");
    const auto mapped = options.names.find(header[i]);
    const std::string& name = mapped == options.names.end() ? header[i] : mapped->second;
    auto column = ColumnOf(name);
    if (name == kLeftOut || (!column.ok() && options.ignore_unknown)) column = CsvColumn();
    if (!column.ok()) {
      const std::string nearest = absl::StrJoin(NearestNames(header[i]), " or ");
      faults.Add(what, nearest.empty() ? "is unknown"
                                       : absl::StrCat("is unknown; did you mean ", nearest, "?"));
      continue;
    }
    column->header = header[i];
    const std::string key =
        column->kind == CellKind::kCustomValue ? "custom." + column->custom_key : column->name;
    if (column->kind != CellKind::kIgnored && !given.insert(key).second) {
      faults.Add(what, absl::StrCat("is ", key, " once more"));
    }
    columns.push_back(*std::move(column));
  }
  if (given.count("account_id") == 0) faults.Add("account_id", "is no column of the file");
  if (absl::Status bad = faults.ToStatus(); !bad.ok()) return bad;
  return columns;
}

}  // namespace tiermark::cli
