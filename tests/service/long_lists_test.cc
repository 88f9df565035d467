// Lists that are much longer than they may be, in every request that has any. What is said of one
// is short: a request has room for a million entries, and each could be at fault.
#include <future>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "service/rpc_status.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kEntries = 20'000;
// The faults of the largest model have about 100 000.
constexpr size_t kStatusBytesMax = 200'000;

absl::Status Answer(const Method& method, const Message& request) {
  CallInfo info;
  info.rpc = method.name;
  if (method.open != nullptr) return method.open(info, request).status();
  StreamState stream;
  info.stream = &stream;
  const std::unique_ptr<Message> response(method.response_prototype->New());
  std::promise<absl::Status> ended;
  method.handle(info, request, response.get(),
                [&ended](absl::Status status) { ended.set_value(std::move(status)); });
  return ended.get_future().get();
}

// Calls `see` with the path of each list of enums or texts within `message`, while it is full of
// the same entry.
void ForEachLongList(Message* message, const std::string& path,
                     const std::function<void(const std::string& path)>& see) {
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    const std::string here = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (field->message_type() != nullptr) {
      ForEachLongList(field->is_repeated() ? reflection->AddMessage(message, field)
                                           : reflection->MutableMessage(message, field),
                      here, see);
    } else if (field->is_repeated()) {
      const bool of_enums = field->enum_type() != nullptr;
      for (const int value : {0, 1, 1'000}) {
        for (int k = 0; k < kEntries; ++k) {
          of_enums ? reflection->AddEnumValue(message, field, value)
                   : reflection->AddString(message, field, absl::StrCat(value));
        }
        see(here);
        reflection->ClearField(message, field);
      }
    } else {
      continue;
    }
    reflection->ClearField(message, field);
  }
}

TEST(LongLists, AreRefusedInFewWords) {
  TestService service;
  int lists = 0;
  for (const auto& [name, method] : service.methods().methods()) {
    const std::unique_ptr<Message> request(method.request_prototype->New());
    ForEachLongList(
        request.get(), "", [&, &name = name, &method = method](const std::string& path) {
          ++lists;
          const absl::Status status = Answer(method, *request);
          EXPECT_LT(ToRpcStatus(status).ByteSizeLong(), kStatusBytesMax) << name << " " << path;
        });
  }
  EXPECT_GT(lists, 100);
}

}  // namespace
}  // namespace tiermark
