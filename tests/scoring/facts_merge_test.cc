#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "sample_facts.h"
#include "scoring/fact_fields.h"
#include "scoring/facts.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::util::MessageDifferencer;
using Names = std::vector<std::string>;

FieldMask Mask(const Names& paths) {
  FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  return mask;
}

TEST(MergeFacts_WithoutMask, PresentFactsOverwriteAndAbsentOnesStay) {
  v1::AccountFacts stored = Facts("country: 'CO' past_due_cases: 7 owner_id: 'u-1'");
  EXPECT_EQ(
      MergeFacts(Facts("past_due_cases: 0 owner_id: 'u-1' display_name: 'A'"), nullptr, &stored),
      (Names{"display_name", "past_due_cases"}));
  EXPECT_TRUE(MessageDifferencer::Equals(
      stored, Facts("country: 'CO' past_due_cases: 0 owner_id: 'u-1' display_name: 'A'")));
}

TEST(MergeFacts_WithoutMask, ListsWithElementsReplaceWholeLists) {
  v1::AccountFacts stored = Facts("product_lines: ['a', 'b'] operating_countries: 'CO'");
  EXPECT_EQ(MergeFacts(Facts("product_lines: 'c'"), nullptr, &stored), Names{"product_lines"});
  EXPECT_TRUE(
      MessageDifferencer::Equals(stored, Facts("product_lines: 'c' operating_countries: 'CO'")));
}

TEST(MergeFacts_WithoutMask, CustomFactsMergeByKeyAndEmptyOnesRemove) {
  v1::AccountFacts stored = Facts(R"pb(custom {
                                         key: "a"
                                         value { int64: 1 }
                                       }
                                       custom {
                                         key: "b"
                                         value { int64: 2 }
                                       })pb");
  const v1::AccountFacts given = Facts(R"pb(custom {
                                              key: "a"
                                              value {}
                                            }
                                            custom {
                                              key: "c"
                                              value { text: "x" }
                                            }
                                            custom {
                                              key: "never"
                                              value {}
                                            })pb");
  EXPECT_EQ(MergeFacts(given, nullptr, &stored), Names{"custom"});
  EXPECT_TRUE(MessageDifferencer::Equals(stored, Facts(R"pb(custom {
                                                              key: "b"
                                                              value { int64: 2 }
                                                            }
                                                            custom {
                                                              key: "c"
                                                              value { text: "x" }
                                                            })pb")));
  EXPECT_EQ(MergeFacts(given, nullptr, &stored), Names{});
}

TEST(MergeFacts_WithMask, NamedFactsAreWrittenAndAbsentOnesCleared) {
  v1::AccountFacts stored = Facts("country: 'CO' past_due_cases: 7 product_lines: 'a'");
  const FieldMask mask = Mask({"product_lines", "country", "display_name"});
  EXPECT_EQ(MergeFacts(Facts("display_name: 'A'"), &mask, &stored),
            (Names{"display_name", "country", "product_lines"}));
  EXPECT_TRUE(MessageDifferencer::Equals(stored, Facts("display_name: 'A' past_due_cases: 7")));
}

TEST(MergeFacts_WithMask, CustomIsReplacedWhole) {
  v1::AccountFacts stored = Facts("custom { key: 'a' value { int64: 1 } }");
  const FieldMask mask = Mask({"custom"});
  EXPECT_EQ(
      MergeFacts(Facts("custom { key: 'b' value { bool: true } } custom { key: 'c' value {} }"),
                 &mask, &stored),
      Names{"custom"});
  EXPECT_TRUE(
      MessageDifferencer::Equals(stored, Facts("custom { key: 'b' value { bool: true } }")));
}

TEST(MergeFacts_WithMask, StarReplacesAll) {
  v1::AccountFacts stored = BankFacts();
  const FieldMask mask = Mask({"*"});
  const v1::AccountFacts given = Facts("country: 'CO' owner_id: 'u'");
  EXPECT_EQ(MergeFacts(given, &mask, &stored),
            (Names{"display_name", "potential_mrr", "past_due_cases", "industry_reference",
                   "operating_countries", "financial_products", "lifecycle_stage", "created_date",
                   "client_since_date", "owner_id"}));
  EXPECT_TRUE(MessageDifferencer::Equals(stored, given));
}

TEST(MergeFacts_WithMask, ZeroIsNotTheSameAsAbsent) {
  v1::AccountFacts stored = Facts("past_due_cases: 0");
  const FieldMask mask = Mask({"past_due_cases"});
  EXPECT_EQ(MergeFacts(v1::AccountFacts(), &mask, &stored), Names{"past_due_cases"});
  EXPECT_FALSE(stored.has_past_due_cases());
  EXPECT_EQ(MergeFacts(Facts("past_due_cases: 0"), &mask, &stored), Names{"past_due_cases"});
  EXPECT_TRUE(stored.has_past_due_cases());
}

