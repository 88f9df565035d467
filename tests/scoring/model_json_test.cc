// Models in JSON: how they are written, and every fault of a text with its path and place.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "model_faults.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using Strings = std::vector<std::string>;

// The faults of the text alone.
Strings TextFaults(absl::string_view json) {
  return Lines(ReadModelJson(json, CheckNothing).faults);
}

v1::ScoringModel WithoutVersion(v1::ScoringModel model) {
  model.clear_version();
  return model;
}

TEST(ModelToJson, NamesFieldsAsTheProtoDoesAndIndentsThem) {
  const auto model = FromText<v1::ScoringModel>(
      "model_id: 'a' version: 7 description: '\\303\\251<\\n' method: SCORING_METHOD_WEIGHTED "
      "criteria { weight_percent: 5 missing_points: 0 numeric_tiers { tiers { at_least: '5' } "
      "tiers { label: 'all' } } } bands { segment: SEGMENT_SMB }");
  EXPECT_EQ(ModelToJson(model), R"({
  "model_id": "a",
  "description": "é<\n",
  "method": "SCORING_METHOD_WEIGHTED",
  "criteria": [
    {
      "weight_percent": 5,
      "missing_points": 0,
      "numeric_tiers": {
        "tiers": [
          {
            "at_least": "5",
            "points": 0
          },
          {
            "points": 0,
            "label": "all"
          }
        ]
      }
    }
  ],
  "bands": [
    {
      "min_score": 0,
      "segment": "SEGMENT_SMB"
    }
  ]
}
)");
  EXPECT_EQ(ModelToJson({}), "{}\n");
}

TEST(ModelToJson, IsReadByProtobufToo) {
  for (const v1::ScoringModel& model : ShippedModels()) {
    v1::ScoringModel read;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(ModelToJson(model), &read).ok());
    EXPECT_TRUE(MessageDifferencer::Equals(read, WithoutVersion(model)));
  }
}

TEST(ReadModelJson, ReadsWhatIsWrittenByUsAndByProtobuf) {
  for (const v1::ScoringModel& model : ShippedModels()) {
    std::string camel_case;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(model, &camel_case).ok());
    const std::string ours = ModelToJson(model);
    for (const std::string& json : {ours, camel_case, absl::StrCat("\xef\xbb\xbf", ours),
                                    std::string(absl::StrReplaceAll(ours, {{"\n", "\r\n"}}))}) {
      const ModelReading reading = ReadModelJson(json);
      EXPECT_EQ(Lines(reading.faults), Strings{});
      EXPECT_TRUE(MessageDifferencer::Equals(reading.model, WithoutVersion(model)));
    }
  }
}

TEST(ReadModelJson, TakesTheFormsOfTheMapping) {
  const ModelReading reading = ReadModelJson(
      R"({"modelId": "\u00e9\ud83d\ude00\u0000", "version": "3", "method": 2, "bands": [
          {"minScore": "-12", "segment": null, "grade": null}, {"min_score": 5.0, "segment": 9},
          {"min_score": 1e2}, {"min_score": -2147483648}, {"min_score": 2147483647}],
          "criteria": [{"money_tiers": null, "numeric_tiers": {}}], "display_name": null})",
      CheckNothing);
  EXPECT_EQ(Lines(reading.faults), Strings{});
  v1::ScoringModel expected = FromText<v1::ScoringModel>(
      "method: SCORING_METHOD_POINTS bands { min_score: -12 } bands { min_score: 5 segment: 9 } "
      "bands { min_score: 100 } bands { min_score: -2147483648 } bands { min_score: 2147483647 } "
      "criteria { numeric_tiers {} }");
  expected.set_model_id(std::string("\u00e9\U0001f600\0", 7));
  EXPECT_TRUE(MessageDifferencer::Equals(reading.model, expected)) << reading.model.DebugString();
}

