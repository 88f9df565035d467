// What is told of the differences between two models, and that none is missed.
#include "scoring/model_diff.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/message_differencer.h"
#include "random_models.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Lines = std::vector<std::string>;

// "field | message" of each difference, with plain spaces for those that do not break.
Lines Told(const v1::ScoringModel& from, const v1::ScoringModel& to) {
  Lines lines;
  for (const v1::ModelDifference& difference : DiffModels(from, to)) {
    lines.push_back(
        absl::StrReplaceAll(absl::StrCat(difference.field(), " | ", difference.message()),
                            {{"\u00a0", " "}, {"\u2192", "->"}, {"\u2265", ">="}}));
  }
  return lines;
}

// What is told of the shipped segmentation model after a change.
Lines After(const std::function<void(v1::ScoringModel*)>& change) {
  v1::ScoringModel model = ShippedModels()[0];
  change(&model);
  return Told(ShippedModels()[0], model);
}

// What is told of two criteria of one id.
Lines Between(const std::string& from, const std::string& to) {
  const std::string begin =
      "model_id: 'test' reference_currency: 'USD' "
      "criteria { criterion_id: 'c' display_name: 'Size' ";
  return Told(FromText<v1::ScoringModel>(absl::StrCat(begin, from, " }")),
              FromText<v1::ScoringModel>(absl::StrCat(begin, to, " }")));
}

TEST(DiffModels, FindsNothingInTheSameModelOfAnotherVersion) {
  EXPECT_EQ(Told({}, {}), Lines{});
  for (const v1::ScoringModel& model : ShippedModels()) EXPECT_EQ(Told(model, model), Lines{});
  EXPECT_EQ(After([](auto* model) { model->set_version(7); }), Lines{});
}

TEST(DiffModels, TellsOfTheModel) {
  EXPECT_EQ(After([](auto* model) {
              model->set_model_id("other");
              model->set_display_name("Accounts");
              model->set_description("Short.");
              model->set_method(v1::SCORING_METHOD_POINTS);
              model->set_reference_currency("EUR");
            }),
            (Lines{"model_id | model id: account-segmentation -> other",
                   "display_name | name of the model: “Account segmentation” -> “Accounts”",
                   "description | description of the model rewritten",
                   "method | method: weighted -> points",
                   "reference_currency | reference currency: USD -> EUR"}));
  EXPECT_EQ(
      After([](auto* model) {
        model->clear_description();
        model->clear_method();
        model->clear_reference_currency();
      }),
      (Lines{"description | description of the model removed", "method | method: weighted -> none",
             "reference_currency | reference currency: USD -> none"}));
}

TEST(DiffModels, TellsOfCriteria) {
  EXPECT_EQ(After([](auto* model) {
              v1::Criterion* mrr = model->mutable_criteria(0);
              mrr->set_display_name("Local MRR");
              mrr->set_description("What it could bill.");
              mrr->set_fact("annual_revenue");
              mrr->set_weight_percent(35);
              mrr->set_missing_points(1);
            }),
            (Lines{"criteria[0].display_name | name of potential-mrr: “Potential MRR” -> “Local "
                   "MRR”",
                   "criteria[0].description | description of Local MRR rewritten",
                   "criteria[0].fact | Local MRR reads annual revenue instead of potential MRR",
                   "criteria[0].weight_percent | weight of Local MRR: 40 % -> 35 %",
                   "criteria[0].missing_points | Local MRR, fact unknown: none -> 1 point"}));
  EXPECT_EQ(Between("fact: 'custom.fee' missing_points: 0", "fact: 'capital' missing_points: -5"),
            (Lines{"criteria[0].fact | Size reads capital instead of custom.fee",
                   "criteria[0].missing_points | Size, fact unknown: 0 -> -5 points"}));
}

