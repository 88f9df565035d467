// JSON as the HTTP front end takes and gives it: what is read, what is refused and how it is told.
#include "service/http/json.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/protobuf/wrappers.pb.h"
#include "google/rpc/error_details.pb.h"
#include "scoring/error.h"
#include "tests/service/random_messages.h"
#include "tests/support/messages.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using Strings = std::vector<std::string>;

constexpr char kCanary[] = "c4nary";

// "path: description" of every field at fault.
Strings FaultsIn(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS") << status;
  EXPECT_FALSE(absl::StrContains(status.ToString(), kCanary)) << status;
  Strings faults = FieldsOf(status);
  const Strings descriptions = DescriptionsOf(status);
  for (size_t i = 0; i < faults.size(); ++i) absl::StrAppend(&faults[i], ": ", descriptions[i]);
  return faults;
}

template <typename Message>
Strings Faults(const std::string& json) {
  Message message;
  return FaultsIn(ParseJson(json, &message));
}

Strings FaultsOfRequest(const std::string& json) {
  return Faults<v1::EvaluateAccountRequest>(json);
}

template <typename Message>
std::string Malformed(const std::string& json) {
  Message message;
  const absl::Status status = ParseJson(json, &message);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), "MALFORMED_JSON") << status;
  EXPECT_FALSE(absl::StrContains(status.ToString(), kCanary)) << status;
  EXPECT_TRUE(FieldsOf(status).empty());
  return std::string(status.message());
}

std::string MalformedRequest(const std::string& json) {
  return Malformed<v1::EvaluateAccountRequest>(json);
}

template <typename Message>
Message Read(const std::string& json) {
  Message message;
  const absl::Status status = ParseJson(json, &message);
  EXPECT_TRUE(status.ok()) << status << " " << json;
  return message;
}

template <typename Message>
void ExpectReads(const std::string& json, const std::string& text) {
  const auto read = Read<Message>(json);
  EXPECT_TRUE(MessageDifferencer::Equals(read, FromText<Message>(text))) << json << "\n"
                                                                         << read.DebugString();
}

void ExpectRequest(const std::string& json, const std::string& text) {
  ExpectReads<v1::EvaluateAccountRequest>(json, text);
}

std::string Printed(const google::protobuf::Message& message) {
  std::string json = "of before";
  const absl::Status status = PrintJson(message, &json);
  EXPECT_TRUE(status.ok()) << status;
  return json;
}

TEST(ParseJson, ReadsARequest) {
  ExpectRequest(R"({
      "accountId": "acme",
      "facts": {
        "displayName": "Banco \u00c9xample \ud83d\ude00",
        "country": "CO",
        "potentialMrr": [{"country": "CO", "amount": {"currencyCode": "USD", "units": "60000"}}],
        "pastDueCases": 500000,
        "industryReference": "INDUSTRY_REFERENCE_MARKET_LEADER",
        "operatingCountries": ["CO", "PE"],
        "createdDate": {"year": 2020, "month": 1, "day": 15},
        "custom": {"industry": {"text": "banking"}, "staff": {"int64": "1200"}, "gone": {}}
      },
      "updateMask": "displayName,potentialMrr",
      "validateOnly": true
    })",
                R"(account_id: "acme"
      facts {
        display_name: "Banco \303\211xample \360\237\230\200"
        country: "CO"
        potential_mrr { country: "CO" amount { currency_code: "USD" units: 60000 } }
        past_due_cases: 500000
        industry_reference: INDUSTRY_REFERENCE_MARKET_LEADER
        operating_countries: ["CO", "PE"]
        created_date { year: 2020 month: 1 day: 15 }
        custom { key: "industry" value { text: "banking" } }
        custom { key: "staff" value { int64: 1200 } }
        custom { key: "gone" value {} }
      }
      update_mask { paths: ["display_name", "potential_mrr"] }
      validate_only: true)");
}

