#include "protos/openapi/unfolding.h"

#include <algorithm>
#include <set>

#include "protos/openapi/well_known.h"

namespace tiermark::openapi {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

bool Leads(const Descriptor& from, const Descriptor& to, std::set<const Descriptor*>* seen) {
  if (&from == &to) return true;
  if (!seen->insert(&from).second) return false;
  for (int i = 0; i < from.field_count(); ++i) {
    const Descriptor* part = PartOf(*from.field(i));
    if (part != nullptr && Leads(*part, to, seen)) return true;
  }
  return false;
}

bool LeadsBack(const FieldDescriptor& field) {
  std::set<const Descriptor*> seen;
  const Descriptor* part = PartOf(field);
  return part != nullptr && Leads(*part, *field.containing_type(), &seen);
}

int SchemasOf(const FieldDescriptor& field);

// With nothing left open but what has no end.
int SchemasOf(const Descriptor& message) {
  int schemas = 1;
  for (int i = 0; i < message.field_count(); ++i) schemas += SchemasOf(*message.field(i));
  return schemas;
}

int SchemasOf(const FieldDescriptor& field) {
  const Descriptor* part = LeadsBack(field) ? nullptr : PartOf(field);
  return (field.is_repeated() ? 1 : 0) + (part == nullptr ? 1 : SchemasOf(*part));
}

bool IsAmongLargest(const FieldDescriptor& field) {
  const Descriptor& message = *field.containing_type();
  int largest = 0;
  for (int i = 0; i < message.field_count(); ++i) {
    largest = std::max(largest, SchemasOf(*message.field(i)));
  }
  return SchemasOf(field) == largest;
}

}  // namespace

const Descriptor* PartOf(const FieldDescriptor& field) {
  if (field.is_map()) return PartOf(*field.message_type()->map_value());
  const Descriptor* message = field.message_type();
  return message == nullptr || WellKnownSchema(*message) != nullptr ? nullptr : message;
}

bool IsLeftOpen(const FieldDescriptor& field, Dialect dialect) {
  if (PartOf(field) == nullptr) return false;
  if (LeadsBack(field)) return true;
  return dialect == Dialect::kSwagger2 && SchemasOf(*field.containing_type()) > kSchemasMax &&
         IsAmongLargest(field);
}

}  // namespace tiermark::openapi