TEST(DiffModels, MatchesCriteriaByIdAndNamesWhereTheyStand) {
  EXPECT_EQ(After([](auto* model) {
              model->mutable_criteria()->DeleteSubrange(1, 1);
              v1::Criterion* added = model->add_criteria();
              added->set_criterion_id("employees");
              added->set_display_name("Employees");
              added->set_weight_percent(10);
              model->mutable_criteria(1)->set_weight_percent(30);
              model->mutable_criteria()->SwapElements(1, 2);
            }),
            (Lines{"criteria[2].weight_percent | weight of Industry reference: 20 % -> 30 %",
                   "criteria[3] | criterion Employees added, weight 10 %",
                   "criteria[1] | criterion Past-due portfolio size removed",
                   "criteria | order of the criteria changed"}));
  // Without weights, and by the earlier place where something was lost.
  v1::ScoringModel from = ShippedModels()[1];
  v1::ScoringModel to = from;
  from.mutable_criteria()->DeleteSubrange(1, 1);
  from.mutable_criteria(1)->set_missing_points(3);
  EXPECT_EQ(Told(from, to),
            (Lines{"criteria[1] | criterion Size of the company added",
                   "criteria[1].missing_points | Capital of the company, fact unknown: 3 points -> "
                   "none"}));
}

TEST(DiffModels, TellsOfTiers) {
  EXPECT_EQ(
      After([](auto* model) {
        auto* tiers = model->mutable_criteria(0)->mutable_money_tiers();
        tiers->mutable_tiers(2)->set_points(75);
        tiers->mutable_tiers(3)->set_label("Some");
        tiers->mutable_tiers(5)->set_at_least("500.00");
        tiers->mutable_tiers(6)->set_points(1);
        tiers->mutable_tiers()->DeleteSubrange(4, 1);
        v1::NumericTier* added = tiers->add_tiers();
        added->set_at_least("75000.5");
        added->set_points(100);
        for (int i = tiers->tiers_size() - 1; i > 0; --i)
          tiers->mutable_tiers()->SwapElements(i, i - 1);
      }),
      (Lines{"criteria[0].money_tiers.tiers[0] | Potential MRR: tier >= 75 000.5 USD added, 100 "
             "points",
             "criteria[0].money_tiers.tiers[3].points | Potential MRR, tier >= 10 000 USD: 70 -> "
             "75 points",
             "criteria[0].money_tiers.tiers[4].label | label of Potential MRR, tier >= 5 000 USD: "
             "“5 000 to 10 000 USD” -> “Some”",
             "criteria[0].money_tiers.tiers[6].points | Potential MRR, last tier: 0 -> 1 point",
             "criteria[0].money_tiers.tiers[4] | Potential MRR: tier >= 2 000 USD removed"}));
}

TEST(DiffModels, TellsOfEachKindOfTier) {
  EXPECT_EQ(Between("numeric_tiers { tiers { at_least: '-1' points: 5 } tiers {} }",
                    "numeric_tiers { tiers { at_least: '-1.0' points: 6 } tiers { label: 'a' } }"),
            (Lines{"criteria[0].numeric_tiers.tiers[0].points | Size, tier >= -1: 5 -> 6 points",
                   "criteria[0].numeric_tiers.tiers[1].label | label of Size, last tier added: "
                   "“a”"}));
  EXPECT_EQ(
      Between("recency_tiers { tiers { days_at_most: -30 } tiers { days_at_most: -1 } "
              "tiers { days_at_most: 1 } tiers { days_at_most: 1000 } tiers {} }",
              "recency_tiers { tiers { days_at_most: -30 points: 1 } tiers { days_at_most: -1 "
              "points: 2 } tiers { days_at_most: 1 points: 3 } tiers { days_at_most: 1000 points: "
              "4 } tiers { points: 5 } }"),
      (Lines{"criteria[0].recency_tiers.tiers[0].points | Size, tier 30 days ahead or more: 0 -> 1 "
             "point",
             "criteria[0].recency_tiers.tiers[1].points | Size, tier 1 day ahead or more: 0 -> 2 "
             "points",
             "criteria[0].recency_tiers.tiers[2].points | Size, tier up to 1 day: 0 -> 3 points",
             "criteria[0].recency_tiers.tiers[3].points | Size, tier up to 1 000 days: 0 -> 4 "
             "points",
             "criteria[0].recency_tiers.tiers[4].points | Size, last tier: 0 -> 5 points"}));
  EXPECT_EQ(Between("distinct_count_tiers { tiers { at_least: 5 } tiers { points: 1 } }",
                    "distinct_count_tiers { tiers { at_least: 4 } tiers {} }"),
            (Lines{"criteria[0].distinct_count_tiers.tiers[0] | Size: tier >= 4 added, 0 points",
                   "criteria[0].distinct_count_tiers.tiers[1].points | Size, last tier: 1 -> 0 "
                   "points",
                   "criteria[0].distinct_count_tiers.tiers[0] | Size: tier >= 5 removed"}));
}