TEST(ParseJson, TakesBothNamesOfAFieldAndNullForNone) {
  ExpectRequest(R"({"account_id": "a", "modelId": "m"})", "account_id: 'a' model_id: 'm'");
  ExpectRequest(R"({"accountId": null, "facts": null, "updateMask": null, "validateOnly": null})",
                "");
  ExpectRequest(R"({"facts": {"custom": null, "potentialMrr": null, "pastDueCases": null,
                              "industryReference": null}})",
                "facts {}");
  ExpectRequest("{}", "");
  ExpectRequest(" \t\r\n{ \n} ", "");
  // Null makes no member of a oneof.
  ExpectReads<v1::FactValue>(R"({"text": null, "bool": true, "int64": null})", "bool: true");
}

TEST(ParseJson, TellsZeroFromAbsent) {
  const auto facts = Read<v1::AccountFacts>(R"({"pastDueCases": 0, "displayName": ""})");
  EXPECT_TRUE(facts.has_past_due_cases());
  EXPECT_TRUE(facts.has_display_name());
  EXPECT_FALSE(facts.has_country());
}

TEST(ParseJson, EmptiesTheMessageFirst) {
  v1::EvaluateAccountRequest request;
  request.set_account_id("before");
  ASSERT_TRUE(ParseJson("{}", &request).ok());
  EXPECT_EQ(request.ByteSizeLong(), 0u);
}

TEST(ParseJson, TakesTheFormsOfNumbers) {
  for (const char* json : {"12", "\"12\"", "12.0", "1.2e1", "\"1.2E+1\"", "120e-1", "1200.0e-2"}) {
    EXPECT_EQ(
        Read<v1::AccountFacts>(absl::StrCat("{\"pastDueCases\":", json, "}")).past_due_cases(), 12)
        << json;
    EXPECT_EQ(Read<v1::FactValue>(absl::StrCat("{\"int64\":", json, "}")).int64(), 12) << json;
  }
  for (const char* json : {"0", "-0", "0.000", "\"0e99999999999999999999\"", "0e9"}) {
    const auto facts = Read<v1::AccountFacts>(absl::StrCat("{\"pastDueCases\":", json, "}"));
    EXPECT_EQ(facts.past_due_cases(), 0) << json;
    EXPECT_TRUE(facts.has_past_due_cases());
  }
  for (const auto& [json, value] : std::vector<std::pair<std::string, int64_t>>{
           {"9223372036854775807", std::numeric_limits<int64_t>::max()},
           {"\"-9223372036854775808\"", std::numeric_limits<int64_t>::min()},
           {"9007199254740993.0", 9007199254740993},
           {"922337203685477580.7e1", std::numeric_limits<int64_t>::max()}}) {
    EXPECT_EQ(Read<v1::FactValue>(absl::StrCat("{\"int64\":", json, "}")).int64(), value) << json;
  }
  EXPECT_EQ(Read<v1::AccountFacts>(R"({"pastDueCases": -2147483648})").past_due_cases(),
            std::numeric_limits<int32_t>::min());
}

TEST(ParseJson, RefusesOtherNumbers) {
  for (const char* json : {"2147483648", "-2147483649",
                           "1.5",        "\"1.5\"",
                           "\"\"",       "\" 1\"",
                           "\"1 \"",     "\"+1\"",
                           "\"01\"",     "\"0x1\"",
                           "\"1e\"",     "\"1.\"",
                           "\".5\"",     "\"1e99999999999999999999\"",
                           "1e20",       "\"NaN\"",
                           "true",       "[]",
                           "{}",         "18446744073709551616",
                           "1e-1"}) {
    EXPECT_THAT(Faults<v1::AccountFacts>(absl::StrCat("{\"pastDueCases\":", json, "}")),
                ElementsAre("past_due_cases: must be a whole number within 32 bits"))
        << json;
  }
  for (const char* json : {"9223372036854775808", "-9223372036854775809", "\"1e19\"", "0.1"}) {
    EXPECT_THAT(Faults<v1::FactValue>(absl::StrCat("{\"int64\":", json, "}")),
                ElementsAre("int64: must be a whole number within 64 bits"))
        << json;
  }
}

