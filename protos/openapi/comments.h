// The contract's comments as descriptions.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace tiermark::openapi {

// A comment as protoc hands it over, as Markdown without the line breaks of the source: paragraphs,
// and a list where lines begin with the code of an error.
std::string ProseOf(absl::string_view comment);

// The comment above a declaration; empty without one.
template <typename Descriptor>
std::string CommentOf(const Descriptor& descriptor) {
  google::protobuf::SourceLocation location;
  return descriptor.GetSourceLocation(&location) ? ProseOf(location.leading_comments) : "";
}

// Adds `addition` as a paragraph, or as an item to the list at the end or of a new list.
void AddParagraph(absl::string_view addition, std::string* text);
void AddListItem(absl::string_view addition, std::string* text);

}  // namespace tiermark::openapi
