// No difference between two models is missed: every field is changed in turn.
#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/message_differencer.h"
#include "random_models.h"
#include "scoring/model_diff.h"
#include "scoring/shipped.h"
#include "support.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

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