TEST(ParseJson, ReadsEnumsByNameAndNumber) {
  ExpectReads<v1::AccountFacts>(R"({"lifecycleStage": "LIFECYCLE_STAGE_CLIENT"})",
                                "lifecycle_stage: LIFECYCLE_STAGE_CLIENT");
  ExpectReads<v1::AccountFacts>(R"({"lifecycleStage": 4})",
                                "lifecycle_stage: LIFECYCLE_STAGE_CLIENT");
  EXPECT_EQ(Read<v1::AccountFacts>(R"({"lifecycleStage": 99})").lifecycle_stage(), 99);
  for (const char* json : {"\"lifecycle_stage_client\"", "\"CLIENT\"", "\"\"", "\"4\"", "true",
                           "1.5", "2147483648", "\"c4nary\""}) {
    EXPECT_THAT(Faults<v1::AccountFacts>(absl::StrCat("{\"lifecycleStage\":", json, "}")),
                ElementsAre("lifecycle_stage: must be the name of one of its values"))
        << json;
  }
}

TEST(ParseJson, NamesEveryFieldAtFaultByItsPath) {
  EXPECT_THAT(
      FaultsOfRequest(R"({
        "accountId": 7,
        "colour": "c4nary",
        "facts": {
          "displayName": ["c4nary"],
          "potentialMrr": [{}, {"amount": {"units": "c4nary", "nanos": {}}}, 5, null],
          "pastDueCases": "c4nary",
          "industryReference": "c4nary",
          "operatingCountries": "c4nary",
          "financialProducts": ["fine", 5, null, {}],
          "createdDate": "c4nary",
          "custom": {"a_key": {"int64": 1.5}, "c4nary key": {"int64": false}, "none": null,
                     "odd": {"size": "c4nary"}},
          "minimumContactNeeded": "true",
          "not.told/c4nary": 1
        },
        "updateMask": "display_name",
        "modelVersion": 1e10,
        "validateOnly": 1
      })"),
      ElementsAre(
          "account_id: must be a string", "colour: is no field of EvaluateAccountRequest",
          "facts.display_name: must be a string",
          "facts.potential_mrr[1].amount.units: must be a whole number within 64 bits",
          "facts.potential_mrr[1].amount.nanos: must be a whole number within 32 bits",
          "facts.potential_mrr[2]: must be an object", "facts.potential_mrr[3]: must not be null",
          "facts.past_due_cases: must be a whole number within 32 bits",
          "facts.industry_reference: must be the name of one of its values",
          "facts.operating_countries: must be an array",
          "facts.financial_products[1]: must be a string",
          "facts.financial_products[2]: must not be null",
          "facts.financial_products[3]: must be a string", "facts.created_date: must be an object",
          "facts.custom.a_key.int64: must be a whole number within 64 bits",
          "facts.custom[1].int64: must be a whole number within 64 bits",
          "facts.custom.none: must not be null", "facts.custom.odd.size: is no field of FactValue",
          "facts.minimum_contact_needed: must be true or false",
          "facts.?: is no field of AccountFacts",
          "update_mask: must be a string of field names in lowerCamelCase with commas between them",
          "model_version: must be a whole number within 32 bits",
          "validate_only: must be true or false"));
}

TEST(ParseJson, RefusesWhatIsGivenTwice) {
  EXPECT_THAT(FaultsOfRequest(R"({"accountId": "c4nary", "accountId": "b"})"),
              ElementsAre("account_id: is given twice"));
  EXPECT_THAT(FaultsOfRequest(R"({"accountId": "c4nary", "account_id": "b"})"),
              ElementsAre("account_id: is given twice"));
  EXPECT_THAT(FaultsOfRequest(R"({"accountId": null, "account\u0049d": "c4nary"})"),
              ElementsAre("account_id: is given twice"));
  EXPECT_THAT(FaultsOfRequest(R"({"facts": {"custom": {"a": {}, "b": {}, "a": {}}}})"),
              ElementsAre("facts.custom.a: is given twice"));
  EXPECT_THAT(FaultsOfRequest(R"({"facts": {"potentialMrr": [{"country": "a", "country": 1}]}})"),
              ElementsAre("facts.potential_mrr[0].country: is given twice"));
  // Of a value that is no good either, no more than this is told.
  EXPECT_THAT(FaultsOfRequest(R"({"facts": {}, "facts": {"colour": 1}})"),
              ElementsAre("facts: is given twice"));
}

