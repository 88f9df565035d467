// What the readers of JSON share: how far the parser has come, and its errors in words that are fit
// for callers.
#pragma once

#include <cstddef>
#include <iterator>
#include <string>

#include "absl/strings/string_view.h"

namespace tiermark {

// Reads a text, and lets it be known how far reading has come.
class CountingIterator {
 public:
  // The names are those of the standard library.
  // NOLINTBEGIN(readability-identifier-naming)
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  // NOLINTEND(readability-identifier-naming)

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

// What nlohmann's parser says of a syntax error, without what it has read: "unexpected end of
// input; expected string literal".
std::string WordsOfSyntaxError(absl::string_view message);

// Whether a name that is no field's can be told in a path: 1 to 64 ASCII letters, digits and
// underscores.
bool IsToldName(absl::string_view name);

}  // namespace tiermark
