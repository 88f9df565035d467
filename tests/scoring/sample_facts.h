// Sound values for every field of AccountFacts, by descriptor, so that no fact is left untested.
#pragma once

#include <vector>

#include "google/protobuf/descriptor.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

using Field = const google::protobuf::FieldDescriptor*;

std::vector<Field> AllFields();

// The facts from customer_kind on.
std::vector<Field> ProfileFields();

// Gives a fact of the profile one of several sound values, which differ for `variant` 0 and 1.
void SetSample(Field field, int variant, v1::AccountFacts* facts);

}  // namespace tiermark