TEST(ParseJson, RefusesTwoFieldsOfAOneof) {
  EXPECT_THAT(Faults<v1::FactValue>(R"({"text": "c4nary", "bool": true, "date": {"year": 1},
                                        "money": {"colour": 1}})"),
              ElementsAre("bool: excludes another field that is given already",
                          "date: excludes another field that is given already",
                          "money: excludes another field that is given already"));
  EXPECT_THAT(Faults<v1::FactValue>(R"({"date": {}, "int64": "1"})"),
              ElementsAre("int64: excludes another field that is given already"));
}

TEST(ParseJson, ListsAHundredFaultsAtMost) {
  std::string json = "{\"facts\": {";
  for (int i = 0; i < 250; ++i) absl::StrAppend(&json, "\"x", i, "\": 1, ");
  const Strings faults = FaultsOfRequest(absl::StrCat(json, "\"y\": 1}}"));
  ASSERT_EQ(faults.size(), kJsonFaultsMax);
  EXPECT_EQ(faults.back(), "facts.x99: is no field of AccountFacts");
  // What is excluded stops no reading, and counts as well.
  v1::BatchEvaluateAccountsRequest batch;
  std::string values;
  for (int i = 0; i < 250; ++i) {
    absl::StrAppend(&values, i == 0 ? "" : ",", "\"k", i, "\": {\"text\": \"\", \"bool\": true}");
  }
  EXPECT_EQ(FaultsOfRequest(absl::StrCat("{\"facts\": {\"custom\": {", values, "}}}")).size(),
            kJsonFaultsMax);
}

TEST(ParseJson, SaysWhatIsNoJsonAndWhere) {
  const struct {
    std::string json;
    const char* message;
  } cases[] = {
      {"",
       "line 1, column 1 of the JSON: unexpected end of input; expected '[', '{', or a literal"},
      {"  ",
       "line 1, column 3 of the JSON: unexpected end of input; expected '[', '{', or a "
       "literal"},
      {"{\n  \"accountId\": \"c4nary\",\n}",
       "line 3, column 1 of the JSON: unexpected '}'; expected string literal"},
      {"{\"facts\": {\"financialProducts\": [\"c4nary\",]}}",
       "line 1, column 43 of the JSON: unexpected ']'; expected '[', '{', or a literal"},
      {"{'accountId': 1}", "line 1, column 2 of the JSON: invalid literal"},
      {"{\"accountId\": 'c4nary'}", "line 1, column 15 of the JSON: invalid literal"},
      {"{accountId: 1}", "line 1, column 2 of the JSON: invalid literal"},
      {"{} c4nary", "line 1, column 4 of the JSON: invalid literal"},
      {"{} {}", "line 1, column 4 of the JSON: unexpected '{'; expected end of input"},
      {"{}, {}", "line 1, column 3 of the JSON: unexpected ','; expected end of input"},
      {"{} // c4nary", "line 1, column 4 of the JSON: invalid literal"},
      {"/* c4nary */ {}", "line 1, column 1 of the JSON: invalid literal"},
      {"{\"modelVersion\": NaN}", "line 1, column 18 of the JSON: invalid literal"},
      {"{\"modelVersion\": Infinity}", "line 1, column 18 of the JSON: invalid literal"},
      {"{\"modelVersion\": +1}", "line 1, column 18 of the JSON: invalid literal"},
      {"{\"modelVersion\": 01}",
       "line 1, column 19 of the JSON: unexpected number literal; expected '}'"},
      {"{\"modelVersion\": 1e999}", "line 1, column 22 of the JSON: a number is too large"},
      {"{\"accountId\": \"\\ud83d\"}",
       "line 1, column 22 of the JSON: invalid string: surrogate U+D800..U+DBFF must be followed "
       "by "
       "U+DC00..U+DFFF"},
      {"{\"accountId\": \"\\ude00\"}",
       "line 1, column 21 of the JSON: invalid string: surrogate U+DC00..U+DFFF must follow "
       "U+D800..U+DBFF"},
      {"{\"accountId\": \"a\nc4nary\"}",
       "line 1, column 17 of the JSON: invalid string: control character U+000A (LF) must be "
       "escaped to \\u000A or \\n"},
      {"{\"accountId\": \"c4nary",
       "line 1, column 22 of the JSON: invalid string: missing closing quote"},
      {"{\"accountId\": \"\xc3(\"}",
       "line 1, column 17 of the JSON: invalid string: ill-formed UTF-8 byte"},
      {"{\"accountId\": \"\xed\xa0\xbd\"}",
       "line 1, column 16 of the JSON: invalid string: ill-formed UTF-8 byte"},
      {"\xef\xbb\xbf{}", "line 1, column 1 of the JSON: a byte order mark is not allowed"},
      {std::string("{}\0c4nary", 9), "line 1, column 3 of the JSON: a NUL byte is not allowed"},
      {"{\"accountId\": 5, \"colour\": 1",
       "line 1, column 29 of the JSON: unexpected end of input; "
       "expected '}'"},
      // JSON, but no object.
      {"null", "line 1, column 4 of the JSON: must be an object"},
      {"\"c4nary\"", "line 1, column 8 of the JSON: must be an object"},
      {"[{}]", "line 1, column 1 of the JSON: must be an object"},
      {"true", "line 1, column 4 of the JSON: must be an object"},
      {"17", "line 1, column 2 of the JSON: must be an object"},
      {"1.5", "line 1, column 3 of the JSON: must be an object"},
  };
  for (const auto& [json, message] : cases) EXPECT_EQ(MalformedRequest(json), message) << json;
}

