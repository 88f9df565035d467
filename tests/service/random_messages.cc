#include "tests/service/random_messages.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>

#include "absl/strings/numbers.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/rpc/error_details.pb.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/admin_service.pb.h"
#include "tiermark/v1/model_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

uint64_t Seed() {
  uint64_t seed = std::random_device()();
  const char* given = std::getenv("TIERMARK_TEST_SEED");
  if (given != nullptr && !absl::SimpleAtoi(given, &seed)) std::abort();
  return seed;
}

}  // namespace

RandomMessages::RandomMessages() : seed_(Seed()), engine_(seed_) {}

void RandomMessages::Fill(Message* message, int depth) {
  if (FillWellKnown(message)) return;
  const Descriptor* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->options().map_entry() || OneIn(2)) FillField(message, *type->field(i), depth);
  }
  if (type->options().map_entry()) return;
  // Of map entries with the same key the last one stays.
  std::string bytes;
  if (!message->SerializeToString(&bytes) || !message->ParseFromString(bytes)) std::abort();
}

bool RandomMessages::FillWellKnown(Message* message) {
  const Descriptor* type = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  switch (type->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    case Descriptor::WELLKNOWNTYPE_DURATION: {
      const int nanos[] = {0, 1, 1'000, 120'000'000, 999'999'999};
      const auto seconds = static_cast<int64_t>(Below(200'000'000'000));
      reflection->SetInt64(message, type->FindFieldByNumber(1), OneIn(5) ? 0 : seconds);
      reflection->SetInt32(message, type->FindFieldByNumber(2), nanos[Below(5)]);
      return true;
    }
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: {
      const char* paths[] = {"a", "display_name", "facts.potential_mrr", "*", "x1"};
      for (size_t i = Below(3); i > 0; --i) {
        reflection->AddString(message, type->FindFieldByNumber(1), paths[Below(5)]);
      }
      return true;
    }
    case Descriptor::WELLKNOWNTYPE_ANY: {
      google::rpc::BadRequest held;
      Fill(&held, 2);
      static_cast<google::protobuf::Any*>(message)->PackFrom(held);
      return true;
    }
    default:
      return false;
  }
}

std::string RandomMessages::Text() {
  const char* parts[] = {"a",      "Banco",      "\"",     "\\", "\n",     "\x01",
                         "\x7f",   "\u00e9",     "\u2028", "<",  "\u20ac", "\U0001f600",
                         "\ufffe", "\U0010ffff", " ",      "/",  "{}",     "null"};
  std::string text;
  for (size_t i = Below(5); i > 0; --i) text += parts[Below(std::size(parts))];
  if (OneIn(20)) text.push_back('\0');
  return text;
}

int64_t RandomMessages::Integer() {
  const int64_t edges[] = {
      0, 1, -1, 100, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()};
  return OneIn(2) ? edges[Below(std::size(edges))] : static_cast<int32_t>(engine_());
}

void RandomMessages::FillField(Message* message, const FieldDescriptor& field, int depth) {
  const auto* reflection = message->GetReflection();
  const bool list = field.is_repeated();
  for (size_t i = list ? Below(4) : 1; i > 0; --i) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth == 0 && !message->GetDescriptor()->options().map_entry()) return;
        Fill(list ? reflection->AddMessage(message, &field)
                  : reflection->MutableMessage(message, &field),
             std::max(depth - 1, 0));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        list ? reflection->AddString(message, &field, Text())
             : reflection->SetString(message, &field, Text());
        break;
      case FieldDescriptor::CPPTYPE_INT32: {
        const auto value = static_cast<int32_t>(Integer());
        list ? reflection->AddInt32(message, &field, value)
             : reflection->SetInt32(message, &field, value);
        break;
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        const auto value = OneIn(4) ? static_cast<int64_t>(engine_()) : Integer();
        list ? reflection->AddInt64(message, &field, value)
             : reflection->SetInt64(message, &field, value);
        break;
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        list ? reflection->AddBool(message, &field, OneIn(2))
             : reflection->SetBool(message, &field, OneIn(2));
        break;
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto value = static_cast<int>(Below(field.enum_type()->value_count() + 1));
        list ? reflection->AddEnumValue(message, &field, value)
             : reflection->SetEnumValue(message, &field, value);
        break;
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        const double value = static_cast<double>(Integer()) / 7;
        list ? reflection->AddDouble(message, &field, value)
             : reflection->SetDouble(message, &field, value);
        break;
      }
      // The API has none of the others.
      default:
        std::abort();
    }
  }
}

std::vector<std::unique_ptr<Message>> RpcMessages() {
  const google::protobuf::FileDescriptor* files[] = {
      v1::GetAccountRequest::descriptor()->file(),
      v1::GetPolicyRequest::descriptor()->file(),
      v1::CheckModelRequest::descriptor()->file(),
      v1::EvaluateAccountRequest::descriptor()->file(),
  };
  std::set<const Descriptor*> types;
  for (const auto* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        types.insert(file->service(i)->method(j)->input_type());
        types.insert(file->service(i)->method(j)->output_type());
      }
    }
  }
  std::vector<std::unique_ptr<Message>> messages;
  messages.reserve(types.size());
  for (const Descriptor* type : types) {
    messages.emplace_back(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  }
  return messages;
}

}  // namespace tiermark
