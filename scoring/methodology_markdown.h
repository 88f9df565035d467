// A methodology as one text.
#pragma once

#include <string>

#include "tiermark/v1/methodology.pb.h"

namespace tiermark {

// CommonMark with the tables of GitHub. Texts are plain: whatever in them means something in
// Markdown is escaped, so that they read as they are and bring in neither markup nor cells. Breaks
// of lines become spaces.
std::string MarkdownOf(const v1::Methodology& methodology);

}  // namespace tiermark