// Facts as text by field, so that merging is a matter of words.
std::map<int, std::string> Written(const v1::AccountFacts& facts) {
  std::map<int, std::string> written;
  std::vector<const FieldDescriptor*> fields;
  facts.GetReflection()->ListFields(facts, &fields);
  for (const FieldDescriptor* field : fields) {
    v1::AccountFacts only;
    v1::AccountFacts copy = facts;
    facts.GetReflection()->SwapFields(&only, &copy, {field});
    written[field->index()] = only.DebugString();
  }
  return written;
}

v1::AccountFacts Read(const std::map<int, std::string>& written) {
  std::string text;
  for (const auto& [field, part] : written) text += part;
  return Facts(text);
}

// Merges as the words of the API say, field by field.
v1::AccountFacts SlowMerge(const v1::AccountFacts& given, const FieldMask* mask,
                           const v1::AccountFacts& stored) {
  const int custom = v1::AccountFacts::descriptor()->FindFieldByName("custom")->index();
  v1::AccountFacts known = given;
  Names removed;
  for (const auto& [key, value] : given.custom()) {
    if (value.value_case() != v1::FactValue::VALUE_NOT_SET) continue;
    known.mutable_custom()->erase(key);
    removed.push_back(key);
  }
  std::map<int, std::string> result = Written(stored);
  const std::map<int, std::string> source = Written(known);
  for (int i = 0; i < v1::AccountFacts::descriptor()->field_count(); ++i) {
    const std::string& name = v1::AccountFacts::descriptor()->field(i)->name();
    const bool named = mask != nullptr && (mask->paths(0) == "*" ||
                                           std::find(mask->paths().begin(), mask->paths().end(),
                                                     name) != mask->paths().end());
    if (named) result.erase(i);
    if (source.count(i) > 0 && (named || (mask == nullptr && i != custom))) {
      result[i] = source.at(i);
    }
  }
  v1::AccountFacts merged = Read(result);
  if (mask == nullptr) {
    for (const auto& [key, value] : known.custom()) (*merged.mutable_custom())[key] = value;
    for (const std::string& key : removed) merged.mutable_custom()->erase(key);
  }
  return merged;
}

v1::AccountFacts RandomFacts(Chance* chance, bool removals) {
  v1::AccountFacts facts;
  const char* const words[] = {"CO", "MX", "PE"};
  if (chance->OneIn(2)) facts.set_display_name(chance->Pick(words));
  if (chance->OneIn(2)) facts.set_country(chance->Pick(words));
  for (int64_t n = chance->Between(0, 2); n > 0; --n) {
    v1::PotentialMrr* entry = facts.add_potential_mrr();
    entry->set_country(words[n]);
    entry->mutable_amount()->set_currency_code("USD");
    entry->mutable_amount()->set_units(chance->Between(0, 2));
    entry->mutable_amount()->set_nanos(static_cast<int>(chance->Between(0, 1)));
  }
  if (chance->OneIn(2)) facts.set_past_due_cases(static_cast<int>(chance->Between(0, 2)));
  if (chance->OneIn(2)) {
    facts.set_industry_reference(static_cast<v1::IndustryReference>(chance->Between(1, 2)));
  }
  for (int64_t n = chance->Between(0, 2); n > 0; --n) facts.add_operating_countries(words[n]);
  for (int64_t n = chance->Between(0, 2); n > 0; --n) facts.add_expansion_countries(words[n]);
  for (int64_t n = chance->Between(0, 2); n > 0; --n) facts.add_financial_products(words[n]);
  for (int64_t n = chance->Between(0, 2); n > 0; --n) facts.add_product_lines(words[n]);
  if (chance->OneIn(2)) {
    facts.set_lifecycle_stage(static_cast<v1::LifecycleStage>(chance->Between(1, 2)));
  }
  for (google::type::Date* (v1::AccountFacts::*date)() :
       {&v1::AccountFacts::mutable_created_date, &v1::AccountFacts::mutable_client_since_date,
        &v1::AccountFacts::mutable_first_meeting_date}) {
    if (chance->OneIn(2)) continue;
    (facts.*date)()->set_year(2026);
    (facts.*date)()->set_month(static_cast<int>(chance->Between(1, 2)));
    (facts.*date)()->set_day(static_cast<int>(chance->Between(1, 2)));
  }
  if (chance->OneIn(2)) facts.set_owner_id(chance->Pick(words));
  if (chance->OneIn(2)) facts.set_parent_id(chance->Pick(words));
  // Many writes come without any of these.
  const int one_in = chance->OneIn(3) ? 1'000 : 3;
  for (Field field : ProfileFields()) {
    if (!chance->OneIn(one_in)) continue;
    SetSample(field, static_cast<int>(chance->Between(0, 2)), &facts);
  }
  for (int64_t n = chance->Between(0, 4); n > 0; --n) {
    v1::FactValue& value = (*facts.mutable_custom())[absl::StrCat("k", chance->Between(0, 3))];
    value.Clear();
    switch (chance->Between(removals ? 0 : 1, 6)) {
      case 1:
        value.set_text(chance->Pick(words));
        break;
      case 2:
        value.set_int64(chance->Between(0, 1));
        break;
      case 3:
        value.set_decimal("1.5");
        break;
      case 4:
        value.set_bool_(chance->OneIn(2));
        break;
      case 5:
        value.mutable_date()->set_day(static_cast<int>(chance->Between(1, 2)));
        break;
      case 6:
        value.mutable_money()->set_units(chance->Between(0, 1));
        break;
      default:
        break;
    }
  }
  return facts;
}