TEST(ParseJson, TellsThePlaceToProgramsToo) {
  v1::EvaluateAccountRequest request;
  const absl::Status status = ParseJson("{\n\n  ]", &request);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(std::string(*status.GetPayload(kErrorInfoUrl))));
  EXPECT_EQ(info.metadata().at("line"), "3");
  EXPECT_EQ(info.metadata().at("column"), "3");
}

std::string Repeated(const std::string& text, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST(ParseJson, GoesDeepAsFarAsItSays) {
  google::protobuf::Struct value;
  const auto nested = [](size_t levels) {
    return absl::StrCat(Repeated("{\"a\":", levels - 1), "{}", Repeated("}", levels - 1));
  };
  EXPECT_TRUE(ParseJson(nested(kJsonDepthMax), &value).ok());
  EXPECT_EQ(Malformed<google::protobuf::Struct>(nested(kJsonDepthMax + 1)),
            "line 1, column 161 of the JSON: nested more than 32 levels deep");
}

// However much follows, reading ends at the level that is one too many.
TEST(ParseJson, ReadsNoFurtherWhereItIsTooDeep) {
  constexpr size_t kLevels = 100'000;
  EXPECT_EQ(Malformed<google::protobuf::ListValue>(Repeated("[", kLevels)),
            "line 1, column 33 of the JSON: nested more than 32 levels deep");
  EXPECT_EQ(MalformedRequest(absl::StrCat("{\"facts\":", Repeated("[", kLevels))),
            "line 1, column 41 of the JSON: nested more than 32 levels deep");
  EXPECT_EQ(MalformedRequest(absl::StrCat("{\"colour\":", Repeated("{\"a\":", kLevels))),
            "line 1, column 166 of the JSON: nested more than 32 levels deep");
}

TEST(ParseJson, ReadsTheWellKnownTypes) {
  using v1::ListReevaluationDueRequest;
  const struct {
    const char* json;
    const char* text;
  } cases[] = {
      {R"("asOfTime": "1970-01-01T00:00:00Z")", "as_of_time {}"},
      {R"("asOfTime": "2026-05-20T10:30:00.25-05:30")",
       "as_of_time { seconds: 1779292800 nanos: 250000000 }"},
      {R"("asOfTime": "2026-05-20T10:30:00.000000001+00:00")",
       "as_of_time { seconds: 1779273000 nanos: 1 }"},
      {R"("asOfTime": "1969-12-31T23:59:59.9Z")", "as_of_time { seconds: -1 nanos: 900000000 }"},
      {R"("asOfTime": "0001-01-01T00:00:00Z")", "as_of_time { seconds: -62135596800 }"},
      {R"("asOfTime": "9999-12-31T23:59:59.999999999Z")",
       "as_of_time { seconds: 253402300799 nanos: 999999999 }"},
      {R"("asOfTime": "2024-02-29T00:00:00Z")", "as_of_time { seconds: 1709164800 }"},
      {R"("horizon": "0s")", "horizon {}"},
      {R"("horizon": "-1.5s")", "horizon { seconds: -1 nanos: -500000000 }"},
      {R"("horizon": "-0.000000001s")", "horizon { nanos: -1 }"},
      {R"("horizon": "315576000000.000s")", "horizon { seconds: 315576000000 }"},
  };
  for (const auto& [json, text] : cases) {
    ExpectReads<ListReevaluationDueRequest>(absl::StrCat("{", json, "}"), text);
  }
  ExpectRequest(R"({"updateMask": ""})", "update_mask {}");
  ExpectRequest(R"({"updateMask": "*"})", "update_mask { paths: '*' }");
  ExpectRequest(R"({"updateMask": "facts.displayName"})",
                "update_mask { paths: 'facts.display_name' }");
}

TEST(ParseJson, RefusesOtherTextOfWellKnownTypes) {
  using v1::ListReevaluationDueRequest;
  for (const char* text : {"",
                           "c4nary",
                           "2026-05-20",
                           "2026-05-20 10:30:00Z",
                           "2026-5-20T1:2:3Z",
                           "2026-05-20T10:30:00",
                           "2026-05-20t10:30:00z",
                           "2026-02-30T00:00:00Z",
                           "2026-05-20T24:00:00Z",
                           "2026-05-20T23:59:60Z",
                           "2026-05-20T10:30:00.Z",
                           "2026-05-20T10:30:00.1234567890Z",
                           "2026-05-20T10:30:00+24:00",
                           "2026-05-20T10:30:00+01:60",
                           "2026-05-20T10:30:00+0100",
                           "0000-12-31T23:59:59Z",
                           "0001-01-01T00:00:00+01:00",
                           "9999-12-31T23:59:59-01:00",
                           "2026-05-20T10:30:00Z\\u0000",
                           "2026-00-20T10:30:00Z",
                           " 2026-05-20T10:30:00Z"}) {
    EXPECT_THAT(Faults<ListReevaluationDueRequest>(absl::StrCat("{\"asOfTime\": \"", text, "\"}")),
                ElementsAre("as_of_time: must be a timestamp such as \"2026-05-20T10:30:00Z\""))
        << text;
  }
  for (const char* text :
       {"", "s", "-s", "1", "1.s", ".5s", "+1s", "--1s", " 1s", "1s ", "1.-5s", "1e3s",
        "1.0000000001s", "315576000001s", "99999999999999999999s", "1S", "c4nary"}) {
    EXPECT_THAT(Faults<ListReevaluationDueRequest>(absl::StrCat("{\"horizon\": \"", text, "\"}")),
                ElementsAre("horizon: must be a duration in seconds such as \"3.5s\""))
        << text;
  }
  for (const char* json : {"1", "true", "{\"seconds\": 1}", "[]"}) {
    EXPECT_THAT(Faults<ListReevaluationDueRequest>(
                    absl::StrCat("{\"horizon\":", json, ", \"asOfTime\":", json, "}")),
                ElementsAre("horizon: must be a duration in seconds such as \"3.5s\"",
                            "as_of_time: must be a timestamp such as \"2026-05-20T10:30:00Z\""))
        << json;
  }
  for (const char* json :
       {"\"display_name\"", "\"a,,b\"", "\",\"", "\"a,\"", "\"Name\"", "\"a.Name\"", "\"a..b\"",
        "\"a.\"", "\"a[b\"", "\"a b\"", "[\"a\"]", "{\"paths\": [\"a\"]}", "1"}) {
    EXPECT_THAT(FaultsOfRequest(absl::StrCat("{\"updateMask\":", json, "}")),
                ElementsAre("update_mask: must be a string of field names in lowerCamelCase with "
                            "commas between them"))
        << json;
  }
}

TEST(ParseJson, ReadsWhatTheApiHasNoUseForYet) {
  using google::protobuf::Struct;
  using google::protobuf::Value;
  ExpectReads<Value>("null", "null_value: NULL_VALUE");
  ExpectReads<Value>("1.5", "number_value: 1.5");
  ExpectReads<Value>("-3", "number_value: -3");
  ExpectReads<Value>("\"1\"", "string_value: '1'");
  ExpectReads<Value>("false", "bool_value: false");
  ExpectReads<Value>(R"([1, null, {"a": []}])",
                     R"(list_value { values { number_value: 1 } values { null_value: NULL_VALUE }
                        values { struct_value { fields { key: 'a' value { list_value {} } } } } })");
  ExpectReads<Struct>(R"({"a": {"b": 1}, "b": "x"})",
                      R"(fields { key: 'a' value { struct_value {
                           fields { key: 'b' value { number_value: 1 } } } } }
                         fields { key: 'b' value { string_value: 'x' } })");
  EXPECT_EQ(Malformed<Struct>(R"({"a": 1, "a": 2})"),
            "line 1, column 12 of the JSON: has a name that is given twice");
  EXPECT_EQ(Read<google::protobuf::Int64Value>("\"-7\"").value(), -7);
  EXPECT_EQ(Read<google::protobuf::BytesValue>("\"-_8\"").value(), "\xfb\xff");
  EXPECT_EQ(Read<google::protobuf::BytesValue>("\"+/8=\"").value(), "\xfb\xff");
  EXPECT_EQ(Read<google::protobuf::FloatValue>("-2.5").value(), -2.5f);
  EXPECT_TRUE(std::isnan(Read<google::protobuf::DoubleValue>("\"NaN\"").value()));
  EXPECT_EQ(Read<google::protobuf::DoubleValue>("\"-Infinity\"").value(),
            -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::signbit(Read<google::protobuf::DoubleValue>("-0.0").value()));
  Malformed<google::protobuf::FloatValue>("3.5e38");
  Malformed<google::protobuf::DoubleValue>("\"1e999\"");
  Malformed<google::protobuf::DoubleValue>("\"nan\"");
  Malformed<google::protobuf::BytesValue>("\"c4nary!\"");
  Malformed<google::protobuf::BytesValue>("\"Y Q=\"");
  Malformed<google::protobuf::UInt32Value>("-1");
  Malformed<google::protobuf::UInt64Value>("18446744073709551616");
  EXPECT_EQ(Read<google::protobuf::UInt64Value>("18446744073709551615").value(),
            std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(Malformed<google::protobuf::BoolValue>("\"true\""),
            "line 1, column 6 of the JSON: must be true or false");
}