TEST(ReadModelJson, SaysWhatIsNoJsonAndWhere) {
  const struct {
    const char* json;
    const char* fault;
  } cases[] = {
      {"", "1:1 | must be JSON: unexpected end of input; expected '[', '{', or a literal"},
      {"{\n  \"model_id\": \"a\",\n}",
       "3:1 | must be JSON: unexpected '}'; expected string literal"},
      {"{\"bands\": [{},]}",
       "1:15 | must be JSON: unexpected ']'; expected '[', '{', or a literal"},
      {"{} // all", "1:4 | must be JSON: invalid literal"},
      {"{} {}", "1:4 | must be JSON: unexpected '{'; expected end of input"},
      {"/* none */ {}", "1:1 | must be JSON: invalid literal"},
      {"{'model_id': 1}", "1:2 | must be JSON: invalid literal"},
      {"{\"model_id\" 1}", "1:13 | must be JSON: unexpected number literal; expected ':'"},
      {"{\"model_id\": \"a\"", "1:17 | must be JSON: unexpected end of input; expected '}'"},
      {"{\"model_id\": \"a\nb\"}",
       "1:16 | must be JSON: invalid string: control character U+000A (LF) must be escaped to "
       "\\u000A or \\n"},
      {"{\"model_id\": \"\u00e9\u00e9\\x\"}",
       "1:18 | must be JSON: invalid string: forbidden character after backslash"},
      {"{\"model_id\": \"\\ud800\"}",
       "1:21 | must be JSON: invalid string: surrogate U+D800..U+DBFF must be followed by "
       "U+DC00..U+DFFF"},
      {"{\"version\": 01}", "1:14 | must be JSON: unexpected number literal; expected '}'"},
      {"{\"version\": NaN}", "1:13 | must be JSON: invalid literal"},
      {"{\"version\": 1e999}", "1:17 | must be JSON: a number is too large"},
      {"{\"version\": tru}", "1:16 | must be JSON: invalid literal"},
  };
  for (const auto& [json, fault] : cases) {
    EXPECT_EQ(TextFaults(json), Strings{fault}) << json;
    EXPECT_EQ(ReadModelJson(json).model.ByteSizeLong(), 0u) << json;
  }
  EXPECT_EQ(TextFaults("{\"model_id\": \"\xff\"}"), Strings{"1:15 | must be valid UTF-8"});
  for (const absl::string_view json :
       {absl::string_view("{}\0", 3), absl::string_view("{}\0}", 4)}) {
    EXPECT_EQ(TextFaults(json), Strings{"1:3 | must be JSON: a NUL byte is not allowed"});
  }
}

TEST(ReadModelJson, TellsAllFieldsThatAreUnknownOrOfTheWrongType) {
  const std::string whole = "must be a whole number within 32 bits";
  EXPECT_EQ(
      TextFaults(R"({
  "modle_id": "a",
  "version": 1.5,
  "display_name": 5,
  "description": ["a"],
  "method": "POINTS",
  "criteria": [
    {"weight": {"deep": [{"er": 1}]}, "weight_percent": "5 %", "fact": true},
    "potential-mrr",
    {"numeric_tiers": {"tiers": [{"at_least": 5}, null, [], {"points": 2147483648}]}},
    {"numeric_tiers": [], "missing_points": " 5"}
  ],
  "bands": {"band_id": "a"},
  "weird name\n": 1
})"),
      (Strings{"2:3 modle_id | ScoringModel has no field of this name",
               "3:14 version | must be a whole number within 32 bits",
               "4:19 display_name | must be a string", "5:18 description | must be a string",
               "6:13 method | must be the name of one of its values",
               "8:6 criteria[0].weight | Criterion has no field of this name",
               "8:57 criteria[0].weight_percent | must be a whole number within 32 bits",
               "8:72 criteria[0].fact | must be a string", "9:5 criteria[1] | must be an object",
               "10:47 criteria[2].numeric_tiers.tiers[0].at_least | must be a string",
               "10:51 criteria[2].numeric_tiers.tiers[1] | must be an object",
               "10:57 criteria[2].numeric_tiers.tiers[2] | must be an object",
               "10:72 criteria[2].numeric_tiers.tiers[3].points | " + whole,
               "11:23 criteria[3].numeric_tiers | must be an object",
               "11:45 criteria[3].missing_points | must be a whole number within 32 bits",
               "13:12 bands | must be an array", "14:3 | ScoringModel has no field of this name"}));
  for (const char* json : {"[]", "null", "5", "\"a\"", "true", "-1", "1.5"}) {
    EXPECT_EQ(TextFaults(json), Strings{"1:1 | must be an object"}) << json;
  }
  EXPECT_EQ(TextFaults("{\"method\": 1.0}"),
            Strings{"1:12 method | must be the name of one of its values"});
  for (const char* number :
       {"2147483648", "-2147483649", "3e9", "-3e9", "1e300", "0.5", "18446744073709551615",
        "18446744073709551616", "\"2147483648\"", "\"01\"", "\"-\"", "\"+1\"", "\"1.0\"", "\"\"",
        "\"99999999999999999999\""}) {
    EXPECT_EQ(TextFaults(absl::StrCat("{\"version\": ", number, "}")),
              Strings{"1:13 version | must be a whole number within 32 bits"})
        << number;
  }
}