TEST(DiffModels, TellsOfCategories) {
  EXPECT_EQ(
      Between("category_points { categories { value: 'A' label: 'First' test: 'Is.' } "
              "categories { value: 'B' } categories { value: 'C' } other_points: 5 }",
              "category_points { categories { value: 'B' label: 'Second' } "
              "categories { value: 'A' label: 'First' points: 9 test: 'Was.' } "
              "categories { value: 'D' points: 1 } }"),
      (Lines{"criteria[0].category_points.categories[0].label | label of Size, category Second "
             "added: “Second”",
             "criteria[0].category_points.categories[1].points | Size, category First: 0 -> 9 "
             "points",
             "criteria[0].category_points.categories[1].test | test of Size, category First: “Is.” "
             "-> “Was.”",
             "criteria[0].category_points.categories[2] | Size: category D added, 1 point",
             "criteria[0].category_points.categories[2] | Size: category C removed",
             "criteria[0].category_points.categories | order of the categories of Size changed",
             "criteria[0].category_points.other_points | Size, any other value: 5 points -> "
             "none"}));
}

TEST(DiffModels, TellsOfPresenceAndOfRulesReplaced) {
  EXPECT_EQ(
      Between("presence_points { present_points: 2 }", "presence_points { absent_points: -1 }"),
      (Lines{"criteria[0].presence_points.present_points | Size, present: 2 -> 0 points",
             "criteria[0].presence_points.absent_points | Size, absent: 0 -> -1 point"}));
  EXPECT_EQ(Between("presence_points {}", "category_points {}"),
            Lines{"criteria[0].category_points | Size is scored by categories instead of "
                  "presence"});
  EXPECT_EQ(Between("numeric_tiers {}", "money_tiers {}"),
            Lines{"criteria[0].money_tiers | Size is scored by tiers of an amount instead of tiers "
                  "of a number"});
  EXPECT_EQ(Between("recency_tiers {}", ""),
            Lines{"criteria[0].rule | Size is scored by no rule instead of tiers of days"});
  EXPECT_EQ(Between("", "distinct_count_tiers {}"),
            Lines{"criteria[0].distinct_count_tiers | Size is scored by tiers of a count instead "
                  "of no rule"});
}

TEST(DiffModels, TellsOfBands) {
  EXPECT_EQ(After([](auto* model) {
              model->mutable_bands(0)->set_min_score(85);
              model->mutable_bands(1)->set_display_name("Large");
              model->mutable_bands(1)->set_segment(v1::SEGMENT_COMMERCIAL);
              model->mutable_bands(1)->set_grade("B");
              model->mutable_bands(2)->set_band_id("medium");
              model->mutable_bands(2)->set_grade("C");
            }),
            (Lines{"bands[0].min_score | Strategic begins at 85 instead of 80",
                   "bands[1].display_name | name of enterprise: “Enterprise” -> “Large”",
                   "bands[1].segment | segment of Large: Enterprise -> Commercial",
                   "bands[1].grade | grade of Large: none -> B",
                   "bands[2] | band Commercial added, begins at 35, segment Commercial, grade C",
                   "bands[2] | band Commercial removed"}));
  EXPECT_EQ(After([](auto* model) {
              model->mutable_bands()->SwapElements(0, 3);
              model->mutable_bands(0)->clear_segment();
            }),
            (Lines{"bands[0].segment | segment of SMB: SMB -> none",
                   "bands | order of the bands changed"}));
}