TEST(ParseJson, ReadsMessagesOfAnyType) {
  const std::string json = R"({"results": [{"error": {"code": 3, "details": [
      {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "A"},
      {"domain": "b", "@type": "type.googleapis.com/google.rpc.ErrorInfo"}]}}]})";
  ExpectReads<v1::BatchEvaluateAccountsResponse>(json, R"(results { error { code: 3
      details { [type.googleapis.com/google.rpc.ErrorInfo] { reason: "A" } }
      details { [type.googleapis.com/google.rpc.ErrorInfo] { domain: "b" } } } })");
  EXPECT_THAT(Faults<v1::BatchEvaluateAccountsResponse>(R"({"results": [{"error": {"details": [
      {"@type": "c4nary"}, {"reason": "c4nary"}, 5,
      {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "a", "reason": "b"}]}}]})"),
              ElementsAre("results[0].error.details[0]: is no google.protobuf.Any in JSON",
                          "results[0].error.details[1]: is no google.protobuf.Any in JSON",
                          "results[0].error.details[2]: must be an object",
                          "results[0].error.details[3]: has a name that is given twice"));
}

TEST(ParseJson, ReadsLongText) {
  const std::string text(1 << 20, 'x');
  const auto request =
      Read<v1::EvaluateAccountRequest>(absl::StrCat("{\"accountId\":\"", text, "\"}"));
  EXPECT_EQ(request.account_id(), text);
  EXPECT_EQ(Printed(request).size(), text.size() + 16);
  EXPECT_THAT(FaultsOfRequest(absl::StrCat("{\"", text, "\":1,\"modelVersion\":\"", text, "\"}")),
              ElementsAre("?: is no field of EvaluateAccountRequest",
                          "model_version: must be a whole number within 32 bits"));
}

