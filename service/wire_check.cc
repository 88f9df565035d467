#include "service/wire_check.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/unknown_field_set.h"
#include "scoring/error.h"
#include "scoring/text.h"

namespace tiermark {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Reads the bytes without their types and looks at those that should be text.
void FindBadText(const Descriptor& type, const std::string& bytes, const std::string& path,
                 int depth_left, Violations* violations) {
  UnknownFieldSet fields;
  if (depth_left == 0 || !fields.ParseFromString(bytes)) return;
  std::map<int, int> seen;
  for (int i = 0; i < fields.field_count(); ++i) {
    if (violations->faults().size() == kWireFaultsMax) return;
    const UnknownField& value = fields.field(i);
    const FieldDescriptor* field = type.FindFieldByNumber(value.number());
    if (field == nullptr || value.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    std::string field_path = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (field->is_repeated()) {
      absl::StrAppend(&field_path, "[", seen[value.number()]++, "]");
    }
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      if (!IsUtf8(value.length_delimited())) violations->Add(field_path, "must be UTF-8");
    } else if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      FindBadText(*field->message_type(), value.length_delimited(), field_path, depth_left - 1,
                  violations);
    }
  }
}

}  // namespace

absl::Status ExplainUnparsable(const Descriptor& type, absl::string_view bytes) {
  constexpr int kDepthMax = 32;
  Violations violations;
  FindBadText(type, std::string(bytes.data(), bytes.size()), "", kDepthMax, &violations);
  if (!violations.empty()) return violations.ToStatus();
  return ReasonedError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                       absl::StrCat("the bytes sent are not a message of type ", type.full_name()));
}

}  // namespace tiermark
