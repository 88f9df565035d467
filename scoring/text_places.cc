#include "scoring/text_places.h"

#include <algorithm>

namespace tiermark {
namespace {

constexpr size_t kBytesBetweenMarks = 256;
constexpr int kTabWidth = 8;

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }

}  // namespace

TextPlaces::TextPlaces(absl::string_view text) : text_(text) {
  marks_.reserve(text.size() / kBytesBetweenMarks + 1);
  for (Mark mark; mark.offset < text.size(); Advance(&mark)) {
    if (mark.offset % kBytesBetweenMarks == 0) marks_.push_back(mark);
  }
  if (marks_.empty()) marks_.emplace_back();
}

void TextPlaces::Advance(Mark* mark) const {
  const char c = text_[mark->offset];
  if (c == '\n') {
    *mark = {mark->offset + 1, mark->line + 1, 0, 0};
    return;
  }
  // The bytes of a character are all at its column.
  ++mark->offset;
  if (mark->offset == text_.size() || BeginsCharacter(text_[mark->offset])) ++mark->character;
  mark->tabbed += c == '\t' ? kTabWidth - mark->tabbed % kTabWidth : 1;
}

TextPlace TextPlaces::Of(size_t offset) const {
  offset = std::min(offset, text_.size());
  Mark mark = marks_[std::min(offset / kBytesBetweenMarks, marks_.size() - 1)];
  while (mark.offset < offset) Advance(&mark);
  return {mark.line + 1, mark.character + 1};
}

size_t TextPlaces::OffsetOf(int line, int column) const {
  const auto is_behind = [&](const Mark& mark) {
    return mark.line > line || (mark.line == line && mark.tabbed > column);
  };
  const auto behind = std::partition_point(marks_.begin() + 1, marks_.end(),
                                           [&](const Mark& m) { return !is_behind(m); });
  Mark mark = *(behind - 1);
  while (mark.offset < text_.size() && (mark.line < line || mark.tabbed < column)) {
    // A column behind the end of its line.
    if (mark.line == line && text_[mark.offset] == '\n') break;
    Advance(&mark);
  }
  return mark.offset;
}

}  // namespace tiermark