TEST(PrintJson, WritesOneLineOfCanonicalJson) {
  const auto response = FromText<v1::UpsertAccountRequest>(R"(
      account_id: "a\"b\\c\n\r\t\001\177\303\251<>"
      facts {
        past_due_cases: 0
        potential_mrr { amount { currency_code: "USD" units: -5 } }
        potential_mrr {}
        industry_reference: INDUSTRY_REFERENCE_UNSPECIFIED
        lifecycle_stage: 77
        custom { key: "b" value { int64: 0 } }
        custom { key: "a" value {} }
        custom { key: "c" value { bool: false } }
      }
      update_mask { paths: ["display_name", "potential_mrr"] })");
  EXPECT_EQ(Printed(response),
            R"({"accountId":"a\"b\\c\n\r\t\u0001)"
            "\x7f\u00e9<>"
            R"(","facts":{"potentialMrr":[{"amount":{"currencyCode":"USD","units":"-5"}},{}],)"
            R"("pastDueCases":0,"industryReference":"INDUSTRY_REFERENCE_UNSPECIFIED",)"
            R"("lifecycleStage":77,"custom":{"a":{},"b":{"int64":"0"},"c":{"bool":false}}},)"
            R"("updateMask":"displayName,potentialMrr"})");
  EXPECT_EQ(Printed(v1::UpsertAccountRequest()), "{}");
}

