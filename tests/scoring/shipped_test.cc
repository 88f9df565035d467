#include "scoring/shipped.h"

#include <algorithm>
#include <set>

#include "google/protobuf/descriptor.h"
#include "support.h"

namespace tiermark {
namespace {

TEST(ShippedModels, AreThreeAndCompileWithTheShippedRates) {
  std::vector<std::string> ids;
  for (const v1::ScoringModel& model : ShippedModels()) {
    ids.push_back(model.model_id());
    EXPECT_EQ(model.version(), 1);
    const auto compiled = CompiledModel::Compile(model, ShippedExchangeRates());
    EXPECT_TRUE(compiled.ok()) << compiled.status();
  }
  EXPECT_EQ(ids, (std::vector<std::string>{kSegmentationModelId, kLeadScoringModelId,
                                           kRiskProfileModelId}));
}

// A published version never changes: results out there carry these digests. A change of the text
// needs a new version, and a new line here.
TEST(ShippedModels, KeepTheirDigests) {
  EXPECT_EQ(ModelDigest(ShippedModels()[0]),
            "43d6f5ca5b419d3377b421401e263fd96e0f840989930484eaa9d0584e5db429");
  EXPECT_EQ(ModelDigest(ShippedModels()[1]),
            "e6b3d1dbc0bc2d8bcaa84a7d9b0d8ffc89a139bb49834c87fa70fcab2e5a463e");
  EXPECT_EQ(ModelDigest(ShippedModels()[2]),
            "e619cac8a4454dede1b233ef92629213e7399cd1f93335f31d3587b7104bd9f8");
}

// The labels of the tiers of a criterion, whatever its rule.
std::vector<std::string> LabelsOf(const v1::Criterion& criterion) {
  std::vector<std::string> labels;
  for (const auto& tier : criterion.numeric_tiers().tiers()) labels.push_back(tier.label());
  for (const auto& tier : criterion.money_tiers().tiers()) labels.push_back(tier.label());
  for (const auto& tier : criterion.recency_tiers().tiers()) labels.push_back(tier.label());
  for (const auto& tier : criterion.distinct_count_tiers().tiers()) labels.push_back(tier.label());
  for (const auto& category : criterion.category_points().categories()) {
    labels.push_back(category.label());
  }
  return labels;
}

TEST(ShippedModels, ExplainEveryCriterionTierAndCategory) {
  for (const v1::ScoringModel& model : ShippedModels()) {
    SCOPED_TRACE(model.model_id());
    EXPECT_FALSE(model.description().empty());
    for (const v1::Criterion& criterion : model.criteria()) {
      SCOPED_TRACE(criterion.criterion_id());
      EXPECT_FALSE(criterion.display_name().empty());
      EXPECT_FALSE(criterion.description().empty());
      const std::vector<std::string> labels = LabelsOf(criterion);
      EXPECT_EQ(labels.empty(), criterion.has_presence_points());
      EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(), labels.size());
      EXPECT_EQ(std::count(labels.begin(), labels.end(), ""), 0);
      for (const v1::Category& category : criterion.category_points().categories()) {
        EXPECT_FALSE(category.test().empty()) << category.value();
      }
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