TEST(DiffModels, TellsShortTextsAlone) {
  const auto described = [](size_t characters) {
    std::string text;
    for (size_t i = 0; i < characters; ++i) text += "\u00e9";
    return After([&](auto* model) {
      model->mutable_criteria(0)->set_display_name(text);
      model->mutable_criteria(0)->clear_description();
    });
  };
  EXPECT_NE(described(60)[0].find("\u00e9"), std::string::npos);
  EXPECT_EQ(described(61),
            (Lines{"criteria[0].display_name | name of potential-mrr rewritten",
                   "criteria[0].description | description of potential-mrr removed"}));
  // What could break a line, or is no text, is not told either.
  for (const char* text : {"a\nb", "a\x1b[1m", "\xff"}) {
    EXPECT_EQ(After([&](auto* model) {
                model->mutable_criteria(0)->set_display_name(text);
                model->mutable_bands(0)->set_grade(text);
                model->set_reference_currency(text);
              }),
              (Lines{"reference_currency | reference currency changed",
                     "criteria[0].display_name | name of potential-mrr rewritten",
                     "bands[0].grade | grade of Strategic changed"}));
  }
}

TEST(DiffModels, TakesModelsThatAreNotSound) {
  EXPECT_EQ(Between("numeric_tiers { tiers { at_least: 'x' } tiers { at_least: 'x' } tiers {} }",
                    "numeric_tiers { tiers { at_least: 'x' } tiers { at_least: 'y' points: 1 } "
                    "tiers { at_least: '' } }"),
            (Lines{"criteria[0].numeric_tiers.tiers[1] | Size: tier whose bound is no number "
                   "added, 1 point",
                   "criteria[0].numeric_tiers.tiers[2] | Size: tier whose bound is no number "
                   "added, 0 points",
                   "criteria[0].numeric_tiers.tiers[1] | Size: tier whose bound is no number "
                   "removed",
                   "criteria[0].numeric_tiers.tiers[2] | Size: last tier removed"}));
  v1::ScoringModel from;
  from.add_criteria()->set_weight_percent(1);
  from.add_criteria();
  from.add_bands();
  v1::ScoringModel to = from;
  to.mutable_criteria(1)->set_fact("?");
  to.add_criteria()->mutable_recency_tiers()->add_tiers()->set_days_at_most(INT32_MIN);
  to.mutable_bands(0)->set_segment(static_cast<v1::Segment>(9));
  to.set_method(static_cast<v1::ScoringMethod>(9));
  EXPECT_EQ(Told(from, to), (Lines{"method | method: none -> unknown (9)",
                                   "criteria[1].fact | criterion 2 reads ? instead of no fact",
                                   "criteria[2] | criterion 3 added",
                                   "bands[0].segment | segment of band 1: none -> unknown (9)"}));
}

// Calls `check` after each change of one field of a message, at any depth, and undoes the change.
// Lists lose an entry, gain one and change their order.
void ForEachChange(Message* message, const std::function<void(const std::string& path)>& check,
                   const std::string& path = "");

void ChangeScalar(Message* message, const FieldDescriptor* field) {
  const auto* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(message, field, reflection->GetInt32(*message, field) + 1);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(message, field,
                                      reflection->GetEnumValue(*message, field) + 1);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->SetString(message, field,
                                   absl::StrCat(reflection->GetString(*message, field), "1"));
    default:
      FAIL() << "a new type: " << field->full_name();
  }
}

