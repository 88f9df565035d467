// Where a byte stands in a text, as people count: in lines and columns from 1.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace tiermark {

struct TextPlace {
  int line;
  int column;  // In characters.
};

// Finds places in a text in little time, however long its lines are. Immutable, hence safe for any
// number of threads; the text must outlive it.
class TextPlaces {
 public:
  explicit TextPlaces(absl::string_view text);

  // Of a byte; of the end for what is behind it. Only line feeds end lines.
  TextPlace Of(size_t offset) const;

  // The byte at a place as protobuf's tokenizer counts: from 0, in bytes, a tab reaching to the
  // next column that is a multiple of 8. The end of the text for what is behind it.
  size_t OffsetOf(int line, int column) const;

 private:
  // A byte and its place in either way to count, from 0.
  struct Mark {
    size_t offset = 0;
    int line = 0;
    int character = 0;
    int tabbed = 0;
  };

  void Advance(Mark* mark) const;

  const absl::string_view text_;
  std::vector<Mark> marks_;  // At the beginning, and then at every so many bytes.
};

}  // namespace tiermark