TEST(ReadModelJson, RefusesWhatIsGivenTwice) {
  EXPECT_EQ(
      TextFaults(R"({"model_id": "a", "model_id": "a", "bands": [{}, {"grade": "", "grade": 5}]})"),
      (Strings{"1:19 model_id | is given twice", "1:64 bands[1].grade | is given twice"}));
  // Under two names, and in what is no model's.
  EXPECT_EQ(TextFaults(R"({"modelId": "a", "model_id": null, "a": {"b": 1, "b": 2}})"),
            (Strings{"1:18 model_id | is given twice",
                     "1:36 a | ScoringModel has no field of this name", "1:50 | is given twice"}));
  EXPECT_EQ(
      TextFaults(R"({"criteria": [{"money_tiers": {}, "numeric_tiers": {"tiers": 5}}]})"),
      Strings{"1:52 criteria[0].numeric_tiers | excludes another field that is given already"});
}

TEST(ReadModelJson, RefusesMoreThan32Levels) {
  const auto nested = [](int levels) {
    const std::string open(levels - 1, '[');
    const std::string close(levels - 1, ']');
    return TextFaults(absl::StrCat("{\"a\":", open, close, "}"));
  };
  const std::string unknown = "1:2 a | ScoringModel has no field of this name";
  EXPECT_EQ(nested(32), Strings{unknown});
  EXPECT_EQ(nested(33), (Strings{unknown, "1:37 | is nested too deeply"}));
  EXPECT_EQ(nested(200'000), (Strings{unknown, "1:37 | is nested too deeply"}));
}

TEST(ReadModelJson, TellsNoMoreThan100FaultsOfTheText) {
  std::string json = "{\"bands\": [";
  for (int i = 0; i < 200; ++i) json += "{\"a\": 1},";
  json += "{}]}";
  EXPECT_EQ(TextFaults(json).size(), kTextFaultsMax);
}

TEST(ReadModelJson, RefusesTextsOfMoreThan512KiB) {
  std::string json = ModelToJson(ShippedModels()[0]);
  json.resize(kModelSourceBytesMax, '\n');
  EXPECT_EQ(Lines(ReadModelJson(json).faults), Strings{});
  json += ' ';
  EXPECT_EQ(Lines(ReadModelJson(json).faults), Strings{"| must be 512 KiB at most"});
}

TEST(ReadModelJson, FindsThePlacesOfWhatIsWrongWithTheModel) {
  const ModelReading reading = ReadModelJson(R"({
  "displayName": "A", "model_id": "a", "method": "SCORING_METHOD_WEIGHTED",
  "criteria": [
    {"criterion_id": "a", "fact": "employees", "weightPercent": 101,
     "numeric_tiers": {"tiers": [
       {"at_least": "5", "points" : 200}, {"points": 0}]}},
    {"criterion_id": "b", "fact": "country"}],
  "bands": []
})");
  EXPECT_EQ(
      Lines(reading.faults),
      (Strings{"4:48 criteria[0].weight_percent | must be 1 to 100",
               "6:26 criteria[0].numeric_tiers.tiers[0].points | must be 0 to 100",
               "7:5 criteria[1].weight_percent | must be 1 to 100",
               "7:5 criteria[1].rule | must be given", "8:3 bands | must be 1 to 101 bands"}));
  EXPECT_EQ(reading.model.criteria_size(), 2);
}

}  // namespace
}  // namespace tiermark