FieldMask RandomMask(Chance* chance) {
  if (chance->OneIn(5)) return Mask({"*"});
  FieldMask mask;
  const google::protobuf::Descriptor* descriptor = v1::AccountFacts::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (chance->OneIn(3)) mask.add_paths(descriptor->field(i)->name());
  }
  if (mask.paths().empty()) mask.add_paths("country");
  return mask;
}

TEST(HasProfile, IsTrueOfEveryFactFromCustomerKindOnAndOfNoOther) {
  for (Field field : ProfileFields()) {
    v1::AccountFacts facts;
    SetSample(field, 0, &facts);
    EXPECT_TRUE(HasProfile(facts)) << field->name();
  }
  Chance chance;
  for (int i = 0; i < 200; ++i) {
    v1::AccountFacts facts = RandomFacts(&chance, /*removals=*/false);
    for (Field field : ProfileFields()) facts.GetReflection()->ClearField(&facts, field);
    EXPECT_FALSE(HasProfile(facts)) << facts.DebugString();
  }
}

TEST(MergeFacts_WithoutMask, EveryFactOfTheProfileIsWrittenOnceAndSaidToHaveChanged) {
  for (Field field : ProfileFields()) {
    SCOPED_TRACE(field->name());
    v1::AccountFacts stored = BankFacts();
    v1::AccountFacts given;
    SetSample(field, 0, &given);
    EXPECT_EQ(MergeFacts(given, nullptr, &stored), Names{field->name()});
    EXPECT_EQ(MergeFacts(given, nullptr, &stored), Names{});
    SetSample(field, 1, &given);
    EXPECT_EQ(MergeFacts(given, nullptr, &stored), Names{field->name()});
    EXPECT_EQ(MergeFacts(v1::AccountFacts(), nullptr, &stored), Names{});
    v1::AccountFacts expected = BankFacts();
    SetSample(field, 1, &expected);
    EXPECT_TRUE(MessageDifferencer::Equals(stored, expected)) << stored.DebugString();
  }
}

TEST(MergeFacts, AgreesWithTheSlowMerge) {
  Chance chance;
  for (int i = 0; i < 3'000; ++i) {
    const v1::AccountFacts stored = RandomFacts(&chance, /*removals=*/false);
    const v1::AccountFacts given = RandomFacts(&chance, /*removals=*/true);
    const FieldMask mask = RandomMask(&chance);
    const FieldMask* used = chance.OneIn(2) ? &mask : nullptr;
    const v1::AccountFacts expected = SlowMerge(given, used, stored);
    v1::AccountFacts merged = stored;
    const Names changed = MergeFacts(given, used, &merged);
    ASSERT_TRUE(MessageDifferencer::Equals(merged, expected))
        << stored.DebugString() << "---\n"
        << given.DebugString() << "---\n"
        << (used ? used->DebugString() : "no mask\n") << "---\n"
        << merged.DebugString() << "---\n"
        << expected.DebugString();
    Names differing;
    const std::map<int, std::string> before = Written(stored);
    const std::map<int, std::string> after = Written(merged);
    for (int field = 0; field < v1::AccountFacts::descriptor()->field_count(); ++field) {
      const bool same = before.count(field) == after.count(field) &&
                        (before.count(field) == 0 || before.at(field) == after.at(field));
      if (!same) differing.push_back(v1::AccountFacts::descriptor()->field(field)->name());
    }
    ASSERT_EQ(changed, differing);
  }
}

TEST(DistinctCountries, JoinItsOwnOperatingAndExpansion) {
  EXPECT_EQ(DistinctCountries(Facts("country: 'CO' operating_countries: ['MX', 'CO'] "
                                    "expansion_countries: ['MX', 'BR']")),
            (Names{"BR", "CO", "MX"}));
  EXPECT_EQ(DistinctCountries(Facts("operating_countries: 'MX'")), Names{"MX"});
  EXPECT_EQ(DistinctCountries(Facts("country: 'CO'")), Names{});
}

TEST(EffectiveStage, IsProspectUnlessGiven) {
  EXPECT_EQ(EffectiveStage(v1::AccountFacts()), v1::LIFECYCLE_STAGE_PROSPECT);
  EXPECT_EQ(EffectiveStage(Facts("lifecycle_stage: LIFECYCLE_STAGE_LEAD")),
            v1::LIFECYCLE_STAGE_LEAD);
}

}  // namespace
}  // namespace tiermark
