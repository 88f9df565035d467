// Texts by chance: models come back as they were, and texts that are broken anywhere are refused,
// or mean the same to protobuf.
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "model_faults.h"
#include "random_models.h"
#include "scoring/shipped.h"
#include "scoring/text.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::util::MessageDifferencer;

// What stands for a value that must not come back.
constexpr char kSecret[] = "s3cr3t";

constexpr const char* kPieces[] = {"{",      "}",      "[",
                                   "]",      "\"",     "'",
                                   ":",      ",",      "\n",
                                   "\\",     "#",      "-",
                                   "0",      "99999",  "1e9",
                                   "\xff",   "\u00e9", "\\u12",
                                   "null",   "//",     "true",
                                   "points", "tiers ", "bands {",
                                   "\"a\"",  "\t",     "\"label\": \"s3cr3t\","};

// A sound model with texts of any kind.
v1::ScoringModel RandomTexts(Chance* chance) {
  const bool weighted = chance->OneIn(2);
  v1::ScoringModel model =
      RandomModel(chance, weighted ? v1::SCORING_METHOD_WEIGHTED : v1::SCORING_METHOD_POINTS);
  const auto text = [chance] {
    std::string out;
    for (int64_t n = chance->Between(0, 20); n > 0; --n) {
      const std::string piece = chance->Pick(kPieces);
      if (IsUtf8(piece)) out += piece;
      if (chance->OneIn(8)) out += static_cast<char>(chance->Between(0, 127));
    }
    return out;
  };
  model.set_description(text());
  for (v1::Criterion& criterion : *model.mutable_criteria()) {
    criterion.set_display_name(text());
    for (auto& tier : *criterion.mutable_numeric_tiers()->mutable_tiers()) tier.set_label(text());
    for (auto& category : *criterion.mutable_category_points()->mutable_categories()) {
      category.set_label(text());
      category.set_test(text());
    }
  }
  return model;
}

v1::ScoringModel AnyModel(Chance* chance) {
  return chance->OneIn(4) ? chance->Pick(ShippedModels()) : RandomTexts(chance);
}

void ExpectSame(const v1::ScoringModel& model, const ModelReading& reading) {
  ASSERT_TRUE(reading.faults.empty()) << reading.faults[0].DebugString();
  v1::ScoringModel expected = model;
  expected.clear_version();
  EXPECT_TRUE(MessageDifferencer::Equals(reading.model, expected)) << expected.DebugString();
}

TEST(ModelText, ComesBackAsItWas) {
  Chance chance;
  for (int round = 0; round < 300; ++round) {
    const v1::ScoringModel model = AnyModel(&chance);
    ExpectSame(model, ReadModelText(ModelToText(model), CheckNothing));
    ExpectSame(model, ReadModelJson(ModelToJson(model), CheckNothing));
  }
}

std::string Break(std::string text, Chance* chance) {
  for (int64_t n = chance->Between(1, 3); n > 0; --n) {
    const size_t at = chance->Between(0, static_cast<int64_t>(text.size()));
    const size_t size = chance->Between(0, chance->OneIn(4) ? 200 : 3);
    switch (chance->Between(1, 4)) {
      case 1:
        text.erase(at, size);
        break;
      case 2:
        text.insert(at, chance->Pick(kPieces));
        break;
      case 3:
        text.insert(at, text.substr(chance->Between(0, static_cast<int64_t>(at)), size));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(chance->Between(0, 255));
    }
  }
  return text;
}

// Reads broken texts. `reads` says what protobuf reads of one.
void ExpectRefusedOrTheSame(
    const std::function<std::string(const v1::ScoringModel&)>& write,
    const std::function<ModelReading(absl::string_view)>& read,
    const std::function<bool(const std::string&, v1::ScoringModel*)>& reads) {
  Chance chance;
  int read_through = 0;
  for (int round = 0; round < 3'000; ++round) {
    v1::ScoringModel model = AnyModel(&chance);
    model.mutable_criteria(0)->set_description(kSecret);
    const std::string text = Break(write(model), &chance);
    const ModelReading reading = read(text);
    for (const v1::ModelFault& fault : reading.faults) {
      EXPECT_FALSE(fault.message().empty());
      EXPECT_TRUE(IsPrintable(fault.message())) << fault.message();
      EXPECT_FALSE(absl::StrContains(fault.message(), kSecret)) << fault.message();
      EXPECT_EQ(fault.has_line(), fault.has_column());
      if (fault.has_line()) {
        EXPECT_GE(fault.line(), 1);
        EXPECT_GE(fault.column(), 1);
      }
    }
    v1::ScoringModel expected;
    if (reading.model.criteria().empty()) continue;
    ASSERT_TRUE(reads(text, &expected)) << text;
    ++read_through;
    expected.clear_version();
    EXPECT_TRUE(MessageDifferencer::Equals(reading.model, expected)) << text;
    // Nothing is wrong with it only if nothing is wrong with what protobuf reads.
    EXPECT_EQ(reading.faults.empty(), FaultsOfModel(expected).empty()) << text;
  }
  EXPECT_GT(read_through, 100);
}

TEST(ModelText, IsRefusedWhenBrokenOrMeansTheSameToProtobuf) {
  class Silent : public google::protobuf::io::ErrorCollector {
    void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
  };
  ExpectRefusedOrTheSame(
      ModelToText, [](absl::string_view text) { return ReadModelText(text); },
      [](const std::string& text, v1::ScoringModel* model) {
        Silent silent;
        google::protobuf::TextFormat::Parser parser;
        parser.RecordErrorsTo(&silent);
        return parser.ParseFromString(text, model);
      });
}

TEST(ModelText, InJsonIsRefusedWhenBrokenOrMeansTheSameToProtobuf) {
  ExpectRefusedOrTheSame(
      ModelToJson, [](absl::string_view text) { return ReadModelJson(text); },
      [](const std::string& text, v1::ScoringModel* model) {
        return google::protobuf::util::JsonStringToMessage(text, model).ok();
      });
}

TEST(ModelText, OfRandomBytesIsRefused) {
  Chance chance;
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    for (int64_t n = chance.Between(1, 60); n > 0; --n) {
      text += chance.OneIn(2) ? std::string(chance.Pick(kPieces))
                              : std::string(1, static_cast<char>(chance.Between(0, 255)));
    }
    EXPECT_FALSE(ReadModelText(text).faults.empty()) << text;
    EXPECT_FALSE(ReadModelJson(text).faults.empty()) << text;
  }
}

}  // namespace
}  // namespace tiermark