void ForEachListChange(Message* message, const FieldDescriptor* field,
                       const std::function<void(const std::string& path)>& check,
                       const std::string& path) {
  const auto* reflection = message->GetReflection();
  const int size = reflection->FieldSize(*message, field);
  for (int i = 0; i < size; ++i) {
    ForEachChange(reflection->MutableRepeatedMessage(message, field, i), check,
                  absl::StrCat(path, "[", i, "]"));
  }
  reflection->AddMessage(message, field);
  check(absl::StrCat(path, " longer"));
  reflection->RemoveLast(message, field);
  if (size > 0) {
    Message* last = reflection->ReleaseLast(message, field);
    check(absl::StrCat(path, " shorter"));
    reflection->AddAllocatedMessage(message, field, last);
  }
  if (size > 1) {
    reflection->SwapElements(message, field, 0, size - 1);
    check(absl::StrCat(path, " in another order"));
    reflection->SwapElements(message, field, 0, size - 1);
  }
}

void ForEachChange(Message* message, const std::function<void(const std::string& path)>& check,
                   const std::string& path) {
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->full_name() == "tiermark.v1.ScoringModel.version") continue;
    const std::string here = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (field->is_repeated()) {
      ForEachListChange(message, field, check, here);
      continue;
    }
    if (field->message_type() != nullptr && reflection->HasField(*message, field)) {
      ForEachChange(reflection->MutableMessage(message, field), check, here);
    }
    const std::unique_ptr<Message> before(message->New());
    before->CopyFrom(*message);
    const bool had = reflection->HasField(*message, field);
    if (field->message_type() == nullptr) {
      ChangeScalar(message, field);
      check(here);
      // A value that was absent and is now given, if as the default.
      if (field->has_presence() && !had) {
        message->CopyFrom(*before);
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
          reflection->SetString(message, field, "");
        } else {
          reflection->SetInt32(message, field, 0);
        }
        check(absl::StrCat(here, " given"));
      }
    } else if (!had) {
      reflection->MutableMessage(message, field);
      check(absl::StrCat(here, " given"));
    }
    if (had) {
      message->CopyFrom(*before);
      reflection->ClearField(message, field);
      check(absl::StrCat(here, " cleared"));
    }
    message->CopyFrom(*before);
  }
}

// Changes every field of the model in turn, and compares both ways.
int ExpectEveryChangeTold(const v1::ScoringModel& model) {
  v1::ScoringModel changed = model;
  int changes = 0;
  ForEachChange(&changed, [&](const std::string& path) {
    ++changes;
    for (const auto& differences : {DiffModels(model, changed), DiffModels(changed, model)}) {
      EXPECT_FALSE(differences.empty()) << path;
      for (const v1::ModelDifference& difference : differences) {
        EXPECT_NE(difference.field(), "");
        EXPECT_NE(difference.message(), "");
      }
    }
  });
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(model, changed));
  return changes;
}

TEST(DiffModels, MissesNoChangeOfAnyFieldOfTheShippedModels) {
  for (const v1::ScoringModel& model : ShippedModels()) {
    EXPECT_GT(ExpectEveryChangeTold(model), 100) << model.model_id();
  }
}

TEST(DiffModels, MissesNoChangeOfAnyFieldOfRandomModels) {
  Chance chance;
  for (int round = 0; round < 20; ++round) {
    for (const auto method : {v1::SCORING_METHOD_WEIGHTED, v1::SCORING_METHOD_POINTS}) {
      const v1::ScoringModel model = RandomModel(&chance, method);
      EXPECT_TRUE(DiffModels(model, model).empty());
      ExpectEveryChangeTold(model);
    }
  }
}

TEST(DiffModels, TellsSomethingOfAnyTwoRandomModelsThatDiffer) {
  Chance chance;
  for (int round = 0; round < 200; ++round) {
    const v1::ScoringModel from = RandomModel(&chance, v1::SCORING_METHOD_POINTS);
    const v1::ScoringModel to = RandomModel(&chance, v1::SCORING_METHOD_POINTS);
    const bool same = google::protobuf::util::MessageDifferencer::Equals(from, to);
    EXPECT_EQ(DiffModels(from, to).empty(), same);
  }
}

}  // namespace
}  // namespace tiermark