TEST(PrintJson, WritesTheWellKnownTypes) {
  const struct {
    const char* text;
    const char* json;
  } cases[] = {
      {"as_of_time {}", R"({"asOfTime":"1970-01-01T00:00:00Z"})"},
      {"as_of_time { seconds: -1 nanos: 900000000 }", R"({"asOfTime":"1969-12-31T23:59:59.900Z"})"},
      {"as_of_time { seconds: 253402300799 nanos: 1 }",
       R"({"asOfTime":"9999-12-31T23:59:59.000000001Z"})"},
      {"as_of_time { seconds: -62135596800 nanos: 1000 }",
       R"({"asOfTime":"0001-01-01T00:00:00.000001Z"})"},
      {"horizon {}", R"({"horizon":"0s"})"},
      {"horizon { nanos: -500000000 }", R"({"horizon":"-0.500s"})"},
      {"horizon { seconds: 3 nanos: 1 }", R"({"horizon":"3.000000001s"})"},
  };
  for (const auto& [text, json] : cases) {
    EXPECT_EQ(Printed(FromText<v1::ListReevaluationDueRequest>(text)), json);
  }
  EXPECT_EQ(Printed(FromText<google::protobuf::Value>("list_value { values { number_value: 1 } }")),
            "[1]");
  EXPECT_EQ(Printed(FromText<google::protobuf::DoubleValue>("value: 0.1")), "0.1");
  EXPECT_EQ(Printed(FromText<google::protobuf::FloatValue>("value: 0.1")), "0.1");
  EXPECT_EQ(Printed(FromText<google::protobuf::DoubleValue>("value: -inf")), "\"-Infinity\"");
  EXPECT_EQ(Printed(FromText<google::protobuf::BytesValue>("value: '\\373\\377'")), "\"+/8=\"");
}

TEST(PrintJson, RefusesWhatHasNoForm) {
  std::string json;
  for (const char* text : {"as_of_time { seconds: 253402300800 }", "as_of_time { nanos: -1 }",
                           "as_of_time { nanos: 1000000000 }", "horizon { seconds: 315576000001 }",
                           "horizon { seconds: 1 nanos: -1 }", "horizon { nanos: 1000000000 }"}) {
    EXPECT_EQ(PrintJson(FromText<v1::ListReevaluationDueRequest>(text), &json).code(),
              absl::StatusCode::kInternal)
        << text;
  }
  v1::EvaluateAccountRequest request;
  request.set_account_id("\xff");
  EXPECT_FALSE(PrintJson(request, &json).ok());
  request.set_account_id("");
  request.mutable_update_mask()->add_paths("notSnake");
  EXPECT_FALSE(PrintJson(request, &json).ok());
  request.mutable_update_mask()->set_paths(0, "_name");
  EXPECT_FALSE(PrintJson(request, &json).ok());
  v1::EvaluateAccountResult result;
  result.mutable_error()->add_details()->set_type_url("type.googleapis.com/none.Such");
  EXPECT_FALSE(PrintJson(result, &json).ok());
}

}  // namespace
}  // namespace tiermark
