// Models in text format: how they are written, and every fault of a text with its place.
#include "scoring/model_text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/message_differencer.h"
#include "model_faults.h"
#include "scoring/embedded.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;
using Strings = std::vector<std::string>;

// The faults of the text alone.
Strings TextFaults(absl::string_view text) {
  return Lines(ReadModelText(text, CheckNothing).faults);
}

v1::ScoringModel WithoutVersion(v1::ScoringModel model) {
  model.clear_version();
  return model;
}

// A shipped text as a model is written: without comments and the version.
std::string Bare(absl::string_view shipped) {
  std::string bare;
  for (const absl::string_view line : absl::StrSplit(shipped, '\n')) {
    if (absl::StartsWith(line, "#") || absl::StartsWith(line, "version:")) continue;
    if (line.empty() && (bare.empty() || absl::EndsWith(bare, "\n\n"))) continue;
    absl::StrAppend(&bare, line, "\n");
  }
  bare.pop_back();
  return bare;
}

TEST(ModelToText, LaysModelsOutAsTheShippedOnesAre) {
  EXPECT_EQ(ModelToText(ShippedModels()[0]), Bare(kModelsAccountSegmentation));
  EXPECT_EQ(ModelToText(ShippedModels()[1]), Bare(kModelsLeadScoring));
  EXPECT_EQ(ModelToText(ShippedModels()[2]), Bare(kModelsRiskProfile));
}

TEST(ModelToText, KeepsTextReadable) {
  v1::ScoringModel model;
  model.set_version(3);
  model.set_display_name("Segmentaci\u00f3n \u201c\u20ac\u201d");
  model.set_description(std::string("\"a'\"\n\t\\'\0b", 10));
  EXPECT_EQ(ModelToText(model),
            "display_name: \"Segmentaci\u00f3n \u201c\u20ac\u201d\"\n"
            "description: \"\\\"a'\\\"\\n\\t\\\\'\\000b\"\n");
  EXPECT_EQ(ReadModelText(ModelToText(model), CheckNothing).model.description(),
            model.description());
  EXPECT_EQ(ModelToText({}), "");
}

TEST(ModelToText, BreaksRowsOfMoreThan100Characters) {
  v1::ScoringModel model;
  auto* tier = model.add_criteria()->mutable_numeric_tiers()->add_tiers();
  for (int i = 0; i < 67; ++i) tier->mutable_label()->append("\u00e9");
  const std::string label = absl::StrCat("label: \"", tier->label(), "\"");
  EXPECT_EQ(
      ModelToText(model),
      absl::StrCat("criteria {\n  numeric_tiers {\n    tiers { points: 0 ", label, " }\n  }\n}\n"));
  tier->set_points(10);
  tier->mutable_label()->append("e");
  EXPECT_EQ(ModelToText(model),
            absl::StrCat("criteria {\n  numeric_tiers {\n    tiers {\n      points: 10 label: \"",
                         tier->label(), "\"\n    }\n  }\n}\n"));
}

TEST(ReadModelText, ReadsTheShippedTexts) {
  const char* const texts[] = {kModelsAccountSegmentation, kModelsLeadScoring, kModelsRiskProfile};
  for (int i = 0; i < 3; ++i) {
    const ModelReading reading = ReadModelText(texts[i]);
    EXPECT_EQ(Lines(reading.faults), Strings{});
    EXPECT_TRUE(MessageDifferencer::Equals(reading.model, WithoutVersion(ShippedModels()[i])));
  }
}

TEST(ReadModelText, DoesNotLookAtTheVersion) {
  const std::string text = ModelToText(ShippedModels()[0]);
  for (const char* version : {"", "version: 0", "version: 9", "version: -1"}) {
    const ModelReading reading = ReadModelText(absl::StrCat(text, version));
    EXPECT_EQ(Lines(reading.faults), Strings{}) << version;
    EXPECT_EQ(reading.model.version(), 0);
  }
}

TEST(ReadModelText, TakesByteOrderMarksAndLineEndsOfEitherKind) {
  const std::string windows = absl::StrReplaceAll(kModelsAccountSegmentation, {{"\n", "\r\n"}});
  for (const std::string& text : {absl::StrCat("\xef\xbb\xbf", kModelsAccountSegmentation), windows,
                                  absl::StrCat("\xef\xbb\xbf", windows)}) {
    const ModelReading reading = ReadModelText(text);
    EXPECT_EQ(Lines(reading.faults), Strings{});
    EXPECT_TRUE(MessageDifferencer::Equals(reading.model, WithoutVersion(ShippedModels()[0])));
  }
  EXPECT_EQ(TextFaults("\xef\xbb\xbf?"),
            Strings{"1:1 | a field name or a closing brace is expected "
                    "here"});
  EXPECT_EQ(TextFaults("\r\n\r\n ?"), Strings{"3:2 | a field name or a closing brace is expected "
                                              "here"});
}

