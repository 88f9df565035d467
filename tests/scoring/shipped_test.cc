#include "scoring/shipped.h"

#include <set>

#include "google/protobuf/descriptor.h"
#include "support.h"

namespace tiermark {
namespace {

TEST(ShippedModels, CompileWithTheShippedRates) {
  ASSERT_EQ(ShippedModels().size(), 1u);
  const v1::ScoringModel& model = ShippedModels()[0];
  EXPECT_EQ(model.model_id(), kSegmentationModelId);
  EXPECT_EQ(model.version(), 1);
  EXPECT_TRUE(CompiledModel::Compile(model, ShippedExchangeRates()).ok());
}

// A published version never changes: results out there carry this digest. A change of the text
// needs a new version, and a new line here.
TEST(ShippedModels, KeepTheirDigests) {
  EXPECT_EQ(ModelDigest(ShippedModels()[0]),
            "43d6f5ca5b419d3377b421401e263fd96e0f840989930484eaa9d0584e5db429");
}

TEST(ShippedModels, ExplainEveryCriterionAndCategory) {
  for (const v1::Criterion& criterion : ShippedModels()[0].criteria()) {
    EXPECT_FALSE(criterion.display_name().empty());
    EXPECT_FALSE(criterion.description().empty());
    for (const v1::Category& category : criterion.category_points().categories()) {
      EXPECT_FALSE(category.label().empty());
      EXPECT_FALSE(category.test().empty()) << category.value();
    }
  }
}

TEST(ShippedPlaybooks, AreFourFromStrategicToSmbAndWhole) {
  ASSERT_EQ(ShippedPlaybooks().size(), 4u);
  const google::protobuf::Descriptor* descriptor = v1::Playbook::descriptor();
  for (int i = 0; i < 4; ++i) {
    const v1::Playbook& playbook = ShippedPlaybooks()[i];
    EXPECT_EQ(playbook.segment(), v1::SEGMENT_STRATEGIC + i);
    EXPECT_EQ(playbook.version(), 1);
    for (int field = 0; field < descriptor->field_count(); ++field) {
      EXPECT_TRUE(playbook.GetReflection()->HasField(playbook, descriptor->field(field)))
          << descriptor->field(field)->name();
    }
  }
}

TEST(ShippedPlaybooks, SayTheSameNowhere) {
  std::set<std::string> texts;
  int fields = 0;
  for (const v1::Playbook& playbook : ShippedPlaybooks()) {
    for (const std::string& text :
         {playbook.relationship_owner(), playbook.meeting_cadence(), playbook.commercial_approach(),
          playbook.expansion_strategy(), playbook.support_model(), playbook.resource_allocation(),
          playbook.prospect_action(), playbook.client_action()}) {
      texts.insert(text);
      ++fields;
    }
  }
  EXPECT_EQ(texts.size(), static_cast<size_t>(fields));
}

TEST(ShippedExchangeRates, AreDollarsAlone) {
  const v1::ExchangeRates& rates = ShippedExchangeRates();
  EXPECT_EQ(rates.version(), 1);
  EXPECT_EQ(rates.reference_currency(), "USD");
  ASSERT_EQ(rates.rates_size(), 1);
  EXPECT_EQ(rates.rates(0).currency_code(), "USD");
}

}  // namespace
}  // namespace tiermark
