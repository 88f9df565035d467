// Writes messages in the JSON mapping of proto3; json.h is what to use.
#pragma once

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace tiermark {

// Appends to a text. Every function returns whether all that it was to write has a form in JSON.
class JsonWriter {
 public:
  explicit JsonWriter(std::string* json) : json_(*json) {}

  bool Write(const google::protobuf::Message& message);

 private:
  // The fields, each with a comma before it, but for the first where `first` is true.
  bool WriteFields(const google::protobuf::Message& message, bool first);
  bool WriteField(const google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor& field);
  // Element `index` of a list; of other fields the index is -1.
  bool WriteValue(const google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor& field, int index);
  bool WriteMap(const google::protobuf::Message& message,
                const google::protobuf::FieldDescriptor& field);
  bool WriteAny(const google::protobuf::Message& any);
  bool WriteByProtobuf(const google::protobuf::Message& message);
  bool WriteEnum(const google::protobuf::EnumDescriptor& type, int number);
  template <typename Number>
  bool WriteReal(Number value);

  std::string& json_;
};

}  // namespace tiermark
