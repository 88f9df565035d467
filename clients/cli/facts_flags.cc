#include "clients/cli/facts_flags.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cli/enum_names.h"
#include "clients/cli/fact_values.h"
#include "clients/cli/files.h"
#include "clients/cli/json_syntax.h"
#include "clients/cli/options.h"
#include "google/protobuf/util/json_util.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

constexpr char kGroup[] = "Facts";
// Flags that AddTo() declares: common_ must not move while CLI11 holds its texts.
constexpr size_t kCommonMax = 32;

std::string CheckAssignment(const std::string& text) {
  v1::AccountFacts scratch;
  return std::string(SetFact(text, &scratch).message());
}

std::string CheckMrr(const std::string& text) {
  const size_t equals = text.find('=');
  const auto amount = ParseMoney(equals == std::string::npos ? text : text.substr(equals + 1));
  return std::string(amount.status().message());
}

std::string CheckFactName(const std::string& name) {
  if (v1::AccountFacts::descriptor()->FindFieldByName(name) != nullptr) return "";
  return absl::StrCat("there is no fact ", name);
}

// Potential MRR by country; without a country that of the account, which has to be given too.
absl::Status AddMrr(const std::string& text, v1::AccountFacts* facts) {
  std::string country = facts->country();
  absl::string_view amount = text;
  if (const size_t equals = text.find('='); equals != std::string::npos) {
    country = text.substr(0, equals);
    amount.remove_prefix(equals + 1);
  }
  if (country.empty()) {
    return UsageError(
        absl::StrCat("--mrr ", text, " needs --country, or its own: --mrr CO=", text));
  }
  const auto money = ParseMoney(amount);
  if (!money.ok()) return money.status();
  v1::PotentialMrr* entry = nullptr;
  for (v1::PotentialMrr& known : *facts->mutable_potential_mrr()) {
    if (known.country() == country) entry = &known;
  }
  if (entry == nullptr) entry = facts->add_potential_mrr();
  entry->set_country(country);
  *entry->mutable_amount() = *money;
  return absl::OkStatus();
}

}  // namespace

void FactsFlags::AddCommon(CLI::App* app, const std::string& flag, const std::string& fact,
                           const std::string& type, const std::string& description) {
  assert(common_.size() < kCommonMax);
  std::string* value = &common_.emplace_back(fact, "").second;
  CLI::Option* option = AddText(app, flag, value, type, description)->group(kGroup);
  const auto* field = v1::AccountFacts::descriptor()->FindFieldByName(fact);
  if (field->enum_type() != nullptr) {
    option->check(OneOf(FlagNames(*field->enum_type())));
  } else {
    option->check([fact](const std::string& text) {
      v1::AccountFacts scratch;
      const absl::Status set = SetFact(fact, text, &scratch);
      // The flag is named by CLI11 already.
      return std::string(absl::StripPrefix(set.message(), absl::StrCat(fact, " ")));
    });
  }
}

void FactsFlags::AddTo(CLI::App* app) {
  common_.reserve(kCommonMax);
  AddText(app, "--facts", &file_, "FILE", "JSON file with facts, - for standard input")
      ->group(kGroup);
  AddCommon(app, "--name", "display_name", "TEXT", "What people call the account");
  AddCommon(app, "--country", "country", "CODE", "Country of its local contract, such as CO");
  AddList(app, "--mrr", &mrr_, "[CODE=]AMOUNT",
          "Potential MRR such as USD:60000, of --country or of the country named before it")
      ->group(kGroup)
      ->check(CheckMrr);
  AddCommon(app, "--past-due-cases", "past_due_cases", "N", "Past-due cases that it manages");
  AddCommon(app, "--industry-reference", "industry_reference", "LABEL",
            "What it counts as a reference in its industry");
  AddCommon(app, "--countries", "operating_countries", "CODES",
            "Countries that it operates in, such as CO,PE");
  AddCommon(app, "--expansion-countries", "expansion_countries", "CODES",
            "Countries of confirmed expansion");
  AddCommon(app, "--financial-products", "financial_products", "NAMES",
            "Kinds of financial product that it offers");
  AddCommon(app, "--product-lines", "product_lines", "NAMES", "Lines of our catalogue in use");
  AddCommon(app, "--stage", "lifecycle_stage", "STAGE", "Where it stands in the sales process");
  AddCommon(app, "--owner", "owner_id", "ID", "Who owns it");
  AddCommon(app, "--parent", "parent_id", "ID", "The client that it belongs to");
  AddCommon(app, "--industry", "industry", "CODE", "Code of its industry");
  AddCommon(app, "--employees", "employees", "N", "How many it employs");
  AddCommon(app, "--created", "created_date", "DATE", "Day it came to be");
  AddCommon(app, "--client-since", "client_since_date", "DATE", "Day it became a client");
  AddCommon(app, "--first-meeting", "first_meeting_date", "DATE", "Day of the first meeting");
  app->add_option("--fact", assignments_,
                  "Any other fact by its name in the contract, such as budget=USD:5000, "
                  "interests=loans,cards or custom.tier=gold")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->check(CheckAssignment)
      ->group(kGroup);
  AddList(app, "--clear", &cleared_, "NAMES", "Facts to forget")
      ->check(CheckFactName)
      ->group(kGroup);
  app->add_flag("--replace", replace_, "Forget all facts that are not given here")->group(kGroup);
}

bool FactsFlags::given() const {
  const bool common = std::any_of(common_.begin(), common_.end(),
                                  [](const auto& flag) { return !flag.second.empty(); });
  return common || replace_ || !file_.empty() || !mrr_.empty() || !assignments_.empty() ||
         !cleared_.empty();
}

absl::Status FactsFlags::Read(v1::AccountFacts* facts, google::protobuf::FieldMask* mask) const {
  if (!file_.empty()) {
    const auto text = ReadFileOrInput(file_);
    if (!text.ok()) return text.status();
    const absl::Status parsed = ParseFactsJson(*text, facts);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(file_, ": ", parsed.message()));
    }
  }
  for (const auto& [fact, value] : common_) {
    if (value.empty()) continue;
    if (absl::Status set = SetFact(fact, value, facts); !set.ok()) return set;
  }
  for (const std::string& assignment : assignments_) {
    if (absl::Status set = SetFact(assignment, facts); !set.ok()) return set;
  }
  for (const std::string& mrr : mrr_) {
    if (absl::Status set = AddMrr(mrr, facts); !set.ok()) return set;
  }
  if (replace_) {
    mask->add_paths("*");
    return absl::OkStatus();
  }
  if (cleared_.empty()) return absl::OkStatus();
  // A mask replaces `custom` as a whole, where facts without one merge into it.
  if (!facts->custom().empty()) {
    return UsageError("--clear and custom facts do not go together: call twice");
  }
  std::vector<const google::protobuf::FieldDescriptor*> written;
  facts->GetReflection()->ListFields(*facts, &written);
  for (const auto* field : written) mask->add_paths(field->name());
  for (const std::string& name : cleared_) {
    const auto paths = mask->paths();
    if (std::find(paths.begin(), paths.end(), name) != paths.end()) {
      return UsageError(absl::StrCat(name, " is both given and to be cleared"));
    }
    mask->add_paths(name);
  }
  return absl::OkStatus();
}

absl::Status ParseFactsJson(const std::string& text, v1::AccountFacts* facts) {
  if (absl::Status sound = CheckJsonSyntax(text); !sound.ok()) return sound;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, facts);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(parsed.message()));
}

}  // namespace tiermark::cli
