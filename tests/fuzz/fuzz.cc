#include "tests/fuzz/fuzz.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/logging.h"
#include "service/log.h"
#include "tests/storage/fake_clock.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/admin_service.pb.h"
#include "tiermark/v1/model_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void CollectNames(const Descriptor& type, std::set<const Descriptor*>* seen,
                  std::set<std::string>* names) {
  if (!seen->insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    names->insert(field.name());
    names->insert(field.json_name());
    if (field.message_type() != nullptr) CollectNames(*field.message_type(), seen, names);
    if (field.enum_type() == nullptr) continue;
    for (int k = 0; k < field.enum_type()->value_count(); ++k) {
      names->insert(field.enum_type()->value(k)->name());
    }
  }
}

// For the fuzzer to begin with: a file for each seed, and one with the words.
void WriteSeedsAndWords(const std::string& directory) {
  int number = 0;
  for (const std::string& seed : kFuzzer.seeds()) {
    MUST(seed.size() <= kFuzzer.bytes_max);
    std::ofstream(absl::StrCat(directory, "/seeds/", ++number), std::ios::binary) << seed;
  }
  std::ofstream words(absl::StrCat(directory, "/words"));
  if (kFuzzer.words == nullptr) return;
  for (const std::string& word : kFuzzer.words()) words << '"' << word << "\"\n";
}

}  // namespace

void Fail(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  std::abort();
}

size_t TakeChoice(size_t choices, absl::string_view* input) {
  if (input->empty()) return 0;
  const auto choice = static_cast<unsigned char>(input->front());
  input->remove_prefix(1);
  return static_cast<unsigned char>(choice - '0') % choices;
}

std::string BytesOf(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    MUST(message.SerializePartialToCodedStream(&coded));
  }
  return bytes;
}

std::vector<std::string> NamesIn(const Descriptor& type) {
  std::set<const Descriptor*> seen;
  std::set<std::string> names;
  CollectNames(type, &seen, &names);
  return {names.begin(), names.end()};
}

const std::vector<Message*>& SomeRequests() {
  static const auto& requests = *new std::vector<Message*>{
      new v1::EvaluateAccountRequest,    new v1::CreateDraftRequest,
      new v1::ImportAccountsRequest,     new v1::ListAccountsRequest,
      new v1::RecordTransactionsRequest, new v1::UpdatePolicyRequest,
      new v1::ClaimReevaluationsRequest, new v1::UpdateExchangeRatesRequest};
  return requests;
}

std::vector<ChosenRequest> SampleRequests() {
  // In the order above.
  static const char* const kTexts[] = {
      R"(account_id: "a" update_mask { paths: "custom" } facts {
           past_due_cases: 7 operating_countries: "PE" created_date { year: 2024 month: 2 day: 29 }
           potential_mrr { amount { units: 24 nanos: -5 } } custom { key: "b" value { decimal: "-1.5" } }
           custom { key: "n" value { int64: 9 } } })",
      R"(model { model_id: "m" criteria { criterion_id: "c" numeric_tiers { tiers { points: -3 } } } }
         validate_only: true)",
      R"(accounts { account_id: "a1" evaluate: true } accounts { facts { display_name: "B\303\261" } })",
      R"(filter { segments: SEGMENT_SMB min_score: 0 as_of_date { year: 2026 } due { due_by_time { seconds: 1 nanos: 5 } }
           facts { fact: "country" one_of: "CO" } dimensions { dimension: DIMENSION_ACTIVITY values: "x" } })",
      R"(account_id: "a1" transactions { transaction_id: "t" issue_date { year: 2026 month: 1 day: 1 }
           amount { currency_code: "USD" units: 1 } state: TRANSACTION_STATE_ISSUED })",
      R"(policy { reevaluation { time_zone: "UTC" growth_threshold_percent: 30 } product_lines: "a" })",
      R"(worker_id: "w" lease { seconds: 600 nanos: 1000 } max_accounts: 2)",
      R"(exchange_rates { reference_currency: "USD" rates { currency_code: "COP" rate: "0.00024" } })",
  };
  std::vector<ChosenRequest> samples;
  for (size_t i = 0; i < SomeRequests().size(); ++i) {
    std::unique_ptr<Message> request(SomeRequests()[i]->New());
    MUST(google::protobuf::TextFormat::ParseFromString(kTexts[i], request.get()));
    samples.push_back({absl::StrCat(i), std::move(request)});
  }
  return samples;
}

const Clock& ClockOfFuzzers() {
  static const FakeClock kClock;
  return kClock;
}

}  // namespace tiermark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tiermark::kFuzzer.feed({reinterpret_cast<const char*>(data), size});
  return 0;
}

// Given "--begin DIRECTORY" it writes there what to begin with, and ends.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  tiermark::SetLogLevel(tiermark::LogLevel::kError);
  google::protobuf::SetLogHandler(nullptr);
  if (*argc == 3 && std::strcmp((*argv)[1], "--begin") == 0) {
    tiermark::WriteSeedsAndWords((*argv)[2]);
    std::exit(0);
  }
  // What the command line says comes later and wins.
  static std::string bytes_max = absl::StrCat("-max_len=", tiermark::kFuzzer.bytes_max);
  static std::vector<char*> arguments(*argv, *argv + *argc);
  arguments.insert(arguments.begin() + 1, bytes_max.data());
  *argc = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  *argv = arguments.data();
  return 0;
}