TEST(ReadModelText, SaysWhatCannotBeReadAndWhere) {
  const struct {
    const char* text;
    Strings faults;
  } cases[] = {
      {"model_id: 'a'\nmodle: 'b'", {"2:1 | ScoringModel has no field of this name"}},
      {"criteria {\n  \t weight  # %\n: 1 }", {"2:5 | Criterion has no field of this name"}},
      {"criteria { numeric_tiers { tiers { bound: 1 } } }",
       {"1:36 | NumericTier has no field of this name"}},
      {"bands { } }", {"1:11 | a field name or a closing brace is expected here"}},
      {"bands {", {"1:8 | the text ends before the model does"}},
      {"bands { min_score:", {"1:19 | the text ends before the model does"}},
      {"bands [ {}, {}", {"1:15 | the text ends before the model does"}},
      {"bands [ {} {} ]", {"1:12 | , is expected here"}},
      {"model_id 'a'", {"1:10 | : is expected here"}},
      {"criteria 5", {"1:10 | { is expected here"}},
      {"bands < min_score: 1 }", {"1:22 | > is expected here"}},
      {"model_id: a", {"1:11 | must be a text in quotation marks"}},
      {"bands { min_score: '5' }", {"1:20 | must be a whole number within 32 bits"}},
      {"bands { min_score: 5.0 }", {"1:20 | must be a whole number within 32 bits"}},
      {"bands { min_score: 2147483648 }", {"1:20 | must be a whole number within 32 bits"}},
      {"method: 'POINTS'", {"1:9 | must be the name of one of its values"}},
      {"method:  POINTS bands {}", {"1:10 | must be the name of one of its values"}},
      {"model_id: 'a'\nmodel_id: 'b'", {"2:1 | is given twice"}},
      {"criteria { money_tiers {} numeric_tiers {} }",
       {"1:27 | excludes another field that is given already"}},
      {"[a.b]: 1", {"1:6 | a model has no extensions"}},
      {"model_id: 'a\nb'",
       {"1:13 | quotation marks must be closed on the line they are opened on",
        "2:1 | ScoringModel has no field of this name",
        "2:3 | the text ends before the model does"}},
      {"model_id: 'a", {"1:13 | the text ends before the model does"}},
      {"model_id: '\\q'", {"1:13 | is not an escape sequence"}},
      {"model_id: '\\x'", {"1:14 | is not an escape sequence"}},
      {"model_id: '\\u12'", {"1:16 | is not an escape sequence"}},
      {"bands { min_score: 0x }", {"1:22 | is not a number"}},
      {"bands { min_score: 09 }",
       {"1:20 | must be a whole number within 32 bits", "1:21 | is not a number"}},
      {"bands { min_score: 1e }",
       {"1:20 | must be a whole number within 32 bits", "1:22 | is not a number"}},
      {"bands { min_score: 5a }", {"1:21 | a number and a name need a space between them"}},
      {"model_id: 'a' \x01\x02\n",
       {"1:15 | control characters are only allowed in quotation marks, as escape sequences"}},
      {"mod\u00e9l: 'a'",
       {"1:1 | ScoringModel has no field of this name",
        "1:4 | letters that are not ASCII are only allowed in quotation marks and comments"}},
      {"# \u00e9\nmodel_id: 'a\u00e9' \u00e9",
       {"2:16 | letters that are not ASCII are only allowed in quotation marks and comments"}},
  };
  for (const auto& [text, faults] : cases) {
    EXPECT_EQ(TextFaults(text), faults) << text;
    EXPECT_EQ(ReadModelText(text).model.ByteSizeLong(), 0u) << text;
  }
}

TEST(ReadModelText, RefusesBytesThatAreNoText) {
  EXPECT_EQ(TextFaults("model_id: 'a'\n  '\xff'"), Strings{"2:4 | must be valid UTF-8"});
  EXPECT_EQ(TextFaults("# \xc3"), Strings{"1:3 | must be valid UTF-8"});
  const Strings control{
      "1:4 | control characters are only allowed in quotation marks, as escape sequences"};
  EXPECT_EQ(TextFaults(absl::string_view("#  \0", 4)), control);
  EXPECT_EQ(TextFaults(absl::string_view("   \0\0 model_id: 'a'", 19)), control);
  EXPECT_EQ(TextFaults(absl::string_view("model_id: 'a\0b'", 15))[0],
            "1:13 | the text ends within quotation marks");
  // Escape sequences make such bytes too.
  EXPECT_EQ(TextFaults("model_id: 'a'\n bands { grade: '\\377' } criteria { fact: '\\xc3' }"),
            (Strings{"2:10 bands[0].grade | must be valid UTF-8",
                     "2:37 criteria[0].fact | must be valid UTF-8"}));
  EXPECT_EQ(TextFaults("description: '\\0\\303\\251'"), Strings{});
}

