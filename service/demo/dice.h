// Random numbers that are the same on every machine; those of the standard library's distributions
// differ from one library to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace tiermark::demo {

// SplitMix64. A value.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t Roll() {
    uint64_t bits = state_ += 0x9e3779b97f4a7c15;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31;
  }

  // From 0 to `n` - 1.
  int Below(int n) { return static_cast<int>(Roll() % static_cast<uint64_t>(n)); }

  // Both included.
  int Between(int least, int most) { return least + Below(most - least + 1); }

  bool Chance(int percent) { return Below(100) < percent; }

  // An element of an array or a vector, which must not be empty.
  template <typename Elements>
  const auto& Pick(const Elements& elements) {
    return elements[static_cast<size_t>(Below(static_cast<int>(std::size(elements))))];
  }

 private:
  uint64_t state_;
};

}  // namespace tiermark::demo