TEST(ReadModelText, TellsNoMoreThan100FaultsOfTheText) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "\x01 bands {}\n";
  EXPECT_EQ(TextFaults(text).size(), kTextFaultsMax);
  text.clear();
  for (int i = 0; i < 200; ++i) text += "bands { grade: '\\377' }\n";
  EXPECT_EQ(TextFaults(text).size(), kTextFaultsMax);
}

TEST(ReadModelText, RefusesTextsOfMoreThan512KiB) {
  std::string text = ModelToText(ShippedModels()[0]);
  text.resize(kModelSourceBytesMax, ' ');
  EXPECT_EQ(Lines(ReadModelText(text).faults), Strings{});
  text += ' ';
  EXPECT_EQ(Lines(ReadModelText(text).faults), Strings{"| must be 512 KiB at most"});
}

TEST(ReadModelText, TakesDeepNestingForWhatItIs) {
  std::string text;
  for (int i = 0; i < 80'000; ++i) text += "bands{";
  EXPECT_EQ(TextFaults(text), Strings{"1:7 | Band has no field of this name"});
  EXPECT_EQ(TextFaults(std::string(500'000, '[')).size(), 1u);
}

TEST(ReadModelText, FindsThePlacesOfWhatIsWrongWithTheModel) {
  const std::string slug = "must be 1 to 64 bytes: lower-case words joined by hyphens";
  const std::string zero = "must be 0 in the last band, so that every score has one";
  const std::string last = "must be absent in the last tier, which takes all the rest";
  const ModelReading reading = ReadModelText(
      "display_name: 'A' method: SCORING_METHOD_WEIGHTED\n"
      "criteria {\n"
      "  criterion_id: 'a' fact: 'employees'\n"
      "  weight_percent: 100\n"
      "  numeric_tiers {\n"
      "    tiers { at_least: '5' points: 200 }\n"
      "    tiers {\n"
      "      points: 0\n"
      "      at_least: 'x'\n"
      "} } }\n"
      "criteria { fact: 'countries' weight_percent: 1 }\n"
      "bands { band_id: 'all' display_name: 'All' min_score: 5 }\n");
  EXPECT_EQ(
      Lines(reading.faults),
      (Strings{"model_id | " + slug,
               "6:27 criteria[0].numeric_tiers.tiers[0].points | must be 0 to 100",
               "9:7 criteria[0].numeric_tiers.tiers[1].at_least | " + last,
               "11:1 criteria[1].criterion_id | " + slug, "11:1 criteria[1].rule | must be given",
               "2:1 criteria | must have weights that add up to 100, not 101",
               "12:44 bands[0].min_score | " + zero}));
  EXPECT_EQ(reading.model.criteria_size(), 2);
}

TEST(ReadModelText, FindsPlacesInListsInBrackets) {
  const auto check = [](const v1::ScoringModel&, Violations* violations) {
    for (const char* field : {"bands[0]", "bands[1]", "bands[1].grade", "bands[2].grade",
                              "bands[3].min_score", "bands", "criteria[0].fact"}) {
      violations->Add(field, "");
    }
  };
  EXPECT_EQ(Lines(ReadModelText("bands: [{}, {grade: 'a'}]\n  bands { grade: 'b' } bands {}", check)
                      .faults),
            (Strings{"1:1 bands[0] | ", "1:1 bands[1] | ", "1:14 bands[1].grade | ",
                     "2:11 bands[2].grade | ", "1:1 bands[3].min_score | ", "1:1 bands | ",
                     "criteria[0].fact | "}));
}

TEST(ReadModelText, ChecksModelsAsItIsTold) {
  const auto check = [](const v1::ScoringModel& model, Violations* violations) {
    EXPECT_EQ(model.version(), 1);
    violations->Add("reference_currency", "has no rate");
  };
  const std::string text = "method: SCORING_METHOD_POINTS reference_currency: 'EUR' version: 5";
  EXPECT_EQ(Lines(ReadModelText(text, check).faults),
            Strings{"1:31 reference_currency | has no rate"});
  EXPECT_EQ(Lines(FaultsOfModel({}, check)), Strings{"reference_currency | has no rate"});
}

TEST(FaultsOfModel, AreThoseOfTheModelWithoutPlaces) {
  EXPECT_EQ(Lines(FaultsOfModel(WithoutVersion(ShippedModels()[0]))), Strings{});
  v1::ScoringModel model = ShippedModels()[0];
  model.mutable_criteria(1)->set_weight_percent(0);
  EXPECT_EQ(Lines(FaultsOfModel(model)), Strings{"criteria[1].weight_percent | must be 1 to 100"});
}

}  // namespace
}  // namespace tiermark
